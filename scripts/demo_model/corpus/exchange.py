"""One question with its answer, how people put and type questions, and conversations made of such exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from demo_model.corpus.conversation import Conversation, Expected, Message, Tool
from demo_model.corpus.draw import Draw
from demo_model.corpus.practice import asking as practice
from demo_model.corpus.ways import Ways, ways


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked, the right answer and how to judge it; `thought` is what leads there, quoted where it can be."""

    asked: str
    answer: str
    expected: Expected
    thought: str = ""


OPENERS = ways(
    "<|Please |Now |So |Okay, |Hey, >tell me: ", "<Can|Could|Will|Would> you <|please >tell me: ", "Tell me, ",
    "<One|A|A quick|Quick|Next|Another|A short|My|My next|Just one> question: ", "<I have|Here is> a question: ",
    "I <want|would like|need> to know: ", "<And|So|Now|Well|Okay|Hey|Oh|Hi|Hello|Alright|Right|Sorry|Hm|Good|Listen>, ",
    "By the way, ", "<Just|I am just> asking: ", "Let me ask<| you>: ", "<Please answer|Answer this>: ", "And ", "But ",
    "<I have|Here is> <a|another|a quick> question. ", "<Okay|Alright|Good|Fine|Well> then, ", "Excuse me, ",
    "<Okay|Good|Hello|Hi|Thanks>. ", "<Hello|Hi|Hey>! ", "Something else: ", "Please, ", "<Hello|Hi|Hey> again, ",
)  # fmt: skip
CLOSERS = ways(
    " <Thanks|Thank you|Thanks a lot|Please|Please answer|Please tell me|Tell me|Be brief|Please be brief>.",
    " I <want|would like|need> to know<| it| that>.", " <A short|Just a short|A brief|One short> answer, please.",
    " <Please answer|Answer> <briefly|shortly|in one sentence|in a few words>.", " <I am|I'm> <just |>curious.",
    " <|I am >just <wondering|asking>.", " That is <all|my question>.", " Keep it <short|brief>.", " Thank you!",
    " Keep <it|your answer> <short|brief>, please.", " No long answer, please.",
    " <Thanks|Thank you> <for your help|in advance>.",
)  # fmt: skip
FRAMES = ways(
    "Tell me {}.", "Do you know {}?", "<Please tell|Now tell|Just tell|So tell|And tell> me {}.",
    "<Can|Could|Will|Would> you <tell me|please tell me|say> {}?", "<Can|Could> you let me know {}?",
    "I <want|would like|need|just want> to know {}.", "<I'd like|I want|I would like> to <hear|know> {}.",
    "I <wonder|was wondering|am wondering|wanted to know> {}.", "<Please let|Let> me know {}.", "Please say {}.",
    "<May|Can|Could> I ask {}?", "I <do not|don't> know {}.", "Do you <happen to|maybe|perhaps> know {}?", "Say {}.",
    "<I want to|I would like to|Let me> ask {}.", "My question is {}.", "Do you know, please, {}?",
    "I am <not sure|asking> {}.", "Are you able to tell me {}?", "It would be good to know {}.",
)  # fmt: skip
_FIRST_WORDS = frozenset((
    "What", "How", "Where", "Who", "Which", "When", "Whose", "My", "I", "The", "Do", "Does", "Did", "Can", "Could",
    "Would", "Will", "Tell", "Please", "Is", "Are", "Was", "Am", "In", "At", "Count", "Add", "Take", "Your", "You",
    "We", "It", "This", "That", "There", "Let", "Give", "Say", "Hello", "Hi", "Hey", "Good", "Thanks", "Thank", "Bye",
    "One", "And", "So", "Now", "Have", "Has", "Remember", "Note", "If", "Calculate", "Work", "Subtract", "Start",
    "Write", "Make", "Turn", "Put", "Name", "Call", "People", "Everybody", "Everyone", "Of", "By", "For", "What's",
    "Where's", "Who's", "Remind", "Just", "Most", "Our", "Here", "On", "Or", "As", "From", "There's", "Sum", "Compute",
    "But", "Find", "Show", "List", "Begin", "How's", "Okay", "Well", "Should",
))  # fmt: skip


def phrased(draw: Draw, phrases: tuple[str, ...], usual: int = 1, also: tuple[str, ...] = ()) -> str:
    """One of the ways to say something. The first ones, so many, are what nearly everybody says: they are trained on
    more often than the rest, and never part of a test. Nor are those of `also`, which is trained on alone.
    """
    if draw.split == "train" and draw.chance(0.2):
        return phrases[draw.number(0, usual - 1)]
    return draw.phrase(_rest(phrases, usual), also)


@lru_cache(maxsize=4096)
def _rest(phrases: tuple[str, ...], usual: int) -> Ways:
    return Ways(phrases[usual:])


def lowered(text: str) -> str:
    """With a small first letter, unless the text starts with a name or the like."""
    first = text.partition(" ")[0].rstrip(",.:!?")
    return text[0].lower() + text[1:] if first in _FIRST_WORDS and first != "I" else text


def typed(draw: Draw, text: str) -> str:
    """As somebody types it: now and then without capital or full stop."""
    if draw.chance(0.12) and text[-1] in ".?!":
        text = text[:-1]
    return lowered(text) if draw.chance(0.12) else text


def asked(
    draw: Draw,
    direct: tuple[str, ...],
    embedded: tuple[str, ...] = (),
    frames: tuple[str, ...] = FRAMES,
    also: tuple[str, ...] = (),
) -> str:
    """A question put in one of many ways. `embedded` are its forms within another: (tell me) what your name is. `also`:
    direct ones that are trained on alone.
    """
    if embedded and draw.chance(0.35):
        return phrased(draw, _framed(frames, embedded), 2, _framed(practice.FRAMES, embedded))
    core = phrased(draw, direct, 2, also)
    if core[0] in "WHIO" and core[-1] == "?" and draw.chance(0.3):
        core = draw.phrase(OPENERS, practice.OPENERS) + lowered(core)
    return core + draw.phrase(CLOSERS, practice.CLOSERS) if draw.chance(0.15) else core


@lru_cache(maxsize=4096)
def _framed(frames: tuple[str, ...], embedded: tuple[str, ...]) -> Ways:
    """All of the one within all of the other; the first frames with the first embedded question come first."""
    return Ways(frame.format(question) for question in embedded for frame in frames)


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
