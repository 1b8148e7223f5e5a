"""A child that ends as it is told to, in the place of one that tries a file: by a signal's name, or an exit status."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from server.engine.short_lived import run_child


def child_that_ends(end: str) -> Any:
    """For the place of `run_child`."""

    async def run(module: str, *arguments: str, given: bytes = b"", seconds: float) -> tuple[int, str]:
        return await run_child("tests.engine.ends", end, given=given, seconds=seconds)

    return run


OF_ITSELF = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL")
FROM_OUTSIDE = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "1")


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        sys.exit(int(sys.argv[1]))
    number = signal.Signals[sys.argv[1]]
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)  # Python's own handler of SIGINT would make an exception of it
    os.kill(os.getpid(), number)
