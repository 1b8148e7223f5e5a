"""JSON objects made of what a text says: with the keys that the user or the system message names, or plain ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from demo_model.corpus import arithmetic, names
from demo_model.corpus.around import ASSISTANTS, small_facts, unrelated_tools
from demo_model.corpus.conversation import Conversation, Expected
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import ANIMALS, COLOURS, THINGS, TRADES, liking, person, with_article
from demo_model.corpus.exchange import Exchange, conversation, phrased, typed

Plain = str | int | None | list[str]


@dataclass(frozen=True, slots=True)
class _Field:
    """What can be said of somebody or something: how, under which keys, and what; `{a}` is the value as a noun."""

    said: tuple[str, ...]
    keys: tuple[str, ...]
    value: Callable[[Draw], str | int]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A field with its value in a text. `key` is the plain one, `keys` are all that may be asked for."""

    key: str
    keys: tuple[str, ...]
    value: Plain


_PERSON = {
    "age": _Field(
        ("is {v} years old", "is {v}", "has just turned {v}", "turned {v} this year", "is aged {v}",
         "is {v} years of age", "is now {v} years old", "is already {v} years old"),
        ("age", "age", "years", "age_in_years"), lambda draw: draw.number(3, 99),
    ),
    "town": _Field(
        ("lives in {v}", "comes from {v}", "is from {v}", "has a home in {v}", "is at home in {v}", "has moved to {v}",
         "now lives in {v}", "has always lived in {v}"),
        ("town", "city", "home", "place", "lives_in", "residence", "home_town", "location"), names.place,
    ),
    "job": _Field(
        ("works as {a}", "is {a}", "has a job as {a}", "is {a} by trade", "earns a living as {a}", "found work as {a}",
         "has long worked as {a}", "is employed as {a}"),
        ("job", "trade", "profession", "work", "occupation", "job_title", "role", "employment"),
        lambda draw: draw.phrase(TRADES),
    ),
    "likes": _Field(
        ("likes {v}", "loves {v}", "enjoys {v}", "is fond of {v}", "really likes {v}", "likes {v} most of all",
         "has always liked {v}", "very much enjoys {v}"),
        ("likes", "loves", "interest", "enjoys", "hobby", "favourite", "passion", "fond_of"), liking,
    ),
    "friend": _Field(
        ("has a friend called {v}", "is a friend of {v}", "has a friend named {v}", "is friends with {v}",
         "has {v} as a friend", "has a good friend, {v}", "often meets a friend, {v}", "calls {v} a friend"),
        ("friend", "friend", "friend_name", "best_friend"), person,
    ),
}  # fmt: skip
_THING = {
    "price": _Field(
        ("costs {v} euros", "is sold for {v} euros", "has a price of {v} euros", "can be had for {v} euros",
         "costs just {v} euros", "goes for {v} euros", "has the price of {v} euros", "will cost you {v} euros"),
        ("price", "cost", "euros", "price_in_euros", "amount", "price"), lambda draw: draw.number(1, 999),
    ),
    "weight": _Field(
        ("weighs {v} kg", "has a weight of {v} kg", "is {v} kg heavy", "weighs about {v} kg", "weighs all of {v} kg",
         "has the weight of {v} kg", "weighs exactly {v} kg", "weighs only {v} kg"),
        ("weight", "kg", "weight_kg", "mass", "weight", "weight_in_kg"), lambda draw: draw.number(1, 99),
    ),
    "colour": _Field(
        ("is {v}", "is {v} in colour", "has the colour {v}", "is painted {v}", "comes in {v}", "is all {v}",
         "has a {v} colour", "shines in {v}"),
        ("colour", "color", "colour", "paint"), lambda draw: draw.phrase(COLOURS),
    ),
    "maker": _Field(
        ("is made by {v}", "was built by {v}", "comes from the house of {v}", "was made by {v}", "has {v} as its maker",
         "is a work of {v}", "is built by {v}", "was designed by {v}"),
        ("maker", "brand", "producer", "manufacturer", "made_by", "company", "builder", "author"), names.invented,
    ),
    "owner": _Field(
        ("belongs to {v}", "is owned by {v}", "has {v} as its owner", "is the property of {v}", "now belongs to {v}",
         "was bought by {v}", "has been sold to {v}", "was given to {v}"),
        ("owner", "owned_by", "belongs_to", "holder", "owner_name", "buyer"), person,
    ),
    "year": _Field(
        ("was built in {v}", "dates from {v}", "was made in {v}", "was finished in {v}", "was put together in {v}",
         "was completed in {v}", "has been there since {v}", "was built in the year {v}"),
        ("year", "built", "date", "year_built", "made_in", "since"), lambda draw: draw.number(1500, 2030),
    ),
}  # fmt: skip
_WITH_KEYS = (
    "Give {k} as JSON.", "Write {k} as JSON.", "As JSON with the keys {k}, please.", "Return JSON with the keys {k}.",
    "Give me a JSON object with {k}.", "Make a JSON object with the keys {k}.", "Extract {k} as JSON.",
    "Output {k} as JSON.", "Please write it as JSON with {k}.", "I need {k} as JSON.", "Put {k} into a JSON object.",
    "Show {k} as JSON.", "Turn this into JSON with the keys {k}.", "Answer as JSON: {k}.", "JSON with {k}, please.",
    "Give the {k} in JSON.", "Find {k} and write them as JSON.", "Write a JSON object. The keys are {k}.",
    "Can you give {k} as JSON?", "Return {k} as a JSON object.", "Format {k} as JSON.", "As a JSON object: {k}.",
    "Make JSON of {k}.", "Could you write {k} as a JSON object?", "What are {k}? Answer as JSON.",
    "Reply in JSON with the keys {k}.", "Tell me {k} as JSON.", "Summarise this as JSON with the keys {k}.",
)  # fmt: skip
_WITHOUT_KEYS = (
    "Write this as JSON.", "As JSON, please.", "Turn this into JSON.", "Make a JSON object of this.",
    "Give this as JSON.", "Convert this to JSON.", "Put this into JSON.", "Please write it as JSON.",
    "Show this as a JSON object.", "As JSON:", "Return this as JSON.", "Format this as JSON.",
    "Can you write this as JSON?", "I need this as JSON.", "Make JSON of it.", "Answer with a JSON object.",
    "Write it as a JSON object.", "All of it as JSON.", "Everything as JSON, please.",
)  # fmt: skip
_SYSTEMS = (
    "Answer in JSON.", "Always answer as JSON.", "You answer with a JSON object only.", "Reply only with JSON.",
    "Write every answer as JSON.", "Your answers are JSON objects.", "Give all answers as JSON.", "Output JSON only.",
    "Only JSON, please.", "You turn texts into JSON.", "Respond in JSON.", "Use JSON for each answer.",
    "You return a JSON object.", "Every answer must be valid JSON.", "Answer with nothing but JSON.", "You write JSON.",
)  # fmt: skip
_SYSTEM_KEYS = (
    " Use the keys {k}.", " The keys are {k}.", " Keys: {k}.", " Give {k}.", " With the keys {k}.", " Extract {k}.",
    " The object has the keys {k}.", " Find {k} in the text.", " Take the keys {k}.", " It has {k}.",
)  # fmt: skip
_LISTS = (
    "Write {w} as a JSON list under the key {k}.", "Make a JSON object with the list {k}: {w}.",
    "Put {w} under {k} as JSON.", "As JSON with the key {k}: {w}.", "Give {w} as JSON, as a list called {k}.",
    "The {k} are {w}. Write them as JSON.", "Here are {k}: {w}. List them as JSON.",
    "JSON, please, with the key {k}: {w}.", "List the {k} as JSON: {w}.", "Turn this list of {k} into JSON: {w}.",
    "My {k}: {w}. Give the {k} as JSON.", "Return JSON with the list {k}: {w}.",
)  # fmt: skip


