"""Texts about a few things of one kind, and what can be asked: what the texts tell and what they leave out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from demo_model.corpus import asking
from demo_model.corpus.draw import Draw
from demo_model.corpus.fillers import filler
from demo_model.corpus.phrasings import upper
from demo_model.corpus.properties import Kind, Property
from demo_model.corpus.world import Fact, Thing, joined, label, some_kind, some_thing, statement

NOT_SAID = "The text does not say."


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer. `wrong` are values of the text that would be wrong, `about` the thing and `property`
    what of it, if there are such.
    """

    text: str
    answer: str
    value: str = ""
    wrong: tuple[str, ...] = ()
    about: Thing | None = None
    property: Property | None = None


class Passage(Protocol):
    """A text in parts, each with a title, and the questions for it."""

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Title and text."""

    def ask(self, draw: Draw, *, known: bool, before: Asked | None = None) -> Asked:
        """A question that the text answers, or one that it does not. `before` is the question before this one."""


@dataclass(slots=True)
class Description:
    """Things described by their properties. What is not in `facts` is not said."""

    kind: Kind
    things: list[Thing]
    stranger: Thing
    told: list[Property]
    facts: list[Fact]
    parts: list[tuple[str, str]]

    def ask(self, draw: Draw, *, known: bool, before: Asked | None = None) -> Asked:
        """A question for a value or a thing that is stated, or for one that is not."""
        return self._known(draw, before) if known else self._unknown(draw, before)

    def _known(self, draw: Draw, before: Asked | None) -> Asked:
        near = [one for one in self.facts if before and _beside(one.thing, one.property, before)]
        fact = draw.one(near if near and draw.chance(0.5) else self.facts)
        wrong = tuple(
            other.value.bare
            for other in self.facts
            if other.property is fact.property and other.thing is not fact.thing
        )
        if len(self.things) > 1 and draw.chance(0.2) and self._only(fact):
            others = tuple(thing.name for thing in self.things if thing is not fact.thing)
            return Asked(
                asking.which(draw, fact), f"{fact.thing.name}.", fact.thing.name, others, fact.thing, fact.property
            )
        text = asking.question(draw, fact.thing, fact.property, known=_pronoun(draw, fact.thing, before))
        return Asked(text, fact.value.answer, fact.value.bare, wrong, fact.thing, fact.property)

    def _only(self, fact: Fact) -> bool:
        """Whether nothing else in the text has this value."""
        return all(fact.value.bare not in other.value.bare for other in self.facts if other is not fact)

    def _unknown(self, draw: Draw, before: Asked | None) -> Asked:
        said = {(fact.thing.name, fact.property.nouns[0]) for fact in self.facts}
        gaps = [(one, two) for one in self.things for two in self.told if (one.name, two.nouns[0]) not in said]
        never = [one for one in self.kind.properties if one not in self.told]
        form = draw.number(0, 9)
        if gaps and form < 6:
            near = [one for one in gaps if before and _beside(*one, before)]
            thing, prop = draw.one(near if near and draw.chance(0.5) else gaps)
        elif never and form < 8:
            thing, prop = draw.one(self.things), draw.one(never)
        else:
            thing, prop = self.stranger, draw.one(self.told)
        text = asking.question(draw, thing, prop, known=_pronoun(draw, thing, before))
        return Asked(text, NOT_SAID, "", (), thing, prop)


def _beside(thing: Thing, prop: Property, before: Asked) -> bool:
    """Whether this is the same of another thing than was asked for before, or something else of the same thing."""
    return (thing is before.about) != (prop is before.property)


def _pronoun(draw: Draw, thing: Thing, before: Asked | None) -> str:
    return thing.pronouns[0].lower() if before and before.about is thing and draw.chance(0.35) else ""


def description(draw: Draw, *, fillers: float = 0.15, strange: float = 0.25, small: bool = False) -> Description:
    """A text about one to four things of a kind, as often as `strange` of one that does not exist. So many of its
    sentences tell nothing, in the mean. A small one tells one or two properties of one or two things.
    """
    kind = some_kind(draw, strange)
    taken: set[str] = set()
    things = [some_thing(draw, kind, taken) for _ in range(draw.one((1, 1, 2) if small else (1, 2, 2, 2, 2, 3, 3, 4)))]
    stranger = some_thing(draw, kind, taken)
    most = draw.number(1, 2) if small else min(len(kind.properties), 7 - len(things))
    told = draw.some(kind.properties, draw.number(1 if small else 2, most))
    facts = _facts(draw, things, told)
    told = [one for one in told if any(fact.property is one for fact in facts)]
    return Description(kind, things, stranger, told, facts, _parts(draw, kind, things, facts, fillers))


def _facts(draw: Draw, things: list[Thing], told: list[Property]) -> list[Fact]:
    facts: list[Fact] = []
    share = draw.one((0.5, 0.7, 0.9, 1.0)) if len(things) > 1 else 1.0
    for prop in told:
        taken = [thing.name.lower() for thing in things]
        for thing in things:
            if not draw.chance(share):
                continue
            value = prop.make(draw)
            low = value.bare.lower()
            if any(low in other or other in low for other in taken):
                continue  # two of the same property would make a question ambiguous
            taken.append(low)
            facts.append(Fact(thing, prop, value))
    while not facts:
        thing, prop = draw.one(things), draw.one(told)
        facts.append(Fact(thing, prop, prop.make(draw)))
    return facts


def _parts(draw: Draw, kind: Kind, things: list[Thing], facts: list[Fact], fillers: float) -> list[tuple[str, str]]:
    """The text, one part for each thing or all in one."""
    form = draw.number(0, 19)
    if form == 0:
        return [(f"{kind.noun}s", _table(things, facts))]
    if form < 3:
        marks = draw.one((("- ", ": "), ("", ": "), ("* ", ": "), ("", " = "), ("", " - ")))
        return [(thing.name, _record(thing, facts, marks)) for thing in things]
    if form < 10:
        mixed = draw.some(facts, len(facts))
        return [(f"{kind.noun}s", " ".join(_with_fillers(draw, _mixed(draw, mixed), fillers)))]
    return [(thing.name, " ".join(_with_fillers(draw, _grouped(draw, thing, facts), fillers))) for thing in things]


def _mixed(draw: Draw, facts: list[Fact]) -> list[str]:
    """A sentence for each fact, or for two of them, in any order."""
    sentences: list[str] = []
    rest = list(facts)
    while rest:
        fact = rest.pop()
        if rest and draw.chance(0.2):
            sentences.append(joined(draw, fact, rest.pop()))
        else:
            sentences.append(statement(draw, fact))
    return sentences


def _grouped(draw: Draw, thing: Thing, facts: list[Fact]) -> list[str]:
    """All that is said of one thing, by its name first and then often by a pronoun."""
    own = draw.some([fact for fact in facts if fact.thing is thing], sum(fact.thing is thing for fact in facts))
    sentences: list[str] = []
    if not own or draw.chance(0.25):
        article = "an" if thing.kind.noun[0] in "aeiou" else "a"
        sentences.append(f"{upper(label(draw, thing))} is {article} {thing.kind.noun}.")
    while own:
        fact = own.pop()
        if own and not sentences and draw.chance(0.25):
            sentences.append(joined(draw, fact, own.pop()))
        else:
            sentences.append(statement(draw, fact, on=bool(sentences)))
    return sentences


def _with_fillers(draw: Draw, sentences: list[str], share: float) -> list[str]:
    found: list[str] = []
    for sentence in sentences:
        found.append(sentence)
        if draw.chance(share):
            found.append(filler(draw))
    return found


def _record(thing: Thing, facts: list[Fact], marks: tuple[str, str]) -> str:
    start, colon = marks
    lines = [f"{upper(one.property.nouns[0])}{colon}{one.value.bare}" for one in facts if one.thing is thing]
    return "\n".join(start + line for line in [f"Name{colon}{thing.name}", *lines])


def _table(things: list[Thing], facts: list[Fact]) -> str:
    nouns = list(dict.fromkeys(fact.property.nouns[0] for fact in facts))
    rows = [["name", *nouns]]
    for thing in things:
        own = {fact.property.nouns[0]: fact.value.bare for fact in facts if fact.thing is thing}
        rows.append([thing.name, *(own.get(noun, "-") for noun in nouns)])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
