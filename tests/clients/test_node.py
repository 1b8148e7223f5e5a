"""The Node packages `openai` and `ai`, through a small script; each case prints what it found."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.wall import Wall
from tests.contract.target import Target

FOLDER = Path(__file__).parent / "node"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine"),
    pytest.mark.skipif(
        not (FOLDER / "node_modules").exists(), reason="`npm install` was not run in tests/clients/node"
    ),
]


def found(target: Target, case: str) -> Any:
    command = ["node", str(FOLDER / "smoke.mjs"), case, target.base_url, target.key, target.model]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", ["openai-chat", "ai-chat", "ai-stream"])
def test_chat(target: Target, case: str) -> None:
    answer = found(target, case)
    assert isinstance(answer["text"], str)
    assert answer["tokens"] > 0


def test_stream(target: Target) -> None:
    assert found(target, "openai-stream")["text"] == found(target, "openai-chat")["text"]


@pytest.mark.parametrize("case", ["openai-tool", "ai-tool", "ai-streamed-tool"])
def test_tool_call(target: Target, case: str) -> None:
    answer = found(target, case)
    assert answer["name"] == "paint"
    Wall.model_validate(answer["wall"])


@pytest.mark.parametrize("case", ["openai-structured", "ai-structured"])
def test_structured_output(target: Target, case: str) -> None:
    Wall.model_validate(found(target, case)["wall"])


def test_responses(target: Target) -> None:
    first, last = found(target, "openai-responses")["kinds"]
    assert first == "response.created"
    assert last in ("response.completed", "response.incomplete")
