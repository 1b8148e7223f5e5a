"""Values that a text may state: amounts, names, things, days, times, trades, codes. Made by chance, as short text."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from demo_model.corpus import names
from demo_model.corpus.draw import Draw


class Value(NamedTuple):
    """A value as it stands in a sentence (`on Monday`), bare (`Monday`), and as an answer (`On Monday.`)."""

    text: str
    bare: str
    answer: str


Maker = Callable[[Draw], Value]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PREPOSITIONS = ("on ", "at ", "in ", "because ", "every ", "by ")
_WOMEN = _words(
    "Anna Maria Sarah Emma Lucy Julia Nina Laura Eva Rosa Clara Alice Helen Jane Kate Lisa Marta Olga Paula Ruth Sofia "
    "Tina Vera Zoe Amina Ida Ella Grace Hannah Irene Nora Mary"
)
_MEN = _words(
    "Tom Peter Paul John Max Ben Leo Karl David Daniel Eric Frank George Henry Ivan Jack Luke Mark Nick Oscar Robert "
    "Sam Simon Thomas Victor Walter Adam Ali Omar Hugo Martin Felix"
)
_LAST = _words(
    "Smith Miller Brown Taylor Wilson Clark Hall Young King Green Baker Hill Carter Stone Fisher Weber Meyer Novak "
    "Rossi Silva Lopez Berg Lund Cook Wood Marsh Fox Lane Bell Ward Reed Webb"
)
PLACES = _words(
    "Paris London Rome Madrid Vienna Oslo Lisbon Prague Dublin Athens Warsaw Munich Hamburg Boston Chicago Tokyo "
    "Cairo Delhi Sydney Toronto Geneva Zurich Milan Lyon Porto Bergen Leeds York Denver Austin Lima"
)
COLOURS = _words("red blue green yellow black white grey brown orange purple pink silver golden violet cream")
MATERIALS = _words(
    "wood stone glass steel iron copper brick paper leather wool cotton silk clay gold silver brass plastic marble "
    "granite bamboo concrete bronze straw rubber"
)
FOODS = _words(
    "apples pears bread cheese soup rice fish eggs honey cake carrots beans potatoes plums nuts milk noodles onions "
    "cherries grapes lemons butter salad mushrooms berries oats biscuits sausages tomatoes peas jam chocolate pasta"
)
FEED = (*FOODS[:12], *_words("grass leaves berries seeds insects mice hay oats worms flies corn nuts bones"))
_FILLINGS = _words(
    "apple pear cheese rice fish egg honey carrot bean potato plum nut onion cherry lemon mushroom oat leek"
)
DISHES = ("soup", "pie", "salad", "stew", "cake", "bread", "pancakes", "curry", "omelette", "sandwich", "tart")
TRADES = _words(
    "baker teacher doctor nurse farmer painter carpenter pilot sailor cook tailor gardener lawyer writer singer driver "
    "engineer plumber librarian dentist butcher potter smith clerk judge guide fisherman hunter postman dancer "
    "miller mechanic"
)
ANIMALS = _words(
    "dog cat horse cow goat sheep duck goose hen pig rabbit mouse fox wolf bear owl eagle frog snake turtle parrot "
    "donkey swan deer otter beaver hedgehog crow"
)
_FURS = _words("black white grey brown small big young old wild tame")
OBJECTS = _words(
    "bicycle lamp chair table clock coat hat umbrella guitar violin piano drum camera radio bag suitcase knife spoon "
    "cup bottle basket ladder rope box key ring mirror carpet map kite ball doll book letter pen flute tent boat "
    "blanket candle hammer shovel bucket scarf jacket vase bell telescope wallet phone laptop ticket"
)
_QUALITIES = _words(
    "old new small big heavy light cheap broken round long short wooden tiny huge strange pretty dusty shiny thin "
    "thick soft warm"
)
_SPOTS = _words(
    "kitchen garden cellar attic hall garage library office yard shed barn park station harbour market school church "
    "museum tower bank hotel cafe forest field lake hill bridge bus train"
)
_BESIDE = ("in the", "near the", "behind the", "next to the", "under the", "opposite the", "above the")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = _words("January February March April May June July August September October November December")
SPORTS = _words(
    "tennis football chess swimming rowing skiing running hockey golf sailing judo boxing cycling climbing "
    "handball archery dancing fishing reading cooking painting singing"
)
LANGUAGES = _words(
    "English German French Spanish Italian Dutch Polish Greek Turkish Arabic Hindi Chinese Japanese Korean Russian "
    "Swedish Danish Czech"
)
_CAUSES = _words(
    "storm flood fire strike snow rain heat fog noise repairs accident holiday festival power-cut delay ice wind "
    "smoke leak"
)
_SENSES = _words(
    "quiet loud friendly shy clever lazy brave calm careful curious honest kind patient proud polite stubborn gentle "
    "cheerful nervous greedy"
)
TOPICS = _words(
    "love war history music gardening cooking travel stars trains birds money health friendship winter magic ghosts "
    "pirates dreams sailing bees volcanoes castles robots dragons"
)


def plain(text: str, bare: str | None = None) -> Value:
    """A value that says nothing but `text`. A leading preposition is left out where it stands bare."""
    for preposition in _PREPOSITIONS:
        if text.startswith(preposition):
            short = text[len(preposition) :] if preposition in ("on ", "at ", "in ") else text
            return Value(text, bare or short, text[0].upper() + text[1:] + ".")
    return Value(text, bare or text, text + ("" if text.endswith(".") else "."))


def amount(low: int, high: int, *units: str) -> Maker:
    """Numbers with one of the units. Where there are enough of them, those of this draw's split."""
    enough = high - low >= 80

    def make(draw: Draw) -> Value:
        unit = draw.one(units)
        if not enough:
            return plain(f"{draw.number(low, high)} {unit}")
        return plain(draw.held_out(lambda: f"{_figure(draw, low, high)} {unit}"))

    return make


