"""How much memory there is for models: of this machine, within its container, and on its GPUs."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from server.engine.llama import gpu_memory

_CGROUP = Path("/sys/fs/cgroup")


def free_host_memory() -> int:
    """Bytes that a model may take now. Files in the page cache count as free; a container's limit counts."""
    free = int(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):  # no such files, or "max"
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        cached = next(
            int(line.split()[1])
            for line in (_CGROUP / "memory.stat").read_text().splitlines()
            if line.startswith("inactive_file ")
        )
        free = min(free, limit - used + cached)
    return max(0, free)


def free_gpu_memory() -> int:
    """Bytes free on all GPUs together; 0 where llama.cpp sees none."""
    return sum(free for free, _ in gpu_memory())


def physical_cores() -> int:
    """Cores this process may use; two threads of one core count once."""
    process = psutil.Process()
    allowed = len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
