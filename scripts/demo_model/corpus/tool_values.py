"""What stands in the arguments of tools: values of every kind, and how a request says them.

A value stands in the request letter for letter as it stands in the call, quotes around it apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo_model.corpus import names
from demo_model.corpus.conversation import Value
from demo_model.corpus.draw import Draw
from demo_model.corpus.tool_family import ways, words

NOUNS = words(
    "lantern garden bridge boat bell candle mirror basket ladder blanket bottle bucket button cabin camera "
    "carpet castle chair cloud coat compass cottage cradle crystal cup curtain desk diamond drum engine "
    "fence fiddle field flag flute forest fountain gate glove goat hammer harbour harp hat hill horse "
    "jacket jar jewel kettle kite locker magnet market meadow medal mill motor "
    "needle nest orchard oven paddle painting pear pencil piano pillow pipe planet plant"
    " pocket pond poster pump puppet puzzle quilt rabbit raft ribbon rice ring robot rocket roof rope "
    "saddle sail sandwich saw shell ship shirt shoe shovel signal silver sofa soup spoon "
    "stable stone stove straw studio sugar sword tablet tea tent theatre thread tower "
    "tractor trail treasure truck trumpet tunnel valley vase village violin wagon wall wallet warehouse "
    "wheel whistle window wool workshop yard zebra anchor apron arrow badge balloon barn barrel beach "
    "bench berry biscuit board bone bowl box brick brush cake cave cheese chest coin cow crane crown dish "
    "doll donkey duck eagle egg farm feather flower fork frog glass grape guitar helmet honey "
    "jug key ledger letter lion nut owl pan paper pie pigeon plate "
    "pony pool poem quarry rose salad star "
    "statue tiger toy tree turtle umbrella vehicle whale"
)
"""Common things, for tools to be about and for values in small letters."""

QUALITIES = words(
    "old new small large red blue green yellow quiet loud bright dark warm cold soft hard round long short "
    "heavy broken golden silver wooden empty fresh sweet dry wet strong tiny tall wide deep early "
    "late happy lazy brown grey white black pink purple plain fine rough smooth sharp young wild slow quick "
    "hidden"
)
_DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday today tomorrow tonight")
_MONTHS = words("January February March April May June July August September October November December")
_LANGUAGES = words(
    "German French Spanish Italian Dutch Polish Greek Turkish Danish Swedish Finnish Czech Latin Arabic Hindi "
    "Korean Japanese Chinese Russian Welsh"
)
_CURRENCIES = words("EUR USD GBP JPY CHF SEK NOK DKK PLN CZK AUD CAD INR CNY euros dollars pounds yen francs crowns")
_UNITS = words("km miles metres feet inches cm kg pounds grams ounces litres gallons pints yards tons minutes hours")
_FOODS = ways(
    "pizza / noodle soup / rice / apple pie / fish and chips / cheese sandwich / tomato soup / pancakes / salad"
    " / dumplings / pasta / curry / bean stew / waffles / garlic bread / fried eggs / potato cakes / lemon tart"
    " / mushroom soup / chicken wings / ice cream / onion rings"
)
_ROOMS = ways(
    "[|upper |small |front |back ][kitchen|bedroom|living "
    "room|bathroom|garage|hall|office|attic|cellar|garden|dining room"
    "|porch|workshop]"
)
_TASK_VERBS = ways(
    "call / visit / write to / pay / thank / meet / help / pick up / wake / invite / ask / phone / answer"
)
_TASK_THINGS = ways(
    "buy / clean / repair / paint / find / sell / move / wash / check / return / bring / order / water / pack"
)
_LINES = ways(
    "[see you|call me|meet me|we meet|come home|I am free|I am busy] [on |next |this ]{day} / [I will|we will|{name} "
    "will]"
    " be [late|early|there|at home] [today|tomorrow|tonight|on {day}] / [the|my|our|your|{name}'s] {noun} is "
    "[{quality}|ready|broken|here|gone] / [please|do not forget to] [bring|buy|find|sell|wash] [the|a|my] {noun} / "
    "[good luck|happy birthday|good morning|good night|welcome home|get well soon], {name} / [thank you|many thanks] "
    "for "
    "[the|your] {noun} / [I am|we are|{name} is] [in|going to|on the way to] {place} / [dinner|lunch|tea] is at "
    "{number} /"
    " [where is|I have|{name} has] the {quality} {noun} / [we meet|see you] in {place} / {name} [says hello|is here]"
)
_ENDS = words("txt md pdf csv json py png log")
_WIDE_ENDS = words("com org net io")


@dataclass(frozen=True, slots=True)
class Said:
    """A value as a call has it and as a request says it."""

    value: Value
    text: str


def value_of(kind: str, draw: Draw) -> Said:
    """A value of a kind: one of `KINDS`, or one word of several, `small|large`."""
    if "|" in kind:
        word = draw.one(kind.split("|"))
        return Said(word, word)
    made = _MAKERS[kind](draw)
    if isinstance(made, Said):
        return made
    return Said(made, str(made))


def schema_of(kind: str, draw: Draw) -> dict[str, Any]:
    """The schema of a parameter that takes values of a kind."""
    if "|" in kind:
        return {"type": "string", "enum": kind.split("|")}
    if kind in NUMBERS:
        return {"type": "number" if draw.chance(0.15) else "integer"}
    return {"type": "string"}


def noun(draw: Draw) -> str:
    """A common noun of this draw's split."""
    return draw.held_out(lambda: draw.one(NOUNS))


