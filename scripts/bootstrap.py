"""From a bare clone to an environment that serves or tests: `.venv`, the locked packages, llama.cpp.

A stamp in `.venv` tells what it was made from, so that all later starts cost a few file reads. Needs a supported
Python (`interpreter.require()` sees to that) and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NoReturn

import interpreter
import llama_wheel
from steps import SetupFailed, say, step, writing

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"serve": "requirements.lock", "test": "requirements-dev.lock"}
"""What an environment is for, and its lock. The second holds all of the first."""


class Environment:
    """The clone's `.venv`."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self._stamp = self.folder / "llm-api.json"
        self._log = self.folder / "setup.log"

    def ready_for(self, purpose: str) -> bool:
        """Whether what was set up last is for this purpose, these locks and this machine."""
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return self.whole() and stamp["made of"] == self._digest() and stamp["purpose"] in (purpose, "test")

    def whole(self) -> bool:
        """Whether the Python that the environment was made with is still there, in that version."""
        try:
            lines = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        facts = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
        base = Path(facts.get("executable", ""))
        if not (base.is_file() and self.python.exists()):
            return False
        return os.name == "nt" or self.python.resolve() == base.resolve()

    def make_ready(self, purpose: str) -> None:
        """Set up what is missing; raises SetupFailed."""
        if self.ready_for(purpose):
            return
        lock = self.folder / "setup.lock"
        with writing(self.folder, "The environment lies in the clone: start from a clone of your own."):
            self.folder.mkdir(exist_ok=True)
            lock.touch()
        with alone(lock):
            if not self.ready_for(purpose):  # else somebody else has just done it
                self._set_up(purpose)

    def mark(self, purpose: str) -> None:
        """Say what the environment is made from, now that it is whole."""
        stamp = {"made of": self._digest(), "purpose": purpose}
        self._stamp.write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")

    def _set_up(self, purpose: str) -> None:
        lock = self.root / LOCKS[purpose]
        say(f"Setting up {self.folder} (once; a minute for the packages, minutes more if llama.cpp must be compiled).")
        self._stamp.unlink(missing_ok=True)
        self._log.unlink(missing_ok=True)
        if not (self.whole() and subprocess.run([self.python, "-m", "pip", "-V"], capture_output=True).returncode == 0):
            self._create()
        entry, rest = llama_wheel.divide(lock.read_text(encoding="utf-8"))
        packages = self.folder / "packages.lock"
        packages.write_text(rest, encoding="utf-8")
        pip: list[str | Path] = [self.python, "-m", "pip", "install", "--require-hashes", "-r", packages]
        step(f"installing the packages of {lock.name}", pip, self._log)
        llama_wheel.install(self.python, entry, self._log)
        self.introduce()
        self.mark(purpose)
        say("Ready.")

    def _create(self) -> None:
        if find_spec("ensurepip") is None or find_spec("venv") is None:
            name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            raise SetupFailed(f"This Python cannot make environments: install {name} (`sudo apt install {name}`).")
        # Not --clear: the lock and the log of this set-up lie in the folder. Old links would be kept.
        for leftover in self.folder.glob("bin/python*"):
            leftover.unlink()
        step("making the environment", [sys.executable, "-m", "venv", self.folder], self._log)

    def introduce(self) -> None:
        """Let the environment's Python find the clone from any folder, and give it the command `llm-api`."""
        ask = [str(self.python), "-c", "import sysconfig; print(ascii(sysconfig.get_path('purelib')))"]
        packages = Path(ast.literal_eval(subprocess.run(ask, capture_output=True, text=True, check=True).stdout))
        # Which encoding it is read in depends on Python's version and on the locale: so none of it matters.
        root = str(self.root)
        line = root if root.isascii() else f"import sys; sys.path.append({root!a})"
        (packages / "llm-api.pth").write_text(f"{line}\n", encoding="ascii")
        if os.name == "nt":
            command, text = "llm-api.cmd", '@"%~dp0python.exe" -P -m server %*\n'
        else:
            command, text = "llm-api", f'#!/bin/sh\nexec "{self.python}" -P -m server "$@"\n'
        script = self.python.with_name(command)
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)

    def _digest(self) -> str:
        files = (*LOCKS.values(), "pyproject.toml")
        parts = [(self.root / name).read_bytes() for name in files]
        parts.append(Path(llama_wheel.__file__).read_bytes())  # how llama.cpp is compiled may have changed
        # A folder that moved, or is shared with another machine, does not fit any more.
        parts += [str(self.root).encode(), *(trait.encode() for trait in llama_wheel.machine())]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def ready(purpose: str) -> Path:
    """The Python of an environment for this purpose ("serve" or "test"); leaves with a sentence if none can be made."""
    environment = Environment()
    try:
        environment.make_ready(purpose)
    except SetupFailed as error:
        sys.exit(f"\n{error}")
    except OSError as error:  # a full disk, a folder within that is another user's
        sys.exit(f"\nThe set-up cannot go on: {error.strerror}{f': {error.filename}' if error.filename else ''}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; what was finished is kept.")
    return environment.python


def start(python: Path, *arguments: str) -> NoReturn:
    """Become the environment's Python with these arguments. `-P`: a `server/` in the user's folder is not ours."""
    interpreter.start([str(python), "-P", *arguments])
    raise AssertionError("not reached")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Only one process at a time gets past this; the others wait, and say so."""
    with path.open("a+b") as file:
        if not _lock(file, wait=False):
            say("Another set-up of this clone is running; waiting for it.")
            _lock(file, wait=True)
        yield


def _lock(file: IO[bytes], *, wait: bool) -> bool:
    """Held until the file is closed."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return _lock(file, wait=True) if wait else False
    return True
