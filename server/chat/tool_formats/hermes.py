"""Hermes, and Qwen after it: `<tool_call>{"name": "f", "arguments": {…}}</tool_call>`, on lines of their own or not."""

from __future__ import annotations

from collections.abc import Sequence

from server.chat.messages import ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, object_head
from server.chat.tool_formats.reader import Reader, Steps

OPEN, CLOSE = "<tool_call>", "</tool_call>"


class Hermes(ToolFormat):
    """A JSON object between two tags."""

    name = "hermes"
    marks = (OPEN, CLOSE)

    def recognises(self, template: str) -> bool:
        return OPEN in template

    def read(self, reader: Reader) -> Steps[None]:
        while (yield from reader.until(OPEN, emit=reader.say)):
            yield from reader.attempt(OPEN, lambda: _call(reader))

    def constrain(self, grammar: Grammar) -> str:
        whole = f'"\\n"? {grammar.each(grammar.object)} "\\n"? {grammar.mark(CLOSE)}'
        more = f'("\\n"? {grammar.mark(OPEN)} {whole})*' if grammar.wanted.parallel else ""
        return grammar.lark(f"{whole} {more}", opening=OPEN)

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "\n".join(f"{OPEN}\n{object_head(call.name)}{call.arguments}}}\n{CLOSE}" for call in calls)


def _call(reader: Reader) -> Steps[None]:
    yield from json_text.calls(reader)
    yield from reader.space()
    yield from reader.next(CLOSE)
