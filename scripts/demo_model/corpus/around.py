"""What may stand around a question without mattering to it: system messages, tools for other things, small facts."""

from __future__ import annotations

from dataclasses import dataclass

from demo_model.corpus import names
from demo_model.corpus.conversation import Expected, Tool
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import DAYS, filled, person
from demo_model.corpus.exchange import Exchange, asked, phrased, typed
from demo_model.corpus.ways import ways

ASSISTANTS = (
    "You are a helpful assistant.", "You are an assistant.", "You help the user.", "Answer the user's questions.",
    "You are a friendly assistant.", "You are a helpful, honest assistant.", "Be helpful and brief.",
    "You are an AI assistant.", "Help the user as well as you can.", "Answer briefly.", "Be polite.",
    "You are a chat assistant. Answer in short sentences.", "You answer questions in simple English.",
    "You are a helpful AI. Be concise.", "Answer in English.", "Please be friendly.", "You are here to help.",
    "Give short and clear answers.", "You are a careful assistant.", "You chat with users of a website.",
    "Keep your answers short.", "You are a useful assistant who answers in one sentence.", "Do your best.",
    "Be a good assistant.",
)  # fmt: skip
_VERBS = (
    "get", "find", "send", "book", "order", "play", "open", "close", "start", "stop", "search", "show", "delete",
    "create", "update", "check", "rent", "reserve", "print", "translate", "record", "lock",
)  # fmt: skip
_NOUNS = (
    "weather", "mail", "table", "taxi", "song", "door", "lamp", "alarm", "hotel", "flight", "ticket", "news", "photo",
    "room", "train", "message", "recipe", "film", "note", "event", "parcel", "stock", "route", "printer", "heater",
    "camera", "invoice", "map", "calendar",
)  # fmt: skip
_TYPES = ("string", "string", "string", "integer", "boolean")
_KEYS = (
    "city", "place", "title", "person", "date", "day", "hour", "subject", "text", "language", "size", "count",
    "colour", "address", "level", "reason", "kind", "query", "sender", "length",
)  # fmt: skip


def unrelated_tools(draw: Draw) -> tuple[Tool, ...]:
    """One to three tools that have nothing to do with talk, sums or what somebody told."""
    found: dict[str, Tool] = {}
    for _ in range(draw.number(1, 3)):
        verb = draw.phrase(_VERBS)
        noun = names.lower(draw) if draw.chance(0.5) else draw.phrase(_NOUNS)
        keys = {names.lower(draw) if draw.chance(0.3) else draw.phrase(_KEYS) for _ in range(draw.number(1, 3))}
        parameters = {key: {"type": draw.one(_TYPES)} for key in sorted(keys)}
        description = f"{verb.capitalize()} the {noun}." if draw.chance(0.8) else ""
        found[f"{verb}_{noun}"] = Tool(f"{verb}_{noun}", description, parameters)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Fact:
    """`{n}` is what the fact is about, `{v}` what is said of it; the answer is `{v}`, as `answer` has it."""

    said: tuple[str, ...]
    direct: tuple[str, ...]
    embedded: tuple[str, ...]
    answer: str