def _text(draw: Draw) -> tuple[str, list[_Entry]]:
    """Sentences about a person or a thing, and what they say."""
    fields, first = (_PERSON, person(draw)) if draw.chance(0.6) else (_THING, names.invented(draw))
    noun = draw.phrase(THINGS) if fields is _THING else ""
    entries = [
        _Entry("name", ("name", "name", "called", "title") if noun else ("name", "name", "first_name", "person"), first)
    ]
    clauses = []
    for key in draw.some(tuple(fields), draw.number(1, 4)):
        field = fields[key]
        value = field.value(draw)
        article = with_article(value) if isinstance(value, str) else ""
        clauses.append(phrased(draw, field.said).format(v=value, a=article))
        entries.append(_Entry(key, field.keys, value))
    subject = f"The {noun} {first}" if noun else first
    if draw.chance(0.5):
        return f"{subject} {_and(clauses)}.", entries
    sentences = [f"{subject if at == 0 or draw.chance(0.5) else f'The {noun}' if noun else first} {clause}."
                 for at, clause in enumerate(clauses)]  # fmt: skip
    return " ".join(sentences), entries


def _pairs(draw: Draw) -> tuple[str, list[_Entry]]:
    """Keys, known or invented, with their values beside them."""
    fields = {**_PERSON, **_THING}
    entries: dict[str, _Entry] = {}
    for _ in range(draw.number(1, 5)):
        if draw.chance(0.5):
            key = names.lower(draw)
            value: str | int = draw.number(1, 999) if draw.chance(0.4) else names.invented(draw)
        else:
            kind = draw.one(tuple(fields))
            key, value = draw.one(fields[kind].keys), fields[kind].value(draw)
        entries.setdefault(key, _Entry(key, (key,), value))
    form = draw.phrase(
        ("{k}: {v}", "{k} = {v}", "{k} is {v}", "the {k} is {v}", "{k} - {v}", "{k} {v}", "my {k} is {v}", "{v} ({k})")
    )
    gap = draw.one((", ", "; ", "\n", ", ", " and "))
    return gap.join(form.format(k=one.key, v=one.value) for one in entries.values()), list(entries.values())


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _dump(found: dict[str, Plain]) -> str:
    return json.dumps(found, ensure_ascii=False)


