"""Whatever a model file holds, its header is either read or refused in words; the estimate is close to the truth."""

from __future__ import annotations

import ctypes
import os
import re
import struct
import time
from dataclasses import replace
from pathlib import Path

import llama_cpp.llama_cpp as llama
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts import make_model
from server.engine import gguf_format
from server.engine.gguf import Header, estimate, fingerprint, read_header
from server.errors import ModelLoadFailed

U32, F32, TEXT, ARRAY = 4, 6, 8, 9
KEYS = {
    "general.architecture": (TEXT, "llama"),
    "general.name": (TEXT, "Small"),
    "llama.context_length": (U32, 128),
    "llama.embedding_length": (U32, 8),
    "llama.block_count": (U32, 1),
    "llama.attention.head_count": (U32, 2),
    "llama.attention.head_count_kv": (U32, 1),
    "llama.attention.layer_norm_rms_epsilon": (F32, 1e-5),
    "tokenizer.ggml.model": (TEXT, "gpt2"),
    "tokenizer.ggml.tokens": (ARRAY, (TEXT, ["a", "b", "c"])),
    "tokenizer.ggml.token_type": (ARRAY, (5, [1, 1, 3])),
    "tokenizer.chat_template": (TEXT, "{{ messages }}"),
}
TENSORS = {"token_embd.weight": ((8, 3), 0, 0), "blk.0.attn_q.weight": ((8, 8), 1, 96)}


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def value(kind: int, content: object) -> bytes:
    if kind == TEXT:
        return text(content)
    if kind == ARRAY:
        inner, items = content
        return struct.pack("<IQ", inner, len(items)) + b"".join(value(inner, item) for item in items)
    return struct.pack({U32: "<I", F32: "<f", 5: "<i", 0: "<B", 7: "<B", 10: "<Q"}[kind], content)


def build(keys=KEYS, tensors=TENSORS, *, magic=b"GGUF", version=3, data=224) -> bytes:
    """A GGUF file by hand: `tensors` maps names to shape, type and offset; `data` bytes of weights follow."""
    head = magic + struct.pack("<IQQ", version, len(tensors), len(keys))
    for key, (kind, content) in keys.items():
        head += text(key) + struct.pack("<I", kind) + value(kind, content)
    for name, (shape, kind, offset) in tensors.items():
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return head + bytes(-len(head) % 32) + bytes(data)


def read(folder: Path, data: bytes, name: str = "model.gguf") -> Header:
    """Writes over what is there: making a file anew costs ten times as much, and this is done thousands of times."""
    path = folder / name
    path.touch()
    with path.open("r+b") as file:
        file.write(data)
        if path.stat().st_size != len(data):
            file.truncate()
    return read_header(path)


def read_or_refuse(folder: Path, data: bytes) -> Header | None:
    """Anything but a header or ModelLoadFailed breaks through."""
    try:
        return read(folder, data)
    except ModelLoadFailed as refused:
        message = refused.message
    assert "'model.gguf'" in message
    assert str(folder) not in message
    assert len(message) < 500
    return None


def test_a_small_file_is_read(tmp_path):
    header = read(tmp_path, build())
    assert (header.architecture, header.name, header.context_length) == ("llama", "Small", 128)
    assert (header.layers, header.width, header.heads, header.kv_heads) == (1, 8, (2,), (1,))
    assert (header.key_size, header.value_size, header.vocabulary) == (4, 4, 3)
    assert header.chat_template == "{{ messages }}"
    assert [(tensor.name, tensor.type, tensor.bytes) for tensor in header.tensors] == [
        ("token_embd.weight", "F32", 96),
        ("blk.0.attn_q.weight", "F16", 128),
    ]
    assert header.tensors[1].offset == header.size - 128
    assert not header.recurrent
    assert not header.hybrid


def test_cut_anywhere_it_is_refused(tmp_path):
    data = build()
    for length in range(len(data)):
        assert read_or_refuse(tmp_path, data[:length]) is None, length


def test_any_byte_changed_it_is_read_or_refused(tmp_path):
    data = build()
    for at in range(len(data) - 224):
        for other in (0, 1, 0x7F, 0xFF, data[at] ^ 0x80):
            read_or_refuse(tmp_path, data[:at] + bytes([other]) + data[at + 1 :])


@settings(max_examples=300, deadline=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=9)), min_size=1, max_size=6))
def test_many_bytes_changed_it_is_read_or_refused(tmp_path, changes):
    data = bytearray(build())
    for at, new in changes:
        start = at % len(data)
        data[start : start + len(new)] = new
    read_or_refuse(tmp_path, bytes(data))


