"""What is chosen for a machine that is only described: how many layers on its GPU, how many cells."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from server.catalog_file import schema
from server.engine import sizing
from server.engine.gguf import Header
from server.engine.gguf_format import Tensor
from server.engine.room import Memory, Room
from server.engine.sizing import DEFAULT_CONTEXT, Sized, size
from server.model_card import ModelCard
from server.settings import load_settings

GB = 1_000_000_000
ENGINE = load_settings().engine


def llama_8b() -> Header:
    """Llama 3 8B in Q8_0, as its header says it."""
    width, forward, vocabulary, layers = 4096, 14336, 128256, 32
    shapes = {f"blk.{n}.{name}.weight": shape for n in range(layers) for name, shape in _layer(width, forward).items()}
    shapes |= {"token_embd.weight": (width, vocabulary), "output.weight": (width, vocabulary)}
    tensors = tuple(Tensor(name, shape, "Q8_0", 0, shape[0] * shape[1] // 32 * 34) for name, shape in shapes.items())
    return Header(
        file="llama.gguf",
        architecture="llama",
        name="Llama 3 8B",
        metadata={},
        tensors=tensors,
        size=sum(tensor.bytes for tensor in tensors),
        parts=1,
        fingerprint="",
        context_length=8192,
        layers=layers,
        width=width,
        feed_forward=forward,
        heads=(32,) * layers,
        kv_heads=(8,) * layers,
        key_size=128,
        value_size=128,
        sliding_window=0,
        vocabulary=vocabulary,
    )


def _layer(width: int, forward: int) -> dict[str, tuple[int, int]]:
    attention = {
        "attn_q": (width, width),
        "attn_k": (width, 1024),
        "attn_v": (width, 1024),
        "attn_output": (width, width),
    }
    return attention | {"ffn_gate": (width, forward), "ffn_up": (width, forward), "ffn_down": (forward, width)}


def chosen(room: Room, **card: object) -> Sized:
    return size(ModelCard("llama", Path("llama.gguf"), **card), llama_8b(), ENGINE, room)  # type: ignore[arg-type]


def test_all_layers_and_all_cells_where_the_gpu_has_room_whatever_the_host_has() -> None:
    found = chosen(Room(host=8 * GB, gpu=24 * GB))
    assert (found.gpu_layers, found.plan.options.cells) == (33, 65536)
    assert Room(host=8 * GB, gpu=24 * GB).holds(found.estimate)


@pytest.mark.parametrize("gpu", [6, 8, 10, 12, 16, 20, 80])
@pytest.mark.parametrize("embeddings", [False, True])
def test_what_lies_on_the_gpu_fits_there(gpu: int, embeddings: bool) -> None:
    room = Room(host=64 * GB, gpu=gpu * GB)
    found = chosen(room, embeddings=embeddings)
    assert found.estimate.device <= room.gpu
    assert found.estimate.total - found.estimate.device <= room.host
    assert found.plan.context == 8192
    assert (found.gpu_layers == 33) is (gpu >= 10)


def test_layers_go_before_cells() -> None:
    found = chosen(Room(host=64 * GB, gpu=12 * GB))
    assert found.gpu_layers == 33
    assert 8192 <= found.plan.options.cells < 65536


def test_cells_shrink_for_the_memory_that_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "can_offload", lambda: True)
    roomy = Room(host=64 * GB, gpu=24 * GB)
    assert chosen(roomy, gpu_layers=20).plan.options.cells == 65536
    for short in (replace(roomy, host=5 * GB), replace(roomy, gpu=8 * GB), replace(roomy, together=12 * GB)):
        found = chosen(short, gpu_layers=20)
        assert 8192 <= found.plan.options.cells < 65536
        assert short.holds(found.estimate)


def test_a_card_that_names_no_context_gets_what_its_field_is_said_to_mean() -> None:
    long = replace(llama_8b(), context_length=131072)
    short = replace(llama_8b(), context_length=2048)
    for header, context in ((long, DEFAULT_CONTEXT), (short, 2048)):
        assert size(ModelCard("llama", Path("llama.gguf")), header, ENGINE, Room(64 * GB)).plan.context == context
    said = schema()["$defs"]["params"]["properties"]["ctxSize"]["description"]
    assert f"what the model was trained with, but at most {DEFAULT_CONTEXT}" in said


def test_smaller_numbers_in_the_cache_leave_room_for_more_layers() -> None:
    room = Room(host=64 * GB, gpu=8 * GB)
    assert chosen(room, type_k="q8_0", type_v="q8_0").gpu_layers > chosen(room).gpu_layers


def test_without_a_gpu_nothing_is_counted_onto_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "can_offload", lambda: False)
    for card in ({}, {"gpu_layers": -1}):
        found = chosen(Room(host=64 * GB), **card)
        assert (found.gpu_layers, found.estimate.device) == (0, 0)


def test_which_memory_is_short_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "can_offload", lambda: True)
    rooms = {
        Memory.GPU: (Room(host=64 * GB, gpu=6 * GB), r"'llama' needs about 9\d{3} MB of the GPU's memory and 6000 MB"),
        Memory.HOST: (Room(host=GB // 2, gpu=24 * GB), r"MB of this machine's memory and 500 MB are free"),
        Memory.LIMIT: (Room(host=64 * GB, gpu=24 * GB, together=5 * GB), r"MB of what models\.memory_limit_mb allows"),
    }
    for memory, (room, words) in rooms.items():
        shortage = room.shortage(chosen(room, gpu_layers=-1).estimate)
        assert shortage is not None
        assert shortage.memory is memory
        assert re.search(words, shortage.told_of("llama"))


def test_on_a_cpu_attention_takes_what_is_fast_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "can_offload", lambda: False)
    for amx, flash in ((False, "on"), (True, "off")):
        monkeypatch.setattr(sizing, "has_amx", lambda amx=amx: amx)
        assert chosen(Room(64 * GB, 0)).plan.options.flash_attention == flash
        for types in ({"type_k": "q8_0"}, {"type_k": "bf16", "type_v": "bf16"}):
            assert chosen(Room(64 * GB, 0), **types).plan.options.flash_attention == "off"
        for asked in ("on", "off"):
            assert chosen(Room(64 * GB, 0), flash_attention=asked).plan.options.flash_attention == asked


def test_with_flash_attention_on_a_cpu_a_step_answers_fewer_than_a_tile_has_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sizing, "can_offload", lambda: False)
    assert chosen(Room(64 * GB, 0), flash_attention="on").plan.options.answers == 63
    assert chosen(Room(64 * GB, 0), flash_attention="off").plan.options.answers == ENGINE.batch
    assert chosen(Room(64 * GB, 0), flash_attention="on", type_k="q8_0", type_v="q8_0").plan.options.answers > 63
