"""How weights are changed: matrices by Muon, embedding, head and norms by AdamW."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor

from demo_model.shape import EMBEDDING, HEAD

_ROUNDS = ((3.4445, -4.7750, 2.0315),) * 5
"""Coefficients of the polynomial that brings all singular values near one, round by round."""


class Muon:
    """Momentum whose direction is made orthogonal: every direction of a matrix is learned at the same pace."""

    def __init__(self, weights: dict[str, Tensor], momentum: float = 0.95, *, half: bool = True) -> None:
        self._momentum = momentum
        self._kind = torch.bfloat16 if half else torch.float32
        groups: defaultdict[tuple[int, ...], list[Tensor]] = defaultdict(list)
        for weight in weights.values():
            groups[tuple(weight.shape)].append(weight)
        self._groups = list(groups.values())
        self._average = [torch.zeros(len(group), *group[0].shape) for group in self._groups]

    def step(self, rate: float) -> None:
        """One step along the gradients."""
        with torch.no_grad():
            for group, average in zip(self._groups, self._average, strict=True):
                gradients = torch.stack([weight.grad for weight in group])
                average.lerp_(gradients, 1 - self._momentum)
                direction = orthogonal(gradients.lerp_(average, self._momentum), self._kind)
                pace = rate * max(1.0, group[0].shape[0] / group[0].shape[1]) ** 0.5
                for weight, change in zip(group, direction, strict=True):
                    weight.sub_(change, alpha=pace)

    def state(self) -> list[Tensor]:
        return self._average

    def restore(self, state: list[Tensor]) -> None:
        self._average = state


def orthogonal(matrices: Tensor, kind: torch.dtype = torch.bfloat16) -> Tensor:
    """The nearest matrices, roughly, whose singular values are all alike, for a stack of matrices; computed in `kind`,
    of which the coarsest is good enough.
    """
    found = matrices.to(kind)
    tall = found.shape[-2] > found.shape[-1]
    if tall:
        found = found.mT
    found = found / (found.float().norm(dim=(-2, -1), keepdim=True) + 1e-7).to(kind)
    for first, second, third in _ROUNDS:
        square = found @ found.mT
        found = first * found + (second * square + third * square @ square) @ found
    return (found.mT if tall else found).float()


class Optimizer:
    """Both ways together. `rates` of Muon and AdamW are scaled by a share that falls to zero in the end."""

    def __init__(self, weights: dict[str, Tensor], muon_rate: float, adam_rate: float, *, half: bool = True) -> None:
        matrices = {name: one for name, one in weights.items() if one.dim() == 2 and name not in (EMBEDDING, HEAD)}
        others = [one for name, one in weights.items() if name not in matrices]
        self._rates = (muon_rate, adam_rate)
        self._muon = Muon(matrices, half=half)
        self._adam = torch.optim.AdamW(others, lr=adam_rate, betas=(0.9, 0.98), eps=1e-10, weight_decay=0, fused=True)

    def step(self, share: float) -> None:
        """One step along the gradients, which are cleared."""
        self._muon.step(self._rates[0] * share)
        for group in self._adam.param_groups:
            group["lr"] = self._rates[1] * share
        self._adam.step()

    def state(self) -> dict[str, Any]:
        return {"muon": self._muon.state(), "adam": self._adam.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self._muon.restore(state["muon"])
        self._adam.load_state_dict(state["adam"])
