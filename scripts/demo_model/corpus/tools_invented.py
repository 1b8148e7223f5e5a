"""Tools that nobody has seen: a verb and a thing that no other split has together, asked for as anybody would.

A request shares the thing's words with the tool's name and description. A strange tool has words that do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from demo_model.corpus import names
from demo_model.corpus.draw import Draw, split_of
from demo_model.corpus.practice import invented as practice
from demo_model.corpus.tool_family import Slot, Ways, ways, words
from demo_model.corpus.tool_values import NOUNS, noun

T = TypeVar("T")

_GETTING = words("get get get check check find show fetch read")
_SEEKING = words("find find find search locate get")
_LISTING = words("list list list get show find count")
_DOING = words(
    "clean paint repair wash polish move check open lock rent sell buy order deliver return "
    "collect pack copy save share rename update create add remove delete cancel book reserve weigh measure count "
    "hide build test draw print send insure label"
)
_ALIKE = {
    "order": "buy", "reserve": "rent", "book": "rent", "remove": "delete", "cancel": "delete", "create": "build",
    "add": "build", "polish": "clean", "wash": "clean", "count": "list", "scan": "copy", "empty": "clean",
    "measure": "check", "test": "check", "weigh": "check", "send": "deliver", "move": "deliver", "share": "deliver",
}  # fmt: skip
_ATTRIBUTES = words(
    "price level status size owner age height colour code number name date weight speed length width title rank score "
    "value rate address type amount limit stock volume depth report count cost list plan history"
)
_PLACES = words(
    "stop station shop market park school club museum bridge garden tower office hall pool theatre kitchen field bank"
)
_CITY, _PERSON, _COMPANY = "city town place location", "person name owner", "company firm name"
_ABOUTS: tuple[tuple[str, str, str, str, str], ...] = (
    ("city", "place", "in", "", _CITY), ("city", "place", "for", "", _CITY), ("town", "place", "in", "", _CITY),
    ("person", "person", "of", "", _PERSON), ("customer", "person", "of", "|the customer ", "customer name person"),
    ("company", "name", "of", "|the company ", _COMPANY), ("company", "name", "at", "", _COMPANY),
    ("shop", "name", "at", "|the shop ", "shop name store"), ("team", "name", "of", "the team |team ", "team name"),
    ("order", "code", "of", "order |the order ", "order order_id"),
    ("box", "code", "of", "box |the box ", "box box_id"),
    ("room", "room", "in", "the ", "room place"), ("project", "name", "of", "the project |project ", "project name"),
    ("school", "place", "at", "the school in ", "town city school"),
    ("user", "email", "of", "the user |user ", "email user"),
    ("ship", "title", "on", "the ship ", "ship name"), ("farm", "place", "at", "the farm in ", "farm place"),
    ("client", "person", "for", "", "client name"), ("machine", "code", "of", "machine |the machine ", "machine id"),
    ("file", "path", "in", "|the file ", "file path"), ("date", "date", "for", "", "date day"),
)  # fmt: skip
"""What a tool's thing belongs to: the kind of its value, what leads to it, what may stand between, and its names."""
_OWNED = frozenset({"person", "customer", "company", "team", "client"})
_EXTRAS = (
    Slot("x", "city,place,town", "place", " in {value}"),
    Slot("x", "date,day", "date", " on {value}"),
    Slot("x", "time,at", "clock", " at {value}"),
    Slot("x", "email,send_to", "email", " and send it to {value}"),
    Slot("x", "language,lang", "language", " in {value}"),
    Slot("x", "currency", "currency", " in {value}"),
    Slot("x", "note,comment", "quoted", " with the note {value}"),
    Slot("x", "file,output", "path", " with the file {value}"),
    Slot("x", "format", "csv|pdf|text|table", " as {value}"),
    Slot("x", "colour,color", "red|blue|green|black", " in {value}"),
    Slot("x", "size", "small|medium|large", " in {value} / in size {value}"),
    Slot("x", "radius", "few", " within {value} km"),
    Slot("x", "max_price,budget", "many", " for at most {value}"),
    Slot("x", "priority", "low|high|normal", " with {value} priority"),
    Slot("x", "days,number_of_days", "few", " for {value} days"),
    Slot("x", "person,name", "person", " for {value}"),
)
_LABELLED = " with {label} {value} / with the {label} {value} / and the {label} {value}"
_STRANGE_KINDS = ("name", "place", "word", "code", "number", "date", "person")

