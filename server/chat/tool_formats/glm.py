"""Zhipu's GLM 4.5 and later: `<tool_call>f`, then `<arg_key>a</arg_key><arg_value>…</arg_value>` for each argument."""

from __future__ import annotations

from collections.abc import Sequence

from server.chat.messages import Tool, ToolCall
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, quoted
from server.chat.tool_formats.members import Members, members, values_of
from server.chat.tool_formats.reader import Malformed, Reader, Steps

OPEN, CLOSE = "<tool_call>", "</tool_call>"
KEY, KEY_END = "<arg_key>", "</arg_key>"
VALUE, VALUE_END = "<arg_value>", "</arg_value>"


class Glm(ToolFormat):
    """Names and values between tags."""

    name = "glm"
    marks = (OPEN, CLOSE)

    def recognises(self, template: str) -> bool:
        return KEY in template

    def read(self, reader: Reader) -> Steps[None]:
        while (yield from reader.until(OPEN, emit=reader.say)):
            yield from reader.attempt(OPEN, lambda: _call(reader))

    def constrain(self, grammar: Grammar) -> str:
        one = grammar.each(lambda tool: _one(grammar, tool))
        whole = f"{one} {grammar.line(CLOSE)}"
        more = f'("\\n"? {grammar.mark(OPEN)} {whole})*' if grammar.wanted.parallel else ""
        return grammar.lark(f"{whole} {more}", opening=OPEN)

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "\n".join(map(_written, calls))


def _one(grammar: Grammar, tool: Tool) -> str:
    values = members(grammar, tool, (f"\n{KEY}", f"{KEY_END}\n{VALUE}"), VALUE_END, "")
    return f"{quoted(tool.name)} {values}"


def _written(call: ToolCall) -> str:
    values = "".join(f"\n{KEY}{name}{KEY_END}\n{VALUE}{value}{VALUE_END}" for name, value in values_of(call))
    return f"{OPEN}{call.name}{values}\n{CLOSE}"


def _call(reader: Reader) -> Steps[None]:
    name, mark = yield from reader.capture(KEY, CLOSE)
    if not mark:
        raise Malformed(f"expected {CLOSE!r}")
    name = name.strip()
    reader.call(name)
    arguments = Members(reader, name)
    while mark == KEY:
        key, _ = yield from reader.capture(KEY_END)
        yield from reader.space()
        yield from reader.expect(VALUE)
        arguments.begin(key.strip())
        yield from arguments.value(key.strip(), VALUE_END)
        yield from reader.space()
        mark = yield from reader.expect(KEY, CLOSE)
    arguments.end()
