"""Things with properties that nobody has heard of: how they are stated."""

from __future__ import annotations

from dataclasses import dataclass

from demo_model.corpus.draw import Draw
from demo_model.corpus.kinds import KINDS
from demo_model.corpus.phrasings import combined, listed, upper
from demo_model.corpus.properties import Kind, Property
from demo_model.corpus.strange import strange_kind
from demo_model.corpus.values import Value, is_woman

_SHE, _HE, _IT = ("She", "Her"), ("He", "His"), ("It", "Its")


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of a kind. `labels` are ways to call it within a sentence, `pronouns` are She and Her, or such."""

    kind: Kind
    name: str
    labels: tuple[str, ...]
    pronouns: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """A property of a thing with its value."""

    thing: Thing
    property: Property
    value: Value


def some_kind(draw: Draw, strange: float = 0.25) -> Kind:
    """A kind of things; as often as `strange`, one that does not exist."""
    return strange_kind(draw) if draw.chance(strange) else draw.one(KINDS)


def some_thing(draw: Draw, kind: Kind, taken: set[str]) -> Thing:
    """A thing of the kind, none of those whose names are `taken`; it is then taken as well."""
    name = kind.name(draw)
    while name in taken or any(name in other or other in name for other in taken):
        name = kind.name(draw)
    taken.add(name)
    pronouns = (_SHE if is_woman(draw, name) else _HE) if kind.person else _IT
    sort = draw.one(kind.sorts) if kind.sorts else kind.noun
    return Thing(kind, name, tuple(label.format(name, sort=sort) for label in kind.labels), pronouns)


# Statements. {s} the thing, {pn} and {pl} its pronoun and possessive, {k} the noun of the property, {b} the bare value,
# {d} the predicate with its value. All in small letters at first.

_KNOWN: tuple[str, ...] = (
    *combined("we|people|I|they|you", "know that|say that|read that|heard that"),
    *combined("it is|it was", "known that|said that|true that|clear that|written that|a fact that|well known that"),
    *combined("as", "we|people|you|they", "know,|say,|read,|heard,"),
    *combined("according to the|according to a|in the", "map,|book,|list,|report,|news,|guide,"),
    *combined("|please|and|also", "note that|remember that"),
    *combined("the|this|a|my", "book|list|report|guide", "says that|tells us that"),
    *listed("in fact,|of course,|everybody knows that|as everybody knows,|everybody says that|in fact"),
)
_ENDING: tuple[str, ...] = combined("as", "we|people|they|you", "know|all know|say|all say|read|heard")
_MORE = (*combined("|and", "also,|besides,|in addition,|then,|what is more,"), "and", *_KNOWN)
_STATED: tuple[str, ...] = (
    *combined(_KNOWN, "the {k} of {s} is {b}|{s}'s {k} is {b}|the {k} for {s} is {b}|for {s}, the {k} is {b}", "."),
    *combined("the {k} of {s} is {b},", _ENDING, "."),
    *combined("about {s}:|on {s}:|now {s}:|next, {s}:", "the {k} is {b}|{pl} {k} is {b}", "."),
    *combined("{s} has", "this {k}: {b}|{b} as {pl} {k}|the following {k}: {b}|the {k} {b}", "."),
)
_STATED_PLAINLY = ("the {k} of {s} is {b}.", "{s}'s {k} is {b}.")
_STATED_ON: tuple[str, ...] = (
    *combined(_MORE, "{pl} {k} is {b}|the {k} is {b}", "."),
    *combined("{pl} {k} is {b},", _ENDING, "."),
    *combined("{pn} has|{pn} also has", "this {k}: {b}|{b} as {pl} {k}|the following {k}: {b}", "."),
)
_STATED_ON_PLAINLY = ("{pl} {k} is {b}.", "the {k} is {b}.", "{pl} {k} is {b}.")
_TOLD: tuple[str, ...] = (*combined(_KNOWN, "{s} {d}", "."), *combined("{s} {d},", _ENDING, "."))
_TOLD_ON: tuple[str, ...] = (
    *combined(_MORE, "{pn} {d}", "."),
    *combined("{pn} {d},", _ENDING, "."),
    *combined("{pn} also {d}|{pn} {d}, too|and {pn} {d}, too|and {pn} also {d}", "."),
)
_MIDDLES = (
    *(", while ", ", and ", ", but ", "; ", ", whereas ", "; and ", "; but ", ". And ", ". But ", ", and also "),
    *(", but then ", ", and then ", ". On the other hand, ", "; on the other hand, ", ", and on the other hand "),
    *(", but on the other hand ", ". But on the other hand, ", ", though ", "; then ", ". Then "),
)


def label(draw: Draw, thing: Thing) -> str:
    """A way to call the thing within a sentence."""
    return thing.labels[0] if len(thing.labels) == 1 or draw.chance(0.6) else draw.one(thing.labels)


def predicate(draw: Draw, fact: Fact) -> str:
    """What is said of the thing, without the thing: is 310 km long."""
    return draw.one(fact.property.says).replace("{v}", fact.value.text)


def statement(draw: Draw, fact: Fact, *, on: bool = False) -> str:
    """A sentence that states the fact; `on` if the sentence before it was about the same thing."""
    named = fact.property.stated and draw.chance(0.45)
    on = on and draw.chance(0.75)
    said = "" if named else predicate(draw, fact)
    if named:
        if draw.chance(0.5):
            frame = draw.one(_STATED_ON_PLAINLY if on else _STATED_PLAINLY)
        else:
            frame = draw.phrase(_STATED_ON if on else _STATED)
    elif draw.chance(0.65):
        frame = "{pn} {d}." if on else "{s} {d}."
        if fact.value.text != fact.value.bare and said.endswith(fact.value.text) and draw.chance(0.3):
            said = said[: -len(fact.value.text) - 1]
            frame = f"{fact.value.text} {'{pn}' if on else '{s}'} {{d}}."
    else:
        frame = draw.phrase(_TOLD_ON if on else _TOLD)
    return _filled(draw, frame, fact, said)


def _filled(draw: Draw, frame: str, fact: Fact, said: str) -> str:
    pronoun, possessive = fact.thing.pronouns
    return upper(
        frame.format(
            s=label(draw, fact.thing),
            pn=pronoun.lower(),
            pl=possessive.lower(),
            k=draw.one(fact.property.nouns),
            b=fact.value.bare,
            d=said,
        )
    )


def joined(draw: Draw, first: Fact, second: Fact) -> str:
    """One sentence for two facts, of the same thing or of two."""
    one, other = predicate(draw, first), predicate(draw, second)
    subject = upper(label(draw, first.thing))
    if first.thing is second.thing:
        pronoun = first.thing.pronouns[0].lower()
        return f"{subject} {one} and {other}." if draw.chance(0.5) else f"{subject} {one}, and {pronoun} {other}."
    middle = draw.phrase(_MIDDLES)
    return f"{subject} {one}{middle}{label(draw, second.thing)} {other}."
