"""Tools that nobody has seen: a verb and a thing, both often invented, with parameters of any name.

A request shares the thing's words with the tool's name or description, and names its further values or shows by their
kind where they belong.
"""

from __future__ import annotations

from dataclasses import dataclass

from demo_model.corpus import names
from demo_model.corpus.draw import Draw
from demo_model.corpus.tool_family import Slot, Ways, ways, words
from demo_model.corpus.tool_values import noun, quality

_FINDING = words("get get find find fetch read check lookup show query load tell search see retrieve request")
_DOING = words(
    "update create delete send open close start stop move book order add remove clean paint repair lock sell "
    "buy rent wash copy save share rename archive cancel assign weigh measure mark block hide polish deliver "
    "collect sort pack launch approve reject draw fill turn lift drop follow build feed plant wrap test reset "
    "load watch hang cut"
)
_ATTRIBUTES = words(
    "price level status size owner age height colour code number name date weight speed length width title rank"
    " score value rate address label type model amount balance limit stock volume depth strength phase version "
    "origin report"
)
_MAINS = (
    ("shop", "name"), ("city", "place"), ("person", "person"), ("user", "name"), ("team", "name"), ("house", "name"),
    ("company", "name"), ("room", "room"), ("box", "code"), ("file", "path"), ("order", "code"), ("ship", "title"),
    ("school", "place"), ("farm", "place"), ("book", "title"), ("road", "place"), ("island", "place"), ("item", "word"),
    ("project", "name"), ("station", "place"), ("member", "email"), ("thing", "words"), ("word", "word"),
    ("number", "number"), ("row", "few"), ("product", "word"), ("host", "link"), ("customer", "person"),
)  # fmt: skip
_ANY_KIND = words("name name place word word words title code number few path email date clock person quoted")
_GENERAL = ("name", "id", "query", "target", "value", "input", "key", "item", "q", "text", "what", "which", "object")
_EXTRAS = (
    Slot("x", "city,place,town,area", "place", " in {value} / near {value}"),
    Slot("x", "date,day,on,due_date", "date", " on {value}"),
    Slot("x", "time,at,start_time,hour", "clock", " at {value}"),
    Slot("x", "email,send_to,contact,reply_to", "email", " and send it to {value} / and write to {value}"),
    Slot("x", "count,times,repeat,quantity", "few", ", {value} times / {value} times"),
    Slot("x", "person,user,guest,friend", "name", " together with {value}"),
    Slot("x", "language,lang,locale", "language", " in {value}"),
    Slot("x", "currency,money", "currency", " in {value}"),
    Slot("x", "since,start_date,from_date", "date", " since {value}"),
    Slot("x", "note,comment,message,remark", "quoted", " with the note {value} / and say {value}"),
    Slot("x", "file,path,output,log_file", "path", " into the file {value} / with the file {value}"),
    Slot("x", "format,output_format,kind", "csv|pdf|text|table", " as {value} / as a {value}"),
    Slot("x", "colour,color,paint", "red|blue|green|black", " in {value}"),
    Slot("x", "size,format_size", "small|medium|large", " in {value} / , {value}"),
    Slot("x", "radius,distance,range_km", "few", " within {value} km"),
    Slot("x", "budget,max_price,limit", "many", " for at most {value}"),
    Slot("x", "priority,urgency", "low|high|normal", " with {value} priority"),
)
_NAMED = (
    " with {label} {value} / with the {label} {value} / , {label} {value} / , {label}: {value} / and {label} "
    "{value} / where the {label} is {value} / with {label} set to {value} / with a {label} of {value} / using "
    "{label} {value} / ({label} {value}) / , {label} = {value} / by {label} {value} / for {label} {value} / at "
    "{label} {value} / , the {label} is {value} / and the {label} {value} / with {value} as {label} / with "
    "{value} as the {label} / , use {value} as {label} / and {value} for {label} / , {label} should be {value} "
    "/ when {label} is {value}"
)

