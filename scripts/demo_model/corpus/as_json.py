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
from demo_model.corpus.ways import ways

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
        ways("is {v} years old", "is {v}", "is <|now |already |just |only >{v}<| years old>", "is aged {v}",
             "<|has |has just |just >turned {v}<| this year>", "is {v} years of age"),
        ("age", "age", "years", "age_in_years"), lambda draw: draw.number(3, 99),
    ),
    "town": _Field(
        ways("lives in {v}", "<comes from|is from|is at home in|moved to|has moved to> {v}", "is living in {v}",
             "<now|still> lives in {v}", "has <a home|a house|a flat> in {v}", "has <always|long> lived in {v}"),
        ("town", "city", "home", "place", "lives_in", "residence", "home_town", "location"), names.place,
    ),
    "job": _Field(
        ways("works as {a}", "is {a}", "<has a job|earns a living|makes a living|found work|is employed> as {a}",
             "is {a} by <trade|profession>", "<now|still> works as {a}", "has <always|long> worked as {a}"),
        ("job", "trade", "profession", "work", "occupation", "job_title", "role", "employment"),
        lambda draw: draw.phrase(TRADES),
    ),
    "likes": _Field(
        ways("likes {v}", "loves {v}", "enjoys {v}", "is <|very >fond of {v}", "really <likes|loves|enjoys> {v}",
             "<likes|loves|enjoys> {v} <most of all|very much|a lot>", "has always <liked|loved> {v}"),
        ("likes", "loves", "interest", "enjoys", "hobby", "favourite", "passion", "fond_of"), liking,
    ),
    "friend": _Field(
        ways("has a <|good |best |new |close >friend <called|named> {v}", "is <a|a good|a close|a new> friend of {v}",
             "is <|good >friends with {v}", "has {v} as a <|good |best >friend"),
        ("friend", "friend", "friend_name", "best_friend"), person,
    ),
}  # fmt: skip
_THING = {
    "price": _Field(
        ways("costs {v} euros", "<is|was> sold for <|just |only >{v} euros", "has <a|the> price of {v} euros",
             "<now |>costs <|just |only |about >{v} euros", "<will cost you|will cost> {v} euros"),
        ("price", "cost", "euros", "price_in_euros", "amount", "price"), lambda draw: draw.number(1, 999),
    ),
    "weight": _Field(
        ways("weighs {v} kg", "has <a|the> weight of <|about |only |exactly |just >{v} kg", "is {v} kg heavy",
             "<|now >weighs <|about |only |exactly |just >{v} kg"),
        ("weight", "kg", "weight_kg", "mass", "weight", "weight_in_kg"), lambda draw: draw.number(1, 99),
    ),
    "colour": _Field(
        ways("is {v}", "is <|all |now |painted |bright >{v}<| in colour>", "<has|was painted in> the colour {v}",
             "has a {v} colour"),
        ("colour", "color", "colour", "paint"), lambda draw: draw.phrase(COLOURS),
    ),
    "maker": _Field(
        ways("<is|was> <made|built|designed|produced> by <|the company |the maker >{v}", "has {v} as its <|only >maker",
             "was made <at|in the factory of> {v}"),
        ("maker", "brand", "producer", "manufacturer", "made_by", "company", "builder", "author"), names.invented,
    ),
    "owner": _Field(
        ways("belongs to {v}", "<is|is now|was always> owned by {v}", "has {v} as its <|new |only >owner",
             "<now|still|really> belongs to {v}", "<was|has been> <bought by|sold to|given to> {v}"),
        ("owner", "owned_by", "belongs_to", "holder", "owner_name", "buyer"), person,
    ),
    "year": _Field(
        ways("was <built|made|finished|completed|produced> in <|the year >{v}", "dates from <|the year >{v}",
             "is from <|the year >{v}"),
        ("year", "built", "date", "year_built", "made_in", "since"), lambda draw: draw.number(1500, 2030),
    ),
}  # fmt: skip
_WITH_KEYS = ways(
    "<Give|Write|Show|Return|Output|Extract|Format|Print|Find> {k} as <JSON|a JSON object>.", "JSON with {k}, please.",
    "<Give|Write|Return|Make|Create|Output> <JSON|a JSON object|an object in JSON> with <|the keys >{k}.",
    "<Give|Write|Show|Return> me {k} <as JSON|in JSON>.", "As <JSON|a JSON object> with <|the keys >{k}, please.",
    "<Can|Could|Would|Will> you <give|write|show|return|extract> {k} as <JSON|a JSON object>?",
    "<I need|I want|I would like> {k} <as JSON|in JSON|as a JSON object>.", "<Put|Turn> {k} into <JSON|a JSON object>.",
    "<Please give|Please write|Please return|Please extract> {k} as <JSON|a JSON object>.",
    "<Turn|Put|Convert> <this|it|the text> into JSON with the keys {k}.", "Tell me {k} as JSON.",
    "<Answer|Reply|Respond> <as|in> JSON<: {k}.| with {k}.| with the keys {k}.>", "What are {k}? Answer <as|in> JSON.",
    "<Make|Create|Write|Return> a JSON object<. The keys are {k}.|: {k}.>", "As <JSON|a JSON object>: {k}.",
    "Find {k} and <write|return|give> them as JSON.",
)  # fmt: skip
_WITHOUT_KEYS = ways(
    "<Write|Give|Show|Return|Format|Output|Print> <this|it|all of it|everything> as <JSON|a JSON object>.",
    "<Turn|Put|Convert> <this|it|all of it|everything> into <JSON|a JSON object>.", "As <JSON|a JSON object>:",
    "<Make|Create> <JSON|a JSON object> <of|from> <this|it|the text>.", "As <JSON|a JSON object>, please.",
    "<Can|Could|Would> you <write|give|show|return|format> <this|it> as <JSON|a JSON object>?",
    "<I need|I want|I would like> <this|it|everything> as <JSON|a JSON object>.",
    "<Answer|Reply|Respond> <with|using> <JSON|a JSON object>.", "<All of it|Everything|This> as JSON, please.",
    "Please <write|give|show|return|format> <this|it> as <JSON|a JSON object>.",
)  # fmt: skip
_SYSTEMS = ways(
    "<Answer|Always answer|You always answer|Please answer|You answer> <in|as|only in|only with> JSON.",
    "Output <JSON only|only JSON>.",
    "<Reply|You reply|Always reply|You always reply> <in|with|only with|only in> JSON.",
    "<Respond|Always respond> <in|with> <JSON|a JSON object>.",
    "You <answer|reply|respond> with <JSON|a JSON object> only.",
    "<Write|Give|Return> <every answer|all answers> as JSON.",
    "<Your answers are|Every answer is|Each answer is> <JSON|a JSON object>.",
    "You <write|return|give|output> <JSON|a JSON object>.",
    "You turn <texts|a text|what the user says> into JSON.", "Only JSON, please.",
    "<Use|Write> JSON for <each|every> answer.",
    "Every answer must be <|valid >JSON.", "Answer with <nothing but|only> JSON.",
)  # fmt: skip
_SYSTEM_KEYS = ways(
    " <Use|Always use|Please use|Use only> <|the keys >{k}.", " <The|Its> keys are {k}.", " Keys: {k}.",
    " With <|the keys >{k}.",
    " <Give|Extract|Find|Take|Return|Write> <|the keys >{k}.", " The object has <|the keys >{k}.",
    " It has <|the keys >{k}.",
    " <Find|Extract|Give> {k} <in|from> the text.", " The keys <of the object|of the JSON> are {k}.",
)  # fmt: skip
_LISTS = ways(
    "<Write|Give|Return|Put|Show> {w} as a JSON list <under|with> the key {k}.", "Put {w} under {k} as JSON.",
    "<Make|Write|Return|Create> <JSON|a JSON object> with the list {k}: {w}.", "As JSON with the key {k}: {w}.",
    "<Write|Give|Return|Show> {w} as JSON, as a list called {k}.", "<List|Write|Give|Show> the {k} as JSON: {w}.",
    "<The|My|Our> {k} are {w}. <Write|List|Give|Show> them as JSON.", "JSON, please, with the key {k}: {w}.",
    "<Here are|These are> <|my |the >{k}: {w}. <Write|List|Give|Show> them as JSON.",
    "<Turn|Put> this list of {k} into JSON: {w}.", "<My|Our|The> {k}: {w}. <Give|List|Write> the {k} as JSON.",
    "<Return|Write|Give|Make> JSON with the key {k}: {w}.",
)  # fmt: skip


