"""Google's Gemma 4, `<|tool_call>call:f{a:<|"|>text<|"|>,n:1}<tool_call|>`, and FunctionGemma, the same with other
marks. Gemma 3 knows no tools and is instructed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from server.chat.messages import ToolCall
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, quoted
from server.chat.tool_formats.json_text import scalar
from server.chat.tool_formats.members import arguments_of, inner
from server.chat.tool_formats.reader import DEPTH, Malformed, Reader, Steps
from server.chat.tool_formats.values import Spelling

THOUGHT, THOUGHT_END = "<|channel>", "<channel|>"
_NAME = re.compile(r"[^{}:,\s]+")


class Gemma(ToolFormat):
    """As Gemma 4 writes."""

    name = "gemma"
    opening: ClassVar[str] = "<|tool_call>"
    closing: ClassVar[str] = "<tool_call|>"
    quote: ClassVar[str] = '<|"|>'
    marks: ClassVar[tuple[str, ...]] = (opening, closing, quote, THOUGHT, THOUGHT_END)
    owns_reasoning = True

    def recognises(self, template: str) -> bool:
        return self.opening in template

    def read(self, reader: Reader) -> Steps[None]:
        while mark := (yield from reader.until(self.opening, THOUGHT, emit=reader.say)):
            if mark == THOUGHT:
                reader.thinking = True
                yield from reader.next("thought\n", "thought")
                yield from reader.until(THOUGHT_END, emit=reader.think)
                reader.thinking = False
            else:
                yield from reader.attempt(mark, lambda: self._call(reader))

    def constrain(self, grammar: Grammar) -> str:
        spelling = _spelling(grammar, self.quote)
        one = grammar.each(lambda tool: f'{quoted(f"call:{tool.name}{{")} {spelling.arguments(grammar, tool)} "}}"')
        whole = f"{one} {grammar.mark(self.closing)}"
        more = f"({grammar.mark(self.opening)} {whole})*" if grammar.wanted.parallel else ""
        calls = f"{whole} {more}"
        return grammar.lark(calls, opening=self.opening, before=self._thought(grammar))

    def formed(self, grammar: Grammar) -> str:
        return grammar.form(before=self._thought(grammar))

    def _thought(self, grammar: Grammar) -> str:
        return f"(GAP {grammar.mark(THOUGHT)} {grammar.up_to(THOUGHT_END)} GAP)?" if self.owns_reasoning else ""

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "".join(f"{self.opening}{self._written(call)}{self.closing}" for call in calls)

    def _written(self, call: ToolCall) -> str:
        members = ",".join(f"{name}:{self._spelled(value)}" for name, value in arguments_of(call).items())
        return f"call:{call.name}{{{members}}}"

    def _spelled(self, value: Any) -> str:
        if isinstance(value, str):
            return f"{self.quote}{value}{self.quote}"
        if isinstance(value, dict):
            return "{" + ",".join(f"{name}:{self._spelled(part)}" for name, part in value.items()) + "}"
        if isinstance(value, list):
            return f"[{','.join(map(self._spelled, value))}]"
        return json.dumps(value)

    def _call(self, reader: Reader) -> Steps[None]:
        yield from reader.space()
        yield from reader.expect("call:")
        name = yield from reader.match(_NAME)
        yield from reader.expect("{")
        reader.call(name)
        yield from self._object(reader, 0)
        yield from reader.space()
        yield from reader.next(self.closing)

    def _object(self, reader: Reader, depth: int) -> Steps[None]:
        def one() -> Steps[None]:
            yield from reader.space()
            if (yield from reader.next(self.quote)):
                name, _ = yield from reader.capture(self.quote)
            else:
                name = yield from reader.match(_NAME)
            yield from reader.expect(":")
            reader.argue(f"{json.dumps(name, ensure_ascii=False)}: ")
            yield from self._value(reader, depth + 1)

        yield from self._several(reader, "{", "}", one)

    def _list(self, reader: Reader, depth: int) -> Steps[None]:
        yield from self._several(reader, "[", "]", lambda: self._value(reader, depth + 1))

    def _several(self, reader: Reader, opening: str, closing: str, one: Callable[[], Steps[None]]) -> Steps[None]:
        """What `one` reads, again and again, to the end of an object or a list that has been opened."""
        reader.argue(opening)
        mark = "" if (yield from reader.next(closing)) else ","
        first = True
        while mark == ",":
            reader.argue("" if first else ", ")
            first = False
            yield from one()
            yield from reader.space()
            mark = yield from reader.expect(",", closing)
        reader.argue(closing)

    def _value(self, reader: Reader, depth: int) -> Steps[None]:
        if depth > DEPTH:
            raise Malformed("expected less nesting")
        yield from reader.space()
        if (yield from reader.next(self.quote)):
            reader.argue('"')
            if not (yield from reader.until(self.quote, emit=lambda text: reader.argue(inner(text)))):
                raise Malformed("expected the end of a string")
            reader.argue('"')
        elif (yield from reader.next("{")):
            yield from self._object(reader, depth)
        elif (yield from reader.next("[")):
            yield from self._list(reader, depth)
        else:
            reader.argue((yield from scalar(reader)))


class FunctionGemma(Gemma):
    """As FunctionGemma writes."""

    name = "functiongemma"
    opening, closing, quote = "<start_function_call>", "<end_function_call>", "<escape>"
    marks = (opening, closing, quote)
    owns_reasoning = False


def _spelling(grammar: Grammar, quote: str) -> Spelling:
    """As these models write values: texts between marks, names bare."""
    mark = grammar.mark(quote)
    grammar.rule("text", f"{mark} {grammar.up_to(quote)}")
    grammar.rule("NUMBER", r"/-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/")
    grammar.rule("INTEGER", r"/-?[0-9]+/")
    grammar.rule("bool", '"true" | "false"')
    grammar.rule("list", '"[" (value ("," value)*)? "]"')
    grammar.rule("object", '"{" (member ("," member)*)? "}"')
    grammar.rule("member", '/[^{}:,\\s<]+/ ":" value')
    grammar.rule("value", 'text | NUMBER | bool | "null" | list | object')

    def constant(value: Any) -> list[str]:
        return [f"{mark} {quoted(value)} {mark}" if isinstance(value, str) else quoted(json.dumps(value))]

    return Spelling(
        text="text",
        number="NUMBER",
        integer="INTEGER",
        boolean="bool",
        null='"null"',
        list="list",
        object="object",
        any="value",
        constant=constant,
        link=":",
        between='","',
    )