_FINDING_DESCRIPTIONS = ways(
    "[Get|Find|Check|Show|Look up|Returns|Tells|Gives|Fetch|Find out] the {thing} {about}. / The [|current |latest ]"
    "{thing} {about}. / [Use this for|A tool for|Tells you] the {thing} {about}. / {Verb} the {thing} {about}."
)
_SEEKING_DESCRIPTIONS = ways(
    "[Find|Show|Get|Search for|Returns|Look for|Locate] a {thing} {about}. / {Verb} a {thing} {about}. / [Use this "
    "to|A tool"
    " to|Helps to] [find|get] a {thing} {about}. / {Verb} the [next|nearest|best] {thing} {about}."
)
_LISTING_DESCRIPTIONS = ways(
    "[List|Show|Get|Returns|Find|Tells] [|all |the |all the ]{thing} {about}. / {Verb} [|all |the ]{thing} {about}. / "
    "[Use this for|A tool for] the {thing} {about}."
)
_DOING_DESCRIPTIONS = ways(
    "{Verb} {a_thing}[| {about}]. / {Verb} the {thing}[| {about}]. / [Use this to|A tool to|Can|Lets you|Helps to] "
    "{verb} "
    "[{a_thing}|the {thing}][| {about}]."
)
_GOT = ways(
    "[the|the|our] [|current |latest |exact |right |newest |full |last |usual |present |real ]{thing} {at} {main}"
)
_GOT_OF_OWNER = (*_GOT, *ways("{main}'s [||current |latest |new ]{thing}"))
_SOUGHT = ways("[a|the|any] [||nearest |best |good |new |old |small |big ]{thing} {at} {main}")
_LISTED = ways("[the|all|all the|my|our] [||new |old |latest |other ]{thing} {at} {main}")
_DONE = ways(
    "{verb} [the|my|our|this|that] [||new |old |big |small |good ]{thing} {at} {main} / {verb} {a_thing} {at} {main}"
)
_DONE_NAMED = ways("{verb} [the|my|our|this|that] [|old |new ]{thing} [|called |with the name |named ]{main}")
_DONE_NUMBERED = ways(
    "{verb} [the|my|our|this|that] [|old |new ]{thing} [|with the number |number |with number ]{main}"
)
_DONE_COUNT = ways("{verb} [|us |me |just ]{main} [||new |more |small |old |big |good ]{things}")
_GOT_ASKS = ways(
    "[Which|What] {thing} [is there|do you see|do you find] {at} {main}? / [I need|I want|I would like|I have] to "
    "[know|see|check|find out] the {thing} {at} {main}. / Is there a {thing} {at} {main}? / [I am asking for|I am "
    "looking "
    "for|I forgot|We need|My boss wants|My friend asks for] the {thing} {at} {main}."
)
_SOUGHT_ASKS = ways(
    "[Where is|Is there|Do you know|Where can I find|Can I find] a {thing} {at} {main}? / [I am looking for|I need|We "
    "need|We are looking for|I want] a {thing} {at} {main}."
)
_LISTED_ASKS = ways(
    "[Which|What] {thing} are there {at} {main}? / Are there {thing} {at} {main}? / [I need|I want|I would like|We "
    "have] "
    "to [see|know|check] [the|all] {thing} {at} {main}."
)
_PAIRS = ways(
    "[the|our] [|best |next |exact |current |whole |usual |right ]{thing} [from|from|between] {main} {other_at} {other}"
)
_PAIR_DEEDS = ways("{verb} [the|my|our|this] [|new |old |big |small |good ]{thing} from {main} to {other}")
_PAIR_NAMES = (("from", "to"), ("from", "to"), ("start", "end"), ("origin", "destination"))


@dataclass(frozen=True, slots=True)
class Sketch:
    """An invented tool before its names are spelled.

    `words` fill the phrases of `ways`; `extras` are further parameters, each with whether it is needed. Two of the same
    `kin` are for the same.
    """

    verb: str
    thing: str
    finds: bool
    kin: str
    tool: str
    description: str
    words: dict[str, str]
    slots: tuple[Slot, ...]
    extras: tuple[tuple[Slot, bool], ...]
    ways: Ways


def sketch(draw: Draw, like: Sketch | None = None, *, strange: bool = False) -> Sketch:
    """An invented tool; one that looks like another shares its first noun."""
    if draw.split == "train" and draw.chance(0.25):
        return _relating(draw, strange)
    shape = draw.random.random()
    first = like.thing.split()[0] if like and not strange else ""
    if shape < 0.38:
        return _getting(draw, first, strange)
    if shape < 0.5:
        return _seeking(draw, first, strange)
    if shape < 0.6:
        return _listing(draw, strange)
    return _doing(draw, first, strange)


def plural(thing: str) -> str:
    """Several of a thing."""
    if thing.endswith("y") and thing[-2] not in "aeiou":
        return f"{thing[:-1]}ies"
    return f"{thing}es" if thing.endswith(("s", "x", "ch", "sh")) else f"{thing}s"


