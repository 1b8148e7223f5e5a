"""A corpus to search, generated with known answers: handbooks of places that do not exist.

Every place has the same sections, so that words alone do not tell one from the other; names tell the place, and the
question must tell the section. Each fact is asked for in the words of its sentence, and in others.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Section(NamedTuple):
    """A fact, as it is told and as it is asked for: `{n}` is the place, `{v}` what is true of it there."""

    title: str
    told: str
    same_words: str
    other_words: str
    values: tuple[str, ...]


SECTIONS = (
    Section(
        "Opening",
        "The doors of {n} open at {v}.",
        "When do the doors of {n} open?",
        "From what hour can visitors enter {n}?",
        ("six", "seven", "eight", "nine", "ten", "noon"),
    ),
    Section(
        "Keys",
        "The spare keys of {n} are kept by {v}.",
        "Who keeps the spare keys of {n}?",
        "Which person could unlock {n} for me?",
        ("Ada Brandt", "Edgar Lind", "Runa Belk", "Tilda Moss"),
    ),
    Section(
        "Colour",
        "The walls of {n} are painted {v}.",
        "How are the walls of {n} painted?",
        "What colour would I see around me in {n}?",
        ("blue", "green", "white", "yellow", "grey"),
    ),
    Section(
        "Meals",
        "Lunch in {n} costs {v} coins.",
        "What does lunch in {n} cost?",
        "How much money do I need to eat at {n}?",
        ("three", "four", "five", "twelve", "twenty"),
    ),
    Section(
        "Size",
        "There is room for {v} people in {n}.",
        "For how many people is there room in {n}?",
        "How big a group fits into {n}?",
        ("thirty", "fifty", "eighty", "two hundred"),
    ),
    Section(
        "Way",
        "The bus to {n} leaves from {v}.",
        "Where does the bus to {n} leave from?",
        "How do I travel to {n} without a car?",
        ("the harbour", "the old bridge", "the market", "the mill"),
    ),
    Section(
        "Danger",
        "In a fire everybody in {n} gathers at {v}.",
        "Where does everybody in {n} gather in a fire?",
        "What is the safe spot of {n} when it burns?",
        ("the fountain", "the gate", "the north lawn", "the car park"),
    ),
    Section(
        "Repairs",
        "What is broken in {n} is mended by {v}.",
        "Who mends what is broken in {n}?",
        "Which craftsman takes care of defects in {n}?",
        ("Joris Palm", "Hedda Krone", "Milo Staal", "Berta Quist"),
    ),
)
SYLLABLES = ("bel", "dor", "fen", "gar", "hal", "kes", "lin", "mor", "nav", "os", "pel", "rud", "sol", "tam", "vik")
FILLER = (
    "Much has been said about {n}, and most of it is true.",
    "Whoever comes to {n} for the first time looks around for a while.",
    "The people of {n} write this down anew every spring.",
)


@dataclass(frozen=True, slots=True)
class Handbook:
    """A document, as Markdown."""

    name: str
    text: str


class Asked(NamedTuple):
    """A question, and the sentence that answers it. It stands once in the corpus."""

    query: str
    answer: str
    other_words: bool


def corpus(count: int, seed: int = 1) -> tuple[list[Handbook], list[Asked]]:
    """So many handbooks, and two questions for every section of each."""
    draw = random.Random(seed)
    handbooks: list[Handbook] = []
    asked: list[Asked] = []
    for name in _names(draw, count):
        parts = [f"# Handbook of {name}"]
        for section in draw.sample(SECTIONS, len(SECTIONS)):
            fact = section.told.format(n=name, v=draw.choice(section.values))
            sentences = [*(each.format(n=name) for each in draw.sample(FILLER, 2)), fact]
            draw.shuffle(sentences)
            parts += [f"## {section.title}", " ".join(sentences)]
            asked.append(Asked(section.same_words.format(n=name), fact, False))
            asked.append(Asked(section.other_words.format(n=name), fact, True))
        handbooks.append(Handbook(f"{name.lower()}.md", "\n\n".join(parts)))
    return handbooks, asked


def _names(draw: random.Random, count: int) -> Iterator[str]:
    known: set[str] = set()
    while len(known) < count:
        name = "".join(draw.choices(SYLLABLES, k=3)).capitalize()
        if name not in known:
            known.add(name)
            yield name
