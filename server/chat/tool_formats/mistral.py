"""Mistral, old and new: `[TOOL_CALLS] [{"name": "f", "arguments": {…}}]` and `[TOOL_CALLS]f[ARGS]{…}` for each call."""

from __future__ import annotations

from collections.abc import Sequence

from server.chat.messages import ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, quoted
from server.chat.tool_formats.marked_list import MarkedList
from server.chat.tool_formats.reader import Malformed, Reader, Steps

OPEN, ID, ARGS = "[TOOL_CALLS]", "[CALL_ID]", "[ARGS]"


class Mistral(MarkedList):
    """A mark and a list; what the new ones write is read too."""

    name = "mistral"
    opening = OPEN
    marks = (OPEN,)

    def recognises(self, template: str) -> bool:
        return OPEN in template

    def read(self, reader: Reader) -> Steps[None]:
        while (yield from reader.until(OPEN, emit=reader.say)):
            yield from reader.attempt(OPEN, lambda: _calls(self, reader))


class MistralArgs(ToolFormat):
    """Name and arguments between marks."""

    name = "mistral-args"
    marks = (OPEN, ID, ARGS)

    def recognises(self, template: str) -> bool:
        return OPEN in template and ARGS in template

    def read(self, reader: Reader) -> Steps[None]:
        return Mistral().read(reader)

    def constrain(self, grammar: Grammar) -> str:
        id = f"({grammar.mark(ID)} /[a-zA-Z0-9]{{9}}/)?"
        one = grammar.each(lambda tool: f"{quoted(tool.name)} {id} {grammar.mark(ARGS)} {grammar.arguments(tool)}")
        return grammar.lark(grammar.repeated(one, grammar.mark(OPEN)), opening=OPEN)

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "".join(f"{OPEN}{call.name}{ARGS}{call.arguments}" for call in calls)


def _calls(old: Mistral, reader: Reader) -> Steps[None]:
    yield from reader.space()
    if (yield from reader.peek()) in ("[", "{"):
        yield from old.read_list(reader)
        return
    name, mark = yield from reader.capture(ID, ARGS)
    if mark == ID:
        _, mark = yield from reader.capture(ARGS)
    if not mark:
        raise Malformed(f"expected {ARGS!r}")
    reader.call(name.strip())
    yield from json_text.arguments(reader)
