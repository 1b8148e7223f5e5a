"""The shape of the network, and what its weights are called: as in a GGUF file, so that no other names are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Weights = dict[str, Array]
"""By the names of GGUF. A matrix has a row for each output, and the rows of queries and keys are in the order of
`network`: the two halves of a head turn together.
"""

EMBEDDING = "token_embd.weight"
HEAD = "output.weight"
LAST_NORM = "output_norm.weight"


def layer(number: int, part: str) -> str:
    """The name of a layer's weights: attn_norm, attn_q, attn_k, attn_v, attn_output, ffn_norm, ffn_gate, ffn_up,
    ffn_down.
    """
    return f"blk.{number}.{part}.weight"


@dataclass(frozen=True, slots=True)
class Shape:
    """A Llama: RMS norms, grouped queries, rotated positions, a gated feed-forward, no biases, a head of its own."""

    vocabulary: int = 2560
    width: int = 256
    layers: int = 7
    heads: int = 4
    kv_heads: int = 2
    head_width: int = 64
    feed_forward: int = 640
    theta: float = 500_000.0
    epsilon: float = 1e-5
    context: int = 2048

    def sizes(self) -> dict[str, tuple[int, ...]]:
        """All weights by name, with their sizes."""
        queries, keys = self.heads * self.head_width, self.kv_heads * self.head_width
        found: dict[str, tuple[int, ...]] = {EMBEDDING: (self.vocabulary, self.width)}
        for number in range(self.layers):
            found |= {
                layer(number, "attn_norm"): (self.width,),
                layer(number, "attn_q"): (queries, self.width),
                layer(number, "attn_k"): (keys, self.width),
                layer(number, "attn_v"): (keys, self.width),
                layer(number, "attn_output"): (self.width, queries),
                layer(number, "ffn_norm"): (self.width,),
                layer(number, "ffn_gate"): (self.feed_forward, self.width),
                layer(number, "ffn_up"): (self.feed_forward, self.width),
                layer(number, "ffn_down"): (self.width, self.feed_forward),
            }
        return found | {LAST_NORM: (self.width,), HEAD: (self.vocabulary, self.width)}

    def parameters(self) -> int:
        return sum(int(np.prod(size)) for size in self.sizes().values())

    def speeds(self) -> Array:
        """By how much each pair of a head's dimensions turns from one position to the next, the fastest first."""
        half = self.head_width // 2
        return np.asarray(self.theta ** (-np.arange(half) / half))
