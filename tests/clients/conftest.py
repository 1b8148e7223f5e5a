"""Where the clients of others go: this server over a small model, as the contract sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.house import this_server
from tests.contract.target import Target


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with this_server(tmp_path_factory.mktemp("clients")) as target:
        yield target
