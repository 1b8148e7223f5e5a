"""How much a key may use, of what, and how urgent it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from server.errors import BadRequest

MOST_PRIORITY = 100
"""Either way. What runs for nobody who waits is put below all keys by more than that."""

MOST_REQUESTS = 100_000
"""A minute. Each is remembered for that long."""

MOST_MODELS, MODEL_LENGTH = 200, 200


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """The limits of one key. None: there is none."""

    requests_per_minute: int | None = None
    tokens_per_day: int | None = None
    """Of prompts and answers together, from midnight to midnight UTC."""
    streams: int | None = None
    """Answers at once, whether they are streamed or not."""
    priority: int = 0
    """Higher goes first."""
    models: frozenset[str] | None = None
    """By name or alias; None: all."""

    def allows(self, names: Iterable[str]) -> bool:
        """Whether the model that goes by these names may be used."""
        return self.models is None or not self.models.isdisjoint(names)

    def as_json(self) -> dict[str, Any]:
        return {
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_day": self.tokens_per_day,
            "streams": self.streams,
            "priority": self.priority,
            "models": None if self.models is None else sorted(self.models),
        }

    def check(self) -> None:
        """Raises BadRequest where a limit makes no sense."""
        bounds = (
            ("requests_per_minute", self.requests_per_minute, 1, MOST_REQUESTS),
            ("tokens_per_day", self.tokens_per_day, 1, 2**53),
            ("streams", self.streams, 1, 2**31 - 1),
            ("priority", self.priority, -MOST_PRIORITY, MOST_PRIORITY),
        )
        for name, value, least, most in bounds:
            if value is not None and not least <= value <= most:
                raise BadRequest(f"{name} is {value}: expected {least} to {most}, or none.", param=name)
        if self.models is None:
            return
        if not 1 <= len(self.models) <= MOST_MODELS:
            raise BadRequest(
                f"models: expected 1 to {MOST_MODELS} names; without models, all may be used.", param="models"
            )
        for name in self.models:
            if not 1 <= len(name) <= MODEL_LENGTH or not name.isprintable():
                raise BadRequest(f"models: {name[:64]!r} cannot be the name of a model.", param="models")


NO_LIMITS = KeyLimits()
