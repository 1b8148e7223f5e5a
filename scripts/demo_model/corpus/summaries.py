"""Passages to be shortened: sentences on their topic are copied word for word, remarks beside it are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo_model.corpus import names, values
from demo_model.corpus.asking import question
from demo_model.corpus.conversation import Conversation, Expected, Message
from demo_model.corpus.draw import Draw
from demo_model.corpus.fillers import filler
from demo_model.corpus.world import Fact, Thing, label, predicate, some_kind, some_thing, statement, upper

_ASIDES: tuple[str, ...] = (
    *(
        "By the way, ",
        "Some say ",
        "As a small aside, ",
        "Incidentally, ",
        "On a side note, ",
        "As an aside, ",
        "People say ",
    ),
    *(
        "It is also said that ",
        "Oddly enough, ",
        "For what it is worth, ",
        "Just for the record, ",
        "Rumour has it that ",
    ),
    *("A small detail: ", "A side remark: ", "Not that it matters, but ", "Of less importance: ", "Nobody cares, but "),
    *("In passing, ", "Somebody told me that ", "I have heard that ", "To mention it briefly, ", "Apart from that, "),
    *(
        "Funnily enough, ",
        "One might add that ",
        "It hardly matters, but ",
        "As a footnote, ",
        "A minor point: ",
        "Some think ",
    ),
    *(
        "Besides the point, ",
        "If you care to know, ",
        "Strange as it sounds, ",
        "They also say that ",
        "On another note, ",
    ),
    *(
        "Legend has it that ",
        "A few believe that ",
        "Just by chance, ",
        "For example, ",
        "As a curiosity, ",
        "In brackets: ",
    ),
)
_MAIN: tuple[str, ...] = (
    *(
        "The main point: ",
        "Above all, ",
        "Most important of all, ",
        "What matters most: ",
        "The most important thing: ",
    ),
    *(
        "The key fact: ",
        "In the first place, ",
        "First of all, ",
        "The main thing: ",
        "The news is this: ",
        "Remember: ",
    ),
    *("What counts: ", "Important: ", "The heart of the matter: ", "To put it first, ", "The main fact: ", "Mainly, "),
    *("Note well: ", "The point is this: ", "What you must know: ", "Most of all, ", "The big news: ", "In essence, "),
)
_NEWS: tuple[str, ...] = (
    *("{S} will be closed {w}.", "{S} has a new {k}.", "{S} is getting a {k}.", "{S} was sold to {p}.", "{S} won {o}."),
    *(
        "{S} has been repaired by {p}.",
        "{S} will be moved to {t}.",
        "{S} is looking for a new {k}.",
        "{S} was opened {w}.",
    ),
    *(
        "{S} needs help from {p}.",
        "{S} has lost its {k}.",
        "{S} is now run by {p}.",
        "{S} found {o} in {t}.",
        "{S} grows.",
    ),
    *("{S} will cost {e} a day.", "{S} now belongs to {t}.", "{S} was saved by {p}.", "{S} changed its {k} {w}."),
)
_PARTS = (
    *(
        "door",
        "roof",
        "name",
        "owner",
        "plan",
        "garden",
        "engine",
        "leader",
        "colour",
        "floor",
        "sign",
        "rule",
        "sponsor",
    ),
    *("kitchen", "flag", "song", "address", "captain", "budget", "menu", "wall", "lamp", "partner", "tower", "window"),
)
_WANTED: tuple[str, ...] = (
    *(
        "Summarize this text.",
        "Summarize the text.",
        "Please summarize this.",
        "Give me a summary.",
        "Write a summary.",
    ),
    *(
        "Shorten this.",
        "Make this shorter.",
        "Shorten the text, please.",
        "What are the main points?",
        "List the main points.",
    ),
    *(
        "tl;dr",
        "TL;DR?",
        "tl;dr please",
        "In short?",
        "Tell me this in short.",
        "What does it say in short?",
        "Sum this up.",
    ),
    *(
        "Sum up the text.",
        "Can you summarize this for me?",
        "Could you shorten this text?",
        "Give me the main sentences.",
    ),
    *(
        "What is the text about, in short?",
        "Keep only what matters.",
        "I need a short version.",
        "Give me the short version.",
    ),
    *(
        "Summarise this text.",
        "Please give a brief summary.",
        "A summary, please.",
        "Cut this down to the main points.",
    ),
    *(
        "What is most important here?",
        "Condense this.",
        "Give me the gist.",
        "Make a summary of the text.",
        "Be brief: sum it up.",
    ),
    *(
        "Only the main points, please.",
        "Reduce the text to its main sentences.",
        "I have no time. Summarize it.",
        "Short version?",
    ),
)
_ONE: tuple[str, ...] = (
    *(
        "Summarize in one sentence.",
        "Summarize this in one sentence.",
        "Give me one sentence.",
        "In one sentence, please.",
    ),
    *(
        "Now in one sentence.",
        "Sum it up in one sentence.",
        "One sentence only: what does it say?",
        "Make it one sentence.",
    ),
    *("Say it in a single sentence.", "Shorten this to one sentence.", "What is the main point, in one sentence?"),
    *("A summary of one sentence, please.", "Can you summarize the text in one sentence?", "tl;dr in one sentence"),
    *("Summarise it in a single sentence.", "Give me just the most important sentence.", "The main sentence, please."),
)
_LEADS: tuple[str, ...] = (
    *(
        "{w}\n\n{t}",
        "{w}\n{t}",
        "{w} {t}",
        "{w}\n\nText: {t}",
        "{w} Here is the text: {t}",
        '{w}\n"{t}"',
        "{w}\n\n---\n{t}",
    ),
    *("{w}\n\n```\n{t}\n```", "{w}\nText:\n{t}", "{w} The text: {t}", "Task: {w}\nText: {t}", "{w}\n\n### Text\n{t}"),
    *(
        "{w}\n<text>{t}</text>",
        "Hello! {w}\n\n{t}",
        "{w}\n\n> {t}",
        "I have a text for you. {w}\n{t}",
        "{w} It goes like this: {t}",
    ),
)
_TRAILS: tuple[str, ...] = (
    *("{t}\n\n{w}", "{t}\n{w}", "{t} {w}", "Text: {t}\n\n{w}", "Read this: {t}\n{w}", '"{t}"\n{w}', "{t}\n---\n{w}"),
    *(
        "Here is a text.\n{t}\n\n{w}",
        "```\n{t}\n```\n{w}",
        "Article:\n{t}\n\nTask: {w}",
        "<text>{t}</text>\n{w}",
        "### Text\n{t}\n\n{w}",
    ),
    *(
        "I found this: {t}\n\n{w}",
        "Passage: {t}\n{w}",
        "{t}\n\nNow please do this: {w}",
        "From the newspaper:\n{t}\n\n{w}",
    ),
)
_SYSTEM: tuple[str, ...] = (
    *("{t}", "The user will ask about this text: {t}", "Text:\n{t}", "Use this text.\n\n{t}", "Here is the text: {t}"),
    *(
        "You shorten texts. The text: {t}",
        "You are a helpful assistant.\n\n{t}",
        "Document:\n{t}",
        "Work with this: {t}",
    ),
    *(
        "Context:\n{t}",
        "You help to sum up texts.\n{t}",
        "Read this text and wait for the user.\n\n{t}",
        "Article: {t}",
    ),
)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A passage on one topic: all its sentences, and which of them are the main ones, in order."""

    topic: Thing
    facts: tuple[Fact, ...]
    sentences: tuple[str, ...]
    main: tuple[str, ...]