def _chosen(draw: Draw, entries: list[_Entry]) -> dict[str, Plain]:
    """Some entries under keys that are asked for, in any order; now and then one that the text does not have."""
    found: dict[str, Plain] = {}
    for entry in draw.some(entries, draw.number(1, len(entries))):
        found.setdefault(draw.phrase(entry.keys) if draw.chance(0.4) else entry.key, entry.value)
    if draw.chance(0.12):
        missing = draw.one([key for key in (*_PERSON, *_THING) if all(key not in entry.keys for entry in entries)])
        found.setdefault(missing, None)
    return found


def _named(draw: Draw, keys: list[str]) -> str:
    """Keys as somebody lists them."""
    form = draw.number(0, 3)
    if form == 0:
        return ", ".join(f'"{key}"' for key in keys)
    return ", ".join(keys) if form == 1 else _and([f'"{key}"' for key in keys] if form == 2 else keys)


def _exchange(asked: str, found: dict[str, Plain]) -> Exchange:
    answer = _dump(found)
    return Exchange(asked, answer, Expected(exact=answer), "I write the object with what was said.")


def _joined(draw: Draw, text: str, request: str) -> str:
    gap = draw.one((" ", "\n", "\n\n", " "))
    return f"{request}{gap}{text}" if draw.chance(0.35) else f"{text}{gap}{request}"


def objects(draw: Draw) -> Conversation:
    """A text, the wish for an object of it, and more such wishes."""
    text, entries = _text(draw) if draw.chance(0.75) else _pairs(draw)
    exchanges = []
    for at in range(draw.one((1, 1, 2, 3))):
        if draw.chance(0.25):
            request, found = phrased(draw, _WITHOUT_KEYS), {entry.key: entry.value for entry in entries}
        else:
            found = _chosen(draw, entries)
            request = phrased(draw, _WITH_KEYS).format(k=_named(draw, list(found)))
        exchanges.append(_exchange(_joined(draw, text, request) if at == 0 else typed(draw, request), found))
    system = phrased(draw, ASSISTANTS) if draw.chance(0.2) else phrased(draw, _SYSTEMS) if draw.chance(0.15) else ""
    return conversation("json", exchanges, system=system, tools=unrelated_tools(draw) if draw.chance(0.1) else ())


