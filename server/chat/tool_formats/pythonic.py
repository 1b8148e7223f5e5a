"""Llama 3.2 and 4: an answer that is a list of calls in Python's way, `[f(a=1, b="x"), g()]`."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from server.chat.messages import ToolCall
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, alternatives, quoted, regex
from server.chat.tool_formats.members import arguments_of, inner
from server.chat.tool_formats.reader import DEPTH, Malformed, Reader, Steps
from server.chat.tool_formats.values import Spelling

_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_WORD = re.compile(r"[-+.0-9A-Za-z_]+")
_WORDS = {"True": "true", "False": "false", "None": "null", "true": "true", "false": "false", "null": "null"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"', "\n": ""}
START, END = "<|python_start|>", "<|python_end|>"


class Pythonic(ToolFormat):
    """A list of Python's calls."""

    name = "pythonic"
    marks = (START, END)

    def recognises(self, template: str) -> bool:
        return re.search(r"\[func_name1\(|func\w*1?\(params?_name1=", template) is not None

    def read(self, reader: Reader) -> Steps[None]:
        reader.say((yield from reader.match(_SPACE)))
        if (yield from reader.peek()) == "[":
            yield from reader.attempt("", lambda: _calls(reader))
        while (yield from reader.until(START, emit=reader.say)):
            yield from reader.attempt(START, lambda: _calls(reader))

    def constrain(self, grammar: Grammar) -> str:
        spelling = _spelling(grammar)
        tools = grammar.wanted.tools

        def one(before: str) -> str:
            return alternatives(
                f'/{before}{regex(tool.name)}\\(/ {spelling.arguments(grammar, tool)} ")"' for tool in tools
            )

        more = f'("," {one(" ?")})*' if grammar.wanted.parallel else ""
        first = one(r"[ \n]{0,4}\[")
        calls = f'{first} {more} "]"'
        return grammar.lark(calls, free=grammar.free_but(r"[ \n]*\[[A-Za-z_][A-Za-z0-9_.-]*\("))

    def write(self, calls: Sequence[ToolCall]) -> str:
        return f"[{', '.join(map(_written, calls))}]"


def _written(call: ToolCall) -> str:
    return f"{call.name}({', '.join(f'{name}={value!r}' for name, value in arguments_of(call).items())})"


def _spelling(grammar: Grammar) -> Spelling:
    """As Python writes values."""
    grammar.rule("PY_TEXT", r"""/"([^"\\\n]|\\.)*"|'([^'\\\n]|\\.)*'/""")
    grammar.rule("PY_NUMBER", r"/-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/")
    grammar.rule("PY_INTEGER", r"/-?[0-9]+/")
    grammar.rule("py_bool", '"True" | "False"')
    grammar.rule("py_list", '"[" (py_value ("," " "? py_value)*)? "]"')
    grammar.rule("py_object", '"{" (py_member ("," " "? py_member)*)? "}"')
    grammar.rule("py_member", 'PY_TEXT ":" " "? py_value')
    grammar.rule("py_value", 'PY_TEXT | PY_NUMBER | py_bool | "None" | py_list | py_object')
    return Spelling(
        text="PY_TEXT",
        number="PY_NUMBER",
        integer="PY_INTEGER",
        boolean="py_bool",
        null='"None"',
        list="py_list",
        object="py_object",
        any="py_value",
        constant=lambda value: map(quoted, _spellings(value)),
        link="=",
        between='"," " "?',
    )


def _spellings(value: Any) -> list[str]:
    return [repr(value), json.dumps(value, ensure_ascii=False)] if isinstance(value, str) else [repr(value)]


def _calls(reader: Reader) -> Steps[None]:
    yield from reader.space()
    yield from reader.expect("[")
    mark = ","
    while mark == ",":
        yield from reader.space()
        reader.begin()
        name = yield from reader.match(_NAME)
        yield from reader.expect("(")
        reader.call(name)
        reader.argue("{")
        yield from _pairs(reader, ")", "=", 0)
        reader.argue("}")
        yield from reader.space()
        mark = yield from reader.expect(",", "]")
    yield from reader.space()
    yield from reader.next(END)


def _several(reader: Reader, end: str, one: Callable[[], Steps[None]]) -> Steps[None]:
    """What `one` reads, again and again, up to `end`; a comma may stand before that, as in Python."""
    first = True
    yield from reader.space()
    while not (yield from reader.next(end)):
        if not first:
            yield from reader.expect(",")
            yield from reader.space()
            if (yield from reader.next(end)):
                return
            reader.argue(", ")
        first = False
        yield from one()
        yield from reader.space()


def _pairs(reader: Reader, end: str, link: str, depth: int) -> Steps[None]:
    """Names and values, those of a call or of a dictionary, as members of a JSON object."""

    def one() -> Steps[None]:
        if link == "=":
            reader.argue(json.dumps((yield from reader.match(_NAME))))
        else:
            yield from _text(reader)
        yield from reader.space()
        yield from reader.expect(link)
        reader.argue(": ")
        yield from reader.space()
        yield from _value(reader, depth + 1)

    yield from _several(reader, end, one)


def _value(reader: Reader, depth: int) -> Steps[None]:
    if depth > DEPTH:
        raise Malformed("expected less nesting")
    head = yield from reader.peek()
    if head in ('"', "'"):
        yield from _text(reader)
    elif head == "{":
        reader.argue(reader.take(1))
        yield from _pairs(reader, "}", ":", depth)
        reader.argue("}")
    elif head in ("[", "("):
        yield from _list(reader, "]" if reader.take(1) == "[" else ")", depth)
    else:
        word = yield from reader.match(_WORD)
        reader.argue(_WORDS.get(word) or _number(word))


def _list(reader: Reader, end: str, depth: int) -> Steps[None]:
    reader.argue("[")
    yield from _several(reader, end, lambda: _value(reader, depth + 1))
    reader.argue("]")


def _number(word: str) -> str:
    try:
        value = ast.literal_eval(word) if len(word) <= 400 else None
        if type(value) in (int, float):
            return json.dumps(value, allow_nan=False)
    except (ValueError, SyntaxError, RecursionError):
        pass
    raise Malformed("expected a value")


def _text(reader: Reader) -> Steps[None]:
    """A string in either kind of quotes."""
    quote = yield from reader.expect('"', "'")
    reader.argue('"')
    plain = re.compile(rf"[^\\{quote}]+")
    while (head := (yield from reader.peek())) != quote:
        if not head:
            raise Malformed("expected the end of a string")
        if head == "\\":
            reader.argue(inner((yield from _escape(reader))))
        elif found := plain.match(reader.rest):
            reader.argue(inner(reader.take(found.end())))
    reader.take(1)
    reader.argue('"')


def _escape(reader: Reader) -> Steps[str]:
    while len(reader.rest) < 2 and (yield from reader.more()):
        pass
    kind = reader.rest[1:2]
    digits = {"x": 2, "u": 4, "U": 8}.get(kind, 0)
    if not digits:
        taken = reader.take(2)
        return _ESCAPES.get(kind, taken)
    while len(reader.rest) < 2 + digits and (yield from reader.more()):
        pass
    try:
        code = int(reader.rest[2 : 2 + digits], 16)
        found = "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    except (ValueError, OverflowError):
        raise Malformed("expected hexadecimal digits") from None
    reader.take(2 + digits)
    return found
