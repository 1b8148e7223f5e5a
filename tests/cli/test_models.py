"""The models commands: against a server, and without one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.cli.client import Client
from server.cli.models import Follower, size

from .conftest import KEY, FakeServer

runner = CliRunner()


def invoke(*arguments: str, code: int = 0) -> Any:
    result = runner.invoke(app, ["models", *arguments], prog_name="llm-api")
    assert result.exit_code == code, result.output
    return result


def test_the_list_shows_each_model_and_its_state(fake: FakeServer) -> None:
    fake.state["tiny"] = {"state": "ready", "progress": None, "running": 2, "bytes": 4_300_000_000}
    lines = invoke("list").stdout.splitlines()
    assert lines[0].split() == ["Model", "State", "Memory", "Running"]
    assert lines[1].split() == ["tiny", "ready", "4.3", "GB", "2"]
    assert lines[2].split() == ["other", "unloaded"]
    assert [entry["state"] for entry in json.loads(invoke("list", "--json").stdout)] == ["ready", "unloaded"]


def test_a_narrow_terminal_gets_a_narrow_table(fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    fake.models.append("a-model-with/a-very-long-name-that-does-not-fit-into-a-line")
    assert all(len(line.rstrip()) <= 30 for line in invoke("list").stdout.splitlines())


def test_show_tells_of_one_model(fake: FakeServer) -> None:
    assert "unloaded" in invoke("show", "other").stdout
    assert json.loads(invoke("show", "other", "--json").stdout)["id"] == "other"
    assert "llm-api: The model 'nobody' does not exist." in invoke("show", "nobody", code=1).stderr


def test_load_and_unload(fake: FakeServer) -> None:
    assert invoke("load", "tiny").stdout == "tiny is ready.\n"
    assert invoke("unload", "tiny").stdout == "tiny is unloaded.\n"
    assert json.loads(invoke("load", "tiny", "--json").stdout)["state"] == "ready"


def test_a_busy_model_is_unloaded_by_force_only(fake: FakeServer) -> None:
    fake.busy = True
    assert invoke("unload", "tiny", code=1).stderr == "llm-api: It is answering.\n"
    assert invoke("unload", "tiny", "--force").stdout == "tiny is unloaded.\n"


def test_a_load_that_fails_says_why(fake: FakeServer) -> None:
    fake.load_error = "The file is damaged."
    assert invoke("load", "tiny", code=1).stderr == "llm-api: The file is damaged. Try again in 5 s.\n"


def test_watch_prints_every_change_for_programs(fake: FakeServer) -> None:
    fake.status_events = 2
    result = invoke("watch", "--json", code=1)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [[entry["id"] for entry in line] for line in lines] == [["tiny", "other"]] * 2
    assert "ended the stream" in result.stderr


def test_an_estimate_is_in_words_or_bytes(fake: FakeServer) -> None:
    assert "4.3 GB" in invoke("estimate", "tiny").stdout
    assert json.loads(invoke("estimate", "tiny", "--json").stdout)["total"] == 4_300_000_000


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Options for a place where no server runs, with one model whose file exists."""
    from scripts.make_model import chain_model

    monkeypatch.setenv("LLM_API_URL", "http://127.0.0.1:1")
    (tmp_path / "models").mkdir()
    chain_model(tmp_path / "models" / "chain.gguf")
    entries = {
        "chain": {"params": {"model": "chain.gguf", "ctxSize": 256}, "aliases": ["c"]},
        "lost": {"params": {"model": "lost.gguf"}},
    }
    (tmp_path / "m.json").write_text(json.dumps(entries))
    return ["--models", str(tmp_path / "m.json"), "--data-dir", str(tmp_path)]


def test_without_a_server_the_files_answer_and_it_says_so(nobody: list[str]) -> None:
    result = invoke("list", *nobody)
    assert "No server answers at http://127.0.0.1:1: this is from" in result.stderr
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:]] == [["chain", "unloaded"], ["lost", "no"]]
    shown = json.loads(invoke("show", "c", "--json", *nobody).stdout)
    assert (shown["id"], shown["context"], shown["architecture"]) == ("chain", 256, "llama")
    assert shown["capabilities"] == ["text"]
    found = json.loads(invoke("estimate", "chain", "--json", *nobody).stdout)
    assert found["total"] == found["weights"] + found["kv"] + found["compute"] > os.path.getsize(shown["file"]) / 2
    assert (found["object"], found["layers"]) == ("model.estimate", shown["layers"] + 1), "as a server says it"
    assert "lost.gguf" in invoke("estimate", "lost", *nobody, code=1).stderr


def test_without_a_server_nothing_can_be_loaded(nobody: list[str]) -> None:
    [line] = invoke("load", "chain", *nobody, code=1).stderr.splitlines()
    assert line.endswith("Start one with 'llm-api serve', or name another with --url.")


def test_a_broken_file_is_explained(nobody: list[str]) -> None:
    Path(nobody[1]).write_text('{"m": {"params": {"model": 3}}}')
    result = invoke("list", *nobody, code=2)
    assert result.stderr.splitlines()[-1] == (
        f"llm-api: {nobody[1]}: model 'm', params.model: expected a text, found 3"
    )


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (4_300, "4 kB"), (999_700, "1 MB"), (12_345_678_901, "12.3 GB")]
)
def test_bytes_for_people(count: int, text: str) -> None:
    assert size(count) == text


def test_a_load_reports_how_far_it_is(fake: FakeServer) -> None:
    fake.state["tiny"] = {"state": "loading", "progress": 37.5}
    fake.state["other"] = {"state": "loading", "progress": 99.0}
    heard: list[float] = []
    with Client(fake.url, KEY) as client:
        Follower(client, "tiny", heard.append).run()
    assert heard == [37.5]
