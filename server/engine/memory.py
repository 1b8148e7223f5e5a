"""How much memory there is for models: of this machine, within its container, and on its GPUs."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

import psutil

from server.engine.llama import C, can_offload

_CGROUP = Path("/sys/fs/cgroup")

_GPU = 1
"""ggml's number for that type of device."""


def free_host_memory() -> int:
    """Bytes that may be taken now. Files in the page cache count as free, those that are mapped too; a container's limit
    counts.
    """
    free = int(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):  # no such files, or "max"
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        cached = sum(
            int(line.split()[1])
            for line in (_CGROUP / "memory.stat").read_text().splitlines()
            if line.startswith(("active_file ", "inactive_file "))
        )
        free = min(free, limit - used + cached)
    return max(0, free)


def free_gpu_memory() -> int:
    """Bytes free on all GPUs together; 0 where llama.cpp sees none."""
    return sum(free for free, _ in _gpu_memory())


def physical_cores() -> int:
    """Cores this process may use; two threads of one core count once."""
    process = psutil.Process()
    allowed = len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def _ggml(name: str) -> ctypes.CDLL:
    """One of the libraries that come with the binding; they are loaded already, this only finds them."""
    folder = Path(C.__file__).parent / "lib"
    return ctypes.CDLL(str(next(path for path in folder.iterdir() if path.stem in (name, f"lib{name}"))))


def _gpu_memory() -> list[tuple[int, int]]:
    """Free and total bytes of each GPU that llama.cpp would use; the binding itself does not say."""
    if not can_offload():
        return []
    found: list[tuple[int, int]] = []
    with contextlib.suppress(AttributeError, OSError, StopIteration):
        registry, base = _ggml("ggml"), _ggml("ggml-base")
        registry.ggml_backend_dev_count.restype = ctypes.c_size_t
        registry.ggml_backend_dev_get.argtypes, registry.ggml_backend_dev_get.restype = (
            [ctypes.c_size_t],
            ctypes.c_void_p,
        )
        for index in range(registry.ggml_backend_dev_count()):
            device = ctypes.c_void_p(registry.ggml_backend_dev_get(index))
            if base.ggml_backend_dev_type(device) == _GPU:
                free, total = ctypes.c_size_t(), ctypes.c_size_t()
                base.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
                found.append((free.value, total.value))
    return found
