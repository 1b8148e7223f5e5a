"""The requests commands."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from server.cli import app

from .conftest import FakeServer

runner = CliRunner()
ENTRY = {
    "id": "req_1",
    "object": "request",
    "model": "tiny",
    "key": {"id": "k1", "name": "Ann"},
    "state": "generating",
    "prompt_tokens": 70,
    "cached_tokens": 60,
    "generated_tokens": 5,
    "started": 1_700_000_000,
    "seconds": 1.25,
}


def invoke(*arguments: str, code: int = 0) -> Any:
    result = runner.invoke(app, ["requests", *arguments], prog_name="llm-api")
    assert result.exit_code == code, result.output
    return result


def test_the_list_shows_each_request(fake: FakeServer) -> None:
    fake.running["req_1"] = ENTRY
    lines = invoke("list").stdout.splitlines()
    assert lines[0].split() == ["Request", "Model", "Key", "State", "Prompt", "Cached", "Answer", "Seconds"]
    assert lines[1].split() == ["req_1", "tiny", "Ann", "generating", "70", "60", "5", "1.2"]
    assert json.loads(invoke("list", "--json").stdout) == [ENTRY]


def test_stop(fake: FakeServer) -> None:
    fake.running["req_1"] = ENTRY
    assert invoke("stop", "req_1").stdout == "req_1 is stopped.\n"
    assert invoke("stop", "req_1", code=1).stderr == "llm-api: No such request is running.\n"
