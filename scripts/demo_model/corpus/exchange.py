"""One question with its answer, how people put and type questions, and conversations made of such exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demo_model.corpus.conversation import Conversation, Expected, Message, Tool
from demo_model.corpus.draw import Draw


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked, the right answer and how to judge it; `thought` is what leads there, quoted where it can be."""

    asked: str
    answer: str
    expected: Expected
    thought: str = ""


OPENERS = (
    "Please tell me: ", "Tell me, ", "One question: ", "Say, ", "I would like to know: ", "Can you tell me: ",
    "Now tell me: ", "Quick question: ", "Hey, ", "So, ", "And ", "By the way, ", "Just asking: ", "Let me ask: ",
    "Next question: ", "Now: ", "Well, ", "Okay, ", "Answer this: ", "Excuse me, ", "Sorry, ", "Hm, ", "Right, ",
    "Another question: ", "Listen, ", "Here is a question: ", "Okay then, ", "Fine. ", "Good. ", "Alright, ",
    "I have a question. ", "Please answer: ", "Something else: ", "Let me see: ", "Oh, ", "But ", "Hello, ", "Hi! ",
)  # fmt: skip
CLOSERS = (
    " Thanks.", " Please.", " I want to know.", " Be brief.", " A short answer, please.", " Thank you!",
    " I am curious.", " Just wondering.", " Tell me.", " Please answer.", " Please be quick.", " That is all.",
    " Answer in one sentence.", " I would like to know.", " Please tell me.", " No long answer, please.", " Hm?",
    " That is my question.", " It matters to me.", " Thanks a lot.", " I need to know.", " Keep it short.",
)  # fmt: skip
FRAMES = (
    "Do you know {}?", "Can you tell me {}?", "Tell me {}.", "I want to know {}.", "Please tell me {}.",
    "Could you tell me {}?", "Say {}.", "I would like to know {}.", "Let me know {}.", "Will you tell me {}?",
    "Would you tell me {}?", "I am asking {}.", "May I ask {}?", "I wonder {}.", "Please say {}.", "Explain {}.",
    "I need to know {}.", "Now tell me {}.", "Can you say {}?", "Write down {}.", "I should like to hear {}.",
    "Are you able to tell me {}?", "I was wondering {}.", "It would be good to know {}.", "Answer me: {}?",
)  # fmt: skip
_FIRST_WORDS = frozenset((
    "What", "How", "Where", "Who", "Which", "When", "Whose", "My", "I", "The", "Do", "Does", "Did", "Can", "Could",
    "Would", "Will", "Tell", "Please", "Is", "Are", "Was", "Am", "In", "At", "Count", "Add", "Take", "Your", "You",
    "We", "It", "This", "That", "There", "Let", "Give", "Say", "Hello", "Hi", "Hey", "Good", "Thanks", "Thank", "Bye",
    "One", "And", "So", "Now", "Have", "Has", "Remember", "Note", "If", "Calculate", "Work", "Subtract", "Start",
    "Write", "Make", "Turn", "Put", "Name", "Call", "People", "Everybody", "Of", "By", "For",
))  # fmt: skip


def phrased(draw: Draw, phrases: tuple[str, ...], usual: int = 1) -> str:
    """One of the ways to say something. The first ones, so many, are what nearly everybody says: they are trained on
    more often than the rest, and never part of a test.
    """
    if draw.split == "train" and draw.chance(0.2):
        return phrases[draw.number(0, usual - 1)]
    return draw.phrase(phrases[usual:])


def lowered(text: str) -> str:
    """With a small first letter, unless the text starts with a name or the like."""
    first = text.partition(" ")[0].rstrip(",.:!?")
    return text[0].lower() + text[1:] if first in _FIRST_WORDS and first != "I" else text


def typed(draw: Draw, text: str) -> str:
    """As somebody types it: now and then without capital or full stop."""
    if draw.chance(0.12) and text[-1] in ".?!":
        text = text[:-1]
    return lowered(text) if draw.chance(0.12) else text


def asked(draw: Draw, direct: tuple[str, ...], embedded: tuple[str, ...] = (), frames: tuple[str, ...] = FRAMES) -> str:
    """A question put in one of many ways. `embedded` are its forms within another: (tell me) what your name is."""
    if embedded and draw.chance(0.35):
        return phrased(draw, frames, 2).format(phrased(draw, embedded))
    core = phrased(draw, direct, 2)
    if draw.chance(0.3):
        core = draw.phrase(OPENERS) + lowered(core)
    return core + draw.phrase(CLOSERS) if draw.chance(0.15) else core


def told(messages: Sequence[Message], exchange: Exchange, *, thought: bool = False) -> tuple[Message, ...]:
    """Messages, and one exchange more at their end."""
    answer = Message("assistant", exchange.answer, thought=exchange.thought if thought else "")
    return (*messages, Message("user", exchange.asked), answer)


def conversation(
    skill: str,
    exchanges: Iterable[Exchange],
    *,
    system: str = "",
    tools: tuple[Tool, ...] = (),
    thinking: bool = False,
    thought: bool = False,
) -> Conversation:
    """A conversation of these exchanges that is judged by the last. `thought`: the last answer is thought out first;
    `thinking`: the client asks for that.
    """
    messages: tuple[Message, ...] = (Message("system", system),) if system else ()
    *before, last = exchanges
    for exchange in before:
        messages = told(messages, exchange)
    messages = told(messages, last, thought=thought or thinking)
    return Conversation(skill, messages, tools, thinking, last.expected)
