"""The tools that stand in a prompt, and how each is asked for: wishes, with the calls that meet them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from demo_model.corpus.conversation import Call, Tool, Value
from demo_model.corpus.draw import Draw, split_of
from demo_model.corpus.practice import household, office, technical, town
from demo_model.corpus.practice import requests as practice
from demo_model.corpus.tool_family import Family, Slot, Ways
from demo_model.corpus.tool_values import SEVERAL_WORDS, Said, schema_of, value_of
from demo_model.corpus.tools_arranging import ARRANGING
from demo_model.corpus.tools_doing import DOING
from demo_model.corpus.tools_finding import FINDING
from demo_model.corpus.tools_handling import HANDLING
from demo_model.corpus.tools_invented import Sketch, sketch
from demo_model.corpus.tools_knowing import KNOWING
from demo_model.corpus.tools_looking import LOOKING

FAMILIES: tuple[Family, ...] = (*KNOWING, *FINDING, *DOING, *ARRANGING, *LOOKING, *HANDLING)
"""All familiar ones. One in eight is held out for each of `dev` and `test`, by its name."""
PRACTISED: tuple[Family, ...] = (*household.FAMILIES, *office.FAMILIES, *technical.FAMILIES, *town.FAMILIES)
"""Those that are trained on and part of no test."""
_OF_SPLIT = {split: tuple(one for one in FAMILIES if split_of(one.name) == split) for split in ("train", "dev", "test")}
_STYLES = ("snake", "snake", "snake", "snake", "snake", "snake", "camel", "camel", "kebab", "pascal")
BRIEF = frozenset({"name", "place", "word", "title", "code", "number", "path", "email", "link"})
"""The kinds of values that can stand in a list."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an offered tool. `truth`: it is true or false where a request says on or off, with or without."""

    role: str
    name: str
    kind: str
    tails: tuple[str, ...]
    label: str
    truth: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool with the ways to ask for it. One of two with the same `kin` could serve for the other."""

    kin: str
    tool: Tool
    parameters: tuple[Parameter, ...]
    ways: Ways
    words: Mapping[str, str]
    sketch: Sketch | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wants of one tool, in one of three forms: a thing to be told, a deed to be done, or whole sentences.

    `topics`: for each call what its result is, "the weather in Torham", where the wish is a thing. `firm`: the texts
    that keep their first letter. `closed`: a value of several words is there, so nothing may follow at the end.
    """

    calls: tuple[Call, ...]
    outcome: tuple[tuple[str, str], ...]
    thing: str = ""
    deed: str = ""
    sentence: str = ""
    topics: tuple[str, ...] = ()
    firm: tuple[str, ...] = ()
    closed: bool = False


def toolbox(
    draw: Draw,
    count: int,
    *,
    invented: float = 0.5,
    unseen: float = 0.5,
    without: frozenset[str] = frozenset(),
    before: Sequence[Offer] = (),
    strange: float = 0.0,
) -> list[Offer]:
    """So many tools, `before` the first of them, of which no two could serve for each other.

    `invented`: the share of tools that nobody knows; `unseen`: the share of families of this split alone among the
    others; `without`: kins that are left out; `strange`: the share of invented tools whose words do not exist.
    """
    style = draw.one(_STYLES)
    found = list(before)
    kins = {one.kin for one in before} | without
    tools = {one.tool.name for one in before}
    while len(found) < count:
        if draw.chance(invented):
            like = found[-1].sketch if found and draw.chance(0.15) else None
            new = invented_offer(draw, style, like, strange=draw.chance(strange))
        else:
            new = family_offer(draw, style, draw.one(_families(draw, unseen)))
        if new.kin not in kins and new.tool.name not in tools:
            found.append(new)
            kins.add(new.kin)
            tools.add(new.tool.name)
    return found


def _families(draw: Draw, unseen: float) -> tuple[Family, ...]:
    """Those of which one is taken: of this split alone, or those that are trained on."""
    if draw.split == "train":
        return PRACTISED if draw.chance(0.5) else _OF_SPLIT["train"]
    return _OF_SPLIT[draw.split if draw.chance(unseen) else "train"]


def family_offer(draw: Draw, style: str, family: Family) -> Offer:
    """A tool of a familiar family, with some of its optional parameters."""
    slots = [(slot, not slot.tails) for slot in family.slots if not slot.tails or draw.chance(0.25)]
    name = draw.phrase(family.ways.tools)
    said = "" if " " in name and draw.chance(0.03) else draw.phrase(family.ways.descriptions)
    parameters = [_parameter(draw, slot, style) for slot, _ in slots]
    tool = _tool(draw, spelled(name, style), said, parameters, [need for _, need in slots])
    return Offer(family.kin or family.name, tool, tuple(parameters), family.ways, {})


def invented_offer(draw: Draw, style: str, like: Sketch | None = None, *, strange: bool = False) -> Offer:
    """A tool that nobody has seen."""
    made = sketch(draw, like, strange=strange)
    slots = [*((slot, True) for slot in made.slots), *made.extras]
    parameters = [_parameter(draw, slot, style) for slot, _ in slots]
    said = "" if draw.chance(0.05) else made.description
    tool = _tool(draw, spelled(made.tool, style), said, parameters, [need for _, need in slots])
    return Offer(made.kin, tool, tuple(parameters), made.ways, made.words, made)


def spelled(words: str, style: str) -> str:
    """A name of several words in one piece, as programmers write it."""
    parts = words.replace("_", " ").split()
    if style == "camel":
        return parts[0] + "".join(part.capitalize() for part in parts[1:])
    if style == "pascal":
        return "".join(part.capitalize() for part in parts)
    return {"snake": "_", "kebab": "-"}[style].join(parts)


