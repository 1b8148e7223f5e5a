"""The serve command: what it refuses, what a start says, and a whole server behind it."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from scripts.make_model import chain_model
from server.catalog import Catalog
from server.cli import app
from server.cli.failure import Failure
from server.cli.serve import check_exposure, greeting
from server.settings import ROOT, load_settings
from server.store.auth_keys import AuthKeys, FirstKey

runner = CliRunner()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with one model and its file."""
    (tmp_path / "models").mkdir()
    chain_model(tmp_path / "models" / "chain.gguf", text="Good morning!")
    (tmp_path / "models.json").write_text(json.dumps({"chain": {"params": {"model": "chain.gguf", "ctxSize": 512}}}))
    return tmp_path


def refused(*arguments: str, code: int) -> list[str]:
    result = runner.invoke(app, ["serve", *arguments], prog_name="llm-api")
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    return result.stderr.splitlines()


def where(place: Path) -> list[str]:
    return ["--models", str(place / "models.json"), "--data-dir", str(place)]


def test_a_port_that_is_taken(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        [line] = refused(*where(place), "--port", str(taken.getsockname()[1]), code=1)
    assert line.startswith("llm-api: Cannot listen on 127.0.0.1 port")
    assert line.endswith("Another program may be there: stop it, or choose another with --port.")


def test_an_address_of_another_machine(place: Path) -> None:
    [line] = refused(*where(place), "--host", "192.0.2.1", "--port", "0", code=1)
    assert line.startswith("llm-api: Cannot listen on 192.0.2.1 port 0")


def test_models_that_cannot_be_used(place: Path) -> None:
    (place / "models.json").write_text(json.dumps({"m": {"params": {"model": "x", "threads": "two", "topP": 7}}}))
    lines = refused(*where(place), code=2)
    assert lines == [
        f"llm-api: {place}/models.json: model 'm', params.threads: expected a whole number, found \"two\"",
        f"llm-api: {place}/models.json: model 'm', params.topP: expected at most 1, found 7",
    ]


def test_settings_that_cannot_be_used(place: Path) -> None:
    file = place / "own.yaml"
    file.write_text("server:\n  port: 99999\n")
    [line] = refused("--config", str(file), code=2)
    assert f"{file}: server.port" in line
    [line] = refused("--log-level", "loud", code=2)
    assert "log.level" in line


def test_a_pair_that_is_not_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_TLS_KEY", str(place / "none.pem"))
    lines = refused(*where(place), "--tls", code=2)
    assert any(str(place / "none.pem") in line for line in lines)
    assert lines[-1].endswith("makes a pair for trying out; --no-tls serves without.")


def test_beyond_loopback_a_valid_key_must_exist(place: Path) -> None:
    def settings(host: str, **dialect: Any) -> Any:
        fields = {f"dialects.llm_api.{name}": value for name, value in dialect.items()}
        return load_settings(None, {"server.host": host, "paths.data_dir": place, **fields})

    keys = AuthKeys.open(settings("127.0.0.1"))
    try:
        valid = FirstKey(keys.create("a key")[0], None)
    finally:
        keys.close()
    none = FirstKey(None, None)
    check_exposure(settings("127.0.0.1"), none)
    check_exposure(settings("localhost"), none)
    check_exposure(settings("0.0.0.0"), valid)
    with pytest.raises(Failure, match="No key is valid, and listening on"):
        check_exposure(settings("0.0.0.0"), none)
    with pytest.raises(Failure, match="keyless_beyond_loopback as well"):
        check_exposure(settings("0.0.0.0", keyless="abc"), valid)
    check_exposure(settings("0.0.0.0", keyless="abc", keyless_beyond_loopback=True), valid)
    check_exposure(settings("127.0.0.1", keyless="abc"), valid)


def test_only_the_first_start_shows_a_key(place: Path) -> None:
    settings = load_settings(None, {"paths.data_dir": place, "paths.models": place / "models.json"})
    catalog = Catalog.from_settings(settings)
    keys = AuthKeys.open(settings)
    try:
        first, second = (greeting(settings, catalog, keys.start(settings.auth)) for _ in range(2))
        key = keys.list()[0]
        keys.revoke(key.id)
        third = greeting(settings, catalog, keys.start(settings.auth))
    finally:
        keys.close()
    shown = re.search(rf"{key.id}\.\S+", "\n".join(first))
    assert shown
    assert shown[0] not in "\n".join(second)
    assert second[0].startswith(f"Key: {key.id} (shown when it was made). Another one: ")
    assert third[0].startswith("No key is valid any more. Make one: ")
    assert "llm-api keys create" in second[0]
    assert "llm-api keys create" in third[0]


class Served:
    """A server that was started as a person starts it."""

    def __init__(self, place: Path, *arguments: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-P", "-m", "server", "serve", *where(place), "--port", str(self.port), *arguments]
        self.process = subprocess.Popen(
            command, cwd=place, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def greeting(self) -> str:
        """What it says before it listens, once it listens."""
        assert self.process.stdout
        said = ""
        while "end=" not in said:
            line = self.process.stdout.readline()
            assert line, f"it ended, and said only:\n{said}"
            said += line
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return said
            except OSError:
                assert self.process.poll() is None, self.process.stdout.read()
                assert time.monotonic() < deadline
                time.sleep(0.02)


@pytest.fixture
def served(place: Path) -> Iterator[Served]:
    served = Served(place)
    try:
        yield served
    finally:
        served.process.kill()
        served.process.wait()


def test_the_examples_work_as_pasted_and_ctrl_c_ends_it(served: Served, place: Path) -> None:
    said = served.greeting()
    curl = re.search(r"^  curl -N (?:.*\\\n)+.*$", said, re.MULTILINE)
    assert curl
    answer = subprocess.run(
        shlex.split(curl[0].replace("\\\n", " ").replace("curl -N", "curl -sN", 1)), capture_output=True, timeout=60
    )
    assert b"data: [DONE]" in answer.stdout, answer
    python = said.partition("Or in Python:\n\n")[2].partition("\n\n")[0]
    program = "\n".join(line.removeprefix("  ") for line in python.splitlines())
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert answer.stdout == b"Good morning!", answer
    served.process.send_signal(signal.SIGINT)
    rest, _ = served.process.communicate(timeout=20)
    assert served.process.returncode == 0, rest
    assert "Traceback" not in rest


def test_what_lies_in_the_users_folder_is_not_taken_for_ours_at_a_reload(place: Path) -> None:
    (place / "server.py").write_text("raise SystemExit('not this one, end=')")  # so that the greeting is not waited for
    served = Served(place, "--reload")
    try:
        assert "A first key was made" in served.greeting()
    finally:
        served.process.send_signal(signal.SIGINT)
        served.process.communicate(timeout=20)


TOO_LATE = "from server.cli import main, serve; serve.check_port = lambda *_: None; main()"
"""A start whose port is free when it looks, and taken when it comes to listen."""


def test_of_two_starts_at_once_the_later_one_says_that_the_address_is_taken(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", TOO_LATE, "serve", *where(place), "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode
    assert "Traceback" not in done.stderr
    assert f"Cannot listen on 127.0.0.1 port {port}: another program has taken it meanwhile." in done.stderr, done
