"""How much memory and how many cores there are for models: of this machine, within its container, and on its GPUs."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import math
from collections.abc import Iterator
from pathlib import Path

import psutil

from server.engine.llama import C, can_offload

_CPU = Path("/proc/cpuinfo")
_CGROUP = Path("/sys/fs/cgroup")

_OWN_GROUPS = Path("/proc/self/cgroup")
"""Which control groups this process is in: lines of number:controllers:path. v2 has one, without controllers."""

_GPU = 1
"""ggml's number for that type of device."""


def free_host_memory() -> int:
    """Bytes that may be taken now. Cached files count as free, mapped ones too; a container's limit counts."""
    free = int(psutil.virtual_memory().available)
    for group in _groups("memory"):
        with contextlib.suppress(OSError, ValueError):  # no such files, or "max"
            limit = int((group / "memory.max").read_text())
            used = int((group / "memory.current").read_text())
            cached = sum(
                int(line.split()[1])
                for line in (group / "memory.stat").read_text().splitlines()
                if line.startswith(("active_file ", "inactive_file "))
            )
            free = min(free, limit - used + cached)
    return max(0, free)


def free_gpu_memory() -> int:
    """Bytes free on all GPUs together; 0 where llama.cpp sees none."""
    return sum(free for free, _ in _gpu_memory())


def physical_cores() -> int:
    """Cores this process may use; two threads of one core count once, and so does what a container's quota begins."""
    process = psutil.Process()
    allowed = len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1
    quota = min((_quota(group) for group in _groups("cpu")), default=math.inf)
    allowed = min(allowed, psutil.cpu_count(logical=False) or allowed)
    return max(1, allowed if quota > allowed else math.ceil(quota))


@functools.cache
def has_amx() -> bool:
    """Whether this CPU has AMX, Intel's units for matrices."""
    with contextlib.suppress(OSError):
        return " amx_" in _CPU.read_text()
    return False


def _quota(group: Path) -> float:
    """Cores' worth of time that a control group may take."""
    with contextlib.suppress(OSError, ValueError):  # no such file, or "max"
        quota, period = map(int, (group / "cpu.max").read_text().split())
        return quota / period
    with contextlib.suppress(OSError, ValueError):
        quota, period = (int((group / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
        return quota / period if quota > 0 else math.inf
    return math.inf


def _groups(controller: str) -> Iterator[Path]:
    """The folders of this process's control groups for this, v1's and v2's, and of all that are around them.

    Within a container the path may be one that only the host has; then what is found is the top, the container's own.
    """
    with contextlib.suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers or controller in controllers.split(","):
                top = _CGROUP / controller if controllers else _CGROUP
                own = top / path.lstrip("/")
                yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(top))


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
