"""Passages to be shortened: sentences on their topic are copied word for word, remarks beside it are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo_model.corpus import names, values
from demo_model.corpus.asking import question
from demo_model.corpus.conversation import Conversation, Expected, Message
from demo_model.corpus.draw import Draw
from demo_model.corpus.fillers import filler
from demo_model.corpus.phrasings import combined, listed, upper
from demo_model.corpus.world import Fact, Thing, label, predicate, some_kind, some_thing, statement

# What stands before a remark beside the topic, and what before a sentence that counts. Each says clearly which it is.
_ASIDES: tuple[str, ...] = (
    *combined("|just|only|and", "by the way,|by the by,|incidentally,"),
    *combined(
        "a|one|another|just a|only a|here is a",
        "small|little|minor|short|side|less important",
        "remark:|detail:|note:|point:|aside:|matter:",
    ),
    *combined("as a|just as a|only as a|on a", "small|little|side|short|minor", "note,|remark,|detail,|aside,"),
    *combined(
        "it|this|that",
        "does not matter|hardly matters|is not important|is less important|matters little|is of no importance",
        ", but|:",
    ),
    *combined("not important|less important|not so important|not that it matters|of no importance", ":|, but"),
    *combined("|just", "in passing,|as an aside,|beside the point:"),
    *combined("|and|but", "apart from that,|apart from this,"),
)
_MAIN: tuple[str, ...] = (
    *combined(
        "the|here is the|this is the|now the|remember the",
        "main|most important|key|first|important",
        "point:|thing:|fact:|news:|message:",
    ),
    *combined("most important|important|very important|mainly|above all|first of all|most of all", ":|,"),
    *combined("most important of all|what matters|what matters most|what counts|what is important", ":|is this:"),
    *combined("the main point|the main thing|the key point|the important thing|the news", "is this:|is that"),
    *combined("please|and please|you must|you should|always", "remember:|remember that|note:|note that|know that"),
)
_NEWS: tuple[str, ...] = (
    *combined("{S}", "was|will be", "sold|shown|saved|tested|chosen|moved", "{w}.|by {p}.|in {t}."),
    *combined("{S}", "has a new|gets a new|needs a new|is looking for a new|has lost its|wants a new", "{k}."),
    *combined("{S}", "was|is now|will be", "run by|led by|kept by|owned by|looked after by", "{p}."),
    *combined("{S}", "will cost|now costs|has cost", "{e}", "a day.|a week.|a month.|in all."),
)
_PARTS = listed(
    "door|roof|name|owner|plan|engine|leader|colour|floor|sign|sponsor|flag|captain|menu|lamp|partner|window"
)
_DO = listed("|please|can you|could you|will you|now|now please|can you please|would you|I want you to|I need you to")
_TEXTS = "this|the text|this text|it|the passage|this passage|all this|the article"
_WANTED: tuple[str, ...] = (
    *combined(_DO, "summarize|summarise|shorten|sum up", _TEXTS, "|for me|in short|briefly", "{.}"),
    *combined(_DO, "give me|write|make", "a", "|short|brief", "summary", "|of this|of the text|of it", "{.}"),
    *combined(_DO, "give me|list|name|tell me|write down", "the main", "points|sentences|facts|things", "{.}"),
    *combined(_DO, "make", _TEXTS, "shorter|short|brief", "{.}"),
    *combined(
        "what are|what were|which are", "the main", "points|sentences|facts|things", "|here|of this|in short", "?"
    ),
    *combined("what does|what did", "the text|it|this text|the article", "say", "in short|briefly|in brief", "?"),
    *combined("|a|the|one|my", "short|brief", "summary|version", "|please|of this|of the text", "{.}"),
    *combined("|the|a|please:|now:|so:", "tl;dr", "|please|?|for this|of this|of the text"),
    *combined("in short|in brief|briefly|shortly", "?|, please.|: what does it say?|: what does the text say?"),
    *combined("I need|I want|I would like", "a summary|a short summary|the main points|a short version", "."),
    *combined("|please", "keep only|give only|only keep|just give", "the main points|the main sentences", "."),
)
_ONE: tuple[str, ...] = (
    *combined(
        _DO,
        "summarize|summarise|shorten|sum up|put",
        _TEXTS,
        "in one sentence|in a single sentence|in just one sentence|in only one sentence",
        "{.}",
    ),
    *combined(_DO, "give me|write|tell me", "one sentence|a single sentence|just one sentence", "|of it", "{.}"),
    *combined(_DO, "give me|write|name|tell me", "the", "main|most important|key", "sentence|point", "{.}"),
    *combined("|now|please|so|and now|and", "in", "one|a single|just one", "sentence", "|, please", "."),
    *combined("what is|what was|which is", "the", "main|most important|key", "sentence|point", "|here|of it", "?"),
    *combined("what does|what did", "the text|it|this text", "say in", "one sentence|a single sentence", "?"),
    *combined("|a|the|my", "summary|tl;dr", "in|of", "one sentence|a single sentence", "|, please", "."),
)
_LABELS = ("", "Text: ", "Text:\n", "The text: ", "Article:\n", "Article: ", "Passage: ", "Passage:\n", "### Text\n")
_GIVING = (*_LABELS, "Here is the text: ", "This is the text: ", "Here is my text:\n", "Read this: ", "Read the text: ")
_LEADS: tuple[str, ...] = (
    *(
        f"{start}{{w}}{space}{label}{{t}}"
        for start in ("", "Task: ")
        for space in ("\n\n", "\n", " ")
        for label in _GIVING
    ),
    *('{w}\n"{t}"', "{w}\n\n---\n{t}", "{w}\n\n```\n{t}\n```", "{w}\n<text>{t}</text>", '{w} "{t}"', "{w}\n---\n{t}"),
    *("Hello! {w}\n\n{t}", "Hi! {w}\n{t}", "{w}\n\n> {t}", "I have a text. {w}\n{t}"),
)
_TRAILS: tuple[str, ...] = (
    *(
        f"{label}{{t}}{space}{task}{{w}}"
        for label in _GIVING
        for space in ("\n\n", "\n", " ")
        for task in ("", "Task: ")
    ),
    *(
        '"{t}"\n{w}',
        "{t}\n---\n{w}",
        "```\n{t}\n```\n{w}",
        "```\n{t}\n```\n\n{w}",
        "<text>{t}</text>\n{w}",
        '"{t}" {w}',
        "---\n{t}\n---\n{w}",
    ),
)
_SYSTEM: tuple[str, ...] = tuple(
    f"{start}{space}{label}{{t}}".lstrip()
    for start in ("", "You shorten texts.", "You sum up texts.", "You are a helpful assistant.", "The user has a text.")
    for space in (" ", "\n\n")
    for label in _GIVING
)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A passage on one topic: all its sentences, and which of them are the main ones, in order."""

    topic: Thing
    facts: tuple[Fact, ...]
    sentences: tuple[str, ...]
    main: tuple[str, ...]


