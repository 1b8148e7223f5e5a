"""Qwen3-Coder: `<function=f><parameter=a>…</parameter></function>` within `<tool_call>`, each on lines of its own."""

from __future__ import annotations

from collections.abc import Sequence

from server.chat.messages import Tool, ToolCall
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, quoted
from server.chat.tool_formats.members import Members, members, values_of
from server.chat.tool_formats.reader import Malformed, Reader, Steps

OPEN, CLOSE = "<tool_call>", "</tool_call>"
FUNCTION, FUNCTION_END = "<function=", "</function>"
PARAMETER, PARAMETER_END = "<parameter=", "</parameter>"


class QwenCoder(ToolFormat):
    """Tags that hold names, with values between them."""

    name = "qwen-coder"
    marks = (OPEN, CLOSE)

    def recognises(self, template: str) -> bool:
        return FUNCTION in template and PARAMETER in template

    def read(self, reader: Reader) -> Steps[None]:
        while mark := (yield from reader.until(OPEN, FUNCTION, emit=reader.say)):
            yield from reader.attempt(mark, lambda begun=mark: _call(reader, begun))  # type: ignore[misc]

    def constrain(self, grammar: Grammar) -> str:
        one = grammar.each(lambda tool: _one(grammar, tool))
        whole = f"{one} {quoted(FUNCTION_END)} {quoted(chr(10))} {grammar.mark(CLOSE)}"
        more = f'("\\n"? {grammar.mark(OPEN)} {whole})*' if grammar.wanted.parallel else ""
        return grammar.lark(f"{whole} {more}", opening=OPEN)

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "\n".join(map(_written, calls))


def _one(grammar: Grammar, tool: Tool) -> str:
    values = members(grammar, tool, (PARAMETER, ">\n"), f"\n{PARAMETER_END}\n", "")
    return f"{quoted(f'{chr(10)}{FUNCTION}{tool.name}>{chr(10)}')} {values}"


def _written(call: ToolCall) -> str:
    values = "".join(f"{PARAMETER}{name}>\n{value}\n{PARAMETER_END}\n" for name, value in values_of(call))
    return f"{OPEN}\n{FUNCTION}{call.name}>\n{values}{FUNCTION_END}\n{CLOSE}"


def _call(reader: Reader, begun: str) -> Steps[None]:
    if begun == OPEN:
        yield from reader.space()
        yield from reader.expect(FUNCTION)
    name, mark = yield from reader.capture(">")
    if not mark:
        raise Malformed("expected '>'")
    reader.call(name)
    arguments = Members(reader, name)
    yield from reader.space()
    while (yield from reader.expect(PARAMETER, FUNCTION_END)) == PARAMETER:
        parameter, _ = yield from reader.capture(">")
        yield from reader.next("\n")
        arguments.begin(parameter)
        yield from arguments.value(parameter, f"\n{PARAMETER_END}", PARAMETER_END)
        yield from reader.space()
    arguments.end()
    yield from reader.space()
    yield from reader.next(CLOSE)