_FINDING_DESCRIPTIONS = ways(
    "{Verb} the {thing} of {a_noun}. / Returns the {thing} of {a_noun}. / The {thing} of {a_noun}. / {Thing} by"
    " {noun}. / Tells the {thing} of {a_noun}. / Use this for the {thing} of {a_noun}. / Looks up the {thing} "
    "for {a_noun}. / What the {thing} of {a_noun} is. / Gives the {thing} of any {noun}. / {Thing} lookup. / "
    "Knows every {thing}. / {Thing}: for {a_noun}. / Finds the {thing}. / {Verb} the {thing} for one {noun}. / "
    "The current {thing}. / Information on the {thing} of {a_noun}. / Where to find the {thing} of {a_noun}. / "
    "Answers with the {thing}."
)
_THINGS = ways(
    "the {thing} of {main} / the {thing} for {main} / the {thing} of the {noun} {main} / {main}'s {thing} / the"
    " {thing} of {noun} {main} / the current {thing} of {main} / the {thing} that {main} has / the {thing} at "
    "{main} / the {thing} in {main} / the right {thing} for {main} / the {thing} for the {noun} {main} / the "
    "exact {thing} of {main} / the {thing} of {main}'s {noun} / the {thing} from {main} / the {main} {thing} / "
    "the {thing} belonging to {main} / the {thing} for {noun} {main} / the latest {thing} of {main} / the "
    "{thing} there is for {main} / the {thing} with {main} / the {noun} {main} and its {thing}"
)
_FINDING_ASKS = ways(
    "Which {thing} does {main} have? / Does {main} have a {thing}? / What {thing} does {main} have? / I have to"
    " know the {thing} of {main}. / About {main}: what is the {thing}? / For {main}, what is the {thing}? / "
    "{main}: {thing}? / Is there a {thing} for {main}? / Has {main} got a {thing}? / I am at {main}. What is "
    "the {thing}? / My friend asks for the {thing} of {main}. / Which {thing} is it for {main}? / Somebody "
    "wants the {thing} of {main}. / What sort of {thing} does the {noun} {main} have? / I forgot the {thing} of"
    " {main}. / The {thing} of {main}? / We are looking for the {thing} of {main}. / Who can tell me the "
    "{thing} of {main}? / Could there be a {thing} for {main}? / Everybody asks what the {thing} of {main} is. "
    "/ Take {main}: what is the {thing}? / With {main}, what is the {thing}? / Nobody knows the {thing} of "
    "{main}. Do you? / You surely know the {thing} of {main}."
)
_DOING_DESCRIPTIONS = ways(
    "{Verb} the {thing} of {a_noun}. / {Verb} {a_thing}. / {Verb} one {thing}. / {Verb} the {thing} for "
    "{a_noun}. / Use this to {verb} {a_thing}. / Can {verb} the {thing}. / {Verb} any {thing}. / Helps to "
    "{verb} the {thing}. / To {verb} the {thing} of {a_noun}. / {Thing}: {verb} it. / Lets you {verb} "
    "{a_thing}. / {Verb} {a_thing} now. / Will {verb} the {thing}. / {Verb} the {thing} by its {noun}. / {Verb}"
    " the {thing} that {a_noun} has. / {Verb} some {thing}. / A tool to {verb} the {thing}. / For those who "
    "{verb} {a_thing}. / {Verb} every {thing} of {a_noun}. / This will {verb} the {thing} of {a_noun}. / Made "
    "to {verb} {a_thing}. / {Verb} {a_thing} at once. / {Verb} the {thing}, given {a_noun}. / Use it to {verb} "
    "the {thing} of {a_noun}."
)
_DEEDS = ways(
    "{verb} the {thing} of {main} / {verb} the {thing} {main} / {verb} the {thing} for {main} / {verb} a "
    "{thing} for {main} / {verb} the {thing} named {main} / {verb} the {thing} in {main} / {verb} my {thing} "
    "{main} / {verb} the {thing}: {main} / {verb} the {thing} called {main} / {verb} one {thing} for {main} / "
    "{verb} {main}'s {thing} / {verb} {thing} {main} / {verb} the {thing} of the {noun} {main} / {verb} the "
    "{thing} at {main} / {verb} the {thing} of {noun} {main} / {verb} the new {thing} of {main} / {verb} our "
    "{thing} for {main} / {verb} the old {thing} of {main} / {verb} just the {thing} of {main} / {verb} the "
    "{thing} with {main} / {verb} the {main} {thing} / {verb} that {thing} of {main} / {verb} another {thing} "
    "for {main} / {verb} the {thing} known as {main}"
)
_DOING_ASKS = ways(
    "I want to {verb} the {thing} of {main}. / The {thing} of {main}: {verb} it. / It is time to {verb} the "
    "{thing} {main}. / We have to {verb} the {thing} for {main}. / Time to {verb} the {thing} {main}! / Do not "
    "forget to {verb} the {thing} {main}. / I need someone to {verb} the {thing} of {main}. / My boss says: "
    "{verb} the {thing} of {main}. / I forgot to {verb} the {thing} of {main}. / For {main}, {verb} the "
    "{thing}. / About {main}: {verb} the {thing}. / My plan is to {verb} the {thing} of {main}. / Who can "
    "{verb} the {thing} of {main}? / You have to {verb} the {thing} for {main}. / I would love to {verb} the "
    "{thing} of {main}. / Somebody has to {verb} the {thing} of {main}. / Is it possible to {verb} the {thing} "
    "of {main}? / When can you {verb} the {thing} of {main}? / Here is {main}. Now {verb} the {thing}. / They "
    "told me to {verb} the {thing} for {main}. / How about you {verb} the {thing} of {main}? / I cannot {verb} "
    "the {thing} of {main} myself. / Why not {verb} the {thing} for {main}? / {main} is the {noun}. Please "
    "{verb} the {thing}."
)
_PAIRS = ways(
    "the {thing} from {main} to {other} / the {thing} between {main} and {other} / the {thing} to {other} from "
    "{main} / the best {thing} from {main} to {other} / the {thing} that goes from {main} to {other} / the "
    "{thing} of {main} and {other} / the next {thing} from {main} to {other} / the {thing} on the way from "
    "{main} to {other} / a {thing} from {main} to {other} / the first {thing} from {main} to {other} / the "
    "{thing} leading from {main} to {other} / the {thing} between the two, {main} and {other} / the short "
    "{thing} from {main} to {other} / any {thing} from {main} to {other} / the usual {thing} from {main} to "
    "{other} / the {thing} from {main} up to {other}"
)
_PAIR_DEEDS = ways(
    "{verb} the {thing} from {main} to {other} / {verb} a {thing} from {main} to {other} / {verb} my {thing} "
    "from {main} to {other} / {verb} one {thing} from {main} to {other} / {verb} the {thing} to {other} from "
    "{main} / {verb} this {thing} from {main} to {other} / {verb} our {thing} from {main} to {other} / {verb} "
    "some {thing} from {main} to {other} / {verb} that {thing} from {main} to {other} / {verb} the next {thing}"
    " from {main} to {other} / {verb} every {thing} from {main} to {other} / {verb} the big {thing} from {main}"
    " to {other} / {verb} the {thing} between {main} and {other} / {verb} another {thing} from {main} to "
    "{other} / {verb} the {thing} straight from {main} to {other} / {verb} the {thing} out of {main} into "
    "{other}"
)
_PAIR_NAMES = (("from", "to"), ("start", "end"), ("origin", "destination"), ("source", "target"), ("a", "b"))
_ALONE = ways(
    "the {thing} / the current {thing} / our {thing} / my {thing} / the {thing} of today / the {thing} we have "
    "/ this {thing} / the latest {thing} / the whole {thing} / the {thing} now / today's {thing} / that {thing}"
    " / the newest {thing} / the {thing} of this place / the {thing} in use / the actual {thing}"
)
_ALONE_DEEDS = ways(
    "{verb} the {thing} / {verb} my {thing} / {verb} our {thing} / {verb} this {thing} / {verb} the old {thing}"
    " / {verb} the {thing} again / {verb} the whole {thing} / {verb} that {thing} / {verb} one {thing} / {verb}"
    " the new {thing} / {verb} some {thing} / {verb} the next {thing} / {verb} every {thing} / {verb} the first"
    " {thing} / {verb} another {thing} / {verb} the {thing} here"
)


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


