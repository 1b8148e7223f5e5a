#!/usr/bin/env python3
"""Writes the GGUF models that the tests, the bench and the first start need. None of them lies in git.

Two families. A *chain* has hand-set weights and is a Markov chain over tokens: attention and feed-forward add
nothing, the embedding of a token says which one it is, the head reads its successor. Its text is known exactly, with
margins that no rounding bridges. A *random* model has random weights and real attention: what it says means nothing,
but depends on every token before, so that a mistake in batching or caching shows.

    python scripts/make_model.py greeting OUT.gguf
    python scripts/make_model.py half-b OUT.gguf --quant Q8_0
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import gguf
import numpy as np

GREETING = "Hello! I am the tiny built-in model. My weights are set by hand, so this is all I can say."
"""What the default chain answers, whatever it is asked."""

COUNTING = " one two three four five six seven eight nine ten eleven twelve"
"""What the counting chain repeats for ever."""

EMOJI = "Grüße 👋🏽 from 日本語 with 👩‍👩‍👧 and 🎉!"
"""What the emoji chain answers; every character beyond ASCII comes in pieces of single bytes where it can."""

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
USER_DEFINED = ("<tool_call>", "</tool_call>", "<think>", "</think>")

Quant = Literal["Q8_0", "F16", "F32"]
TokenType = gguf.TokenType


# The vocabulary


def _byte_letters() -> list[str]:
    """The printable character that stands for each byte in a byte-level vocabulary."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = itertools.count(0x100)
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


_LETTERS = _byte_letters()
_SPACE = _LETTERS[0x20]


def _spelled(data: bytes) -> str:
    return "".join(_LETTERS[byte] for byte in data)


@dataclass
class Vocabulary:
    """Token texts as the file holds them, with what the tokenizer needs to find them."""

    model: Literal["gpt2", "llama", "bert"]
    tokens: list[str] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)

    def add(self, text: str, kind: int = TokenType.NORMAL) -> int:
        """The id of this token, which is made if there is none."""
        if text not in self.ids:
            self.ids[text] = len(self.tokens)
            self.tokens.append(text)
            self.types.append(int(kind))
        return self.ids[text]

    def token(self, data: bytes) -> int:
        """The id of the token that prints as these bytes, special ones included; made if there is none."""
        text = data.decode("utf-8", "surrogateescape")
        if text in CONTROL or text in USER_DEFINED:
            return self.ids[text]
        if self.model == "gpt2":
            return self.add(_spelled(data))
        if len(data) == 1 and (data[0] >= 0x80 or data == b"\n"):
            return self.ids[f"<0x{data[0]:02X}>"]
        return self.add(text.replace(" ", "\u2581"))

    def write(self, writer: gguf.GGUFWriter, template: str | None) -> None:
        writer.add_tokenizer_model(self.model)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.types)
        if self.model == "bert":
            writer.add_bos_token_id(self.ids["[CLS]"])
            writer.add_sep_token_id(self.ids["[SEP]"])
            writer.add_unk_token_id(self.ids["[UNK]"])
            writer.add_pad_token_id(self.ids["[PAD]"])
            writer.add_mask_token_id(self.ids["[MASK]"])
            return
        if self.model == "gpt2":
            writer.add_tokenizer_pre("llama-bpe")
            writer.add_token_merges(self.merges)
        else:
            writer.add_token_scores([float(len(token)) for token in self.tokens])
            writer.add_unk_token_id(self.ids["<unk>"])
        writer.add_bos_token_id(self.ids.get("<s>", self.ids["<|endoftext|>"]))
        writer.add_eos_token_id(self.ids["<|im_end|>"])
        writer.add_pad_token_id(self.ids["<|endoftext|>"])
        writer.add_add_bos_token(self.model == "llama")
        writer.add_add_eos_token(False)
        if template is not None:
            writer.add_chat_template(template)