_MEASURES = (
    ("river", "long", "km", 900), ("tower", "high", "m", 300), ("bridge", "long", "m", 800), ("lake", "deep", "m", 200),
    ("mountain", "high", "m", 4000), ("road", "wide", "m", 30), ("stone", "heavy", "kg", 90), ("church", "old",
     "years", 900),
    ("tunnel", "long", "km", 60), ("wall", "thick", "cm", 90), ("tree", "tall", "m", 60), ("ship", "long", "m", 300),
    ("well", "deep", "m", 80), ("island", "large", "square km", 700), ("castle", "old", "years", 800),
    ("canal", "wide", "m", 90),
)  # fmt: skip
_MEASURE = _Fact(
    ways("The {k} {n} is {v} {a}.", "{n} is a {k} that is {v} {a}.",
         "The {k} {n} is <about|exactly|only|over> {v} {a}.",
         "The {k} <called|named> {n} is {v} {a}.", "There is a {k} <called|named> {n}<, which is|. It is> {v} {a}.",
         "<People say|We know|It is known|The book says|The map says> that the {k} {n} is {v} {a}.",
         "The {k} {n}: {v} {a}.",
         "<We|They|Some people> have measured the {k} {n}<: it is|, which is> {v} {a}."),
    ways("How {a} is the {k} {n}?", "How {a} is {n}?", "How {a} <exactly |really >is <the {k} {n}|{n}>?",
         "<About|So> how {a} is the {k} {n}?", "How {a} is the {k} <called|named> {n}?",
         "Do you know how {a} <the {k} {n}|{n}> is?", "How {a} did I say <the {k} {n}|{n}> is?"),
    ways("how {a} the {k} {n} is", "how {a} {n} is", "<just|exactly|about> how {a} <the {k} {n}|{n}> is",
         "how {a} the {k} <called|named> {n} is"),
    "{v}.",
)  # fmt: skip
_OTHERS: tuple[_Fact, ...] = (
    _Fact(
        ways("The {k} {n} belongs to {v}.", "{v} owns the {k} {n}.", "<The owner|The new owner> of the {k} {n} is {v}.",
             "The {k} {n} is <|now >owned by {v}.", "{v} is the <|new >owner of the {k} {n}.",
             "The {k} <called|named> {n} <belongs to|is owned by> {v}.", "{v} <bought|has> the {k} {n}.",
             "<People say|We know> that <the {k} {n} belongs to {v}|{v} owns the {k} {n}>."),
        ways("Who owns the {k} {n}?", "Who is the owner of the {k} {n}?", "Who owns <{n}|the {k} called {n}>?",
             "Who does <the {k} {n}|{n}> belong to?", "To whom does <the {k} {n}|{n}> belong?",
             "Who is the owner of <{n}|the {k} called {n}>?", "Whose is the {k} {n}?",
             "What is the name of the owner of the {k} {n}?"),
        ways("who owns <the {k} {n}|{n}|the {k} called {n}>", "who the owner of <the {k} {n}|{n}> is",
             "who <the {k} {n}|{n}> belongs to", "who is the owner of <the {k} {n}|{n}>"),
        "{v}.",
    ),
    _Fact(
        ways("The {k} {n} is in {v}.", "The {k} {n} <lies|stands|is found|can be found> in {v}.",
             "In {v} <there is|you find|stands> the {k} {n}.", "You <find|can find|can visit> the {k} {n} in {v}.",
             "The {k} <called|named> {n} <is|stands|lies> in {v}.",
             "<There is|You find> a {k} <called|named> {n} in {v}.",
             "<People say|We know> that the {k} {n} is in {v}."),
        ways("Where is the {k} {n}?", "Where <do I|can I|do you> find <the {k} {n}|{n}>?", "Where is {n}?",
             "In <which|what> <town|place> is <the {k} {n}|{n}>?", "Where does the {k} {n} <stand|lie>?",
             "Where can <the {k} {n}|{n}> be found?", "Where is the {k} <called|named> {n}?"),
        ways("where <the {k} {n}|{n}> is", "where I <find|can find> <the {k} {n}|{n}>",
             "in <which|what> <town|place> <the {k} {n}|{n}> is", "where <the {k} {n}|{n}> can be found"),
        "In {v}.",
    ),
    _Fact(
        ways("The {k} {n} opens on {v}.", "On {v} the {k} {n} opens<| again>.",
             "The {k} {n} will open<| again> on {v}.",
             "The {k} <called|named> {n} <opens|will open> on {v}.",
             "The {k} {n} <opens again|is to open|opens only> on {v}.",
             "<People say|We know> that the {k} {n} <opens|will open> on {v}."),
        ways("When does the {k} {n} open?", "When <does|will> <the {k} {n}|{n}> open?",
             "On <which|what> day <does|will> <the {k} {n}|{n}> open?", "<What|Which> day does <the {k} {n}|{n}> open?",
             "When does the {k} <called|named> {n} open?"),
        ways("when <the {k} {n}|{n}> <opens|will open>", "on <which|what> day <the {k} {n}|{n}> <opens|will open>"),
        "On {v}.",
    ),
)  # fmt: skip
_BUILDINGS = (
    "museum", "shop", "tower", "bridge", "castle", "hotel", "school", "theatre", "library", "mill", "market",
    "garden", "bakery", "farm", "inn", "station", "cinema", "harbour",
)  # fmt: skip


def small_facts(draw: Draw, count: int) -> list[tuple[str, Exchange]]:
    """Facts about things that do not exist, each a sentence with a question about it. No two are about one thing."""
    return [_small_fact(draw) for _ in range(count)]


def unknown_fact(draw: Draw) -> Exchange:
    """A question about something that nobody has said anything of."""
    _, exchange = _small_fact(draw)
    answer = "I do not know."
    return Exchange(
        exchange.asked, answer, Expected(contains=(("do not know", "don't know"),)), "Nothing here says that."
    )


def _small_fact(draw: Draw) -> tuple[str, Exchange]:
    words = {"n": names.place(draw)}
    if draw.chance(0.5):
        fact = _MEASURE
        words["k"], words["a"], unit, most = draw.one(_MEASURES)
        words["v"] = f"{draw.number(2, most)} {unit}"
    else:
        at = draw.number(0, 2)
        fact = _OTHERS[at]
        words["k"] = draw.one(_BUILDINGS)
        words["v"] = (person, names.place, lambda draw: draw.one(DAYS))[at](draw)
    said = filled(phrased(draw, fact.said), **words)
    question = typed(draw, asked(draw, fact.direct, fact.embedded).format(**words))
    thought = f"It says: {said}"
    return said, Exchange(question, fact.answer.format(**words), Expected(contains=(words["v"],)), thought)
