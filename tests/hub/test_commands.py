"""`llm-api pull`, `models add` and `models remove`, as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from server.cli import app
from tests.hub.conftest import REPO
from tests.hub.standin import StandIn

runner = CliRunner()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "models.json").write_text("{}")
    monkeypatch.setenv("LLM_API_MODELS", str(tmp_path / "models.json"))
    monkeypatch.setenv("LLM_API_DATA_DIR", str(tmp_path / "var"))
    return tmp_path


def invoke(*arguments: str, code: int = 0) -> Any:
    result = runner.invoke(app, arguments, prog_name="llm-api")
    assert result.exit_code == code, result.output
    return result


def test_pull_fetches_and_offers(hub: StandIn, place: Path) -> None:
    assert "Tiny-Model is there." in invoke("pull", REPO).stdout
    assert "Tiny-Model" in (place / "var" / "models.json").read_text()
    found = json.loads(invoke("pull", f"{REPO}:q8_0", "--name", "other", "--json").stdout)
    assert found["model"] == "other"
    assert len(hub.ranges) == 1, "the file was here already"


def test_pull_lists_what_there_is(hub: StandIn, place: Path) -> None:
    lines = invoke("pull", REPO, "--list").stdout.splitlines()
    assert lines[1].split()[:2] == ["Tiny-Model-Q8_0.gguf", "Q8_0"]
    assert lines[1].split()[-1] == "fits"
    assert json.loads(invoke("pull", REPO, "--list", "--json").stdout)[0]["quant"] == "Q8_0"
    assert hub.ranges == []


def test_what_cannot_be_pulled_is_told_in_a_line(hub: StandIn, place: Path) -> None:
    told = invoke("pull", "someone/unknown", code=1).stderr
    assert told.startswith("llm-api: The hub has no repository 'someone/unknown'")
    assert len(told.splitlines()) == 1


def test_ctrl_c_keeps_what_has_come(hub: StandIn, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.hub import hub as module

    class Impatient(module._Meter):
        def update(self, count: float) -> None:
            super().update(count)
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "_Meter", Impatient)
    assert "goes on from there" in invoke("pull", REPO, code=130).stderr


def test_models_are_added_and_removed(place: Path, model_file: Callable[[str], Path]) -> None:
    file = model_file("tiny")
    assert invoke("models", "add", str(file), "--name", "mine").stdout == "mine is there.\n"
    assert json.loads(invoke("models", "show", "mine", "--json").stdout)["file"] == str(file)
    assert invoke("models", "remove", "mine").stdout == "mine is not offered any more.\n"
    assert file.exists()
    (place / "junk.gguf").write_bytes(b"junk")
    assert "Left out: " in invoke("models", "add", str(place / "junk.gguf"), code=1).stdout