def sketch(draw: Draw) -> Sketch:
    """A passage of three to ten sentences of which one to three tell of the topic, the first of them often in front."""
    kind = some_kind(draw)
    taken: set[str] = set()
    topic = some_thing(draw, kind, taken)
    properties = draw.some(kind.properties, min(len(kind.properties), 3))
    facts = tuple(Fact(topic, one, one.make(draw)) for one in properties)
    facts = facts[: draw.one((1, 2, 2, 3, 3))]
    order = _order(draw, len(facts))
    sentences: list[str] = []
    main: list[str] = []
    for at, on_topic in enumerate(order):
        if on_topic:
            main.append(_main(draw, topic, facts[len(main)], on=at > 0 and order[at - 1]))
        sentences.append(main[-1] if on_topic else _side(draw, taken))
    return Sketch(topic, facts, tuple(sentences), tuple(main))


def _order(draw: Draw, count: int) -> list[bool]:
    """For each sentence, whether it is one of the `count` main ones; mostly the first one is."""
    sides = draw.number(max(1, 3 - count), 10 - count if draw.chance(0.3) else 4)
    order = [True] * count + [False] * sides
    if not draw.chance(0.12):
        draw.random.shuffle(order)
    if draw.chance(0.6):
        order.remove(True)
        order.insert(0, True)
    return order


def _main(draw: Draw, topic: Thing, fact: Fact, *, on: bool) -> str:
    """A sentence on the topic, by its name or, where the sentence before was on it as well, by a pronoun."""
    form = draw.number(0, 9)
    if form < 2:
        return f"{draw.phrase(_MAIN)}{label(draw, topic)} {predicate(draw, fact)}."
    if form < 4:
        return _news(draw, topic)
    return statement(draw, fact, on=on)


def _news(draw: Draw, topic: Thing) -> str:
    return draw.phrase(_NEWS).format(
        S=upper(label(draw, topic)),
        w=values.date(draw).text,
        k=draw.one(_PARTS),
        p=values.person(draw).text,
        o=values.thing(draw).text,
        t=names.place(draw),
        e=values.price(10, 900)(draw).text,
    )


def _side(draw: Draw, taken: set[str]) -> str:
    """A remark that is not on the topic, mostly with words in front that say so."""
    if draw.chance(0.3):
        return filler(draw)
    if draw.chance(0.5):
        other = filler(draw)
        rest = other[0].lower() + other[1:]
    else:
        kind = some_kind(draw)
        thing = some_thing(draw, kind, taken)
        fact = draw.one(kind.properties)
        rest = f"{label(draw, thing)} {predicate(draw, Fact(thing, fact, fact.make(draw)))}."
    return draw.phrase(_ASIDES) + rest


def _given(draw: Draw, text: str, wanted: str) -> list[Message]:
    """The text and the first wish, in one message or two."""
    form = draw.number(0, 9)
    if form < 2:
        return [Message("system", draw.phrase(_SYSTEM).format(t=text)), Message("user", wanted)]
    return [Message("user", draw.phrase(_LEADS if form < 6 else _TRAILS).format(t=text, w=wanted))]


def _wish(draw: Draw, *, single: bool) -> str:
    wanted = draw.phrase(_ONE if single else _WANTED)
    return wanted[0].lower() + wanted[1:].rstrip(".?") if draw.chance(0.08) else wanted


def _text(draw: Draw, made: Sketch) -> str:
    text = draw.one((" ", " ", " ", "\n")).join(made.sentences)
    if draw.chance(0.12):
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


SKILLS: dict[str, Callable[[Draw], Conversation]] = {"summary": summary, "summary_and_more": summary_and_more}
CASES: dict[str, Callable[[Draw], Conversation]] = {"summary": summary}
