"""Many ways to say something out of a few patterns, of which each way is held out or trained as a whole."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_CHOICES = {"<>": re.compile(r"<([^<>]*)>"), "[]": re.compile(r"\[([^\[\]]*)\]")}


class Ways(tuple[str, ...]):
    """Phrases that are told from others by what they are, not by what they hold: thousands are found in no time."""

    __slots__ = ()

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def ways(*patterns: str) -> Ways:
    """All that the patterns may be, in their order: `<How|What> is it< now|>?` is four ways. Choices hold no others."""
    found: dict[str, None] = {}
    for text in itertools.chain.from_iterable(map(opened, patterns)):
        found.setdefault(text[0].upper() + text[1:] if text[-1:] in "?." and text[:1].isalpha() else text)
    return Ways(found)


def opened(pattern: str, brackets: str = "<>") -> Iterator[str]:
    """Each way of one pattern, whose choices stand in these brackets; the last choice changes first."""
    parts = _CHOICES[brackets].split(pattern)
    choices = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    return map("".join, itertools.product(*choices))
