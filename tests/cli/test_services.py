"""The services commands: against a real server with a scripted model, and without one."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from server.cli import app
from server.errors import BadRequest
from tests.api.scripted import ScriptedBackend, say
from tests.api.served import KEY, serving

runner = CliRunner()

FLAVOR = [{"name": "quick", "modelName": "tiny"}]
MANIFESTS: dict[str, Any] = {
    "mood": {
        "type": "prompt",
        "description": {"en": "Tell the mood"},
        "prompt": "{text} {scale}",
        "fields": {"text": {}, "scale": {"type": "integer", "default": 5}},
        "answer": {"type": "object"},
        "flavor": FLAVOR,
    },
    "sum": {"type": "summary", "fields": 1, "flavor": FLAVOR},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Manifests and prompts, where a server and the commands find them."""
    (tmp_path / "services").mkdir()
    (tmp_path / "prompts").mkdir()
    (tmp_path / "services" / "all.yaml").write_text(yaml.safe_dump(MANIFESTS, sort_keys=False))
    (tmp_path / "prompts" / "sum.txt").write_text("Sum up: {}")
    monkeypatch.setenv("LLM_API_SERVICES", str(tmp_path / "services"))
    monkeypatch.setenv("LLM_API_SERVICE_PROMPTS", str(tmp_path / "prompts"))
    monkeypatch.setenv("LLM_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("LLM_API_KEY", KEY)
    return tmp_path


@pytest.fixture
def backend(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedBackend]:
    """What answers in a server on a thread of its own."""
    answering = ScriptedBackend()
    ready, over = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serving(folder, answering) as served:
            monkeypatch.setenv("LLM_API_URL", served.url)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield answering
    over.set()
    thread.join()
    loop.close()


def invoke(*arguments: str, code: int = 0, text: str | None = None) -> Any:
    result = runner.invoke(app, ["services", *arguments], prog_name="llm-api", input=text)
    assert result.exit_code == code, result.output
    return result


def test_the_list(backend: ScriptedBackend) -> None:
    lines = invoke("list").stdout.splitlines()
    assert lines[0].split() == ["Service", "Type", "Flavors", "About"]
    assert lines[1].split() == ["mood", "prompt", "quick", "Tell", "the", "mood"]
    assert [one["id"] for one in json.loads(invoke("list", "--json").stdout)] == ["mood", "sum"]


def test_the_list_without_a_server(folder: Path) -> None:
    (folder / "services" / "broken.yaml").write_text("x: {}")
    result = invoke("list")
    assert "No server answers" in result.stderr
    assert "mood" in result.stdout
    assert "broken.yaml" in result.stdout


def test_a_question_is_answered(backend: ScriptedBackend, tmp_path: Path) -> None:
    backend.steps = say('{"mood": "fine"}')
    (tmp_path / "text.txt").write_text("Hello = there")
    assert json.loads(invoke("run", "mood", f"text=@{tmp_path / 'text.txt'}", "scale=3").stdout) == {"mood": "fine"}
    assert backend.turn.messages[0].content == "Hello = there 3"
    assert json.loads(invoke("run", "mood", "text=@-", "--json", text="x").stdout)["model"] == "tiny"
    assert backend.turn.messages[0].content == "x 5"


def test_a_summary_is_waited_for(backend: ScriptedBackend) -> None:
    assert invoke("run", "sum", "text=Ann: hi").stdout == "Hello world\n"
    backend.refusal = BadRequest("It does not fit.")
    assert "failed: It does not fit." in invoke("run", "sum", "text=Ann: hi", code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["mood", "text"], "expected NAME=VALUE with one of text, scale", 2),
        (["mood", "other=1"], "expected NAME=VALUE with one of text, scale", 2),
        (["mood", "text=x", "scale=many"], "scale: expected the type integer", 2),
        (["mood", "text=@/nowhere/at/all"], "cannot be read", 2),
        (["mood"], "Missing required parameter: 'text'", 1),
        (["nothing"], "There are: mood, sum", 1),
    ],
)
def test_what_cannot_be_asked(backend: ScriptedBackend, arguments: list[str], said: str, code: int) -> None:
    assert said in invoke("run", *arguments, code=code).stderr


def test_files_are_checked(folder: Path) -> None:
    models = folder / "models.json"
    models.write_text(json.dumps({"tiny": {"params": {"model": "tiny.gguf"}}}))
    assert "2 services" in invoke("check", "--models", str(models)).stdout
    (folder / "prompts" / "sum.txt").unlink()
    models.write_text(json.dumps({"other": {"params": {"model": "tiny.gguf"}}}))
    result = invoke("check", "--models", str(models), code=1)
    assert "The prompt sum.txt cannot be read" in result.stdout
    assert "mood: flavor quick: The model 'tiny' does not exist." in result.stdout
    assert "3 of these are to be mended" in result.stderr