def quality(draw: Draw) -> str:
    """A common adjective of this draw's split."""
    return draw.held_out(lambda: draw.one(QUALITIES))


def person(draw: Draw) -> str:
    """A first name, now and then with a family name."""
    first = names.invented(draw)
    return f"{first} {names.invented(draw)}" if draw.chance(0.2) else first


def _city(draw: Draw) -> str:
    place = names.place(draw)
    return f"{draw.one(('New', 'Port', 'East', 'Old', 'Saint', 'Lower'))} {place}" if draw.chance(0.12) else place


def _word(draw: Draw) -> str:
    return noun(draw) if draw.chance(0.9) else names.lower(draw)


def _words(draw: Draw) -> str:
    return draw.held_out(lambda: f"{draw.one(QUALITIES)} {draw.one(NOUNS)}")


def _title(draw: Draw) -> str:
    shape = draw.number(0, 4)
    if shape == 0:
        return names.invented(draw)
    if shape == 1:
        return f"The {quality(draw).capitalize()} {noun(draw).capitalize()}"
    if shape == 2:
        return f"{noun(draw).capitalize()} of {names.place(draw)}"
    if shape == 3:
        return f"{names.invented(draw)} {noun(draw).capitalize()}"
    return f"{quality(draw).capitalize()} {noun(draw).capitalize()}"


def _topic(draw: Draw) -> str:
    shape = draw.number(0, 3)
    if shape == 0:
        return names.place(draw)
    if shape == 1:
        return f"{quality(draw)} {noun(draw)}s"
    if shape == 2:
        return f"the history of {names.place(draw)}"
    return f"{noun(draw)}s"


def _task(draw: Draw) -> str:
    if draw.chance(0.5):
        return f"{draw.one(_TASK_VERBS)} {names.invented(draw)}"
    return f"{draw.one(_TASK_THINGS)} the {_words(draw) if draw.chance(0.3) else _word(draw)}"


def _line(draw: Draw) -> str:
    shape = draw.phrase(_LINES)
    return shape.format(
        day=draw.one(_DAYS[:7]),
        noun=noun(draw),
        name=names.invented(draw),
        place=names.place(draw),
        quality=quality(draw),
        number=draw.number(2, 11),
    )


def _quoted(draw: Draw) -> Said:
    line = _line(draw)
    mark = draw.one(("'", "'", '"'))
    return Said(line, f"{mark}{line}{mark}")


