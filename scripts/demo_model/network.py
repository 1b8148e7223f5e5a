"""The network in PyTorch, for training: what llama.cpp computes for a Llama, as functions of its weights by name."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from demo_model.shape import EMBEDDING, HEAD, LAST_NORM, Shape, layer


def turning(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine by position and pair of dimensions, [length, half a head]."""
    angles = torch.arange(length)[:, None].double() * torch.from_numpy(shape.speeds())
    return angles.cos().float(), angles.sin().float()


def hidden(weights: dict[str, Tensor], tokens: Tensor, cosine: Tensor, sine: Tensor, shape: Shape) -> Tensor:
    """What `logits` goes on from, [rows, length, width], for tokens of [rows, length]: all up to the last feed-forward,
    which looks at each position alone, and is only computed where somebody wants to know.

    Rows are padded at their end: no position looks ahead, so padding changes nothing before it.
    """
    length = tokens.shape[1]
    ahead = torch.full((length, length), -math.inf).triu(1)
    flow = functional.embedding(tokens, weights[EMBEDDING])
    for number in range(shape.layers):
        if number:
            flow = _fed_forward(weights, number - 1, flow, shape)
        normed = _norm(flow, weights[layer(number, "attn_norm")], shape)
        flow = flow + _attention(weights, number, normed, (cosine, sine), ahead, shape)
    return flow


def logits(weights: dict[str, Tensor], found: Tensor, shape: Shape) -> Tensor:
    """Scores of all tokens for some positions of what `hidden` gave, [positions, width]."""
    flow = _fed_forward(weights, shape.layers - 1, found, shape)
    return functional.linear(_norm(flow, weights[LAST_NORM], shape), weights[HEAD])


def _fed_forward(weights: dict[str, Tensor], number: int, flow: Tensor, shape: Shape) -> Tensor:
    normed = _norm(flow, weights[layer(number, "ffn_norm")], shape)
    both = torch.cat([weights[layer(number, "ffn_gate")], weights[layer(number, "ffn_up")]])
    gate, up = functional.linear(normed, both).chunk(2, -1)
    return flow + functional.linear(functional.silu(gate) * up, weights[layer(number, "ffn_down")])


def _norm(flow: Tensor, gain: Tensor, shape: Shape) -> Tensor:
    flow = flow.float()
    return flow * torch.rsqrt(flow.square().mean(-1, keepdim=True) + shape.epsilon) * gain


def _attention(
    weights: dict[str, Tensor],
    number: int,
    normed: Tensor,
    turned_by: tuple[Tensor, Tensor],
    ahead: Tensor,
    shape: Shape,
) -> Tensor:
    """Written out as products of batches: at this size faster on a CPU than PyTorch's fused attention."""
    rows, length, _ = normed.shape
    groups, members, size = shape.kv_heads, shape.heads // shape.kv_heads, shape.head_width
    all_three = torch.cat([weights[layer(number, part)] for part in ("attn_q", "attn_k", "attn_v")])
    mixed = functional.linear(normed, all_three).view(rows, length, shape.heads + 2 * groups, size)
    queries, keys, values = mixed.split([shape.heads, groups, groups], 2)
    queries = _turn(queries, *turned_by).transpose(1, 2).reshape(rows * groups, members * length, size)
    keys = _turn(keys, *turned_by).transpose(1, 2).reshape(rows * groups, length, size)
    values = values.transpose(1, 2).reshape(rows * groups, length, size)
    scores = torch.bmm(queries, keys.transpose(1, 2)).view(rows * groups, members, length, length)
    shares = torch.softmax(scores.float() * size**-0.5 + ahead, -1).to(values.dtype)
    found = torch.bmm(shares.view(rows * groups, members * length, length), values)
    found = found.view(rows, shape.heads, length, size).transpose(1, 2).reshape(rows, length, -1)
    return functional.linear(found, weights[layer(number, "attn_output")])


def _turn(vectors: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Each pair of dimensions, one of either half, turned by its position."""
    first, second = vectors.float().chunk(2, -1)
    cosine, sine = cosine[:, None], sine[:, None]
    turned = torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1)
    return turned.to(vectors.dtype)