def _pairs() -> Iterator[tuple[str, str]]:
    """Merges of letters, the commoner first: pairs, then threes, then fours, each also after a space."""
    letters = "etaoinshrdlcumwfgypbvkjxqz"
    yield from ((_SPACE, letter) for letter in letters)
    pairs = [first + second for first in letters for second in letters]
    yield from ((pair[0], pair[1]) for pair in pairs)
    yield from ((_SPACE, pair) for pair in pairs)
    yield from ((pair, letter) for letter in letters for pair in pairs)
    yield from ((_SPACE, pair + letter) for letter in letters for pair in pairs)
    yield from itertools.product(pairs, pairs)


def byte_level_vocabulary(size: int = 512) -> Vocabulary:
    """Byte-level BPE of at most `size` tokens: all bytes, the special ones, then merges. Any text has tokens."""
    vocabulary = Vocabulary("gpt2")
    for letter in _LETTERS:
        vocabulary.add(letter)
    _add_special(vocabulary)
    for left, right in itertools.islice(_pairs(), size - len(vocabulary.tokens)):
        vocabulary.merges.append(f"{left} {right}")
        vocabulary.add(left + right)
    return vocabulary


def sentence_piece_vocabulary() -> Vocabulary:
    """The "llama" kind: scores instead of merges, a space becomes U+2581 and one is put before the text."""
    vocabulary = Vocabulary("llama")
    vocabulary.add("<unk>", TokenType.UNKNOWN)
    vocabulary.add("<s>", TokenType.CONTROL)
    vocabulary.add("</s>", TokenType.CONTROL)
    for byte in range(256):
        vocabulary.add(f"<0x{byte:02X}>", TokenType.BYTE)
    _add_special(vocabulary)
    for code in (0x2581, *range(0x21, 0x7F)):
        vocabulary.add(chr(code))
    return vocabulary


def word_piece_vocabulary() -> Vocabulary:
    """BERT's kind: lower-case words in pieces, where U+2581 stands before what begins a word. Each printable ASCII
    character is a piece, and common endings are; what has none is [UNK].
    """
    vocabulary = Vocabulary("bert")
    for text in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"):
        vocabulary.add(text, TokenType.CONTROL)
    letters = [chr(code) for code in range(0x21, 0x7F) if not chr(code).isupper()]
    for piece in (*letters, "the", "and", "is", "of", "to", "in", "ing", "ed", "er", "ion"):
        vocabulary.add(f"\u2581{piece}")
        vocabulary.add(piece)
    return vocabulary


def _add_special(vocabulary: Vocabulary) -> None:
    for text in CONTROL:
        vocabulary.add(text, TokenType.CONTROL)
    for text in USER_DEFINED:
        vocabulary.add(text, TokenType.USER_DEFINED)


# Tensors


@dataclass(frozen=True)
class Tensor:
    """One tensor to be written; its values are made only when their turn has come."""

    name: str
    shape: tuple[int, ...]
    make: Callable[[], np.ndarray]
    quant: Quant = "F32"


def _given(name: str, values: np.ndarray) -> Tensor:
    return Tensor(name, values.shape, lambda: values.astype(np.float32))


def _ones(name: str, *shape: int) -> Tensor:
    return Tensor(name, shape, lambda: np.ones(shape, np.float32))


def _zeros(name: str, *shape: int) -> Tensor:
    return Tensor(name, shape, lambda: np.zeros(shape, np.float32))