def _date(draw: Draw) -> str:
    shape = draw.number(0, 3)
    day = draw.number(1, 28)
    if shape == 0:
        return f"{draw.number(2019, 2034)}-{draw.number(1, 12):02d}-{day:02d}"
    if shape == 1:
        return f"{day} {draw.one(_MONTHS)}"
    if shape == 2:
        return f"{draw.one(_MONTHS)} {day}"
    return draw.one(_DAYS[:7])


def _day(draw: Draw) -> str:
    return draw.one(_DAYS)


def _clock(draw: Draw) -> str:
    shape = draw.number(0, 3)
    if shape == 0:
        return f"{draw.number(1, 12)} {draw.one(('am', 'pm'))}"
    if shape == 1:
        return f"{draw.number(1, 12)}:{draw.number(0, 59):02d} {draw.one(('am', 'pm'))}"
    return f"{draw.number(0, 23):02d}:{draw.number(0, 59):02d}"


def _email(draw: Draw) -> str:
    first = names.lower(draw)
    if draw.chance(0.3):
        first += f".{names.lower(draw)}"
    return f"{first}@{names.lower(draw)}.{draw.one(_WIDE_ENDS)}"


def _path(draw: Draw) -> str:
    file = f"{_word(draw)}.{draw.one(_ENDS)}"
    shape = draw.number(0, 3)
    if shape == 0:
        return file
    if shape == 1:
        return f"{_word(draw)}/{file}"
    return f"/{draw.one(('home', 'tmp', 'data', 'docs'))}/{_word(draw)}/{file}"


def _link(draw: Draw) -> str:
    tail = f"/{_word(draw)}" if draw.chance(0.5) else ""
    return f"{draw.one(('https://', 'https://', 'www.'))}{names.lower(draw)}.{draw.one(_WIDE_ENDS)}{tail}"


def _code(draw: Draw) -> str:
    letters = "".join(draw.one("ABCDEFGHKLMNPRSTVWXZ") for _ in range(draw.number(1, 3)))
    return f"{letters}{draw.one(('', '-'))}{draw.number(10, 9999)}"


def _phone(draw: Draw) -> str:
    return f"0{draw.number(100, 999)} {draw.number(1000, 99999)}"


def _sum(draw: Draw) -> str:
    return f"{draw.number(2, 99)} {draw.one('+-*/')} {draw.number(2, 99)}"


_MAKERS: dict[str, Callable[[Draw], Value | Said]] = {
    "name": names.invented,
    "person": person,
    "place": _city,
    "word": _word,
    "words": _words,
    "title": _title,
    "topic": _topic,
    "task": _task,
    "line": _line,
    "quoted": _quoted,
    "date": _date,
    "day": _day,
    "clock": _clock,
    "email": _email,
    "path": _path,
    "link": _link,
    "code": _code,
    "phone": _phone,
    "sum": _sum,
    "language": lambda draw: draw.one(_LANGUAGES),
    "currency": lambda draw: draw.one(_CURRENCIES),
    "unit": lambda draw: draw.one(_UNITS),
    "food": lambda draw: draw.one(_FOODS),
    "room": lambda draw: draw.one(_ROOMS),
    "few": lambda draw: draw.number(2, 12),
    "number": lambda draw: draw.number(1, 99),
    "many": lambda draw: draw.number(10, 2500),
    "price": lambda draw: f"{draw.number(1, 300)}.{draw.number(10, 99)}",
    "degrees": lambda draw: draw.number(-9, 35),
    "warmth": lambda draw: draw.number(14, 26),
    "sky": lambda draw: draw.one(("sunny", "rainy", "cloudy", "windy", "foggy", "snowy", "stormy", "clear", "dry")),
}
KINDS = tuple(_MAKERS)
"""The kinds of values, besides those that are one word of several."""
NUMBERS = frozenset({"few", "number", "many", "degrees", "warmth"})
"""The kinds that are whole numbers."""
SEVERAL_WORDS = frozenset({"words", "topic", "task", "line", "food", "room"})
"""The kinds whose end a request does not show by itself: nothing but a full stop may follow them."""