def _getting(draw: Draw, first: str, strange: bool) -> Sketch:
    """What is the lantern price in a city?"""
    thing = _together(draw, first, _known(draw, _ATTRIBUTES, practice.ATTRIBUTES), strange)
    verb = draw.one(_known(draw, _GETTING, practice.GETTING))
    tool = thing if draw.chance(0.15) else f"{verb} {thing}"
    if draw.chance(0.1):
        return _made(draw, verb, thing, tool, None, _FINDING_DESCRIPTIONS, (_PAIRS, (), ()), strange)
    about = draw.one(_known(draw, _ABOUTS, practice.ABOUTS))
    things = _GOT_OF_OWNER if about[0] in _OWNED else _GOT
    return _made(draw, verb, thing, tool, about, _FINDING_DESCRIPTIONS, (things, (), _GOT_ASKS), strange)


def _seeking(draw: Draw, first: str, strange: bool) -> Sketch:
    """Find a bus stop in a city."""
    thing = _together(draw, first, _known(draw, _PLACES, practice.PLACES), strange)
    verb = draw.one(_known(draw, _SEEKING, practice.SEEKING))
    about = ("city", "place", draw.one(("in", "near", "in")), "", _CITY)
    return _made(
        draw, verb, thing, f"{verb} {thing}", about, _SEEKING_DESCRIPTIONS, (_SOUGHT, (), _SOUGHT_ASKS), strange
    )


def _listing(draw: Draw, strange: bool) -> Sketch:
    """List the orders of a customer."""
    thing = names.lower(draw) if strange else noun(draw)
    verb, about = draw.one(_known(draw, _LISTING, practice.LISTING)), draw.one(_known(draw, _ABOUTS, practice.ABOUTS))
    return _made(
        draw, verb, plural(thing), f"{verb} {plural(thing)}", about, _LISTING_DESCRIPTIONS, (_LISTED, (), _LISTED_ASKS),
        strange,
    )  # fmt: skip


def _doing(draw: Draw, first: str, strange: bool) -> Sketch:
    """Paint the fence in a city, paint fence A12, buy five fences, move the fence from one place to another."""
    near = [verb for verb in _DOING if split_of(f"{verb} {first}") == draw.split] if first else []
    verb = draw.one(near or _known(draw, _DOING, practice.DOING))
    thing = first if near else (names.lower(draw) if strange else _alone(draw, verb))
    if draw.chance(0.25) and not strange:
        thing = _together(draw, thing, _known(draw, _ATTRIBUTES, practice.ATTRIBUTES), False)
    shape = draw.random.random()
    about: tuple[str, str, str, str, str] | None = draw.one(_known(draw, _ABOUTS, practice.ABOUTS))
    ways_to, said = _DONE, _DOING_DESCRIPTIONS
    if shape < 0.25:
        kind = draw.one(("name", "code"))
        about = (thing, kind, "by", "", "name" if kind == "name" else "id number code")
        ways_to = _DONE_NAMED if kind == "name" else _DONE_NUMBERED
    elif shape < 0.4 and verb not in ("count", "rename"):
        about, ways_to = ("number", "few", "by", "", "count number quantity"), _DONE_COUNT
    elif shape < 0.5:
        about, ways_to = None, _PAIR_DEEDS
    return _made(draw, verb, thing, f"{verb} {thing}", about, said, ((), ways_to, ()), strange)


def _made(
    draw: Draw,
    verb: str,
    thing: str,
    tool: str,
    about: tuple[str, str, str, str, str] | None,
    descriptions: tuple[str, ...],
    shapes: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    strange: bool,
) -> Sketch:
    """A sketch; `about` is what the thing belongs to, or None for a pair of places."""
    said = {"verb": verb, "thing": thing, "things": plural(thing), "a_thing": _a(thing)}
    said |= {"Verb": verb.capitalize(), "other_at": "to"}
    slots: tuple[Slot, ...]
    if about is None:
        start, end = draw.one(_PAIR_NAMES)
        slots = (Slot("main", start, "place"), Slot("other", end, "place"))
        said |= {"at": "", "about": "from one place to another", "noun": "place"}
        shapes = (tuple(one for one in shapes[0] if " between " not in one), *shapes[1:])
    else:
        noun_of, kind, before, between, called = about
        at = f"{before} {draw.one(between.split('|'))}".rstrip()
        said |= {"at": at, "about": f"{before} {_a(noun_of)}", "noun": noun_of}
        name = names.lower(draw) if strange and draw.chance(0.5) else draw.one(called.split())
        slots = (Slot("main", name, kind),)
        said["At"] = at.capitalize()
        shapes = _practised(draw, shapes)
    finds = not shapes[1]
    outcome = _outcome(draw, thing) if finds or draw.chance(0.2) else ()
    return Sketch(
        verb, thing, finds, f"{'find' if finds else _ALIKE.get(verb, verb)} {thing}", tool,
        draw.phrase(descriptions, practice.DESCRIPTIONS).format(**said), said, slots, _extras(draw, slots, strange),
        Ways((), (), *shapes, outcome),
    )  # fmt: skip


