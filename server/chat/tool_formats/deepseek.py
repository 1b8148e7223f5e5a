"""DeepSeek: V3 and R1 write each call's arguments as a block of JSON after its name, V3.1 straight after a mark."""

from __future__ import annotations

from collections.abc import Sequence

from server.chat.messages import Tool, ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, quoted
from server.chat.tool_formats.reader import Malformed, Reader, Steps

CALLS, CALLS_END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
CALL, SEP, CALL_END = "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"
_BLOCK, _BLOCK_END = "\n```json\n", "\n```"


class DeepSeek(ToolFormat):
    """As V3 and R1 write."""

    name = "deepseek"
    marks = (CALLS, CALLS_END, CALL, SEP, CALL_END)

    def recognises(self, template: str) -> bool:
        return CALLS in template and "```json" in template

    def read(self, reader: Reader) -> Steps[None]:
        while (yield from reader.until(CALLS, emit=reader.say)):
            yield from reader.attempt(CALLS, lambda: _calls(reader))

    def constrain(self, grammar: Grammar) -> str:
        one = grammar.each(lambda tool: self.one(grammar, tool))
        whole = f"{grammar.mark(CALL)} {one} {grammar.mark(CALL_END)}"
        calls = grammar.repeated(whole, quoted("\n") + "?")
        return grammar.lark(f"{calls} {grammar.mark(CALLS_END)}", opening=CALLS)

    def one(self, grammar: Grammar, tool: Tool) -> str:
        """A call between its marks."""
        head = f'"function" {grammar.mark(SEP)} {quoted(tool.name + _BLOCK)}'
        return f"{head} {grammar.arguments(tool)} {quoted(_BLOCK_END)}"

    def write(self, calls: Sequence[ToolCall]) -> str:
        return CALLS + "\n".join(f"{CALL}{self.written(call)}{CALL_END}" for call in calls) + CALLS_END

    def written(self, call: ToolCall) -> str:
        """A call between its marks."""
        return f"function{SEP}{call.name}{_BLOCK}{call.arguments}{_BLOCK_END}"


class DeepSeek31(DeepSeek):
    """As V3.1 writes."""

    name = "deepseek-v3.1"

    def recognises(self, template: str) -> bool:
        return CALLS in template

    def one(self, grammar: Grammar, tool: Tool) -> str:
        return f"{quoted(tool.name)} {grammar.mark(SEP)} {grammar.arguments(tool)}"

    def written(self, call: ToolCall) -> str:
        return f"{call.name}{SEP}{call.arguments}"


def _calls(reader: Reader) -> Steps[None]:
    yield from reader.space()
    while (yield from reader.next(CALL, CALLS_END)) == CALL:
        reader.begin()
        name, mark = yield from reader.capture(SEP)
        if not mark:
            raise Malformed(f"expected {SEP!r}")
        yield from reader.space()
        block = (yield from reader.peek()) != "{"
        if block:
            name, mark = yield from reader.capture("```json")
            if not mark:
                raise Malformed("expected a block of JSON")
        reader.call(name.strip())
        yield from json_text.arguments(reader)
        yield from reader.space()
        if block:
            yield from reader.next("```")
        yield from reader.space()
        yield from reader.next(CALL_END)
        yield from reader.space()
