"""The chat command: through a pipe, and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.settings import ROOT

from .conftest import FakeServer

runner = CliRunner()


def test_each_line_of_a_pipe_is_a_message_of_one_conversation(fake: FakeServer) -> None:
    result = runner.invoke(app, ["chat", "--temperature", "0", "--system", "Be brief."], input="Hi\n\nAgain\n")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Hello!\nHello!\n"
    last = fake.requests[-1]
    assert [(turn["role"], turn["content"]) for turn in last["messages"]] == [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("assistant", "Hello!"),
        ("user", "Again"),
    ]
    assert (last["model"], last["temperature"]) == ("tiny", 0.0)


def test_a_base_url_with_v1_and_another_model_work(fake: FakeServer) -> None:
    result = runner.invoke(app, ["chat", "--url", f"{fake.url}/v1/", "--model", "other"], input="Hi\n")
    assert result.stdout == "Hello!\n"
    assert fake.requests[0]["model"] == "other"


def test_a_loaded_model_is_preferred(fake: FakeServer) -> None:
    fake.state["other"] = {"state": "ready"}
    runner.invoke(app, ["chat"], input="Hi\n")
    assert fake.requests[0]["model"] == "other"


def test_what_a_model_says_does_not_command_the_terminal(fake: FakeServer) -> None:
    fake.words = ["a\x1b[2Jb", "\tc\r\n", "\x9bd"]
    assert runner.invoke(app, ["chat"], input="Hi\n").stdout == "a[2Jb\tc\nd\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--model", "gpt-5"], 1, "The model 'gpt-5' does not exist."),
        (["--key", "wrong"], 1, "This needs a key. Give a key with --key or the environment variable LLM_API_KEY."),
        (["--url", "http://127.0.0.1:1"], 1, "Start one with 'llm-api serve', or name another with --url."),
        (["--url", "ftp://x"], 2, "--url: expected http://host:port or https://host:port, found 'ftp://x'"),
        (["--max-tokens", "0"], 2, "'llm-api chat --help' shows what can be given."),
        (["--tempratur", "0"], 2, "No such option: --tempratur"),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(fake: FakeServer, arguments: list[str], code: int, said: str) -> None:
    result = runner.invoke(app, ["chat", *arguments], input="Hi\n", prog_name="llm-api")
    assert result.exit_code == code
    [line] = result.stderr.splitlines()
    assert line.startswith("llm-api: ")
    assert said in line


def test_an_error_inside_a_stream_is_a_failure(fake: FakeServer) -> None:
    fake.error = "The engine died."
    result = runner.invoke(app, ["chat"], input="Hi\n")
    assert (result.exit_code, result.stderr) == (1, "llm-api: The engine died.\n")


class Terminal:
    """A chat on a pseudo-terminal: what it shows, and a keyboard."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server", "chat", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(slave)
        self.shown = b""

    def until(self, text: str) -> str:
        """Reads up to the first `text` not yet read; what was before it."""
        deadline = time.monotonic() + 20
        while text.encode() not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.shown!r}"
            if select.select([self.master], [], [], 0.5)[0]:
                self.shown += os.read(self.master, 4096)
        before, _, self.shown = self.shown.partition(text.encode())
        return before.decode()

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())


def _own_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests that run in the background are started with it ignored
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(fake: FakeServer) -> Iterator[Terminal]:
    terminal = Terminal("--system", "Be brief.")
    try:
        terminal.until("› ")
        yield terminal
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)


def test_a_talk_at_a_terminal(fake: FakeServer, terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("Hi\r")
    shown = terminal.until("› ")
    assert "Hello!" in shown
    assert re.search(r"42 tokens · [\d.]+ tok/s · first after [\d.]+ s", shown)

    terminal.type('"""one\rtwo"""\r')
    terminal.until("Hello!")
    terminal.until("› ")
    assert fake.requests[-1]["messages"][-1]["content"] == "one\ntwo"

    terminal.type("\x1b[200~pasted\nlines\x1b[201~\r")
    terminal.until("Hello!")
    terminal.until("› ")
    assert fake.requests[-1]["messages"][-1]["content"] == "pasted\nlines"

    terminal.type("/nonsense\r")
    assert "There is no command /nonsense." in terminal.until("› ")
    terminal.type("/model other\r")
    terminal.until("› other")
    terminal.until("› ")
    file = tmp_path / "talk.json"
    terminal.type(f"/save {file}\r")
    terminal.until("Saved")
    saved = json.loads(file.read_text())
    assert saved["model"] == "other"
    assert [turn["role"] for turn in saved["messages"]] == ["system", *["user", "assistant"] * 3]
    terminal.until("› ")
    terminal.type("/new\r")
    terminal.until("› ")
    terminal.type("Hi\r")
    terminal.until("first after")
    assert len(fake.requests[-1]["messages"]) == 2
    terminal.until("› ")
    terminal.type("/quit\r")
    assert terminal.process.wait(20) == 0


def test_ctrl_c_stops_the_answer_and_not_the_program(fake: FakeServer, terminal: Terminal) -> None:
    fake.endless = True
    terminal.type("Hi\r")
    terminal.until("Hello!")
    terminal.type("\x03")
    assert "stopped" in terminal.until("› ")
    assert fake.left.wait(10), "the server was not told"
    fake.endless = False
    terminal.type("Again\r")
    terminal.until("42 tokens")
    assert fake.requests[-1]["messages"][-2] == {"role": "assistant", "content": "Hello!"}
    terminal.until("› ")
    terminal.type("\x04")
    assert terminal.process.wait(20) == 0