def _relating(draw: Draw, strange: bool) -> Sketch:
    """Move the fence from one place to another, lend the fence to somebody for a price: two things of equal weight."""
    relation = draw.one(practice.RELATIONS)
    verb = draw.one(relation.verbs)
    thing = names.lower(draw) if strange else _alone(draw, verb)
    if draw.chance(0.3) and not strange:
        thing = _together(draw, thing, practice.ATTRIBUTES, False)
    name, other = (names.lower(draw), names.lower(draw)) if strange and draw.chance(0.5) else draw.one(relation.names)
    kinds = draw.one(relation.kinds)
    lead, other_lead = relation.leads
    said = {
        "verb": verb, "thing": thing, "lead": lead, "other_lead": other_lead, "name": name.replace("_", " "),
        "other_name": other.replace("_", " "),
    }  # fmt: skip
    said |= {key.capitalize(): value.capitalize() for key, value in said.items()}
    slots = (Slot("main", name, kinds[0]), Slot("other", other, kinds[1]))
    deeds = practice.RELATED_ALIKE if lead == "between" else practice.RELATED
    return Sketch(
        verb, thing, False, f"{_ALIKE.get(verb, verb)} {thing}", f"{verb} {thing}",
        draw.phrase(practice.RELATED_DESCRIPTIONS).format(**said), said, slots, (),
        Ways((), (), (), deeds, practice.RELATED_ASKS, _outcome(draw, thing) if draw.chance(0.3) else ()),
    )  # fmt: skip


def _known(draw: Draw, own: tuple[T, ...], practised: tuple[T, ...]) -> tuple[T, ...]:
    """What a tool may be made of: in training also what no test has."""
    return own + practised if draw.split == "train" else own


def _practised(draw: Draw, shapes: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The ways to ask for a tool: now and then, in training, others than the tests have."""
    if draw.split != "train" or draw.chance(0.7):
        return shapes
    things, deeds, asks = shapes
    if deeds:
        return (), practice.DONE if deeds is _DONE else deeds, asks
    return practice.GOT if things is _GOT else things, (), practice.GOT_ASKS if asks is _GOT_ASKS else asks


def _alone(draw: Draw, verb: str) -> str:
    """A noun that no other split has with this verb."""
    pair = draw.held_out(lambda: f"{verb} {draw.one(NOUNS)}")
    return pair.split()[-1]


def _together(draw: Draw, first: str, seconds: tuple[str, ...], strange: bool) -> str:
    """Two nouns, lantern price, that no other split has together."""
    if strange:
        return f"{names.lower(draw)} {draw.one(seconds)}"
    near = [f"{first} {second}" for second in seconds if split_of(f"{first} {second}") == draw.split] if first else []
    return draw.one(near) if near else draw.held_out(lambda: f"{draw.one(NOUNS)} {draw.one(seconds)}")


def _extras(draw: Draw, slots: tuple[Slot, ...], strange: bool) -> tuple[tuple[Slot, bool], ...]:
    """Further parameters, each with whether it is needed: of kinds that differ."""
    count = draw.random.choices((0, 1, 2), (62, 32, 6))[0]
    found: list[tuple[Slot, bool]] = []
    kinds = {slot.kind for slot in slots} | ({"few", "many"} & {"few" if slots[0].kind == "few" else ""})
    if "name" in kinds or "person" in kinds:
        kinds |= {"person", "name"}
    taken = {name for slot in slots for name in slot.choices}
    for _ in range(count):
        slot = (
            Slot("x", names.lower(draw), draw.one(_STRANGE_KINDS), _LABELLED)
            if strange
            else draw.one(_known(draw, _EXTRAS, practice.EXTRAS))
        )
        if slot.kind not in kinds and taken.isdisjoint(slot.choices) and not kinds & _rivals(slot):
            found.append((slot, draw.chance(0.85)))
            kinds.add(slot.kind)
            taken.update(slot.choices)
    return tuple(found)


def _rivals(slot: Slot) -> frozenset[str]:
    """Kinds of values that a request would mention in the same way."""
    tails = {"language", "currency", "place", "red|blue|green|black", "small|medium|large"}
    return frozenset(tails - {slot.kind} if slot.kind in tails else {slot.kind})


def _outcome(draw: Draw, thing: str) -> tuple[tuple[str, str], ...]:
    return ((thing.split()[-1], draw.one(("number", "many", "code", "name", "word"))),)


def _a(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