def bare(make: Maker) -> Maker:
    """The same values without their prepositions: Monday for on Monday."""

    def made(draw: Draw) -> Value:
        text = make(draw).bare
        return Value(text, text, text + ".")

    return made


def price(low: int, high: int) -> Maker:
    """Sums of money."""
    return amount(low, high, "euros", "dollars", "pounds", "francs", "crowns", "euros", "dollars")


def _figure(draw: Draw, low: int, high: int) -> str:
    return str(draw.number(low, high if draw.chance(0.6) else min(high, low + 40)))


def of(words: tuple[str, ...]) -> Maker:
    """One of the words."""
    return lambda draw: plain(draw.one(words))


def first_name(draw: Draw, *, woman: bool) -> str:
    """The first name of a person: invented or a common one."""
    return names.invented(draw) if draw.chance(0.5) else draw.phrase(_WOMEN if woman else _MEN)


def last_name(draw: Draw) -> str:
    """A family name: invented or a common one."""
    return names.invented(draw) if draw.chance(0.6) else draw.phrase(_LAST)


def person(draw: Draw) -> Value:
    """A person's name, mostly with the family name."""
    first = first_name(draw, woman=draw.chance(0.5))
    return plain(f"{first} {last_name(draw)}" if draw.chance(0.6) else first)


def is_woman(draw: Draw, name: str) -> bool:
    """Whether somebody of this name is a woman; by chance where the first name is invented."""
    first = name.partition(" ")[0]
    return first in _WOMEN or (first not in _MEN and draw.chance(0.5))


def place(draw: Draw) -> Value:
    """A place, mostly invented."""
    return plain(names.place(draw) if draw.chance(0.75) else draw.phrase(PLACES))


def called(draw: Draw) -> Value:
    """An invented name for anything."""
    return plain(names.invented(draw))


def thing(draw: Draw) -> Value:
    """An object such as a red bicycle."""

    def make() -> str:
        words = [draw.one(_QUALITIES)] if draw.chance(0.5) else []
        if draw.chance(0.6):
            words.append(draw.one(COLOURS))
        words.append(draw.one(OBJECTS))
        return f"{'an' if words[0][0] in 'aeiou' else 'a'} {' '.join(words)}"

    return plain(draw.held_out(make))


def colour(draw: Draw) -> Value:
    """A colour, or two."""
    if draw.chance(0.6):
        return plain(draw.one(COLOURS))
    first, second = draw.some(COLOURS, 2)
    return plain(f"{first} and {second}")


def food(draw: Draw) -> Value:
    """One food of people or several."""
    return _several(draw, FOODS)


def feed(draw: Draw) -> Value:
    """One food of animals or several."""
    return _several(draw, FEED)


def _several(draw: Draw, choices: tuple[str, ...]) -> Value:
    count = draw.one((1, 1, 2, 3))
    some = draw.some(choices, count)
    return plain(some[0] if count == 1 else f"{', '.join(some[:-1])} and {some[-1]}")


def dish(draw: Draw) -> Value:
    """A dish such as apple soup."""
    return plain(draw.held_out(lambda: f"{draw.one(_FILLINGS)} {draw.one(DISHES)}"))


