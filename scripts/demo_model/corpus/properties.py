"""What a property is and what a kind of things is: ways to state a property and to ask for it, from short notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from demo_model.corpus.draw import Draw
from demo_model.corpus.values import Maker, amount


@dataclass(frozen=True, slots=True)
class Property:
    """A property. `nouns` name it (`length`); `says` are predicates with {v} for the value (`is {v} long`); `asks` are
    pairs of a direct question and the same as a clause, {n} for the thing (`how long is {n}`, `how long {n} is`).
    `stated` is False where no sentence says it with the noun (`the number of rooms`).
    """

    nouns: tuple[str, ...]
    make: Maker
    says: tuple[str, ...]
    asks: tuple[tuple[str, str], ...]
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things, named by `name`. `labels` are ways to call one, the first the shortest; {sort} in them is one
    of its `sorts`, such as dog.
    """

    noun: str
    labels: tuple[str, ...]
    name: Callable[[Draw], str]
    properties: tuple[Property, ...]
    person: bool = False
    sorts: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def asked(form: str) -> tuple[str, str]:
    """A question and its clause from `how long/is`, `where/does/end`, `when/did/open/opened` or `who/-/built`."""
    parts = [*form.split("/"), "", ""]
    start, verb, rest = parts[0], parts[1], parts[2]
    tail = f" {rest}" if rest else ""
    if verb == "-":
        return f"{start}{tail} {{n}}", f"{start}{tail} {{n}}"
    direct = f"{start} {verb} {{n}}{tail}"
    if verb in ("does", "did"):
        first, _, more = rest.partition(" ")
        return direct, f"{start} {{n}} {parts[3] or ' '.join(filter(None, (_third(first), more)))}"
    return direct, f"{start} {{n}} {verb}{tail}"


def _third(verb: str) -> str:
    return "has" if verb == "have" else f"{verb}es" if verb.endswith(("sh", "ch", "s", "o")) else f"{verb}s"


def noted(nouns: str, make: Maker, says: str, asks: str) -> Property:
    """A property from notes with semicolons between their parts. A star before the nouns: only asked with."""
    return Property(
        tuple(nouns.lstrip("*").split("; ")),
        make,
        tuple(says.split("; ")),
        tuple(asked(form) for form in asks.split("; ") if form),
        stated=not nouns.startswith("*"),
    )


def counted(noun: str, low: int, high: int, says: str = "has {v}", verb: str = "have") -> Property:
    """How many of something a thing has."""
    return noted(f"*number of {noun}", amount(low, high, noun), says, f"how many {noun}/does/{verb}")
