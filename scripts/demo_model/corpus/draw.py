"""Chance, and who may see what: names and phrasings that are held out of the training are decided here."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, TypeVar

Split = Literal["train", "dev", "test"]
"""`dev` is to be looked at while the training is worked on, `test` once, when it is accepted."""

T = TypeVar("T")

_EIGHTHS: dict[int, Split] = {0: "test", 1: "dev"}


def split_of(text: str) -> Split:
    """Where a name belongs: one in eight is held out for each of `test` and `dev`. The same on every machine."""
    return _EIGHTHS.get(zlib.crc32(text.lower().encode()) % 8, "train")


class Draw:
    """All chance of one conversation. The same seed and split give the same conversation."""

    def __init__(self, seed: str | int, split: Split = "train") -> None:
        self.split: Split = split
        self.random = random.Random(f"{split} {seed}")

    def chance(self, probability: float) -> bool:
        """True as often as that."""
        return self.random.random() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.random.randint(low, high)

    def one(self, choices: Sequence[T]) -> T:
        """Any of them, in every split: for what need not be new in a test."""
        return self.random.choice(choices)

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """So many different ones."""
        return self.random.sample(list(choices), count)

    def phrase(self, phrases: tuple[str, ...], also: tuple[str, ...] = ()) -> str:
        """One of several ways to say something. Of four or more ways, some are never trained on: of every eight one is
        kept for `test` and one for `dev`, at least one of each. `also`: ways that are trained on alone, but for those
        that are among the others.
        """
        if also and self.split == "train" and self.chance(0.3):
            return self.one(_besides(phrases, also))
        return self.random.choice(_by_split(phrases)[self.split])

    def held_out(self, make: Callable[[], str]) -> str:
        """What `make` makes, made again until it belongs to this split: for all that is invented."""
        while True:
            made = make()
            if split_of(made) == self.split:
                return made


@lru_cache(maxsize=4096)
def _by_split(phrases: tuple[str, ...]) -> dict[Split, tuple[str, ...]]:
    if len(phrases) < 4:
        return {"train": phrases, "dev": phrases, "test": phrases}
    ordered = sorted(phrases, key=lambda phrase: (zlib.crc32(phrase.encode()), phrase))
    held = max(1, len(ordered) // 8)
    return {"test": tuple(ordered[:held]), "dev": tuple(ordered[held : 2 * held]), "train": tuple(ordered[2 * held :])}


@lru_cache(maxsize=4096)
def _besides(phrases: tuple[str, ...], also: tuple[str, ...]) -> tuple[str, ...]:
    own = {_bare(phrase) for phrase in phrases}
    return tuple(phrase for phrase in also if _bare(phrase) not in own)


def _bare(phrase: str) -> str:
    return phrase.lower().replace(",", "").strip(" .?!")
