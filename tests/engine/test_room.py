"""What loaded models leave to others: pages of a file look free to the machine, and are not."""

from __future__ import annotations

import pytest

from server.engine import room
from server.engine.gguf import Estimate
from server.engine.room import Room, Taken, room_beside, taken_by

MIB = 1024 * 1024
EXPECTED = Estimate(weights=100 * MIB, kv=20 * MIB, compute=10 * MIB, layer=(60 * MIB,) * 2, head=5 * MIB, gpu_layers=0)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "free_host_memory", lambda: 160 * MIB)
    monkeypatch.setattr(room, "free_gpu_memory", lambda: 80 * MIB)


def test_mapped_weights_of_what_is_loaded_are_not_free() -> None:
    buffers = [("CPU_Mapped", "model", 100.0), ("CPU", "KV", 20.0), ("CPU", "compute", 10.0)]
    taken = taken_by(buffers, EXPECTED, droppable=True)
    assert taken == Taken(host=130 * MIB, gpu=0, mapped=100 * MIB)
    beside = room_beside([taken])
    assert beside == Room(host=60 * MIB, gpu=80 * MIB)
    assert beside.without([taken]).host == 190 * MIB


def test_what_lies_on_a_gpu_or_is_locked_is_counted_by_the_machine_itself() -> None:
    buffers = [
        ("CPU_Mapped", "model", 10.0),
        ("CUDA0", "model", 90.0),
        ("CUDA0", "KV", 20.0),
        ("CUDA_Host", "output", 1.0),
    ]
    assert taken_by(buffers, EXPECTED, droppable=True) == Taken(host=11 * MIB, gpu=110 * MIB, mapped=10 * MIB)
    locked = taken_by(buffers, EXPECTED, droppable=False)
    assert room_beside([locked]).host == 160 * MIB


def test_what_llama_does_not_tell_is_taken_as_expected() -> None:
    assert taken_by([], EXPECTED, droppable=True) == Taken(host=130 * MIB, gpu=0, mapped=100 * MIB)
    assert taken_by([], EXPECTED, droppable=False) == Taken(host=130 * MIB, gpu=0, mapped=0)


def test_a_limit_is_for_all_memory_and_all_models_together() -> None:
    loaded = [Taken(host=30 * MIB, gpu=20 * MIB, mapped=0)]
    assert room_beside(loaded, 200 * MIB).together == 150 * MIB
    assert room_beside(loaded, 200 * MIB).without(loaded).together == 200 * MIB