@settings(max_examples=200, deadline=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_noise_is_read_or_refused(tmp_path, noise):
    assert read_or_refuse(tmp_path, noise) is None
    assert read_or_refuse(tmp_path, b"GGUF\x03\0\0\0" + noise) is None


HUGE = 2**64 - 1
FAULTS = {
    "magic": (build(magic=b"GGML"), r"magic: found b'GGML', expected b'GGUF'"),
    "old": (build(version=1), r"version: found 1, expected 2 or 3"),
    "big-endian": (build(version=0x03000000), r"big-endian"),
    "keys": (build()[:16] + struct.pack("<Q", HUGE) + build()[24:], r"metadata count: found 18446744073709551615"),
    "tensors": (build()[:8] + struct.pack("<Q", HUGE) + build()[16:], r"tensor count: found 18446744073709551615"),
    "value type": (build().replace(b"length\x04", b"length\x0d", 1), r"type of 'llama.context_length': found 13"),
    "nested": (build(KEYS | {"x": (ARRAY, (ARRAY, [(U32, [1])]))}), r"element type of value of 'x': found 9"),
    "bool": (build(KEYS | {"x": (7, 2)}), r"value of 'x': found 2, expected 0 or 1"),
    "alignment": (
        build(KEYS | {"general.alignment": (U32, 48)}),
        r"general.alignment: found 48, expected a power of two",
    ),
    "key": (build().replace(b"general.name", b"general.n\xffme"), r"key of metadata entry 1"),
    "rank": (
        build(tensors=TENSORS | {"x": ((1, 1, 1, 1, 1), 0, 224)}),
        r"rank of tensor 'x': found 5, expected 1 to 4",
    ),
    "tensor type": (build(tensors=TENSORS | {"x": ((1,), 4, 224)}), r"type of tensor 'x': found 4"),
    "no length": (build(tensors=TENSORS | {"x": ((0,), 0, 224)}), r"shape of tensor 'x'"),
    "product": (build(tensors=TENSORS | {"x": ((2**40, 2**40), 0, 224)}), r"shape of tensor 'x'"),
    "block": (
        build(tensors=TENSORS | {"x": ((33,), 8, 224)}),
        r"row of tensor 'x': found 33, expected a multiple of 32",
    ),
    "offset": (build(tensors=TENSORS | {"x": ((1,), 0, 225)}), r"offset of tensor 'x': found 225, expected a multiple"),
    "outside": (build(tensors=TENSORS | {"x": ((1,), 0, 2**40)}), r"end of tensor 'x': found \d+, expected one within"),
    "overlap": (build(tensors=TENSORS | {"x": ((1,), 0, 96)}), r"offset of tensor '(x|blk.0.attn_q.weight)'"),
    "long name": (build(tensors=TENSORS | {"x" * 64: ((1,), 0, 224)}), r"length of the name of tensor 2: found 64"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_form_is_named(tmp_path, fault):
    data, words = FAULTS[fault]
    with pytest.raises(ModelLoadFailed, match=words):
        read(tmp_path, data)


MEANINGS = {
    "general.architecture": [
        ((TEXT, "a b"), "'a b'"),
        (None, "None"),
        ((U32, 3), "found 3"),
        ((TEXT, "t5"), "a T5"),
        ((TEXT, "t5encoder"), "the encoder of a T5"),
    ],
    "general.type": [((TEXT, "adapter"), "a LoRA adapter")],
    "llama.context_length": [(None, "found 'nothing'"), ((U32, 0), "found 0"), ((TEXT, "x"), "found 'x'")],
    "llama.embedding_length": [(None, "nothing"), ((U32, 0), "found 0"), ((U32, 2**31), "found 2147483648")],
    "llama.block_count": [(None, "nothing"), ((U32, 0), "found 0"), ((U32, 513), "from 1 to 512")],
    "llama.attention.head_count": [
        (None, "nothing"),
        ((U32, 0), "found 0"),
        ((U32, 3), "divides the embedding length, 8"),
    ],
    "llama.attention.head_count_kv": [((U32, 3), "divides the 2 heads"), ((ARRAY, (U32, [1, 1])), "an array of 2")],
    "llama.attention.key_length": [((U32, 0), "found 0")],
    "llama.expert_count": [((U32, 600), "found 600")],
    "tokenizer.ggml.model": [(None, "no vocabulary")],
    "tokenizer.ggml.tokens": [(None, "no vocabulary"), ((ARRAY, (TEXT, ["a", "b"])), "found 3, expected 2")],
    "tokenizer.ggml.scores": [((ARRAY, (F32, [1.0])), "found 1, expected 3")],
    "split.count": [((U32, 2), "file name: found 'model.gguf'")],
    "split.tensors.count": [((U32, 9), "found 9, expected 2")],
}


@pytest.mark.parametrize(
    ("key", "changed", "words"), [(key, changed, words) for key, cases in MEANINGS.items() for changed, words in cases]
)
def test_a_fault_of_meaning_is_named(tmp_path, key, changed, words):
    keys = {name: held for name, held in KEYS.items() if name != key} | ({key: changed} if changed else {})
    with pytest.raises(ModelLoadFailed, match=re.escape(words)):
        read(tmp_path, build(keys))


def test_layers_and_embedding_must_be_there(tmp_path):
    with pytest.raises(ModelLoadFailed, match=r"llama.block_count: found '1 and tensors of layer 1'"):
        read(tmp_path, build(tensors={"token_embd.weight": ((8, 3), 0, 0), "blk.1.attn_q.weight": ((8, 8), 1, 96)}))
    with pytest.raises(ModelLoadFailed, match=r"no 'token_embd.weight'"):
        read(tmp_path, build(tensors={"blk.0.attn_q.weight": ((8, 8), 1, 0)}))
    with pytest.raises(ModelLoadFailed, match=r"'token_embd.weight': found \(8, 2\), expected 3 rows"):
        read(tmp_path, build(tensors=TENSORS | {"token_embd.weight": ((8, 2), 0, 0)}))


def test_what_repeats_is_refused(tmp_path):
    twice = build(KEYS | {"general.nome": (TEXT, "")}).replace(b"general.nome", b"general.name")
    with pytest.raises(ModelLoadFailed, match=r"key of metadata entry 12: found 'general.name'"):
        read(tmp_path, twice)
    tensors = build(tensors=TENSORS | {"token_embd.woight": ((8, 3), 0, 224)}, data=320).replace(b".woight", b".weight")
    with pytest.raises(ModelLoadFailed, match=r"name of tensor 2: found 'token_embd.weight'"):
        read(tmp_path, tensors)


def test_what_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.gguf")
    for name, words in (
        ("pipe.gguf", "not a regular file"),
        ("none.gguf", "No such file"),
        (".", "not a regular file"),
    ):
        with pytest.raises(ModelLoadFailed, match=words):
            read_header(tmp_path / name)


def test_a_number_for_each_layer(tmp_path):
    changed = {"llama.block_count": (U32, 2), "llama.attention.head_count": (ARRAY, (U32, [2, 0]))}
    changed["llama.attention.head_count_kv"] = (ARRAY, (U32, [1, 0]))
    header = read(tmp_path, build(KEYS | changed, TENSORS | {"blk.1.ffn_up.weight": ((8, 2), 1, 224)}, data=256))
    assert (header.heads, header.kv_heads) == ((2, 0), (1, 0))


def test_a_header_of_forty_gigabytes_is_read_at_once(tmp_path):
    """Of a file with holes: the weights are not touched."""
    path = tmp_path / "model.gguf"
    rows = 40 * 2**30 // 16
    path.write_bytes(build(tensors=TENSORS | {"blk.0.ffn_up.weight": ((8, rows), 1, 224)}))
    os.truncate(path, path.stat().st_size + rows * 16)
    start = time.perf_counter()
    assert read_header(path).tensors[2].bytes == 40 * 2**30
    assert time.perf_counter() - start < 0.1


def test_a_split_model_is_one(tmp_path):
    def part(index: int, tensors, keys=None, count: int = 2) -> None:
        split = {"split.no": (U32, index), "split.count": (U32, count), "split.tensors.count": (U32, 2)}
        (tmp_path / f"m-{index + 1:05}-of-00002.gguf").write_bytes(build((keys or {}) | split, tensors, data=128))

    first, second = tmp_path / "m-00001-of-00002.gguf", tmp_path / "m-00002-of-00002.gguf"
    part(0, {"token_embd.weight": ((8, 3), 0, 0)}, KEYS)
    with pytest.raises(ModelLoadFailed, match=r"'m-00002-of-00002.gguf' cannot be read: No such file"):
        read_header(first)
    part(1, {"blk.0.attn_q.weight": ((8, 8), 1, 0)})
    header = read_header(first)
    assert (header.parts, len(header.tensors)) == (2, 2)
    assert header.size == first.stat().st_size + second.stat().st_size
    with pytest.raises(ModelLoadFailed, match="name the first part"):
        read_header(second)
    part(1, {"token_embd.weight": ((8, 3), 0, 0)})
    with pytest.raises(ModelLoadFailed, match="in two parts"):
        read_header(first)
    part(1, {"blk.0.attn_q.weight": ((8, 8), 1, 0)}, count=3)
    with pytest.raises(ModelLoadFailed, match="found '1 of 3', expected 1 of 2"):
        read_header(first)


def test_a_fingerprint_follows_the_file(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(build())
    os.utime(path, ns=(1, 1))
    first = fingerprint(path)
    assert first == fingerprint(path)
    os.utime(path, ns=(1, 2))
    assert fingerprint(path) != first
    path.write_bytes(build(KEYS | {"general.name": (TEXT, "Smell")}))
    os.utime(path, ns=(1, 1))
    assert fingerprint(path) != first


def test_types_are_those_of_ggml():
    library = ctypes.CDLL(str(Path(llama.__file__).parent / "lib" / "libggml-base.so"))
    library.ggml_type_name.restype = ctypes.c_char_p
    library.ggml_type_size.restype, library.ggml_blck_size.restype = ctypes.c_size_t, ctypes.c_int64
    for number, (name, block, size) in gguf_format.TYPES.items():
        assert library.ggml_type_name(number).decode().upper() == name.upper()
        assert (library.ggml_blck_size(number), library.ggml_type_size(number)) == (block, size)


# The estimate


def measured(path: Path, *, cells: int, slots: int, batch: int, kind: int, flash: bool) -> dict[str, float]:
    """The sizes of the buffers that llama.cpp says it has allocated, in bytes."""
    sizes = {"model": 0.0, "cache": 0.0, "compute": 0.0}
    names = {"model": "model", "KV": "cache", "RS": "cache", "compute": "compute", "output": "compute"}

    @llama.llama_log_callback
    def log(_level: int, line: bytes, _data: object) -> None:
        found = re.search(r"(model|KV|RS|compute|output) buffer size = +([\d.]+) MiB", line.decode(errors="replace"))
        if found:
            sizes[names[found[1]]] += float(found[2]) * 2**20

    llama.llama_log_set(log, None)
    wanted = llama.llama_model_default_params()
    wanted.n_gpu_layers, wanted.use_extra_bufts = 0, False
    model = llama.llama_model_load_from_file(str(path).encode(), wanted)
    context_wanted = llama.llama_context_default_params()
    context_wanted.n_ctx, context_wanted.n_seq_max, context_wanted.kv_unified = cells, slots, True
    context_wanted.n_batch = context_wanted.n_ubatch = batch
    context_wanted.type_k = context_wanted.type_v = kind
    context_wanted.flash_attn_type = 1 if flash else 0
    context = llama.llama_init_from_model(model, context_wanted)
    assert context
    llama.llama_free(context)
    llama.llama_model_free(model)
    llama.llama_log_set(llama.llama_log_callback(), None)
    return sizes


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    """One of each kind; `wide` has the vocabulary and width of a large model, and two layers of it."""
    folder = tmp_path_factory.mktemp("models")
    paths = {name: folder / f"{name}.gguf" for name in ("tiny", "mid", "wide", "window", "recurrent", "chain")}
    make_model.random_model(paths["tiny"])
    make_model.random_model(paths["mid"], "mid")
    make_model.random_model(paths["wide"], replace(make_model.SHAPES["half-b"], layers=2, vocabulary=20000), tie=False)
    make_model.window_model(paths["window"])
    make_model.recurrent_model(paths["recurrent"])
    make_model.chain_model(paths["chain"])
    return paths


@pytest.mark.parametrize("name", ["tiny", "mid", "wide", "window", "recurrent", "chain"])
@pytest.mark.parametrize(
    ("cells", "slots", "batch", "kind", "flash"),
    [(2048, 8, 512, "f16", True), (8192, 64, 128, "q8_0", True), (4000, 4, 256, "f16", False)],
)
def test_the_estimate_is_close_to_what_llama_takes(models, name, cells, slots, batch, kind, flash):
    number = {"f16": 1, "q8_0": 8}[kind]
    true = measured(models[name], cells=cells, slots=slots, batch=batch, kind=number, flash=flash)
    sizes = {"cells": cells, "slots": slots, "batch": batch, "type_k": kind, "type_v": kind, "flash": flash}
    guess = estimate(read_header(models[name]), **sizes)
    assert guess.weights == pytest.approx(true["model"], rel=0.1, abs=2**14)
    assert guess.kv == pytest.approx(true["cache"], rel=0.1, abs=2**14)
    assert 0.95 * true["compute"] <= guess.compute <= 1.5 * true["compute"] + 2**19
    assert guess.total == guess.weights + guess.kv + guess.compute


def test_layers_are_counted_onto_a_device(models):
    header = read_header(models["mid"])
    guess = estimate(header, cells=2048, slots=8, batch=512)
    assert guess.device == 0
    assert guess.layers_that_fit(0) == 0
    assert guess.layers_that_fit(2**40) == header.layers + 1
    for count in range(header.layers + 2):
        needed = estimate(header, cells=2048, slots=8, batch=512, gpu_layers=count).device
        assert guess.layers_that_fit(needed) == count or count == 0
    whole = estimate(header, cells=2048, slots=8, batch=512, gpu_layers=99)
    assert whole.device <= whole.total + guess.head


def test_a_cache_type_that_is_none_is_refused(models):
    with pytest.raises(ModelLoadFailed, match="'f17'"):
        estimate(read_header(models["tiny"]), cells=256, slots=1, batch=32, type_k="f17")
