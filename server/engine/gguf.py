"""What a GGUF file says about its model, checked before llama.cpp sees it, and the bytes that a load will take.

`gguf_format.py` knows how the bytes lie; here it is decided whether they make a model that can be served.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from server.engine.gguf_format import TYPES, Array, Part, Tensor, Value, read_part, refuse
from server.errors import ModelLoadFailed

MOST_LAYERS = 512
"""llama.cpp's own bound, an assertion there; the same one holds for experts."""

MOST_POOLING = 4
"""The last way of pooling that llama.cpp has a number for."""

RECURRENT = frozenset({"mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"})
HYBRID = frozenset(
    {"jamba", "falcon-h1", "granitehybrid", "lfm2", "lfm2moe", "nemotron_h", "nemotron_h_moe", "plamo2"}
    | {"qwen3next", "qwen35", "qwen35moe", "kimi-linear"}
)
ENCODERS = frozenset(
    {"bert", "modern-bert", "neo-bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "eurobert"}
    | {"gemma-embedding"}
)
"""Each token sees all others, nothing is cached, and there is no head that would tell the next one."""

NOT_MODELS = {
    "clip": "a projector for images or sound",
    "adapter": "a LoRA adapter",
    "imatrix": "an importance matrix",
    "t5": "a T5, whose encoder reads before its decoder writes",
    "t5encoder": "the encoder of a T5",
}
"""What a file may hold that cannot be served here, by its architecture or its type."""

_BLOCK = re.compile(r"blk\.(\d{1,4})\.")
_SPLIT = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf")


@dataclass(frozen=True)
class Header:
    """A model file's facts, all of its parts together."""

    file: str
    """Name of the (first) file, without the folder."""
    architecture: str
    name: str
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]
    size: int
    """Bytes of all parts."""
    parts: int
    fingerprint: str
    context_length: int
    layers: int
    width: int
    feed_forward: int
    heads: tuple[int, ...]
    """Of each layer; 0 where a layer has no attention."""
    kv_heads: tuple[int, ...]
    key_size: int
    value_size: int
    sliding_window: int
    """Tokens that a windowed layer sees; 0: there is no window."""
    vocabulary: int

    @property
    def recurrent(self) -> bool:
        """Nothing but state: its memory cannot be cut at all."""
        return self.architecture in RECURRENT

    @property
    def hybrid(self) -> bool:
        """Attention in some layers, state in others."""
        return self.architecture in HYBRID

    @property
    def encoder(self) -> bool:
        """It reads text and writes none."""
        return self.architecture in ENCODERS

    @property
    def causal(self) -> bool:
        """Whether a token sees only those before it, as a model that writes must have it."""
        return not self.encoder and self.metadata.get(f"{self.architecture}.attention.causal") is not False

    @property
    def pooling(self) -> int:
        """How llama.cpp numbers what makes one vector, or a score, of all tokens; 0: it was not made for that."""
        value = self.metadata.get(f"{self.architecture}.pooling_type", 0)
        return value if isinstance(value, int) and 0 <= value <= MOST_POOLING else 0

    @property
    def chat_template(self) -> str | None:
        template = self.metadata.get("tokenizer.chat_template")
        return template if isinstance(template, str) else None

    @cached_property
    def layer_bytes(self) -> tuple[int, ...]:
        """Bytes of each layer's weights."""
        sums = [0] * self.layers
        for tensor in self.tensors:
            match = _BLOCK.match(tensor.name)
            if match:
                sums[int(match[1])] += tensor.bytes
        return tuple(sums)


def read_header(path: Path) -> Header:
    """Reads and checks a model file and its further parts. Raises ModelLoadFailed naming file, field and fault."""
    first = read_part(path)
    parts = [first, *_further_parts(path, first)]
    tensors = tuple(tensor for part in parts for tensor in part.tensors)
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise refuse(first.file, "tensors", "the same name in two parts", "each tensor once")
    expected = first.metadata.get("split.tensors.count", len(tensors))
    if expected != len(tensors):
        raise refuse(first.file, "split.tensors.count", expected, f"{len(tensors)}, the tensors of all parts")
    return _Facts(first).header(parts, tensors)


