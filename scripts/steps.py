"""Runs one long command of the set-up: its output goes to a log, its life is shown, its failure is explained."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

QUIET_SECONDS = 30.0
"""Between two signs of life where the output is not a terminal."""
TAIL_LINES = 30

NINJA = re.compile(rb"\[\s*(\d+)/(\d+)\]")
MAKE = re.compile(rb"^\s*\[\s*(\d+)%\]", re.MULTILINE)


class SetupFailed(Exception):
    """The set-up cannot go on; the message says what happened and what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def writing(folder: Path, advice: str) -> Iterator[None]:
    """Raises SetupFailed, with what to do about it, where the folder cannot be made or written."""
    try:
        yield
    except OSError as error:
        raise SetupFailed(f"{folder} cannot be written ({error.strerror}). {advice}") from error


def step(title: str, command: Sequence[str | Path], log: Path, *, env: Mapping[str, str] | None = None) -> None:
    """Run the command to its end; raises SetupFailed with the end of its output."""
    life = _Life(title)
    begin = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env
        )
    try:
        while (code := _wait(process)) is None:
            life.show(done_share(_since(log, begin)))
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        life.close()
    if code != 0:
        lines = _since(log, begin).decode("utf-8", "replace").splitlines()[-TAIL_LINES:]
        tail = "\n".join(f"    {line}" for line in lines)
        raise SetupFailed(f"{tail}\n\n{title}: failed (exit status {code}). The whole output: {log}")


def done_share(output: bytes) -> float | None:
    """How far the newest counter of ninja (`[12/300]`) or make (`[ 4%]`) has come, 0..1."""
    if counters := NINJA.findall(output):
        done, total = (int(number) for number in counters[-1])
        return min(1.0, done / total) if total else None
    if percents := MAKE.findall(output):
        return min(1.0, int(percents[-1]) / 100)
    return None


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return None


def _since(log: Path, begin: int) -> bytes:
    with log.open("rb") as file:
        file.seek(begin)
        return file.read()


class _Life:
    """One line that is rewritten on a terminal; elsewhere a line now and then."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()
        print(f"  {title} …", end="" if self._terminal else "\n", file=sys.stderr, flush=True)

    def show(self, share: float | None) -> None:
        now = time.monotonic()
        line = f"  {self._title} … {clock(now - self._start)}" + ("" if share is None else f", {share:.0%}")
        if self._terminal:
            print(f"\r{line}   ", end="", file=sys.stderr, flush=True)
        elif now - self._shown >= QUIET_SECONDS:
            self._shown = now
            say(line)

    def close(self) -> None:
        seconds = time.monotonic() - self._start
        line = f"  {self._title}: {clock(seconds)}"
        if self._terminal:
            say(f"\r{line}            ")
        elif seconds >= QUIET_SECONDS:
            say(line)