def trade(draw: Draw) -> Value:
    """A trade with its article."""
    name = draw.one(TRADES)
    return plain(f"{'an' if name[0] in 'aeiou' else 'a'} {name}")


def animal(draw: Draw) -> Value:
    """An animal, sometimes with its colour."""
    words = f"{draw.one(_FURS)} {draw.one(ANIMALS)}" if draw.chance(0.4) else draw.one(ANIMALS)
    return plain(f"{'an' if words[0] in 'aeiou' else 'a'} {words}")


def spot(draw: Draw) -> Value:
    """Where something is, within a town or a house."""
    text = f"{draw.one(_BESIDE)} {draw.one(_SPOTS)}"
    return Value(text, text, text[0].upper() + text[1:] + ".")


def clock(draw: Draw) -> str:
    """A time of day."""
    hour = draw.number(1, 12)
    form = draw.number(0, 3)
    if form == 0:
        return f"{hour} {draw.one(('am', 'pm'))}"
    if form == 1:
        return f"{hour}:{draw.one(('15', '30', '45', '10', '20', '40', '05'))}"
    if form == 2:
        return f"{draw.number(0, 23):02}:{draw.one(('00', '15', '30', '45'))}"
    return f"{hour} o'clock"


def time(draw: Draw) -> Value:
    """At a time of day."""
    return plain(f"at {clock(draw)}")


def day(draw: Draw) -> Value:
    """On a day of the week, sometimes with the time."""
    return plain(f"on {draw.one(DAYS)}" + (f" at {clock(draw)}" if draw.chance(0.35) else ""))


def weekday(draw: Draw) -> Value:
    """On a day of the week."""
    return plain(f"on {draw.one(DAYS)}")


def date(draw: Draw) -> Value:
    """On a day of the year."""
    number, month = draw.number(1, 28), draw.one(MONTHS)
    return plain(f"on {number} {month}" if draw.chance(0.5) else f"on {month} {number}")


def month(draw: Draw) -> Value:
    """In a month."""
    return plain(f"in {draw.one(MONTHS)}")


def year(draw: Draw) -> Value:
    """In a year."""
    return plain(draw.held_out(lambda: f"in {draw.number(1200, 2030)}"))


def code(draw: Draw) -> Value:
    """A code of letters and digits."""

    def make() -> str:
        letters = "".join(draw.one("ABCDEFGHKLMNPRSTXZ") for _ in range(draw.number(1, 3)))
        return f"{letters}{draw.one(('-', '', ' '))}{draw.number(1, 9999)}"

    return plain(draw.held_out(make))


def phone(draw: Draw) -> Value:
    """A telephone number."""
    return plain(draw.held_out(lambda: f"{draw.number(10, 999)} {draw.number(1000, 99999)}"))


def mail(draw: Draw) -> Value:
    """An e-mail address."""
    return plain(f"{names.lower(draw)}@{draw.one(('example.com', 'example.org', 'mail.example'))}")


def number(draw: Draw) -> Value:
    """A number without a unit."""
    return plain(draw.held_out(lambda: str(draw.number(1, 9999 if draw.chance(0.3) else 99))))


def cause(draw: Draw) -> Value:
    """A reason that is a noun."""
    start = draw.one(("", "heavy ", "long ", "strong ", "sudden "))
    return plain(f"because of the {start}{draw.one(_CAUSES)}")


def street(draw: Draw) -> Value:
    """An address: a number and a street."""
    way = draw.one(("Street", "Road", "Lane", "Square", "Avenue", "Alley"))
    return plain(draw.held_out(lambda: f"{draw.number(1, 250)} {names.invented(draw)} {way}"))


def strange_amount(draw: Draw) -> Value:
    """A number of a unit that does not exist."""
    return plain(f"{draw.number(2, 990)} {names.lower(draw)}s")


def word(draw: Draw) -> Value:
    """A word in small letters that does not exist."""
    return plain(names.lower(draw))


quality = of(_SENSES)
fuel = of(_words("coal wood oil gas petrol diesel steam straw electricity sunlight wind alcohol"))
sport = of(SPORTS)
material = of(MATERIALS)
language = of(LANGUAGES)
topic = of(TOPICS)

ANY: tuple[Maker, ...] = (
    amount(2, 990, "km", "metres", "kg", "years", "days", "hours", "litres", "minutes", "grams", "degrees", "pages"),
    *(price(1, 990), person, person, place, called, called, thing, thing, colour, food, trade, animal, day, date),
    *(time, year, month, code, number, number, strange_amount, strange_amount, word, dish, material, sport, language),
    *(street, phone, mail),
)
"""Makers of all sorts, for properties that nobody knows."""