def sketch(draw: Draw, like: Sketch | None = None) -> Sketch:
    """An invented tool; one that looks like another shares its verb or a part of its thing."""
    finds, verb, thing = _purpose(draw, like)
    about, kind = draw.one(_MAINS) if draw.chance(0.75) else (names.lower(draw), draw.one(_ANY_KIND))
    said = {"verb": verb, "thing": thing, "noun": about, "a_noun": _a(about), "a_thing": _a(thing)}
    said |= {"Verb": verb.capitalize(), "Thing": thing.capitalize()}
    slots: tuple[Slot, ...]
    shape = draw.random.random()
    if shape < 0.1:
        start, end = draw.one(_PAIR_NAMES)
        where = draw.one(("place", "place", "name", "word"))
        slots, shapes = (Slot("main", start, where), Slot("other", end, where)), (_PAIRS, _PAIR_DEEDS)
    elif shape < 0.15:
        slots, shapes = (), (_ALONE, _ALONE_DEEDS)
    else:
        slots, shapes = (Slot("main", _main_name(draw, about), kind),), (_THINGS, _DEEDS)
    asks = (_FINDING_ASKS if finds else _DOING_ASKS) if len(slots) == 1 else ()
    outcome = _outcome(draw, thing) if finds or draw.chance(0.3) else ()
    return Sketch(
        verb,
        thing,
        finds,
        kin=f"{'find' if finds else verb} {thing}",
        tool=_tool_name(draw, verb, thing, about, finds),
        description=draw.phrase(_FINDING_DESCRIPTIONS if finds else _DOING_DESCRIPTIONS).format(**said),
        words=said,
        slots=slots,
        extras=_extras(draw, kind) if slots else (),
        ways=Ways((), (), shapes[0] if finds else (), () if finds else shapes[1], asks, outcome),
    )


