"""The bench of the queue: a small run of what it shows."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from bench.jobs import compare, survive


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=100)


def said(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


async def test_results_are_counted(console: Console) -> None:
    assert await survive(60, workers=1, every=3600, at_once=4, url="", console=console)
    assert "0 workers killed: 60 right results, {'succeeded': 60}" in said(console)


def test_the_queue_alone(console: Console) -> None:
    compare(40, 8, "", console)
    assert re.search(r"llm-api, SQLite +│ +\d+ +│ +\d+ +│ +\d+", said(console))
