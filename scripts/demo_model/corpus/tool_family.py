"""What a family of tools is: tools of one purpose under many names, and the ways to ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from demo_model.corpus.ways import opened


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
    """Phrases that are written in one text, between slashes. Of words in [brackets|square brackets] each is one way."""
    return tuple(dict.fromkeys(way for part in text.split(" / ") for way in opened(part, "[]"))) if text else ()


def finds(
    name: str, nouns: str, at: str, about: str, *slots: Slot, asks: str = "", outcome: str = "", kin: str = ""
) -> Family:
    """A family that finds something out. `nouns`: what, "weather|weather forecast", of which all share a word; `at`:
    what follows it in a request, "in {city}"; `about`: what follows it in a description, "in a city".
    """
    tools = ",".join(ways(f"[get|find|check|show|fetch|look up|read|see|tell] [{nouns}] / [{nouns}]"))
    said = f"[Get|Find|Check|Show|Look up|Returns|Tells|Gives|Fetch|Find out] the [{nouns}] {about}."
    said += f" / The [|current |latest ][{nouns}] {about}. / [Use this for|A tool for|Tells you] the [{nouns}] {about}."
    things = f"[the|our] [|||current |latest |exact |right |newest |full |last |usual |present |real ][{nouns}] {at}"
    return Family(name, tools, said, slots, things=things, asks=asks, outcome=outcome, kin=kin)


def does(
    name: str,
    verbs: str,
    thing: str,
    at: str,
    about: str,
    *slots: Slot,
    asks: str = "",
    outcome: str = "",
    kin: str = "",
) -> Family:
    """A family that does something. `verbs`: "rent|hire"; `thing`: with its article in a description, "a bike"; `at`
    and `about` as for `finds`, an `at` of several parts has the thing itself, "{count} bikes in {city}".
    """
    noun = thing.removeprefix("a ").removeprefix("an ").removeprefix("the ")
    tools = ",".join(ways(f"[{verbs}] {noun}"))
    tools += f",{noun}"
    said = f"[{'|'.join(verb.capitalize() for verb in verbs.split('|'))}] {thing}[| {about}]."
    said += f" / [Use this to|A tool to|Can|Lets you|Helps to] [{verbs}] {thing}[| {about}]."
    deeds = f"[{verbs}] {at}" if noun in at else f"[{verbs}] {_articles(thing)}{noun} {at}"
    return Family(name, tools, said, slots, deeds=deeds, asks=asks, outcome=outcome, kin=kin)


def words(text: str) -> tuple[str, ...]:
    """Words that are written in one text."""
    return tuple(text.split())


def _articles(thing: str) -> str:
    article = thing.partition(" ")[0]
    return {
        "a": "[a|the|my|a new|the new|our] ",
        "an": "[an|the|my|a new|the new|our] ",
        "the": "[the|my|our|the old] ",
    }.get(article, "")


@lru_cache(maxsize=4096)
def _spaced(text: str) -> tuple[str, ...]:
    return tuple(" " * (way[0] not in ", ") + way for way in ways(text))
