"""What the tests of a cluster share: settings of a server whose jobs are done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings import Settings
from tests import cluster
from tests.store import conftest as store


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Settings]:
    """An empty store, and a place in RabbitMQ and Redis."""
    if reason := cluster.why_no_cluster():
        pytest.skip(reason)
    with cluster.place() as here, store.empty_store(store.kinds()[-1], tmp_path, here.jobs) as found:
        yield found
