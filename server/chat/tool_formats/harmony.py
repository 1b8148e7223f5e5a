"""OpenAI's gpt-oss, Harmony: messages of the channels analysis (reasoning), commentary (calls, and what is said before
them) and final. The marks are control tokens, and the one that ends a call ends the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from server.chat.messages import Message, ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat, each_call_alone
from server.chat.tool_formats.grammar import Grammar, quoted
from server.chat.tool_formats.reader import Malformed, Reader, Steps

START, END, CALL, RETURN = "<|start|>", "<|end|>", "<|call|>", "<|return|>"
CHANNEL, CONSTRAIN, MESSAGE = "<|channel|>", "<|constrain|>", "<|message|>"
_RECIPIENT = re.compile(r"to=functions\.([A-Za-z0-9_-]+)")


class Harmony(ToolFormat):
    """Messages of three channels."""

    name = "harmony"
    marks = (START, END, CALL, RETURN, CHANNEL, CONSTRAIN, MESSAGE)
    owns_reasoning = True

    def recognises(self, template: str) -> bool:
        return CHANNEL in template and MESSAGE in template

    def read(self, reader: Reader) -> Steps[None]:
        mark = yield from reader.next(" to=", "to=")
        while mark := mark or (yield from reader.until(START, CHANNEL, emit=reader.say)):
            yield from reader.attempt(mark, lambda begun=mark: _message(reader, begun))  # type: ignore[misc]
            mark = ""

    def constrain(self, grammar: Grammar) -> str:
        mark = grammar.mark
        call = grammar.each(
            lambda tool: (
                f"{mark(CHANNEL)} {quoted(f'commentary to=functions.{tool.name}')} constrained "
                f"{mark(MESSAGE)} {grammar.arguments(tool)}"
            )
        )
        grammar.rule("constrained", f'(" " ({mark(CONSTRAIN)} "json" | "json"))?')
        last = call if grammar.wanted.required else f"({call} | {_final(grammar)})"
        return grammar.body(f"{_before(grammar)} {last}")

    def formed(self, grammar: Grammar) -> str:
        return grammar.body(f"{_before(grammar)} {_final(grammar)}")

    def history(self, messages: Sequence[Message]) -> Sequence[Message]:
        return each_call_alone(messages)

    def write(self, calls: Sequence[ToolCall]) -> str:
        return f"{START}assistant".join(
            f"{CHANNEL}commentary to=functions.{call.name} {CONSTRAIN}json{MESSAGE}{call.arguments}{CALL}"
            for call in calls
        )


def _before(grammar: Grammar) -> str:
    """Thoughts, and what is said before a call."""
    again = f"{grammar.up_to(END)} {grammar.mark(START)} {quoted('assistant')}"
    channels = (
        f"{grammar.mark(CHANNEL)} {quoted(name)} {grammar.mark(MESSAGE)} {again}" for name in ("analysis", "commentary")
    )
    return f"{grammar.rule('before', ' | '.join(channels))}*"


def _final(grammar: Grammar) -> str:
    said = grammar.rule("said", grammar.wanted.form or "TEXT")
    return grammar.rule("final", f"{grammar.mark(CHANNEL)} {quoted('final')} {grammar.mark(MESSAGE)} {said}")


def _message(reader: Reader, begun: str) -> Steps[None]:
    """A message of one channel; its header says which, and for whom it is."""
    header, mark = yield from reader.capture(MESSAGE)
    if not mark:
        raise Malformed(f"expected {MESSAGE!r}")
    header = begun + header
    recipient = _RECIPIENT.search(header)
    ends = (END, CALL, RETURN)
    if recipient is not None:
        reader.call(recipient[1])
        yield from json_text.arguments(reader)
        yield from reader.space()
        yield from reader.next(*ends)
    elif "analysis" in header:
        reader.keep_none()
        reader.thinking = True
        yield from reader.until(*ends, emit=reader.think)
        reader.thinking = False
    else:
        reader.keep_none()
        if reader.said:
            reader.say("\n\n")
        yield from reader.until(*ends, emit=reader.say)
