"""What the tests of jobs share: a real store, SQLite, and PostgreSQL where one is to be had."""

from __future__ import annotations

from typing import Any

from tests import cluster
from tests.store import conftest as store
from tests.store.conftest import pytest_generate_tests, settings

__all__ = ["pytest_generate_tests", "settings"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    cluster.summary(terminalreporter)
    store.pytest_terminal_summary(terminalreporter)