def fingerprint(path: Path) -> str:
    """What a verdict about a file is remembered by: sizes, times and header hashes of all its parts."""
    return read_header(path).fingerprint


def _further_parts(path: Path, first: Part) -> list[Part]:
    count, number = first.metadata.get("split.count", 0), first.metadata.get("split.no", 0)
    if not isinstance(count, int) or not 0 <= count <= 99999:
        raise refuse(first.file, "split.count", count, "a number of parts from 1 to 99999")
    if count <= 1:
        return []
    if number != 0:
        raise refuse(first.file, "split.no", number, "0; name the first part, the others are found from it")
    match = _SPLIT.fullmatch(path.name)
    if match is None or int(match[2]) != 1 or int(match[3]) != count:
        raise refuse(first.file, "file name", path.name, f"one that ends in -00001-of-{count:05}.gguf")
    further = []
    for index in range(1, count):
        part = read_part(path.with_name(f"{match[1]}-{index + 1:05}-of-{count:05}.gguf"))
        if part.metadata.get("split.no") != index or part.metadata.get("split.count") != count:
            found = f"{part.metadata.get('split.no')} of {part.metadata.get('split.count')}"
            raise refuse(part.file, "split.no", found, f"{index} of {count}")
        further.append(part)
    return further


class _Facts:
    """Reads the keys that every model needs out of the first part's metadata."""

    def __init__(self, part: Part) -> None:
        self.file, self.metadata = part.file, part.metadata
        architecture = self.metadata.get("general.architecture")
        if not isinstance(architecture, str) or not re.fullmatch(r"[\w.-]{1,64}", architecture):
            raise refuse(self.file, "general.architecture", architecture, "the name of an architecture")
        kind = self.metadata.get("general.type", "model")
        for word in (architecture, kind):
            if isinstance(word, str) and word in NOT_MODELS:
                raise refuse(self.file, "general.type", NOT_MODELS[word], "a language model")
        self.architecture = architecture

    def header(self, parts: list[Part], tensors: tuple[Tensor, ...]) -> Header:
        layers = self.number("block_count", 1, MOST_LAYERS)
        width = self.number("embedding_length", 1, 2**20)
        stateful = self.architecture in RECURRENT | HYBRID
        heads = self.per_layer("attention.head_count", layers, 0 if stateful else None)
        kv_heads = self.per_layer("attention.head_count_kv", layers, heads)
        self.check_heads(heads, kv_heads, width, stateful)
        head = width // max(heads) if max(heads) else 0
        self.number("expert_count", 0, MOST_LAYERS, 0)
        vocabulary = self.check_vocabulary(tensors)
        self.check_layers(tensors, layers)
        name = self.metadata.get("general.name")
        seen = "".join(f"{part.size} {part.modified} {part.digest}\n" for part in parts)
        return Header(
            file=self.file,
            architecture=self.architecture,
            name=name if isinstance(name, str) else self.file.removesuffix(".gguf"),
            metadata=self.metadata,
            tensors=tensors,
            size=sum(part.size for part in parts),
            parts=len(parts),
            fingerprint=hashlib.sha256(seen.encode()).hexdigest(),
            context_length=self.number("context_length", 1, 2**31 - 1),
            layers=layers,
            width=width,
            feed_forward=max(self.per_layer("feed_forward_length", layers, 0)),
            heads=heads,
            kv_heads=kv_heads,
            key_size=self.number("attention.key_length", 1, 65536, head),
            value_size=self.number("attention.value_length", 1, 65536, head),
            sliding_window=self.number("attention.sliding_window", 0, 2**31 - 1, 0),
            vocabulary=vocabulary,
        )

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        full = f"{self.architecture}.{key}"
        if full not in self.metadata and default is not None:
            return default
        value = self.metadata.get(full)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            found = "nothing" if value is None else value
            raise refuse(self.file, full, found, f"a whole number from {least} to {most}")
        return value

    def per_layer(self, key: str, layers: int, default: int | tuple[int, ...] | None) -> tuple[int, ...]:
        """A number for all layers, or an array with one for each."""
        value = self.metadata.get(f"{self.architecture}.{key}")
        if isinstance(value, Array):
            numbers = tuple(each for each in value.values or () if isinstance(each, int) and 0 <= each <= 2**20)
            if len(numbers) != layers or len(numbers) != value.length:
                found = f"an array of {value.length}"
                raise refuse(self.file, f"{self.architecture}.{key}", found, f"{layers} whole numbers, one a layer")
            return numbers
        if value is None and isinstance(default, tuple):
            return default
        return (self.number(key, 0, 2**20, default if isinstance(default, int) else None),) * layers

    def check_heads(self, heads: tuple[int, ...], kv_heads: tuple[int, ...], width: int, stateful: bool) -> None:
        key = f"{self.architecture}.attention.head_count"
        if not max(heads) and not stateful:
            raise refuse(self.file, key, 0, "at least 1")
        for count, kv_count in zip(heads, kv_heads, strict=True):
            if kv_count and (count < kv_count or count % kv_count):
                raise refuse(self.file, f"{key}_kv", kv_count, f"a number that divides the {count} heads")
        if max(heads) and width % max(heads) and f"{self.architecture}.attention.key_length" not in self.metadata:
            raise refuse(self.file, key, max(heads), f"a number that divides the embedding length, {width}")

    def check_vocabulary(self, tensors: tuple[Tensor, ...]) -> int:
        tokens = self.metadata.get("tokenizer.ggml.tokens")
        if (
            not isinstance(tokens, Array)
            or not tokens.length
            or not isinstance(self.metadata.get("tokenizer.ggml.model"), str)
        ):
            raise refuse(self.file, "tokenizer.ggml.tokens", "no vocabulary", "a tokenizer model and its tokens")
        for key in ("scores", "token_type"):
            other = self.metadata.get(f"tokenizer.ggml.{key}")
            if other is not None and (not isinstance(other, Array) or other.length != tokens.length):
                found = other.length if isinstance(other, Array) else other
                raise refuse(self.file, f"tokenizer.ggml.{key}", found, f"{tokens.length}, one a token")
        for tensor in tensors:
            if tensor.name == "token_embd.weight":
                if len(tensor.shape) != 2 or tensor.shape[1] != tokens.length:
                    raise refuse(self.file, "shape of 'token_embd.weight'", tensor.shape, f"{tokens.length} rows")
                return tokens.length
        raise refuse(self.file, "tensors", "no 'token_embd.weight'", "the embedding of the tokens")

    def check_layers(self, tensors: tuple[Tensor, ...], layers: int) -> None:
        there = {int(match[1]) for tensor in tensors if (match := _BLOCK.match(tensor.name))}
        if not there or max(there) >= layers:
            found = f"{layers} and tensors of layer {max(there, default=None)}"
            raise refuse(self.file, f"{self.architecture}.block_count", found, "as many layers as have tensors")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes that a load takes, by what they are for. `layer` holds what each layer brings along: weights and KV."""

    weights: int
    kv: int
    compute: int
    """Scratch for the largest batch, and the logits that come out of it."""
    layer: tuple[int, ...]
    head: int
    """The output layer, which goes to the device after the last of the layers."""
    gpu_layers: int
    projector: int = 0
    """Of the weights, those of what sees images beside the model: on the device where any layer is."""

    @property
    def total(self) -> int:
        return self.weights + self.kv + self.compute

    @property
    def device(self) -> int:
        """Of the total, what lies on the GPU. With a GPU in use the scratch is there."""
        if not self.gpu_layers:
            return 0
        whole = self.gpu_layers > len(self.layer)
        first = max(0, len(self.layer) - self.gpu_layers)
        return sum(self.layer[first:]) + (self.head if whole else 0) + self.compute + self.projector

    def layers_that_fit(self, free: int) -> int:
        """How many layers go onto a device with so many bytes free; one more than there are when the head does too."""
        left, count = free - self.compute - self.projector, 0
        for size in (*reversed(self.layer), self.head):
            left -= size
            if left < 0:
                break
            count += 1
        return count

    def as_json(self, model: str, free_on_gpu: int) -> dict[str, Any]:
        """As it is told of a model. The output layer counts as one of the `layers`."""
        return {
            "id": model,
            "object": "model.estimate",
            "weights": self.weights,
            "kv": self.kv,
            "compute": self.compute,
            "total": self.total,
            "layers": len(self.layer) + 1,
            "layers_that_fit": self.layers_that_fit(free_on_gpu),
            "gpu_layers": self.gpu_layers,
            "gpu": self.device,
        }


def estimate(
    header: Header,
    *,
    cells: int,
    slots: int,
    batch: int,
    type_k: str = "f16",
    type_v: str = "f16",
    gpu_layers: int = 0,
    flash: bool = True,
    outputs: int = 0,
) -> Estimate:
    """What llama.cpp will allocate for this model, a pool of `cells` tokens and steps of at most `batch`.
    `outputs`: for vectors, so many tokens whose outputs are kept at once.

    Weights and KV are exact but for padding. The scratch follows llama.cpp's two peaks: in the attention (the mask,
    and without flash attention the scores) and at the head (logits of the batch that its graph is reserved for).
    """
    cells = -(-cells // 256) * 256
    outside = sum(tensor.bytes for tensor in header.tensors) - sum(header.layer_bytes)
    kv = [
        0 if header.encoder else _layer_kv(header, layer, cells, slots, type_k, type_v)
        for layer in range(header.layers)
    ]
    head = next((each.bytes for each in header.tensors if each.name == "output.weight"), 0)
    if not head:
        head = next(each.bytes for each in header.tensors if each.name == "token_embd.weight")
        outside += head if gpu_layers > header.layers else 0  # the device has a copy for its head
    masks = 0 if header.recurrent else 2 if header.sliding_window else 1
    attention = cells * batch * (2 * masks if flash else 4 * masks + 4 * max(header.heads))
    queries = max(header.heads) * header.key_size + 2 * max(header.kv_heads) * max(header.key_size, header.value_size)
    inner = max(2 * header.feed_forward, queries) + 3 * header.width
    states = slots * _state(header) * 4 if header.recurrent or header.hybrid else 0
    logits = 0 if header.encoder else batch * 4 * (header.vocabulary + 2 * header.width)
    kept = 4 * (outputs * header.width if outputs else slots * header.vocabulary)
    scratch = max(logits, attention + batch * 4 * inner) + states
    return Estimate(
        weights=outside + sum(header.layer_bytes),
        kv=sum(kv),
        compute=scratch + scratch // 32 + kept + 2**18,
        layer=tuple(weights + cache for weights, cache in zip(header.layer_bytes, kv, strict=True)),
        head=head,
        gpu_layers=gpu_layers,
    )


def _layer_kv(header: Header, layer: int, cells: int, slots: int, type_k: str, type_v: str) -> int:
    if header.recurrent or (header.hybrid and not header.kv_heads[layer]):
        return slots * _state(header) * 4
    heads = header.kv_heads[layer]
    return cells * (_bytes(heads * header.key_size, type_k) + _bytes(heads * header.value_size, type_v))


def _state(header: Header) -> int:
    """Numbers that one sequence keeps in one recurrent layer."""

    def number(key: str) -> int:
        value = header.metadata.get(f"{header.architecture}.{key}", 0)
        return value if isinstance(value, int) else 0

    inner, state = number("ssm.inner_size"), number("ssm.state_size")
    if inner:
        return max(0, number("ssm.conv_kernel") - 1) * (inner + 2 * number("ssm.group_count") * state) + inner * state
    return header.width * (2 + number("wkv.head_size"))


def _bytes(values: int, kind: str) -> int:
    for name, block, size in TYPES.values():
        if name.lower() == kind.lower():
            return -(-values // block) * size
    raise ModelLoadFailed(f"A cache cannot be kept in the type {kind[:40]!r}; expected one like f16, q8_0 or f32.")
