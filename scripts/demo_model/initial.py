"""The weights that training starts from: they copy already.

A plain start does not find out by itself, in any time that a small machine has, that what followed a word before is
likely to follow it again. So the circuit for it is put in by hand, and training only refines it. The width is divided
into blocks: the token itself, the token before, the one before that, and what was copied; one dimension is constant.

- Layer 0: two heads look one and two positions back, by the fast pairs of the rotation, and note what stands there.
- Layer 1: a head looks for places before which the same two tokens stood as here, and notes the token found there.
- Layer 2: the same with one token.
- The head reads out what was noted.

All else begins small, and what it adds begins at nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from demo_model.shape import EMBEDDING, HEAD, Array, Shape, Weights, layer

_CONSTANT = 4.0
"""The constant dimension, in units of the deviation of the others."""
_NEAR = 1.3
_ALIKE_TWO = 1.4
_ALIKE_ONE = 1.7
_NOTED = 0.55
_READ = 0.12
_NOISE = 0.03


def initial(shape: Shape, seed: int = 0) -> Weights:
    """Weights with the copying circuit. Needs three layers, and four blocks of a head's width in the width."""
    assert shape.layers >= 3
    assert shape.width >= 4 * shape.head_width
    source = np.random.default_rng(seed)
    weights = _silent(shape, source)
    width = shape.head_width
    token, before, second, copied = (slice(at * width, (at + 1) * width) for at in range(4))
    constant = shape.width - 1
    codes = _codes(shape.vocabulary, width, source)
    weights[EMBEDDING][:, token] = codes
    weights[EMBEDDING][:, constant] = _CONSTANT
    weights[HEAD][:, copied] += _READ * codes
    weights[HEAD][:, constant] = 0
    _look_back(weights, shape, constant)
    _note(weights, shape, 0, 0, token, before)
    _note(weights, shape, 0, 1, token, second)
    for number, pairs, strength in (
        (1, ((token, before), (before, second)), _ALIKE_TWO),
        (2, ((token, before),), _ALIKE_ONE),
    ):
        _look_for_alike(weights, shape, number, pairs, strength, source)
        _note(weights, shape, number, 0, token, copied)
    return weights


def grown(weights: Weights, shape: Shape, layers: int, seed: int = 0) -> tuple[Weights, Shape]:
    """A trained network with more layers, at most twice as many. The new ones lie below the upper ones and add nothing
    yet: the network says what it said before.
    """
    new = layers - shape.layers
    assert 0 <= new <= shape.layers
    places = [number + max(0, number + 1 - (shape.layers - new)) for number in range(shape.layers)]
    deeper = replace(shape, layers=layers)
    found = _silent(deeper, np.random.default_rng(seed))
    for name, values in weights.items():
        start, *rest = name.split(".")
        if start == "blk":
            rest[0] = str(places[int(rest[0])])
        found[".".join((start, *rest))] = values
    return found, deeper


def _silent(shape: Shape, source: np.random.Generator) -> Weights:
    """Weights by chance, of layers that add nothing."""
    weights: Weights = {}
    for name, size in shape.sizes().items():
        if len(size) == 1:
            weights[name] = np.ones(size, np.float32)
        elif name.endswith(("attn_output.weight", "ffn_down.weight")):
            weights[name] = np.zeros(size, np.float32)
        else:
            weights[name] = source.normal(0, _NOISE, size).astype(np.float32)
    return weights


def _codes(count: int, width: int, source: np.random.Generator) -> Array:
    """Directions by chance, all of one length: a longer one would get more attention wherever it stands."""
    codes = source.normal(0, 1, (count, width))
    return np.asarray(codes * (width**0.5 / np.linalg.norm(codes, axis=1, keepdims=True)), np.float32)


def _look_back(weights: Weights, shape: Shape, constant: int) -> None:
    """Heads 0 and 1 of layer 0 look one and two positions back, whatever stands there."""
    half = shape.head_width // 2
    speeds = shape.speeds()
    fast = np.flatnonzero(speeds > 0.15)
    keys, queries = weights[layer(0, "attn_k")], weights[layer(0, "attn_q")]
    keys[: shape.head_width] = 0
    keys[fast, constant] = _NEAR
    for head, distance in enumerate((1, 2)):
        start = head * shape.head_width
        queries[start : start + shape.head_width] = 0
        queries[start + fast, constant] = _NEAR * np.cos(distance * speeds[fast])
        queries[start + half + fast, constant] = -_NEAR * np.sin(distance * speeds[fast])


def _look_for_alike(
    weights: Weights,
    shape: Shape,
    number: int,
    pairs: tuple[tuple[slice, slice], ...],
    strength: float,
    source: np.random.Generator,
) -> None:
    """Head 0 of a layer compares a block of its own position with a block of others, by pairs that hardly turn."""
    half = shape.head_width // 2
    slow = np.flatnonzero(shape.speeds() < 0.0015)
    rows = np.concatenate([slow, slow + half])
    keys, queries = weights[layer(number, "attn_k")], weights[layer(number, "attn_q")]
    keys[: shape.head_width] = 0
    queries[: shape.head_width] = 0
    for here, there in pairs:
        mixing = strength * _rotation(shape.head_width, source)[: len(rows)]
        queries[rows, here] = mixing
        keys[rows, there] = mixing


def _note(weights: Weights, shape: Shape, number: int, head: int, found: slice, noted: slice) -> None:
    """What a head finds in one block is added to another. All heads that use this share the values of heads 0 and 1."""
    values = weights[layer(number, "attn_v")]
    values[: shape.head_width] = 0
    values[: shape.head_width, found] = np.eye(shape.head_width)
    columns = slice(head * shape.head_width, (head + 1) * shape.head_width)
    weights[layer(number, "attn_output")][noted, columns] = _NOTED * np.eye(shape.head_width)


def _rotation(width: int, source: np.random.Generator) -> Array:
    turned, _ = np.linalg.qr(source.normal(0, 1, (width, width)))
    return np.asarray(turned, np.float32)
