"""Embeddings."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

from tests.contract.registry import check
from tests.contract.target import Target

TEXTS = ["A cat sat.", "The sea is deep, and the ships go far.", "x"]


def _vectors(target: Target, **fields: Any) -> list[list[float]]:
    body = target.ask("embeddings", encoding_format="float", **fields)
    assert [one["index"] for one in body["data"]] == list(range(len(body["data"])))
    return [one["embedding"] for one in body["data"]]


def _cosine(one: list[float], two: list[float]) -> float:
    return sum(a * b for a, b in zip(one, two, strict=True)) / (math.hypot(*one) * math.hypot(*two))


@check("embeddings", "a list of embeddings with index, model and usage")
def shape(target: Target) -> None:
    body = target.ask("embeddings")
    assert body["object"] == "list"
    assert body["data"][0]["object"] == "embedding"
    assert body["data"][0]["index"] == 0
    assert body["model"]
    assert body["usage"]["prompt_tokens"] == body["usage"]["total_tokens"] > 0


@check("embeddings", "floats unless asked otherwise")
def floats(target: Target) -> None:
    vector = target.ask("embeddings")["data"][0]["embedding"]
    assert isinstance(vector, list)
    assert all(isinstance(value, float) for value in vector)


@check("embeddings", "base64: little-endian float32, the same numbers")
def in_base64(target: Target) -> None:
    text = target.ask("embeddings", encoding_format="base64")["data"][0]["embedding"]
    assert isinstance(text, str)
    data = base64.b64decode(text, validate=True)
    found = struct.unpack(f"<{len(data) // 4}f", data)
    (floats,) = _vectors(target)
    assert len(found) == len(floats)
    assert all(math.isclose(a, b, abs_tol=1e-5) for a, b in zip(found, floats, strict=True))


@check("embeddings", "the client, which asks for base64 unasked, reads floats")
def client(target: Target) -> None:
    answer = target.openai.embeddings.create(model=target.needs("embedding_model"), input="Some words.")
    assert isinstance(answer.data[0].embedding, list)
    assert all(isinstance(value, float) for value in answer.data[0].embedding)


@check("embeddings", "several texts come in order, each as it would alone")
def several(target: Target) -> None:
    together = _vectors(target, input=TEXTS)
    assert len(together) == 3
    for text, vector in zip(TEXTS, together, strict=True):
        assert _cosine(vector, _vectors(target, input=text)[0]) > 0.999


@check("embeddings", "different texts have different vectors")
def different(target: Target) -> None:
    one, two, _ = _vectors(target, input=TEXTS)
    assert _cosine(one, two) < 0.9999


@check("embeddings", "token ids, or lists of them, are taken")
def tokens(target: Target) -> None:
    assert len(_vectors(target, input=[300, 301, 302])) == 1
    assert len(_vectors(target, input=[[300, 301], [302]])) == 2


@check("embeddings", "vectors have length 1")
def unit(target: Target) -> None:
    assert math.isclose(math.hypot(*_vectors(target)[0]), 1, abs_tol=1e-3)


@check("embeddings", "dimensions: the first so many, brought back to length 1")
def dimensions(target: Target) -> None:
    (whole,) = _vectors(target)
    (cut,) = _vectors(target, dimensions=8)
    assert len(cut) == 8
    assert math.isclose(math.hypot(*cut), 1, abs_tol=1e-3)
    assert _cosine(cut, whole[:8]) > 0.999


@check("embeddings", "more dimensions than the model has are 400")
def too_many_dimensions(target: Target) -> None:
    assert target.refused("embeddings", dimensions=1_000_000)["param"] == "dimensions"


@check("embeddings", "usage counts all texts")
def usage(target: Target) -> None:
    each = [target.ask("embeddings", input=text)["usage"]["prompt_tokens"] for text in TEXTS]
    assert target.ask("embeddings", input=TEXTS)["usage"]["prompt_tokens"] == sum(each)


@check("embeddings", "a text beyond the model's context is 400 context_length_exceeded")
def too_long(target: Target) -> None:
    error = target.refused("embeddings", input="word " * 100_000)
    assert error["code"] == "context_length_exceeded"


@check("embeddings", "a chat model is refused or embeds; it does not fail")
def chat_model(target: Target) -> None:
    target.needs("embedding_model")
    assert target.send("embeddings", model=target.model).status_code in (200, 400)