def sketch(draw: Draw) -> Sketch:
    """A passage of three to eight sentences of which one to three, mostly one or two, tell of the topic."""
    kind = some_kind(draw, 0.08)
    taken: set[str] = set()
    topic = some_thing(draw, kind, taken)
    properties = draw.some(kind.properties, draw.one((1, 1, 1, 1, 2, 2, 2, 2, 2, 3)))
    facts = tuple(Fact(topic, one, one.make(draw)) for one in properties)
    order = _order(draw, len(facts))
    sentences: list[str] = []
    main: list[str] = []
    for at, on_topic in enumerate(order):
        if on_topic:
            main.append(_main(draw, topic, facts[len(main)], on=at > 0 and order[at - 1]))
        sentences.append(main[-1] if on_topic else _side(draw, taken))
    return Sketch(topic, facts, tuple(sentences), tuple(main))


def _order(draw: Draw, count: int) -> list[bool]:
    """For each sentence, whether it is one of the `count` main ones. Mostly these are the first ones, or together."""
    sides = draw.number(3 - min(count, 2), 8 - count if draw.chance(0.15) else 3)
    form = draw.number(0, 9)
    if form < 4:
        return [True] * count + [False] * sides
    if form < 6:
        before = draw.number(1, sides)
        return [False] * before + [True] * count + [False] * (sides - before)
    order = [True] * count + [False] * sides
    draw.random.shuffle(order)
    return order


def _main(draw: Draw, topic: Thing, fact: Fact, *, on: bool) -> str:
    """A sentence on the topic, by its name or, where the sentence before was on it as well, by a pronoun."""
    form = draw.number(0, 9)
    if form < 3:
        return upper(f"{draw.phrase(_MAIN)} {label(draw, topic)} {predicate(draw, fact)}.")
    if form < 5 and not topic.kind.person:
        return _news(draw, topic)
    return statement(draw, fact, on=on) if form < 7 else upper(f"{label(draw, topic)} {predicate(draw, fact)}.")


def _news(draw: Draw, topic: Thing) -> str:
    return draw.phrase(_NEWS).format(
        S=upper(label(draw, topic)),
        w=values.date(draw).text,
        k=draw.one(_PARTS),
        p=values.person(draw).text,
        t=names.place(draw),
        e=values.price(10, 900)(draw).text,
    )


