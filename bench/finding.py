"""What a measurement found, and whether that is enough."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.servers import OURS
from bench.timing import middle


@dataclass(frozen=True)
class Target:
    """What this server is to reach: at least, or at most, so much."""

    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Finding:
    """One row: a figure of each server, a value a round. What counts is the median."""

    model: str
    scenario: str
    what: str
    unit: str
    values: Mapping[str, Sequence[float]]
    target: Target | None = None

    def value(self, name: str) -> float | None:
        """The median of a server's rounds; None when there is none."""
        found = [value for value in self.values.get(name, ()) if not math.isnan(value)]
        return middle(found) if found else None

    @property
    def verdict(self) -> str:
        """ "ok" or "miss" beside a target, "-" when it could not be measured, else nothing."""
        if self.target is None:
            return ""
        value = self.value(OURS)
        return "-" if value is None else "ok" if self.target.met(value) else "miss"
