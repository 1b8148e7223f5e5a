"""A short-lived child process for what may end the process that does it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys

from server import own_python

_CRASHES = frozenset(
    -getattr(signal, name) for name in ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL") if hasattr(signal, name)
)
"""Exit statuses of a process that ended by what it did itself."""
_ALARMED = -signal.SIGALRM if hasattr(signal, "SIGALRM") else None
"""Exit status of a child that has outlived its own bound."""

_GIVEN_ON = re.compile(
    r"""PATH|HOME|USERPROFILE|LANG|LANGUAGE|TZ|TMPDIR|TEMP|TMP
    |SYSTEMROOT|SYSTEMDRIVE|WINDIR|PATHEXT|NUMBER_OF_PROCESSORS|PROCESSOR_ARCHITECTURE|PROCESSOR_IDENTIFIER
    |PYTHON(HOME|UTF8|DONTWRITEBYTECODE|PYCACHEPREFIX|NOUSERSITE|MALLOC)
    |LD_LIBRARY_PATH|LD_PRELOAD|DYLD_LIBRARY_PATH|DYLD_FALLBACK_LIBRARY_PATH|GLIBC_TUNABLES
    |LLAMA_CPP_LIB_PATH|MTMD_CPP_LIB|(LC|CUDA|HIP|GGML|OMP|GOMP|KMP|MKL|OPENBLAS|VECLIB)_.*""",
    re.VERBOSE,
)
"""The variables by which Python, llama.cpp and numpy are found and started here. All others stay with us."""


async def run_child(module: str, *arguments: str, given: bytes = b"", seconds: float) -> tuple[int, str]:
    """Run `python -m module` with `given` as its input; its exit status (negative: a signal) and what it complained of.

    Of our environment it has what its libraries need (`_GIVEN_ON`), and so none of the keys and passwords in it;
    what this user may read it may read too. It does not hear what is typed at our terminal (Ctrl-C), and does not
    outlive this call. Raises TimeoutError after `seconds`.
    """
    status, words, _ = await hear_child(module, *arguments, given=given, seconds=seconds)
    return status, words


async def hear_child(module: str, *arguments: str, given: bytes = b"", seconds: float) -> tuple[int, str, bytes]:
    """As `run_child`, and what it told."""
    given_on = {name: value for name, value in os.environ.items() if _GIVEN_ON.fullmatch(name)}
    environment = given_on | own_python.search_path()
    environment["CUDA_VISIBLE_DEVICES"] = ""  # its start and its memory are not needed to judge anything
    environment["GGML_NO_BACKTRACE"] = "1"  # or ggml would start a debugger
    child = await asyncio.create_subprocess_exec(
        *own_python.command(module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # Windows' word for it
    )
    try:
        told, words = await asyncio.wait_for(child.communicate(given), seconds)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode is not None
    if child.returncode == _ALARMED:
        raise TimeoutError
    return child.returncode, words.decode(errors="replace"), told


def judges(status: int) -> bool:
    """Whether a child's end tells of what it was given: all was well, or it crashed on it. Any other end (killed from
    outside, a Python that does not start) tells nothing, but for statuses that the child itself means something by.
    """
    return status == 0 or status in _CRASHES


def how_it_ended(status: int) -> str:
    """An exit status in words: the signal's name, or the number."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def bound_this_process(seconds: int, *, memory: int | None = None, output: int | None = None) -> None:
    """For a child to call first: it ends by itself after so long, though nobody waits for it any more, gets no more
    memory than `memory` bytes of address space, and writes no file of more than `output` bytes, where the system knows
    such bounds.
    """
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        if output is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
        signal.alarm(seconds)
