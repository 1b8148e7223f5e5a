"""What the tests of jobs share: a real store, on SQLite and PostgreSQL; and the latter with Celery's workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings
from tests import cluster
from tests.store import conftest as store


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "settings" in metafunc.fixturenames:
        far = not getattr(metafunc.module, "EMBEDDED_ONLY", False) and not cluster.why_no_cluster()
        queues = store.kinds() + (["celery"] if far else [])
        metafunc.parametrize("settings", queues, indirect=True)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An empty store, and a queue that is part of the server; or, with `celery`, one whose workers are not."""
    if request.param != "celery":
        with store.empty_store(request.param, tmp_path) as found:
            yield found
        return
    with cluster.place() as here, store.empty_store(store.kinds()[-1], tmp_path, here.jobs) as found:
        yield found


def pytest_terminal_summary(terminalreporter: Any) -> None:
    cluster.summary(terminalreporter)
    store.pytest_terminal_summary(terminalreporter)