def _purpose(draw: Draw, like: Sketch | None) -> tuple[bool, str, str]:
    """Whether it finds something, its verb and its thing."""
    finds, thing = draw.chance(0.5), _thing(draw)
    if like is None:
        return finds, _verb(draw, finds), thing
    if draw.chance(0.5):
        return like.finds, like.verb, thing
    if draw.chance(0.5):
        return not like.finds, _verb(draw, not like.finds), like.thing
    first = like.thing.split()[0]
    return like.finds, _verb(draw, like.finds), f"{first} {draw.held_out(lambda: draw.one(_ATTRIBUTES))}"


def _verb(draw: Draw, finds: bool) -> str:
    if finds:
        return draw.one(_FINDING)
    return names.lower(draw) if draw.chance(0.05) else draw.held_out(lambda: draw.one(_DOING))


def _thing(draw: Draw) -> str:
    first = names.lower(draw) if draw.chance(0.25) else noun(draw)
    shape = draw.random.random()
    if shape < 0.35:
        return first
    if shape < 0.75:
        return f"{first} {draw.held_out(lambda: draw.one(_ATTRIBUTES))}"
    if shape < 0.9:
        return f"{first} {noun(draw)}"
    return f"{quality(draw)} {first}"


def _tool_name(draw: Draw, verb: str, thing: str, about: str, finds: bool) -> str:
    shape = draw.random.random()
    if shape < 0.6:
        return f"{verb} {thing}"
    if shape < 0.7:
        return f"{verb} {thing} {draw.one(('by', 'for', 'of'))} {about}"
    if shape < 0.78:
        return f"{thing} {verb}"
    if not finds:
        return f"{verb} {thing.split()[0]}"
    if shape < 0.9:
        return thing
    return f"{thing} {draw.one(('info', 'lookup', 'finder', 'service', 'api', 'data'))}"


def _main_name(draw: Draw, about: str) -> str:
    shape = draw.random.random()
    if shape < 0.55:
        return about
    if shape < 0.65:
        return f"{about}_{draw.one(('name', 'id'))}"
    return draw.one(_GENERAL) if shape < 0.8 else names.lower(draw)


def _extras(draw: Draw, main: str) -> tuple[tuple[Slot, bool], ...]:
    """Further parameters, each with whether it is needed: of kinds that differ, or else called by their names."""
    count = draw.random.choices((0, 1, 2, 3), (40, 35, 18, 7))[0]
    found: list[tuple[Slot, bool]] = []
    kinds = {main}
    for _ in range(count):
        slot = _named_slot(draw) if draw.chance(0.65) else draw.one(_EXTRAS)
        taken = slot.kind in kinds and slot.kind != "yes_no" and "{label}" not in slot.mentions
        if not taken and slot.choices[0] not in {other.choices[0] for other, _ in found}:
            found.append((slot, draw.chance(0.4) and slot.kind != "yes_no"))
            kinds.add(slot.kind)
    return tuple(found)


def _named_slot(draw: Draw) -> Slot:
    shape = draw.random.random()
    name = names.lower(draw) if shape < 0.5 else noun(draw)
    if shape > 0.85:
        name = f"{draw.one(('max', 'min', 'new', 'main', 'first', 'last'))}_{name}"
    sort = draw.random.random()
    if sort < 0.12:
        return Slot("x", name, "yes_no", " with {label} / without {label}")
    if sort < 0.3:
        made = {names.lower(draw) if draw.chance(0.15) else quality(draw) for _ in range(draw.number(2, 4))}
        if len(made) > 1:
            return Slot("x", name, "|".join(sorted(made)), _NAMED)
    return Slot("x", name, draw.one(_ANY_KIND), _NAMED)


def _outcome(draw: Draw, thing: str) -> tuple[tuple[str, str], ...]:
    key = thing.split()[-1]
    found = [(key, draw.one(_ANY_KIND[:10]))]
    while draw.chance(0.35) and len(found) < 3:
        further = names.lower(draw) if draw.chance(0.3) else draw.one(_ATTRIBUTES)
        if all(further != one for one, _ in found):
            found.append((further, draw.one(_ANY_KIND[:10])))
    return tuple(found)


def _a(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
