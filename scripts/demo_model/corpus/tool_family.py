"""What a family of tools is: tools of one purpose under many names, and the ways to ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of a family's tools.

    `names`: what it may be called, split by commas. `mentions`: how a request mentions it where the tool has it as an
    optional one, split by slashes; without any it is needed, and the family's phrases have it as {role}.
    """

    role: str
    names: str
    kind: str
    mentions: str = ""
    choices: tuple[str, ...] = field(init=False)
    tails: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", tuple(self.names.split(",")))
        object.__setattr__(self, "tails", _spaced(self.mentions))


@dataclass(frozen=True, slots=True)
class Ways:
    """What may be said in a family, each a way of its own. Texts as in `Family`, split."""

    tools: tuple[str, ...]
    descriptions: tuple[str, ...]
    things: tuple[str, ...]
    deeds: tuple[str, ...]
    asks: tuple[str, ...]
    outcome: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Tools of one purpose. Alternatives are split by slashes, names by commas.

    `tools`: their names in words. `things`: what is asked for, "the weather in {city}"; `deeds`: what is to be done,
    "play {song}"; `asks`: whole sentences. `outcome`: what a result has, "temperature:degrees". Of families with the
    same `kin`, one could serve for the other.
    """

    name: str
    tools: str
    descriptions: str
    slots: tuple[Slot, ...]
    things: str = ""
    deeds: str = ""
    asks: str = ""
    outcome: str = ""
    kin: str = ""
    ways: Ways = field(init=False)

    def __post_init__(self) -> None:
        pairs = [part.partition(":") for part in self.outcome.split(",") if part]
        split = Ways(
            tuple(self.tools.split(",")),
            ways(self.descriptions),
            ways(self.things),
            ways(self.deeds),
            ways(self.asks),
            tuple((key, kind) for key, _, kind in pairs),
        )
        object.__setattr__(self, "ways", split)


@lru_cache(maxsize=4096)
def ways(text: str) -> tuple[str, ...]:
    """Phrases that are written in one text, between slashes."""
    return tuple(text.split(" / ")) if text else ()


def words(text: str) -> tuple[str, ...]:
    """Words that are written in one text."""
    return tuple(text.split())


@lru_cache(maxsize=4096)
def _spaced(text: str) -> tuple[str, ...]:
    return tuple(" " * (way[0] not in ", ") + way for way in ways(text))
