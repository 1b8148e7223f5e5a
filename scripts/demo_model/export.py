"""Weights as a GGUF file that llama.cpp and the server read, and back again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from demo_model.rendering import TEMPLATE
from demo_model.shape import Array, Shape, Weights
from demo_model.tokenizer import CONTROL, SPLIT_NAME, USER_DEFINED, Tokenizer

_Q8_0 = gguf.GGMLQuantizationType.Q8_0
_F32 = gguf.GGMLQuantizationType.F32


def write(file: Path, weights: Weights, shape: Shape, tokenizer: Tokenizer) -> None:
    """Matrices in Q8_0, norms as they are. Written beside the file and renamed, so that nobody sees half a model."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    writer = gguf.GGUFWriter(draft, "llama")
    try:
        _describe(writer, shape)
        _add_tokenizer(writer, tokenizer)
        for name in shape.sizes():
            values = np.ascontiguousarray(_paired(name, weights[name], shape), np.float32)
            kind = _F32 if values.ndim == 1 else _Q8_0
            writer.add_tensor(name, gguf.quantize(values, kind) if kind != _F32 else values, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def read(file: Path) -> tuple[Weights, Shape, Tokenizer]:
    """What `write` wrote, but for the precision that Q8_0 costs."""
    reader = gguf.GGUFReader(file)

    def value(key: str) -> Any:
        return reader.fields[key].contents()

    merges = [tuple(merge.split(" ")) for merge in value("tokenizer.ggml.merges")]
    shape = Shape(
        vocabulary=len(value("tokenizer.ggml.tokens")),
        width=value("llama.embedding_length"),
        layers=value("llama.block_count"),
        heads=value("llama.attention.head_count"),
        kv_heads=value("llama.attention.head_count_kv"),
        head_width=value("llama.rope.dimension_count"),
        feed_forward=value("llama.feed_forward_length"),
        theta=value("llama.rope.freq_base"),
        epsilon=value("llama.attention.layer_norm_rms_epsilon"),
        context=value("llama.context_length"),
    )
    weights: Weights = {}
    for tensor in reader.tensors:
        values = np.asarray(gguf.dequantize(tensor.data, tensor.tensor_type), np.float32)
        weights[tensor.name] = _halved(tensor.name, values, shape).copy()
    return weights, shape, Tokenizer([(left, right) for left, right in merges])


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name("llm-api demo")
    writer.add_description("A very small chat model that tries out the features of llm-api.")
    writer.add_author("The llm-api project")
    writer.add_license("MIT")
    writer.add_languages(["en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.theta)
    writer.add_layer_norm_rms_eps(shape.epsilon)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    kinds = dict.fromkeys(CONTROL, gguf.TokenType.CONTROL)
    kinds |= dict.fromkeys(USER_DEFINED, gguf.TokenType.USER_DEFINED)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(SPLIT_NAME)
    writer.add_token_list(tokenizer.tokens)
    writer.add_token_types([int(kinds.get(token, gguf.TokenType.NORMAL)) for token in tokenizer.tokens])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer.merges])
    writer.add_bos_token_id(tokenizer.padding)
    writer.add_eos_token_id(tokenizer.end)
    writer.add_pad_token_id(tokenizer.padding)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(TEMPLATE.read_text(encoding="utf-8"))


def _paired(name: str, values: Array, shape: Shape) -> Array:
    """llama.cpp turns neighbouring rows of queries and keys together, the network one row of either half."""
    if not name.endswith(("attn_q.weight", "attn_k.weight")):
        return values
    halves = values.reshape(-1, 2, shape.head_width // 2, shape.width)
    return np.asarray(halves.swapaxes(1, 2).reshape(values.shape))


def _halved(name: str, values: Array, shape: Shape) -> Array:
    if not name.endswith(("attn_q.weight", "attn_k.weight")):
        return values
    pairs = values.reshape(-1, shape.head_width // 2, 2, shape.width)
    return np.asarray(pairs.swapaxes(1, 2).reshape(values.shape))