def ask(draw: Draw, offer: Offer, calls: int = 1) -> Wish:
    """A wish for one tool; of several calls, which differ in one value."""
    said = {one.role: value_of(one.kind, draw) for one in offer.parameters if not one.tails}
    tails, mentioned = _mentions(draw, offer)
    forms = [("thing", offer.ways.things), ("deed", offer.ways.deeds), ("sentence", offer.ways.asks)]
    name, ways = draw.random.choices(
        forms, [min(len(ways), most) for (_, ways), most in zip(forms, (8, 8, 4), strict=True)]
    )[0]
    template = draw.phrase(ways)
    varied = _varied(draw, offer, said, calls) if calls > 1 else [said]
    if calls > 1 and ((draw.chance(0.7) and "}'s" not in template) or name == "sentence"):
        text = template.format(**offer.words, **_joined(draw, varied))
    else:
        text = listed(draw, [template.format(**offer.words, **_texts(one)) for one in varied])
    topics = tuple(template.format(**offer.words, **_texts(one)) for one in varied) if name == "thing" else ()
    made = tuple(Call(offer.tool.name, _arguments(offer, one, mentioned)) for one in varied)
    firm = tuple(one.text for values in varied for one in values.values())
    kinds = {one.kind for one in offer.parameters if one.role in said or one.name in mentioned}
    closed = not SEVERAL_WORDS.isdisjoint(kinds)
    text = _with_tails(text, tails) if name == "sentence" else text + tails
    wish = Wish(made, offer.ways.outcome, topics=topics, firm=firm, closed=closed)
    if name == "thing":
        return replace(wish, thing=text)
    return replace(wish, deed=text) if name == "deed" else replace(wish, sentence=text)


def can_repeat(offer: Offer) -> bool:
    """Whether it can be asked for several values in one wish."""
    return any(not one.tails and one.kind in BRIEF for one in offer.parameters)


def _parameter(draw: Draw, slot: Slot, style: str) -> Parameter:
    words = draw.one(slot.choices)
    role = slot.role if not slot.tails else ""
    truth = slot.kind == "yes_no" or (slot.kind == "on|off" and draw.chance(0.15))
    name = (
        "on"
        if truth and slot.kind == "on|off"
        else spelled(words, "camel" if style in ("camel", "pascal") else "snake")
    )
    return Parameter(role, name, slot.kind, slot.tails, words.replace("_", " "), truth)


def _tool(draw: Draw, name: str, said: str, parameters: Sequence[Parameter], needed: Sequence[bool]) -> Tool:
    order = list(zip(parameters, needed, strict=True))
    if draw.chance(0.3):
        draw.random.shuffle(order)
    schemas: dict[str, dict[str, Any]] = {
        one.name: {"type": "boolean"} if one.truth else schema_of(one.kind, draw) for one, _ in order
    }
    return Tool(name, said, schemas, frozenset(one.name for one, need in order if not need))


def _mentions(draw: Draw, offer: Offer) -> tuple[str, dict[str, Value]]:
    """What a request adds for the parameters that its phrase does not have: the text, and the values by name."""
    parts: list[str] = []
    values: dict[str, Value] = {}
    for one in offer.parameters:
        if not one.tails or (one.name in offer.tool.optional and draw.chance(0.5)):
            continue
        if one.kind == "yes_no":
            value: Said = Said(at := draw.chance(0.5), one.tails[0 if at else 1])
            parts.append(value.text.format(label=one.label))
        else:
            value = value_of(one.kind, draw)
            parts.append(draw.phrase(one.tails).format(label=one.label, value=value.text))
        values[one.name] = value.value
    if draw.chance(0.5):
        parts.reverse()
    return "".join(parts), values


def _with_tails(text: str, tails: str) -> str:
    """Sentences with an addition before the last mark."""
    return text[:-1] + tails + text[-1] if tails and text[-1] in ".?!" else text + tails


def _varied(draw: Draw, offer: Offer, said: dict[str, Said], count: int) -> list[dict[str, Said]]:
    brief = [one for one in offer.parameters if not one.tails and one.kind in BRIEF]
    chosen = draw.one(brief)
    values = {said[chosen.role].text: said[chosen.role]}
    while len(values) < count:
        value = value_of(chosen.kind, draw)
        values[value.text] = value
    return [{**said, chosen.role: value} for value in values.values()]


def _texts(said: Mapping[str, Said]) -> dict[str, str]:
    return {role: one.text for role, one in said.items()}


def _joined(draw: Draw, varied: Sequence[Mapping[str, Said]]) -> dict[str, str]:
    """The texts by role, that which differs as a list of all."""
    return {role: listed(draw, list(dict.fromkeys(one[role].text for one in varied))) for role in varied[0]}


def listed(draw: Draw, parts: Sequence[str]) -> str:
    """Several things in a row: one, two and three."""
    if len(parts) == 1:
        return parts[0]
    before = ", ".join(parts[:-1])
    if draw.split == "train" and draw.chance(0.3):
        return draw.one(practice.LISTS).format(before, parts[-1])
    return f"{before} and {parts[-1]}"


def _arguments(offer: Offer, said: Mapping[str, Said], mentioned: Mapping[str, Value]) -> dict[str, Value]:
    """In the order in which the tool has them."""
    values: dict[str, Value] = dict(mentioned)
    for one in offer.parameters:
        if not one.tails:
            value = said[one.role].value
            values[one.name] = value == "on" if one.truth else value
    return {name: values[name] for name in offer.tool.parameters if name in values}