def _random(name: str, shape: tuple[int, int], deviation: float, quant: Quant, seed: int) -> Tensor:
    """Uniform whole numbers times one scale: the values that Q8_0 holds exactly, whatever type they are stored as."""

    def make() -> np.ndarray:
        source = np.random.default_rng((seed, zlib.crc32(name.encode())))
        numbers = source.integers(-127, 128, size=shape, dtype=np.int8)
        scale = np.float16(deviation / (127 / np.sqrt(3)))
        if quant != "Q8_0":
            values: np.ndarray = numbers.astype(np.float32) * np.float32(scale)
            return values.astype(np.float16) if quant == "F16" else values
        blocks = np.empty((shape[0], shape[1] // 32, 34), np.uint8)
        blocks[..., :2] = np.frombuffer(scale.tobytes(), np.uint8)
        blocks[..., 2:] = numbers.view(np.uint8).reshape(shape[0], shape[1] // 32, 32)
        return blocks.reshape(shape[0], -1)

    return Tensor(name, shape, make, quant)


def _write(path: Path, architecture: str, fill: Callable[[gguf.GGUFWriter], None], tensors: list[Tensor]) -> None:
    """Writes beside `path` and renames, so that nobody sees half a model; holds one tensor at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    writer = gguf.GGUFWriter(draft, architecture)
    try:
        fill(writer)
        for tensor in tensors:
            kind = gguf.GGMLQuantizationType[tensor.quant]
            count = int(np.prod(tensor.shape))
            size = {"Q8_0": count // 32 * 34, "F16": count * 2, "F32": count * 4}[tensor.quant]
            held = {"Q8_0": np.uint8, "F16": np.float16, "F32": np.float32}[tensor.quant]
            shape = (*tensor.shape[:-1], tensor.shape[-1] // 32 * 34) if tensor.quant == "Q8_0" else tensor.shape
            writer.add_tensor_info(tensor.name, shape, np.dtype(held), size, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in tensors:
            writer.write_tensor_data(tensor.make())
        writer.close()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


# Chains


def cut(text: str, *, taken: tuple[bytes, ...] = ()) -> list[bytes]:
    """Cuts text into pieces of which no two are equal, for in a chain a token has one successor.

    Words stay whole, characters beyond ASCII fall into bytes; what has come before is joined with what follows.
    """
    special = "|".join(re.escape(token) for token in CONTROL + USER_DEFINED)
    atoms: list[bytes] = []
    for atom in re.findall(rf"{special}| ?[!-~]+|[^!-~]", text):
        data = atom.encode()
        atoms += [data] if data.isascii() else [data[i : i + 1] for i in range(len(data))]
    pieces: list[bytes] = []
    used = set(taken)
    current = b""
    for data in atoms:
        current += data
        if current not in used:
            used.add(current)
            pieces.append(current)
            current = b""
    while current:
        if not pieces:
            raise ValueError(f"no chain says {text!r}")
        current = pieces.pop() + current
        if current not in used:
            pieces.append(current)
            current = b""
    return pieces


def chain_model(
    path: Path,
    *,
    text: str = GREETING,
    loop: bool = False,
    template: str | None = CHATML,
    vocabulary: Vocabulary | None = None,
    context: int = 4096,
    name: str = "chain",
) -> None:
    """A model that says `text` and ends with <|im_end|>, or says it over and over (`loop`).

    It begins after any token that is not one of the text's own: after the assistant's header (a line feed), a prompt's
    last word, or <|im_end|>. After a token of the text it goes on from there.
    """
    vocabulary = vocabulary or byte_level_vocabulary()
    chain = [vocabulary.token(piece) for piece in cut(text, taken=(b"\n",))]
    successors = dict(zip(chain, [*chain[1:], chain[0] if loop else vocabulary.ids["<|im_end|>"]], strict=True))
    count, heads = len(vocabulary.tokens), (len(chain) + 1 + 31) // 32
    width = heads * 32
    embedding, head = np.zeros((count, width)), np.zeros((count, width))
    embedding[:, 0] = 1  # axis 0: any token; axis n: the n-th of the chain
    head[chain[0], 0] = 30 / width**0.5
    for axis, (token, successor) in enumerate(successors.items(), start=1):
        embedding[token, axis] = 1
        head[successor, axis] = 60 / (width / 2) ** 0.5
    shape = Shape(layers=1, width=width, feed_forward=32, heads=heads, kv_heads=1, vocabulary=count, context=context)
    tensors = [
        _given("token_embd.weight", embedding),
        _ones("output_norm.weight", width),
        _given("output.weight", head),
        _ones("blk.0.attn_norm.weight", width),
        _zeros("blk.0.attn_q.weight", width, width),
        _zeros("blk.0.attn_k.weight", 32, width),
        _zeros("blk.0.attn_v.weight", 32, width),
        _zeros("blk.0.attn_output.weight", width, width),
        _ones("blk.0.ffn_norm.weight", width),
        _zeros("blk.0.ffn_gate.weight", 32, width),
        _zeros("blk.0.ffn_up.weight", 32, width),
        _zeros("blk.0.ffn_down.weight", width, 32),
    ]
    _write(path, "llama", lambda writer: shape.describe(writer, name, vocabulary, template), tensors)


def counting_model(path: Path, *, text: str = COUNTING, context: int = 4096) -> None:
    """A chain without an end."""
    chain_model(path, text=text, loop=True, context=context, name="counting")


def spm_model(path: Path, *, text: str = GREETING, context: int = 4096) -> None:
    """A chain with a SentencePiece vocabulary."""
    chain_model(path, text=text, vocabulary=sentence_piece_vocabulary(), context=context, name="spm")


# Random weights


@dataclass(frozen=True)
class Shape:
    """The numbers that make a transformer."""

    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int

    def describe(
        self, writer: gguf.GGUFWriter, name: str, vocabulary: Vocabulary, template: str | None = CHATML
    ) -> None:
        writer.add_name(name)
        writer.add_context_length(self.context)
        writer.add_embedding_length(self.width)
        writer.add_block_count(self.layers)
        writer.add_feed_forward_length(self.feed_forward)
        writer.add_head_count(self.heads)
        writer.add_head_count_kv(self.kv_heads)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_rope_dimension_count(self.width // self.heads)
        writer.add_vocab_size(len(vocabulary.tokens))
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        vocabulary.write(writer, template)


SHAPES = {
    "tiny": Shape(layers=2, width=64, feed_forward=128, heads=2, kv_heads=1, vocabulary=600, context=2048),
    "mid": Shape(layers=8, width=512, feed_forward=1536, heads=8, kv_heads=2, vocabulary=32000, context=16384),
    "half-b": Shape(layers=24, width=896, feed_forward=4864, heads=14, kv_heads=2, vocabulary=151936, context=16384),
}


def random_model(
    path: Path,
    shape: str | Shape = "tiny",
    *,
    quant: Quant = "Q8_0",
    seed: int = 1,
    tie: bool = True,
    pooling: gguf.PoolingType | None = None,
    vocabulary: Vocabulary | None = None,
    drawing: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """A llama of random weights. `tie`: the head is the embedding. Logits spread with a deviation of about 2.5.
    `pooling`: the file says that it is for embeddings. `vocabulary`: else one that is byte-level.
    `drawing`: how the file says that tokens should be drawn.
    """
    numbers = SHAPES[shape] if isinstance(shape, str) else shape
    name = shape if isinstance(shape, str) else "random"
    vocabulary = vocabulary or byte_level_vocabulary(numbers.vocabulary)
    numbers = replace(numbers, vocabulary=len(vocabulary.tokens))
    tensors = _transformer(numbers, quant, seed, tie)

    def fill(writer: gguf.GGUFWriter) -> None:
        numbers.describe(writer, name, vocabulary)
        if pooling is not None:
            writer.add_pooling_type(pooling)
        for how, value in drawing.items():
            writer.add_float32(f"general.sampling.{how}", value)

    _write(path, "llama", fill, tensors)


def _transformer(shape: Shape, quant: Quant, seed: int, tie: bool = True, post_norms: bool = False) -> list[Tensor]:
    width, wide = shape.width, shape.feed_forward
    kv = width // shape.heads * shape.kv_heads

    def random(name: str, rows: int, columns: int, gain: float = 1.0) -> Tensor:
        return _random(name, (rows, columns), gain / columns**0.5, quant, seed)

    tensors = [random("token_embd.weight", shape.vocabulary, width, 2.5), _ones("output_norm.weight", width)]
    if not tie:
        tensors.append(random("output.weight", shape.vocabulary, width, 2.5))
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        tensors += [
            _ones(f"{block}attn_norm.weight", width),
            random(f"{block}attn_q.weight", width, width, 3.0),
            random(f"{block}attn_k.weight", kv, width),
            random(f"{block}attn_v.weight", kv, width),
            random(f"{block}attn_output.weight", width, width, 3.0),
            _ones(f"{block}ffn_norm.weight", width),
            random(f"{block}ffn_gate.weight", wide, width),
            random(f"{block}ffn_up.weight", wide, width),
            random(f"{block}ffn_down.weight", width, wide, 4.0),
        ]
        if post_norms:
            tensors += [
                _given(f"{block}{name}.weight", np.full(width, 16)) for name in ("post_attention_norm", "post_ffw_norm")
            ]
    return tensors


def window_model(path: Path, *, window: int = 32, seed: int = 1) -> None:
    """A random gemma2: every other layer sees only the last `window` tokens, so its cache cannot be cut anywhere."""
    shape = SHAPES["tiny"]
    vocabulary = byte_level_vocabulary(shape.vocabulary)

    def fill(writer: gguf.GGUFWriter) -> None:
        shape.describe(writer, "window", vocabulary)
        writer.add_key_length(shape.width // shape.heads)
        writer.add_value_length(shape.width // shape.heads)
        writer.add_sliding_window(window)
        writer.add_attn_logit_softcapping(50.0)
        writer.add_final_logit_softcapping(30.0)

    _write(path, "gemma2", fill, _transformer(shape, "F32", seed, post_norms=True))


def grid_model(path: Path, *, seed: int = 1) -> None:
    """A random qwen2vl: a position has several axes, so that the parts of an image can lie in a grid."""
    shape = SHAPES["tiny"]
    vocabulary = byte_level_vocabulary(shape.vocabulary)

    def fill(writer: gguf.GGUFWriter) -> None:
        shape.describe(writer, "grid", vocabulary)
        writer.add_rope_dimension_sections([4, 6, 6, 0])

    kv = shape.width // shape.heads * shape.kv_heads
    biases = [
        _zeros(f"blk.{layer}.attn_{part}.bias", rows)
        for layer in range(shape.layers)
        for part, rows in (("q", shape.width), ("k", kv), ("v", kv))
    ]
    _write(path, "qwen2vl", fill, [*_transformer(shape, "F32", seed), *biases])


def recurrent_model(path: Path, *, seed: int = 1) -> None:
    """A random mamba: its memory is a state that cannot be cut at all."""
    layers, width, inner, state, rank, kernel = 2, 64, 128, 16, 4, 4
    vocabulary = byte_level_vocabulary(600)

    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_name("recurrent")
        writer.add_context_length(2048)
        writer.add_embedding_length(width)
        writer.add_feed_forward_length(0)
        writer.add_head_count(0)
        writer.add_block_count(layers)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_ssm_conv_kernel(kernel)
        writer.add_ssm_inner_size(inner)
        writer.add_ssm_state_size(state)
        writer.add_ssm_time_step_rank(rank)
        writer.add_vocab_size(len(vocabulary.tokens))
        vocabulary.write(writer, CHATML)

    def random(name: str, rows: int, columns: int, gain: float = 1.0) -> Tensor:
        return _random(name, (rows, columns), gain / columns**0.5, "F32", seed)

    decay = -np.tile(np.arange(1, state + 1), (inner, 1))
    tensors = [random("token_embd.weight", 600, width, 2.5), _ones("output_norm.weight", width)]
    for layer in range(layers):
        block = f"blk.{layer}."
        tensors += [
            _ones(f"{block}attn_norm.weight", width),
            random(f"{block}ssm_in.weight", 2 * inner, width, 2.0),
            random(f"{block}ssm_conv1d.weight", inner, kernel, 2.0),
            _zeros(f"{block}ssm_conv1d.bias", inner),
            random(f"{block}ssm_x.weight", rank + 2 * state, inner, 2.0),
            random(f"{block}ssm_dt.weight", inner, rank),
            _zeros(f"{block}ssm_dt.bias", inner),
            _given(f"{block}ssm_a", decay),
            _ones(f"{block}ssm_d", inner),
            random(f"{block}ssm_out.weight", width, inner, 2.0),
        ]
    _write(path, "mamba", fill, tensors)


def bert_model(
    path: Path, *, pooling: gguf.PoolingType = gguf.PoolingType.MEAN, context: int = 256, seed: int = 1
) -> None:
    """A random BERT, which turns a text into a vector. With pooling RANK it has a head that gives a score instead."""
    vocabulary = word_piece_vocabulary()
    shape = replace(SHAPES["tiny"], kv_heads=2, vocabulary=len(vocabulary.tokens), context=context)

    def fill(writer: gguf.GGUFWriter) -> None:
        shape.describe(writer, "bert", vocabulary, None)
        writer.add_layer_norm_eps(1e-12)
        writer.add_causal_attention(False)
        writer.add_pooling_type(pooling)
        writer.add_token_type_count(2)

    _write(path, "bert", fill, _encoder(shape, seed, ranks=pooling is gguf.PoolingType.RANK))


def _encoder(shape: Shape, seed: int, *, ranks: bool) -> list[Tensor]:
    width, wide = shape.width, shape.feed_forward

    def random(name: str, rows: int, columns: int, gain: float = 1.0) -> Tensor:
        return _random(f"{name}.weight", (rows, columns), gain / columns**0.5, "F32", seed)

    def linear(name: str, rows: int, columns: int, gain: float = 1.0) -> list[Tensor]:
        return [random(name, rows, columns, gain), _zeros(f"{name}.bias", rows)]

    def norm(name: str) -> list[Tensor]:
        return [_ones(f"{name}.weight", width), _zeros(f"{name}.bias", width)]

    tensors = [
        random("token_embd", shape.vocabulary, width, 2.5),
        random("token_types", 2, width),
        random("position_embd", shape.context, width),
        *norm("token_embd_norm"),
    ]
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors += linear(f"{block}{name}", width, width, 3.0)
        tensors += norm(f"{block}attn_output_norm")
        tensors += linear(f"{block}ffn_up", wide, width) + linear(f"{block}ffn_down", width, wide, 4.0)
        tensors += norm(f"{block}layer_output_norm")
    if ranks:
        tensors += linear("cls", width, width) + linear("cls.output", 1, width, 3.0)
    return tensors


KINDS: dict[str, Callable[[Path], None]] = {
    "greeting": chain_model,
    "counting": counting_model,
    "emoji": lambda path: chain_model(path, text=EMOJI, name="emoji"),
    "spm": spm_model,
    "window": window_model,
    "recurrent": recurrent_model,
    "grid": grid_model,
    "random-spm": lambda path: random_model(path, vocabulary=sentence_piece_vocabulary()),
    "bert": bert_model,
    "bert-cls": lambda path: bert_model(path, pooling=gguf.PoolingType.CLS),
    "ranker": lambda path: bert_model(path, pooling=gguf.PoolingType.RANK),
    "embedder": lambda path: random_model(path, pooling=gguf.PoolingType.MEAN),
    "embedder-last": lambda path: random_model(path, pooling=gguf.PoolingType.LAST),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a GGUF model for tests and measurements.")
    parser.add_argument("kind", choices=[*KINDS, *SHAPES], help="which model")
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("--quant", choices=["Q8_0", "F16", "F32"], default="Q8_0", help="type of random weights")
    parser.add_argument("--seed", type=int, default=1, help="of random weights")
    given = parser.parse_args()
    if given.kind in SHAPES:
        random_model(given.out, given.kind, quant=given.quant, seed=given.seed)
    else:
        KINDS[given.kind](given.out)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
