"""What room there is for one more model, in this machine's memory and on its GPUs, and what a loaded one takes."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.engine.gguf import Estimate
from server.engine.memory import free_gpu_memory, free_host_memory

_MIB = 1024 * 1024


class Memory(enum.Enum):
    """What may be too small for a model, and what its owner can do then."""

    GPU = "of the GPU's memory", "fewer gpuLayers"
    HOST = "of this machine's memory", "a smaller ctxSize"
    LIMIT = "of what models.memory_limit_mb allows", "a smaller ctxSize"


@dataclass(frozen=True, slots=True)
class Shortage:
    """Which memory a model would overflow, and by how much."""

    memory: Memory
    need: int
    free: int

    def told_of(self, name: str) -> str:
        """The sentences for whoever asked for this model."""
        where, less = self.memory.value
        return (
            f"{name!r} needs about {self.need // 1_000_000} MB {where} and {max(self.free, 0) // 1_000_000} MB are "
            f"free; everything loaded is in use. Wait, unload a model, or give this one {less}."
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """Bytes that a loaded model takes."""

    host: int
    gpu: int
    mapped: int
    """Of those in the host's memory, weights that are pages of the file. The machine calls them free, for it could drop
    them; then it would read them from the disk again for every token.
    """

    @property
    def total(self) -> int:
        return self.host + self.gpu

    def of(self, memory: Memory) -> int:
        """What would come back there if it were unloaded."""
        return {Memory.GPU: self.gpu, Memory.HOST: self.host, Memory.LIMIT: self.total}[memory]


def taken_by(buffers: Sequence[tuple[str, str, float]], expected: Estimate, *, droppable: bool) -> Taken:
    """What llama.cpp said that it allocated: device, kind and MiB. As was expected, where it said nothing. `droppable`:
    the file is mapped, and not locked into memory.
    """
    if not buffers:
        kept = expected.total - expected.device
        return Taken(kept, expected.device, min(expected.weights, kept) if droppable else 0)
    host = sum(mib for device, _, mib in buffers if _in_host_memory(device))
    gpu = sum(mib for device, _, mib in buffers if not _in_host_memory(device))
    mapped = sum(mib for device, _, mib in buffers if droppable and device == "CPU_Mapped")
    return Taken(int(host * _MIB), int(gpu * _MIB), int(mapped * _MIB))


def _in_host_memory(device: str) -> bool:
    """By ggml's names of buffers: CPU, CPU_Mapped, CPU_REPACK, AMX; CUDA_Host and its like are read by a GPU."""
    return device.startswith("CPU") or device == "AMX" or device.endswith("_Host")


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that a model may take."""

    host: int
    gpu: int = 0
    """On all GPUs together; 0 where there is none, or none that says: then nothing is counted onto it."""
    together: int | None = None
    """Of both, where there is a limit."""

    def shortage(self, estimate: Estimate) -> Shortage | None:
        """What is too small for a load that takes so much; None when it fits."""
        device = estimate.device if self.gpu else 0
        asked = [(Memory.GPU, device, self.gpu), (Memory.HOST, estimate.total - device, self.host)]
        if self.together is not None:
            asked.append((Memory.LIMIT, estimate.total, self.together))
        return next((Shortage(memory, need, free) for memory, need, free in asked if need > free), None)

    def holds(self, estimate: Estimate) -> bool:
        return self.shortage(estimate) is None

    def without(self, loaded: Iterable[Taken]) -> Room:
        """The room that there would be if these were unloaded."""
        host, gpu, together = self.host, self.gpu, self.together
        for taken in loaded:
            host += taken.host
            gpu += taken.gpu if self.gpu else 0
            together = None if together is None else together + taken.total
        return Room(host, gpu, together)


def room_beside(loaded: Sequence[Taken] = (), limit: int = 0) -> Room:
    """The room that there is now, beside what is loaded. `limit`: most bytes for all models together; 0: none."""
    together = limit - sum(taken.total for taken in loaded) if limit else None
    return Room(free_host_memory() - sum(taken.mapped for taken in loaded), free_gpu_memory(), together)
