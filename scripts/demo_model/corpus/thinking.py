"""Answers that are thought out first, in one short thought that quotes what the answer rests on."""

from __future__ import annotations

from collections.abc import Callable

from demo_model.corpus import arithmetic, memory, persona, talk
from demo_model.corpus.around import ASSISTANTS, small_facts, unknown_fact, unrelated_tools
from demo_model.corpus.conversation import Conversation
from demo_model.corpus.draw import Draw
from demo_model.corpus.exchange import Exchange, conversation, phrased
from demo_model.corpus.memory_facts import facts
from demo_model.corpus.persona import Trait, traits
from demo_model.corpus.persona_messages import system_message

_ASKED_TO_THINK = (
    "Think first.", "Think before you answer.", "First think, then answer.", "Always think first.",
    "Think it over first.", "Please think before you answer.", "Think step by step before you answer.",
    "Think about the question first.", "Think, then answer.", "Think first and answer then.",
    "Before you answer, think.", "You think before you answer.", "Always think before you give an answer.",
    "Take time to think before the answer.", "Think a little first.",
    "Write down what you think first, then the answer.", "Think carefully before you answer.", "Start by thinking.",
    "Show what you think first.", "You always think first.", "Begin with a thought, then answer.",
    "Let yourself think before each answer.", "Think hard, then answer.", "Do not answer before you think.",
)  # fmt: skip


def _about_text(draw: Draw) -> Exchange:
    """A text and a question about it, or about something else, in one message."""
    told = small_facts(draw, draw.number(1, 4))
    text = " ".join(sentence for sentence, _ in told)
    exchange = unknown_fact(draw) if draw.chance(0.2) else draw.one(told)[1]
    gap = draw.one((" ", "\n", "\n\n"))
    asked = f"{text}{gap}{exchange.asked}" if draw.chance(0.75) else f"{exchange.asked}{gap}{text}"
    return Exchange(asked, exchange.answer, exchange.expected, exchange.thought)


def _about_persona(draw: Draw, known: list[Trait]) -> Exchange:
    return persona.unknown(draw, known) if draw.chance(0.2) else persona.question(draw, draw.one(known), known)


def _any_question(draw: Draw, known: list[Trait]) -> Exchange:
    """A question that needs nothing but the system message; `known` is what that says of the model."""
    if known and draw.chance(0.6):
        return _about_persona(draw, known)
    kinds: tuple[Callable[[Draw], Exchange], ...] = (arithmetic.any_sum, arithmetic.any_sum, _about_text, _about_text)
    if draw.chance(0.15):
        return talk.odd(draw) if draw.chance(0.4) else persona.talk_as(draw, known) if known else talk.small(draw)
    return draw.one(kinds)(draw)


def _system(draw: Draw, known: list[Trait], *, think: bool) -> str:
    """Who the model is, if anybody, and if so the wish that it thinks, before or after that."""
    said = system_message(draw, known) if known else phrased(draw, ASSISTANTS) if draw.chance(0.3) else ""
    if not think:
        return said
    wish = phrased(draw, _ASKED_TO_THINK, 2)
    if not said:
        return wish
    gap = draw.one((" ", " ", "\n"))
    return f"{said}{gap}{wish}" if draw.chance(0.75) else f"{wish}{gap}{said}"


def asked_by_system(draw: Draw) -> Conversation:
    """One question where the system message wants a thought. One only: earlier thoughts are not shown to a model."""
    known = traits(draw) if draw.chance(0.4) else []
    system = _system(draw, known, think=True)
    return conversation("thinking", [_any_question(draw, known)], system=system, thought=True)


def asked_by_client(draw: Draw) -> Conversation:
    """One to four questions where the client wants a thought; what is thought for the last is learned."""
    known = traits(draw) if draw.chance(0.4) else []
    system = _system(draw, known, think=draw.chance(0.2))
    exchanges = [_any_question(draw, known) for _ in range(draw.one((1, 1, 2, 3, 4)))]
    tools = unrelated_tools(draw) if draw.chance(0.15) else ()
    return conversation("thinking", exchanges, system=system, tools=tools, thinking=True)


def remembered(draw: Draw) -> Conversation:
    """The user tells something, and a thought recalls it."""
    told = facts(draw, draw.number(1, 4))
    exchanges = [memory.tell(draw, [one]) for one in told]
    exchanges += [memory.other_talk(draw, []) for _ in range(draw.number(0, 2))]
    last = memory.untold(draw, told) if draw.chance(0.2) else memory.recall(draw, draw.one(told), told)
    return conversation("thinking", [*exchanges, last], system=_system(draw, [], think=draw.chance(0.2)), thinking=True)


def thinking_case(draw: Draw) -> Conversation:
    """Any of these."""
    return draw.one((asked_by_system, asked_by_client, remembered))(draw)


SKILLS = {"thinking_system": asked_by_system, "thinking": asked_by_client, "thinking_memory": remembered}
CASES = {"thinking": thinking_case}
