"""Things with properties that nobody has heard of: how they are stated."""

from __future__ import annotations

from dataclasses import dataclass

from demo_model.corpus.draw import Draw
from demo_model.corpus.kinds import KINDS
from demo_model.corpus.properties import Kind, Property
from demo_model.corpus.strange import strange_kind
from demo_model.corpus.values import Value

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
    pronouns = (_SHE if draw.chance(0.5) else _HE) if kind.person else _IT
    return Thing(kind, name, tuple(label.replace("{}", name) for label in kind.labels), pronouns)


def upper(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


# Statements. {S} the thing at the start of a sentence, {s} within one, {p} and {P} its pronoun and possessive, {k} the
# noun of the property, {b} the bare value, {B} the same with a capital, {d} the predicate with its value.

_STATED: tuple[str, ...] = (
    "The {k} of {s} is {b}.",
    "{S} has a {k}: {b}.",
    "The {k} of {s} happens to be {b}.",
    "As for the {k} of {s}, it is {b}.",
    "{B} is the {k} of {s}.",
    "{B}: that is the {k} of {s}.",
    "In the case of {s}, the {k} is {b}.",
    "With {s}, the {k} is {b}.",
    "For {s} the {k} is {b}.",
    "The {k} of {s} has always been {b}.",
    "The {k} that {s} has is {b}.",
    "Of {s} we know the {k}: {b}.",
    "The list gives {b} as the {k} of {s}.",
    "The {k} of {s}, by all reports, is {b}.",
    "The {k} of {s} was found to be {b}.",
    "It is {b} that is the {k} of {s}.",
    "The {k} of {s} was set to {b}.",
    "About {s}: the {k} is {b}.",
    "{S} ({k}: {b}) is well known.",
    "{S} is known for {pl} {k}, which is {b}.",
)
_STATED_PLAINLY = ("The {k} of {s} is {b}.", "{S}'s {k} is {b}.")
_STATED_ON: tuple[str, ...] = (
    "{P} {k} is {b}.",
    "The {k} is {b}.",
    "{P} {k} happens to be {b}.",
    "{B} is the {k}.",
    "{P} {k}, too, is known: {b}.",
    "{B} is {pl} {k}.",
    "The {k} here is {b}.",
    "As for the {k}, it is {b}.",
    "{P} {k} was found to be {b}.",
    "{P} {k} has always been {b}.",
    "And {pl} {k} is {b}.",
    "We also know {pl} {k}: {b}.",
)
_TOLD: tuple[str, ...] = (
    "Today {s} {d}.",
    "{S} {d}, as everybody knows.",
    "We know that {s} {d}.",
    "It is said that {s} {d}.",
    "As far as we know, {s} {d}.",
    "Note that {s} {d}.",
    "At present {s} {d}.",
    "{S}, we are told, {d}.",
    "{S} {d}, they say.",
    "{S} {d}, which is no secret.",
    "People say that {s} {d}.",
    "In fact {s} {d}.",
    "According to the map, {s} {d}.",
    "{S} still {d}.",
    "{S} also {d}.",
    "It is true that {s} {d}.",
)
_TOLD_ON: tuple[str, ...] = (
    "{p} also {d}.",
    "Besides, {pn} {d}.",
    "{p} {d}, too.",
    "Today {pn} {d}.",
    "We know that {pn} {d}.",
    "{p} {d}, as everybody knows.",
    "What is more, {pn} {d}.",
    "In addition {pn} {d}.",
    "{p} {d}, they say.",
    "Moreover, {pn} {d}.",
    "At present {pn} {d}.",
    "Also, {pn} {d}.",
)


def label(draw: Draw, thing: Thing) -> str:
    """A way to call the thing within a sentence."""
    return thing.labels[0] if len(thing.labels) == 1 or draw.chance(0.6) else draw.one(thing.labels)


def predicate(draw: Draw, fact: Fact) -> str:
    """What is said of the thing, without the thing: is 310 km long."""
    return draw.one(fact.property.says).replace("{v}", fact.value.text)


def statement(draw: Draw, fact: Fact, *, on: bool = False) -> str:
    """A sentence that states the fact; `on` if the sentence before it was about the same thing."""
    named = fact.property.stated and draw.chance(0.5)
    on = on and draw.chance(0.75)
    said = "" if named else predicate(draw, fact)
    if named:
        frame = (
            draw.one(_STATED_PLAINLY) if not on and draw.chance(0.35) else draw.phrase(_STATED_ON if on else _STATED)
        )
    elif draw.chance(0.65):
        frame = "{p} {d}." if on else "{S} {d}."
        if fact.value.text != fact.value.bare and said.endswith(fact.value.text) and draw.chance(0.3):
            said = said[: -len(fact.value.text) - 1]
            frame = f"{upper(fact.value.text)} {'{pn}' if on else '{s}'} {{d}}."
    else:
        frame = draw.phrase(_TOLD_ON if on else _TOLD)
    return _filled(draw, frame, fact, said)


def _filled(draw: Draw, frame: str, fact: Fact, said: str) -> str:
    subject, (pronoun, possessive) = label(draw, fact.thing), fact.thing.pronouns
    bare = fact.value.bare
    return frame.format(
        S=upper(subject),
        s=subject,
        p=pronoun,
        pn=pronoun.lower(),
        P=possessive,
        pl=possessive.lower(),
        k=draw.one(fact.property.nouns),
        b=bare,
        B=upper(bare),
        d=said,
    )


def joined(draw: Draw, first: Fact, second: Fact) -> str:
    """One sentence for two facts, of the same thing or of two."""
    one, other = predicate(draw, first), predicate(draw, second)
    subject = upper(label(draw, first.thing))
    if first.thing is second.thing:
        return draw.one((f"{subject} {one} and {other}.", f"{subject} {one}, and it also {other}.")).replace(
            "and it also", f"and {first.thing.pronouns[0].lower()} also"
        )
    second_subject = label(draw, second.thing)
    middle = draw.phrase(
        (", while ", ", and ", ", but ", "; ", ", whereas ", ", and on the other hand ", ", yet ", ". But ")
    )
    return f"{subject} {one}{middle}{second_subject} {other}."
