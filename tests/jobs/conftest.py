"""What the tests of jobs share."""

from __future__ import annotations

from typing import Any

from tests import cluster


def pytest_terminal_summary(terminalreporter: Any) -> None:
    cluster.summary(terminalreporter)
