"""Texts about who did what, where and when, and the questions for them."""

from __future__ import annotations

from dataclasses import dataclass

from demo_model.corpus import values
from demo_model.corpus.asking import put
from demo_model.corpus.draw import Draw
from demo_model.corpus.fillers import filler
from demo_model.corpus.passages import NOT_SAID, Asked
from demo_model.corpus.phrasings import combined, upper
from demo_model.corpus.values import Maker, Value


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [pair.partition("/") for pair in text.split()]
    return tuple((base, past) for base, _, past in pairs)


_ALL = _pairs(
    "sell/sold buy/bought find/found lose/lost carry/carried bring/brought order/ordered see/saw choose/chose "
    "need/needed want/wanted get/got take/took leave/left like/liked forget/forgot drop/dropped deliver/delivered"
)
_WITH: tuple[tuple[tuple[tuple[str, str], ...], tuple[Maker, ...]], ...] = (
    (_ALL, (values.thing, values.thing, values.dish, values.food, values.animal)),
    (
        _pairs(
            "paint/painted repair/repaired steal/stole break/broke build/built clean/cleaned hide/hid borrow/borrowed "
            "pack/packed wash/washed open/opened use/used move/moved win/won send/sent keep/kept"
        ),
        (values.thing,),
    ),
    (
        _pairs("cook/cooked eat/ate make/made taste/tasted serve/served prepare/prepared try/tried pack/packed"),
        (values.dish, values.food),
    ),
    (
        _pairs("catch/caught feed/fed wash/washed paint/painted draw/drew keep/kept watch/watched meet/met"),
        (values.animal,),
    ),
)
_VERBS = tuple(dict.fromkeys(verb for verbs, _ in _WITH for verb in verbs))


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what. `details` may hold `where`, `when` and `price`."""

    who: str
    base: str
    past: str
    what: Value
    details: dict[str, Value]

    def told(self, part: str) -> str:
        """What is told of this part, empty if nothing."""
        values = {"who": self.who, "what": self.what.bare}
        return values[part] if part in values else self.details[part].bare if part in self.details else ""


_FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "who": (
        ("who {past} {what}?", "who {past} {what}"),
        ("which person {past} {what}?", "which person {past} {what}"),
        ("who was it that {past} {what}?", "who it was that {past} {what}"),
    ),
    "what": (
        ("what did {who} {base}?", "what {who} {past}"),
        ("which thing did {who} {base}?", "which thing {who} {past}"),
        ("what was it that {who} {past}?", "what it was that {who} {past}"),
        ("{who} {past} what?", "what it was that {who} {past}"),
    ),
    "where": (
        ("where did {who} {base} {what}?", "where {who} {past} {what}"),
        ("where was it that {who} {past} {what}?", "where it was that {who} {past} {what}"),
        ("in which place did {who} {base} {what}?", "in which place {who} {past} {what}"),
        ("{who} {past} {what} where?", "where it was that {who} {past} {what}"),
    ),
    "when": (
        ("when did {who} {base} {what}?", "when {who} {past} {what}"),
        ("when was it that {who} {past} {what}?", "when it was that {who} {past} {what}"),
        ("{who} {past} {what} when?", "when it was that {who} {past} {what}"),
    ),
}


@dataclass(slots=True)
class Report:
    """Several deeds of different people."""

    deeds: list[Deed]
    stranger: str
    parts: list[tuple[str, str]]

    def ask(self, draw: Draw, *, known: bool, before: Asked | None = None) -> Asked:
        """A question for one part of a deed, or for one that is not told."""
        deed = draw.one(self.deeds)
        what = deed.what.text
        if known:
            part = draw.one(("who", "what", *deed.details))
            value = {"who": Value(deed.who, deed.who, deed.who + "."), "what": deed.what, **deed.details}[part]
            wrong = tuple(
                {"who": one.who, "what": one.what.bare, **{key: two.bare for key, two in one.details.items()}}.get(
                    part, ""
                )
                for one in self.deeds
                if one is not deed
            )
            text = self._asked(draw, part, deed.who, (deed.base, deed.past), what)
            return Asked(text, value.answer, value.bare, tuple(filter(None, wrong)))
        missing = [part for part in ("where", "when") if part not in deed.details]
        verb = (deed.base, deed.past)
        if missing and draw.chance(0.5):
            return Asked(self._asked(draw, draw.one(missing), deed.who, verb, what), NOT_SAID)
        if draw.chance(0.5):
            part = draw.one(("what", *deed.details))
            return Asked(self._asked(draw, part, self.stranger, verb, what), NOT_SAID)
        used = {one.base for one in self.deeds}
        other = draw.one([verb for verb in _VERBS if verb[0] not in used])
        return Asked(self._asked(draw, draw.one(("who", "what")), deed.who, other, what), NOT_SAID)

    def _asked(self, draw: Draw, part: str, who: str, verb: tuple[str, str], what: str) -> str:
        shown = what
        if part != "what" and what.startswith(("a ", "an ")) and draw.chance(0.5):
            shown = f"the {what.partition(' ')[2]}"
        if part in ("where", "when") and draw.chance(0.15):
            shown = "it"
        direct, indirect = _FORMS[part][0] if draw.chance(0.6) else draw.one(_FORMS[part])
        fill = {"who": who, "base": verb[0], "past": verb[1], "what": shown}
        return put(draw, direct.format_map(fill), indirect.format_map(fill))


def report(draw: Draw, *, fillers: float = 0.15, small: bool = False) -> Report:
    """A text about the deeds of two to five people; a small one of one or two."""
    taken: list[str] = []
    deeds: list[Deed] = []
    used: set[str] = set()
    for _ in range(draw.number(1, 2) if small else draw.one((2, 3, 3, 4, 5))):
        verbs, makers = draw.one(_WITH)
        verb = draw.one([verb for verb in verbs if verb[0] not in used])
        used.add(verb[0])
        deeds.append(_deed(draw, _new_name(draw, taken), verb, draw.one(makers), taken))
    sentences: list[str] = []
    for deed in deeds:
        sentences.append(_sentence(draw, deed))
        if draw.chance(fillers):
            sentences.append(filler(draw))
    return Report(deeds, _new_name(draw, taken), [("news", " ".join(sentences))])


def _new_name(draw: Draw, taken: list[str]) -> str:
    while True:
        name = values.person(draw).text
        if not any(name.lower() in other or other in name.lower() for other in taken):
            taken.append(name.lower())
            return name


def _deed(draw: Draw, who: str, verb: tuple[str, str], make: Maker, taken: list[str]) -> Deed:
    details: dict[str, Value] = {}
    what = make(draw)
    if draw.chance(0.55):
        details["where"] = values.plain(f"in {values.place(draw).text}") if draw.chance(0.7) else values.spot(draw)
    if draw.chance(0.55):
        details["when"] = draw.one((values.day, values.day, values.date, values.year, values.month))(draw)
    for key, value in list(details.items()):
        if value.bare.lower() in taken:
            del details[key]
        taken.append(value.bare.lower())
    while what.bare.lower() in taken:
        what = make(draw)
    taken.append(what.bare.lower())
    return Deed(who, *verb, what, details)


_TOLD: tuple[str, ...] = (
    *combined("|and|but", "then|later|after that|soon|in the end|at last|meanwhile", "{s} {d}.|, {s} {d}."),
    *combined("we|people|I|they", "know that|read that|heard that|say that|saw that", "{s} {d}."),
    *combined("it is|it was", "known that|said that|true that|clear that|a fact that", "{s} {d}."),
    *combined("as", "we|people|you|they", "know,|say,|read,|heard,", "{s} {d}."),
    *combined(
        "this is what happened:|here is what happened:|then this happened:|later this happened:|this is the news:",
        "{s} {d}.",
    ),
    *combined("{s} {d},", "as", "we|people|you|they", "know|say|read|heard", "."),
    *combined("as it", "turned out,|happened,|turned out later,", "{s} {d}."),
    *combined("|and", "also,|so|in fact,|of course,|besides,|one day|that day", "{s} {d}."),
)


def _sentence(draw: Draw, deed: Deed) -> str:
    details = [value.text for value in deed.details.values()]
    if len(details) > 1 and draw.chance(0.5):
        details.reverse()
    if details and draw.chance(0.3):
        first, *rest = details
        return f"{upper(first)} {deed.who} {' '.join([deed.past, deed.what.text, *rest])}."
    done = " ".join([deed.past, deed.what.text, *details])
    frame = "{s} {d}." if draw.chance(0.4) else draw.phrase(_TOLD)
    return upper(frame.format(s=deed.who, d=done))
