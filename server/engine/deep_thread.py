"""Threads with a deep stack, for C code that recurses once for every character of a text."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

STACK_BYTES = 512 * 1024 * 1024
"""Address space, not memory: only what is touched is taken."""


def deep_executor(name: str, threads: int = 1) -> ThreadPoolExecutor:
    """An executor whose threads have a stack of STACK_BYTES, or the deepest this platform gives."""
    executor = ThreadPoolExecutor(threads, name)
    usual = threading.stack_size()
    size = STACK_BYTES
    while size > usual:
        try:
            threading.stack_size(size)
            barrier = threading.Barrier(threads + 1)
            for _ in range(threads):
                executor.submit(barrier.wait)  # each takes a thread of its own: they start now, with this stack
            barrier.wait()
            break
        except (ValueError, RuntimeError):
            size //= 2
        finally:
            threading.stack_size(usual)
    return executor