def _side(draw: Draw, taken: set[str]) -> str:
    """A remark that is not on the topic, nearly always with words in front that say so."""
    if draw.chance(0.1):
        return filler(draw)
    if draw.chance(0.65):
        other = filler(draw)
        rest = other[0].lower() + other[1:]
    else:
        kind = some_kind(draw, 0.0)
        thing = some_thing(draw, kind, taken)
        fact = draw.one(kind.properties)
        rest = f"{label(draw, thing)} {predicate(draw, Fact(thing, fact, fact.make(draw)))}."
    return upper(f"{draw.phrase(_ASIDES)} {rest}")


def _given(draw: Draw, text: str, wanted: str) -> list[Message]:
    """The text and the first wish, in one message or two."""
    form = draw.number(0, 9)
    if form < 2:
        return [Message("system", draw.phrase(_SYSTEM).format(t=text)), Message("user", wanted)]
    return [Message("user", draw.phrase(_LEADS if form < 6 else _TRAILS).format(t=text, w=wanted))]


def _wish(draw: Draw, *, single: bool) -> str:
    wanted = draw.phrase(_ONE if single else _WANTED)
    asks = wanted.startswith(("can ", "could ", "will ", "would "))
    wanted = wanted.replace("{.}", "?" if asks else ".").replace(" .", ".").replace(" ?", "?")
    return wanted.rstrip(".?") if draw.chance(0.08) else upper(wanted)


def _text(draw: Draw, made: Sketch) -> str:
    text = draw.one((" ", " ", " ", "\n")).join(made.sentences)
    if draw.chance(0.08):
        return f"{draw.one(('# ', '', 'Title: '))}{upper(label(draw, made.topic))}\n\n{text}"
    return text


def summary(draw: Draw) -> Conversation:
    """A passage and its main sentences, or the first of them where one is asked for."""
    made = sketch(draw)
    single = draw.chance(0.25)
    kept = made.main[:1] if single else made.main
    messages = [*_given(draw, _text(draw, made), _wish(draw, single=single)), Message("assistant", " ".join(kept))]
    lacks = tuple(one for one in made.sentences if one not in kept)
    return Conversation("summary", tuple(messages), expected=Expected(contains=kept, lacks=lacks))


def summary_and_more(draw: Draw) -> Conversation:
    """A passage that is first shortened, then shortened once more or asked about."""
    made = sketch(draw)
    messages = [*_given(draw, _text(draw, made), _wish(draw, single=False)), Message("assistant", " ".join(made.main))]
    if len(made.main) > 1 or draw.chance(0.3):
        messages += [Message("user", _wish(draw, single=True)), Message("assistant", made.main[0])]
    text = " ".join(made.sentences)
    for fact in made.facts:
        if fact.value.bare in text and any(fact.value.bare in one for one in made.main):
            messages += [
                Message("user", question(draw, made.topic, fact.property)),
                Message("assistant", fact.value.answer),
            ]
    return Conversation("summary_and_more", tuple(messages))


NOTHING = "Nothing important was said."


def spoken(draw: Draw) -> Conversation:
    """What several people said, a line each, of which those that say that they matter are kept. Often none does. Now
    and then nobody noted who spoke.
    """
    taken: set[str] = set()
    noted = not draw.chance(0.2)
    speakers = [_speaker(draw, number) if noted else "" for number in range(1, 1 + draw.number(1, 4))]
    matters = draw.one((0.05, 0.1, 0.2, 0.3, 0.5))
    lines: list[str] = []
    kept: list[str] = []
    for _ in range(draw.number(1, draw.one((4, 6, 10)))):
        main = draw.chance(matters)
        lines.append(draw.one(speakers) + (_main_remark(draw, taken) if main else _side(draw, taken)))
        if main:
            kept.append(lines[-1])
    messages = [*_given(draw, "\n".join(lines), _wish(draw, single=False))]
    said = "\n".join(kept) or NOTHING
    return Conversation("summary_spoken", (*messages, Message("assistant", said)))


def _speaker(draw: Draw, number: int) -> str:
    """Who speaks, and a colon: a name, or what a recording's software makes of somebody whom it does not know."""
    unknown = draw.chance(0.1)
    return (
        f"{draw.one(('Speaker', 'speaker', 'S', 'Voice'))} {number}: " if unknown else f"{values.person(draw).text}: "
    )


def _main_remark(draw: Draw, taken: set[str]) -> str:
    kind = some_kind(draw, 0.08)
    thing = some_thing(draw, kind, taken)
    asked = draw.one(kind.properties)
    lead = "important:" if draw.chance(0.25) else draw.phrase(_MAIN)
    return upper(f"{lead} {label(draw, thing)} {predicate(draw, Fact(thing, asked, asked.make(draw)))}.")


SKILLS: dict[str, Callable[[Draw], Conversation]] = {
    "summary": summary,
    "summary_and_more": summary_and_more,
    "summary_spoken": spoken,
}
CASES: dict[str, Callable[[Draw], Conversation]] = {"summary": summary}