def _text(draw: Draw) -> tuple[str, list[_Entry]]:
    """Sentences about a person or a thing, and what they say."""
    fields, first = (_PERSON, person(draw)) if draw.chance(0.6) else (_THING, names.invented(draw))
    noun = draw.one(THINGS) if fields is _THING else ""
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
    form = draw.one(
        ("{k}: {v}", "{k} = {v}", "{k} is {v}", "the {k} is {v}", "{k} - {v}", "{k}: {v}", "my {k} is {v}", "{v} ({k})")
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
        found.setdefault(draw.one(entry.keys) if draw.chance(0.4) else entry.key, entry.value)
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
    for at in range(draw.one((1, 2, 3, 4))):
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
    key = names.lower(draw) if draw.chance(0.3) else "answer" if draw.chance(0.5) else draw.one(_ANSWER_KEYS)
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
_ONE_KEY = ways(
    " <Use|Always use|Please use|Use only> the key {k}.", " <The|Its|The only|Its only> key is {k}.", " Key: {k}.",
    " With the key {k}.",
    " Put <it|the answer> under <|the key >{k}.", " It has <|only >the key {k}.", " <Name|Call> the key {k}.",
    " The key <of the object|for the answer> is {k}.", " Write <it|the answer> under the key {k}.",
)  # fmt: skip
_AS_ANSWER = ways(
    "<Answer|Reply|Respond> <as|in> JSON <with the key {k}|under {k}|under the key {k}>.",
    "As JSON with the key {k}, please.",
    "<Give|Return|Write> <JSON|the answer as JSON|a JSON object> with the key {k}.", "<Answer|Reply> in JSON, key {k}.",
    "<Write|Put|Give> the answer <as JSON under|into JSON under|as JSON with the key> {k}.",
    "JSON, please, with the key {k}.",
    "<Use|Give|Return> JSON with {k} as the key.", "<Answer|Reply> <in|as> JSON. The key is {k}.",
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
