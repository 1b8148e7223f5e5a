"""Conversations with tools: calls that a request asks for, what is said of results, and requests that need no call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from demo_model.corpus import arithmetic, persona, reading, talk
from demo_model.corpus.around import ASSISTANTS, small_facts
from demo_model.corpus.conversation import Conversation, Expected, Message, Tool
from demo_model.corpus.draw import Draw
from demo_model.corpus.exchange import Exchange
from demo_model.corpus.persona_messages import system_message
from demo_model.corpus.tool_family import words
from demo_model.corpus.tool_requests import again, request, requests
from demo_model.corpus.tool_results import result
from demo_model.corpus.toolbox import Offer, Wish, ask, can_repeat, toolbox

NO_TOOL = "I have no tool for that."
"""What is said when a request is for something that no tool does."""
_BESIDE_TALK = frozenset(words("numbers search notes people conversion time clock weather calendar talk"))
"""Kins of tools that could serve for small talk, sums, or what somebody tells or asks in general."""
_RULES = (
    "Use the tools when they fit.", "You can use tools.", "Call a tool when it helps.", "You have some tools.",
    "You are an assistant with tools.", "Use a tool where one fits, else answer in words.",
    "Do not guess: use the tools.", "You may call tools.", "Help the user with the tools that you have.",
    "Choose the right tool.", "Tools are below.", "You are a helpful assistant. Use the tools.",
    "If a tool fits, call it.", "Answer with the help of the tools.",
)  # fmt: skip


@dataclass(slots=True)
class _Session:
    """A conversation as it grows. `known` is who the system message says the assistant is."""

    draw: Draw
    offers: list[Offer]
    known: list[persona.Trait] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def start(self) -> None:
        """Puts a system message in front, or none."""
        draw = self.draw
        shape = draw.random.random()
        if shape < 0.15:
            self.known = persona.traits(draw)
            self.messages.append(Message("system", system_message(draw, self.known)))
        elif shape < 0.4:
            self.messages.append(Message("system", draw.phrase(_RULES if shape < 0.27 else ASSISTANTS)))

    def asks(self, wishes: list[Wish], text: str = "") -> Wish:
        """The user asks, the assistant calls. Returns all that is asked for as one wish."""
        draw = self.draw
        text = text or (request(draw, wishes[0]) if len(wishes) == 1 else requests(draw, wishes))
        if draw.chance(0.1 if draw.split == "train" else 0.03):
            text = f"{small_facts(draw, 1)[0][0]} {text}"
        calls = tuple(call for wish in wishes for call in wish.calls)
        self.messages += [Message("user", text), Message("assistant", calls=calls)]
        return wishes[0] if len(wishes) == 1 else replace(wishes[0], calls=calls)

    def tells(self, wishes: list[Wish]) -> tuple[str, ...]:
        """The tools answer, the assistant says so. Returns the values that it has to say."""
        results = [result(self.draw, wish) for wish in wishes]
        self.messages += [Message("tool", content) for one in results for content in one.contents]
        self.messages.append(Message("assistant", " ".join(dict.fromkeys(one.said for one in results))))
        return tuple(value for one in results for value in one.values)

    def says(self, exchange: Exchange) -> None:
        """The user says something that needs no tool, and is answered."""
        self.messages += [Message("user", exchange.asked), Message("assistant", exchange.answer)]

    def conversation(self, skill: str, expected: Expected | None = None) -> Conversation:
        """All of it, the tools in any order."""
        tools: tuple[Tool, ...] = tuple(one.tool for one in self.draw.some(self.offers, len(self.offers)))
        return Conversation(skill, tuple(self.messages), tools, expected=expected)


def tool_call(draw: Draw) -> Conversation:
    """A request and its call, or calls, at once or after something else."""
    talks = draw.chance(0.2)
    session = _session(draw, invented=_share(draw), without=_BESIDE_TALK if talks else frozenset())
    if talks:
        session.says(_talk(draw, session))
    wishes = _wishes(draw, session.offers)
    session.asks(wishes)
    return session.conversation("tool_call", Expected(calls=session.messages[-1].calls))


def tool_several(draw: Draw) -> Conversation:
    """A request that takes two calls to five."""
    session = _session(draw, invented=_share(draw), least=2)
    first = session.offers[0]
    again = can_repeat(first) and draw.chance(0.6)
    wishes = [ask(draw, first, draw.number(2, 5))] if again else _wishes(draw, session.offers, several=1.0)
    session.asks(wishes)
    return session.conversation("tool_several", Expected(calls=session.messages[-1].calls))


def tool_strange(draw: Draw) -> Conversation:
    """A request for a tool whose name and parameters are of words that do not exist, and its call."""
    first = toolbox(draw, 1, invented=1.0, strange=1.0)
    session = _Session(draw, toolbox(draw, draw.number(1, 3), before=first, strange=0.3))
    session.start()
    session.asks([ask(draw, session.offers[0])])
    return session.conversation("tool_strange", Expected(calls=session.messages[-1].calls))


def tool_result(draw: Draw) -> Conversation:
    """A request, its call, the result, and what is said of it."""
    session = _session(draw, invented=_share(draw))
    wishes = _wishes(draw, session.offers, several=0.2)
    session.asks(wishes)
    return session.conversation("tool_result", Expected(contains=session.tells(wishes), calls=()))


def no_call(draw: Draw) -> Conversation:
    """A request that no tool fits, or one that needs none."""
    session = _session(draw, invented=_share(draw), without=_BESIDE_TALK)
    if draw.chance(0.2):
        wishes = _wishes(draw, session.offers, several=0.0)
        session.asks(wishes)
        session.tells(wishes)
    session.says(_unmet(draw, session) if draw.chance(0.5) else _talk(draw, session))
    return session.conversation("no_call", Expected(calls=()))


def tool_session(draw: Draw) -> Conversation:
    """Two to six turns with the same tools: calls, results, the same again, what no tool fits, and talk."""
    talks = draw.chance(0.7)
    session = _session(draw, invented=_share(draw), without=_BESIDE_TALK if talks else frozenset())
    turns = draw.number(2, 6)
    for turn in range(turns):
        shape = draw.random.random()
        if talks and shape < 0.35:
            session.says(_unmet(draw, session) if shape < 0.2 else _talk(draw, session))
            continue
        offer = draw.one(session.offers)
        wishes = [ask(draw, offer)] if shape < 0.75 else _wishes(draw, session.offers, several=0.8)
        session.asks(wishes)
        if turn == turns - 1 and draw.chance(0.4):
            break
        session.tells(wishes)
        if shape < 0.75 and can_repeat(offer) and draw.chance(0.2):
            text, wish = again(draw, offer, wishes[0])
            session.asks([wish], text)
            session.tells([wish])
    return session.conversation("tool_session")


def tool_none(draw: Draw) -> Conversation:
    """Two to four turns with tools that are of no use."""
    session = _session(draw, invented=_share(draw), without=_BESIDE_TALK)
    for _ in range(draw.number(2, 4)):
        session.says(_unmet(draw, session) if draw.chance(0.5) else _talk(draw, session))
    return session.conversation("tool_none", Expected(calls=()))


def tool_thinking(draw: Draw) -> Conversation:
    """A call, what is said of a result, or that no tool fits, thought out first since the client asks for that."""
    made = draw.one((tool_call, tool_call, no_call, tool_result))(draw)
    last = made.messages[-1]
    if last.calls:
        thought = f"I call {' and '.join(dict.fromkeys(call.name for call in last.calls))}."
    elif made.skill == "tool_result":
        thought = "I say the result."
    else:
        thought = "No tool fits." if last.content == NO_TOOL else "I need no tool."
    messages = (*made.messages[:-1], replace(last, thought=thought))
    return replace(made, skill="tool_thinking", messages=messages, thinking=True)


def beside_tools(draw: Draw) -> Conversation:
    """A persona or a text to read, with tools that are of no use."""
    made = draw.one((persona.persona, reading.reading, persona.beside_facts))(draw)
    offers = toolbox(draw, draw.number(1, 4), without=_BESIDE_TALK)
    return replace(made, skill="beside_tools", tools=tuple(one.tool for one in offers))


def _session(
    draw: Draw, *, invented: bool, without: frozenset[str] = frozenset(), least: int = 1, most: int = 6
) -> _Session:
    """One to six tools, of which the first is to be asked for: an invented one or a familiar one."""
    first = toolbox(draw, 1, invented=float(invented), without=without)
    count = max(least, draw.random.choices(range(1, most + 1), (26, 26, 20, 14, 8, 6))[0])
    session = _Session(draw, toolbox(draw, count, without=without, before=first))
    session.start()
    return session


def _share(draw: Draw) -> bool:
    """Whether an invented tool is asked for, or a familiar one."""
    return draw.chance(0.5)


def _wishes(draw: Draw, offers: list[Offer], several: float = 0.25) -> list[Wish]:
    """What is wanted of the first tool, or, as often as `several`, more: of it again, or of others too."""
    first = offers[0]
    if not draw.chance(several):
        return [ask(draw, first)]
    if can_repeat(first) and (len(offers) == 1 or draw.chance(0.5)):
        return [ask(draw, first, 2 if draw.chance(0.75) else 3)]
    others = draw.some(offers[1:], min(len(offers) - 1, 1 if draw.chance(0.8) else 2))
    return [ask(draw, one) for one in draw.some([first, *others], 1 + len(others))]


def _unmet(draw: Draw, session: _Session) -> Exchange:
    """A wish that none of the tools meets."""
    other = toolbox(draw, len(session.offers) + 1, before=session.offers)[-1]
    return Exchange(request(draw, ask(draw, other)), NO_TOOL, Expected(contains=("no tool",), calls=()))


def _talk(draw: Draw, session: _Session) -> Exchange:
    """Something that is answered as it would be without tools."""
    shape = draw.random.random()
    if shape < 0.35:
        return arithmetic.any_sum(draw)
    if session.known and shape < 0.7:
        return persona.question(draw, draw.one(session.known), session.known)
    return talk.small(draw, about_self=not session.known)


SKILLS = {
    "tool_call": tool_call,
    "tool_several": tool_several,
    "tool_strange": tool_strange,
    "tool_result": tool_result,
    "tool_session": tool_session,
    "tool_none": tool_none,
    "tool_thinking": tool_thinking,
    "beside_tools": beside_tools,
}
CASES = {
    "tool_call": tool_call,
    "no_call": no_call,
    "tool_result": tool_result,
    "tool_thinking": tool_thinking,
    "strange_tool_call": tool_strange,
}
