"""Moonshot's Kimi K2: `functions.f:0` and a JSON object between marks, all calls in a section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from server.chat.messages import Message, ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, quoted
from server.chat.tool_formats.reader import Malformed, Reader, Steps

SECTION, SECTION_END = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
CALL, ARGUMENT, CALL_END = "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"
_ID = re.compile(r"\s*(?:functions\.)?(.*?)(?::\d+)?\s*", re.DOTALL)


class Kimi(ToolFormat):
    """A section of calls, each with an id that holds its name."""

    name = "kimi"
    marks = (SECTION, SECTION_END, CALL, ARGUMENT, CALL_END)

    def recognises(self, template: str) -> bool:
        return SECTION in template

    def read(self, reader: Reader) -> Steps[None]:
        while (yield from reader.until(SECTION, emit=reader.say)):
            yield from reader.attempt(SECTION, lambda: _calls(reader))

    def constrain(self, grammar: Grammar) -> str:
        one = grammar.each(
            lambda tool: (
                f"{quoted(f'functions.{tool.name}:')} /[0-9]{{1,4}}/ {grammar.mark(ARGUMENT)} {grammar.arguments(tool)}"
            )
        )
        whole = f"{grammar.mark(CALL)} {one} {grammar.mark(CALL_END)}"
        return grammar.lark(f"{grammar.repeated(whole)} {grammar.mark(SECTION_END)}", opening=SECTION)

    def write(self, calls: Sequence[ToolCall]) -> str:
        each = (
            f"{CALL}functions.{call.name}:{at}{ARGUMENT}{call.arguments}{CALL_END}" for at, call in enumerate(calls)
        )
        return f"{SECTION}{''.join(each)}{SECTION_END}"

    def history(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Ids as the model makes them itself: they stand in the prompt."""
        ids: dict[str, str] = {}
        shown = []
        for message in messages:
            for call in message.tool_calls:
                ids[call.id] = f"functions.{call.name}:{len(ids)}"
            calls = tuple(replace(call, id=ids[call.id]) for call in message.tool_calls)
            id = message.tool_call_id
            shown.append(replace(message, tool_calls=calls, tool_call_id=ids.get(id, id) if id else id))
        return shown


def _calls(reader: Reader) -> Steps[None]:
    yield from reader.space()
    while (yield from reader.next(CALL, SECTION_END)) == CALL:
        reader.begin()
        id, mark = yield from reader.capture(ARGUMENT)
        found = _ID.fullmatch(id)
        if not mark or found is None:
            raise Malformed(f"expected {ARGUMENT!r}")
        reader.call(found[1])
        yield from json_text.arguments(reader)
        yield from reader.space()
        yield from reader.next(CALL_END)
        yield from reader.space()