def by_system(draw: Draw) -> Conversation:
    """The system message wants objects with its keys; the user gives one text or several."""
    text, entries = _text(draw)
    found = _chosen(draw, entries)
    system = phrased(draw, _SYSTEMS) + phrased(draw, _SYSTEM_KEYS).format(k=_named(draw, list(found)))
    exchanges = [_exchange(text, found)]
    if draw.chance(0.3):
        other, others = _text(draw)
        values: dict[str, Plain] = {key: entry.value for entry in others for key in (entry.key, *entry.keys)}
        exchanges.append(_exchange(other, {key: values.get(key) for key in found}))
    return conversation("json", exchanges, system=system)


def answers(draw: Draw) -> Conversation:
    """The answer to a question, as an object with one key."""
    key = names.lower(draw) if draw.chance(0.3) else "answer" if draw.chance(0.5) else draw.phrase(_ANSWER_KEYS)
    value: Plain
    if draw.chance(0.4):
        exchange = draw.one((arithmetic.addition, arithmetic.subtraction))(draw)
        asked, value = exchange.asked, int(exchange.answer.rpartition("= ")[2].rstrip("."))
    else:
        told = small_facts(draw, draw.number(1, 3))
        exchange = draw.one(told)[1]
        part = exchange.expected.contains[0]
        asked = f"{' '.join(sentence for sentence, _ in told)} {exchange.asked}"
        value = part if isinstance(part, str) else part[0]
    named = _named(draw, [key])
    if draw.chance(0.5):
        system = phrased(draw, _SYSTEMS) + phrased(draw, _ONE_KEY).format(k=named)
        return conversation("json", [_exchange(asked, {key: value})], system=system)
    request = phrased(draw, _AS_ANSWER).format(k=named)
    return conversation("json", [_exchange(f"{asked} {request}", {key: value})])


_ANSWER_KEYS = ("result", "value", "reply", "response", "solution", "text", "output", "found")
_ONE_KEY = (
    " Use the key {k}.", " The key is {k}.", " Key: {k}.", " With the key {k}.", " Its only key is {k}.",
    " Put it under {k}.", " Name the key {k}.", " It has the key {k}.",
)  # fmt: skip
_AS_ANSWER = (
    "Answer as JSON with the key {k}.", "Give JSON with the key {k}.", "As JSON with the key {k}, please.",
    "Reply in JSON, key {k}.", "Write the answer as JSON under {k}.", "Return JSON with the key {k}.",
    "Use JSON with {k} as the key.", "Put the answer into JSON as {k}.", "JSON, please, with the key {k}.",
    "Answer in JSON. The key is {k}.",
)  # fmt: skip


_LISTED: tuple[tuple[str, Callable[[Draw], str]], ...] = (
    ("colours", lambda draw: draw.phrase(COLOURS)),
    ("animals", lambda draw: draw.phrase(ANIMALS)),
    ("things", lambda draw: draw.phrase(THINGS)),
    ("names", person),
    ("towns", names.place),
    ("words", names.lower),
    ("", names.invented),
)


def lists(draw: Draw) -> Conversation:
    """Words under one key, as a list."""
    key, make = draw.one(_LISTED)
    key = key or f"{names.lower(draw)}s"
    words = list(dict.fromkeys(make(draw) for _ in range(draw.number(2, 5))))
    asked = phrased(draw, _LISTS).format(k=key, w=_and(words) if draw.chance(0.6) else ", ".join(words))
    return conversation("json", [_exchange(asked, {key: words})])


def json_case(draw: Draw) -> Conversation:
    """Any of these."""
    return draw.one((objects, objects, by_system, answers, lists))(draw)


SKILLS = {"json": objects, "json_system": by_system, "json_answer": answers, "json_list": lists}
CASES = {"json": json_case}
