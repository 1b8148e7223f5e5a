"""Questions about a text that is given: answers copied from it, and "The text does not say." where it does not."""

from __future__ import annotations

from collections.abc import Callable

from demo_model.corpus.asking import question
from demo_model.corpus.conversation import Conversation, Expected, Message
from demo_model.corpus.deeds import report
from demo_model.corpus.draw import Draw
from demo_model.corpus.layouts import one_text, opening
from demo_model.corpus.passages import NOT_SAID, Asked, Passage, description
from demo_model.corpus.world import some_kind, some_thing

NO_TEXT = "I am a small demo model. I do not know that."


def reading(draw: Draw) -> Conversation:
    """A text and three to eight questions, of which some have no answer in it; often a small text with one to three."""
    small = draw.chance(0.25)
    return _conversation(draw, "reading", draw.number(*((1, 3) if small else (3, 8))), known=None, small=small)


def long_reading(draw: Draw) -> Conversation:
    """The same with much in the text that nobody asks about, and several texts in one."""
    return _conversation(draw, "long_reading", draw.number(4, 8), known=None, long=True)


def context(draw: Draw) -> Conversation:
    """A text and one to three questions; the last one has its answer in the text."""
    return _conversation(draw, "context", draw.number(1, 3), known=True, strange=0.0)


def unknown(draw: Draw) -> Conversation:
    """A text and one to three questions; the last one has no answer there, though one of another thing may."""
    return _conversation(draw, "unknown", draw.number(1, 3), known=False, strange=0.0)


def strange_context(draw: Draw) -> Conversation:
    """As `context`, about things whose kinds and properties are invented too."""
    return _conversation(draw, "context", draw.number(1, 3), known=True, strange=1.0)


def no_text(draw: Draw) -> Conversation:
    """A question about what nobody has told, without any text."""
    kind = some_kind(draw)
    thing = some_thing(draw, kind, set())
    messages = [
        Message("user", question(draw, thing, draw.one(kind.properties))),
        Message("assistant", NO_TEXT),
    ]
    return Conversation("no_text", tuple(messages), expected=Expected(contains=(("not know", "don't know"),)))


def _passage(draw: Draw, fillers: float, strange: float, small: bool) -> Passage:
    if draw.chance(0.2 * (1 - strange)):
        return report(draw, fillers=fillers, small=small)
    return description(draw, fillers=fillers, strange=strange, small=small)


def _conversation(
    draw: Draw,
    skill: str,
    count: int,
    *,
    known: bool | None,
    long: bool = False,
    small: bool = False,
    strange: float = 0.15,
) -> Conversation:
    fillers = 0.5 if long else 0.05 if small else 0.15
    passages = [_passage(draw, fillers, strange, small) for _ in range(draw.number(2, 4) if long else 1)]
    text = one_text(draw, [part for passage in passages for part in passage.parts])
    messages: list[Message] = []
    asked: Asked | None = None
    seen: set[str] = set()
    for at in range(count):
        passage = draw.one(passages)
        last = at == count - 1
        answered = known if last and known is not None else draw.chance(0.68)
        for _ in range(4):
            new = passage.ask(draw, known=answered, before=asked)
            about = f"{new.about.name if new.about else ''} {new.property.nouns[0] if new.property else ''}"
            key = f"{about} {new.value or ('' if new.about else new.text)}"
            if key not in seen:
                break
        asked = new
        seen.add(key)
        messages += [Message("user", asked.text)] if messages else opening(draw, text, asked.text)
        messages.append(Message("assistant", asked.answer))
    assert asked is not None
    return Conversation(skill, tuple(messages), expected=_expected(asked))


def _expected(asked: Asked) -> Expected:
    if asked.answer == NOT_SAID:
        return Expected(contains=(("does not say", "not say", "do not know"),))
    own = asked.value.lower()
    return Expected(contains=(asked.value,), lacks=tuple(one for one in asked.wrong if one.lower() not in own))


SKILLS: dict[str, Callable[[Draw], Conversation]] = {
    "reading": reading,
    "long_reading": long_reading,
    "no_text": no_text,
}
CASES: dict[str, Callable[[Draw], Conversation]] = {
    "context": context,
    "unknown": unknown,
    "strange_context": strange_context,
}
