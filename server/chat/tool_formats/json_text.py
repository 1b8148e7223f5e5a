"""JSON that is still coming: handed on as it is read, and calls that are written as JSON."""

from __future__ import annotations

import json
import re

from server.chat.tool_formats.reader import DEPTH, Emit, Malformed, Reader, Steps

_PLAIN = re.compile(r'[^"\\\x00-\x1f]+')
_SCALAR = re.compile(r"[-+.0-9A-Za-z]+")
_VALID = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?|true|false|null")
_CONTROL = re.compile(r"[\x00-\x1f]+")
_HEX = re.compile(r"[0-9a-fA-F]{4}")


def value(reader: Reader, emit: Emit, depth: int = 0) -> Steps[None]:
    """Read one JSON value and emit it as it is; a bare control character in a string is escaped."""
    if depth > DEPTH:
        raise Malformed("expected less nesting")
    head = yield from reader.peek()
    if head == '"':
        yield from _string(reader, emit)
    elif head == "{":
        yield from _items(reader, emit, "}", depth)
    elif head == "[":
        yield from _items(reader, emit, "]", depth)
    else:
        emit((yield from scalar(reader)))


def scalar(reader: Reader) -> Steps[str]:
    """Read a number, true, false or null; its text."""
    text = yield from reader.match(_SCALAR)
    if not _VALID.fullmatch(text):
        raise Malformed("expected JSON")
    return text


def captured(reader: Reader) -> Steps[str]:
    """Read one JSON value; its text."""
    parts: list[str] = []
    yield from value(reader, parts.append)
    return "".join(parts)


def string(reader: Reader) -> Steps[str]:
    """Read a JSON string; what it says."""
    if (yield from reader.peek()) != '"':
        raise Malformed("expected a string")
    return str(json.loads((yield from captured(reader))))


def _string(reader: Reader, emit: Emit) -> Steps[None]:
    emit((yield from reader.expect('"')))
    while True:
        head = yield from reader.peek()
        if head == '"':
            emit(reader.take(1))
            return
        if head == "\\":
            emit((yield from _escape(reader)))
        elif not head:
            raise Malformed("expected the end of a string")
        elif found := _CONTROL.match(reader.rest):
            emit(json.dumps(reader.take(found.end()))[1:-1])
        elif found := _PLAIN.match(reader.rest):
            emit(reader.take(found.end()))


def _escape(reader: Reader) -> Steps[str]:
    while len(reader.rest) < 2 and (yield from reader.more()):
        pass
    if reader.rest[1:2] != "u":
        escape = reader.take(2)
        if escape[1:] not in tuple('"\\/bfnrt'):
            raise Malformed("expected an escape that JSON knows")
        return escape
    while len(reader.rest) < 6 and (yield from reader.more()):
        pass
    if not _HEX.fullmatch(reader.rest[2:6]):
        raise Malformed("expected four hexadecimal digits")
    return reader.take(6)


def _items(reader: Reader, emit: Emit, end: str, depth: int) -> Steps[None]:
    """A list, or an object, up to its `end`."""
    emit(reader.take(1))
    yield from _gap(reader, emit)
    if (yield from reader.next(end)):
        emit(end)
        return
    while True:
        if end == "}":
            yield from _string(reader, emit)
            yield from _gap(reader, emit)
            emit((yield from reader.expect(":")))
            yield from _gap(reader, emit)
        yield from value(reader, emit, depth + 1)
        yield from _gap(reader, emit)
        mark = yield from reader.expect(",", end)
        emit(mark)
        if mark == end:
            return
        yield from _gap(reader, emit)


_GAP = re.compile(r"[ \n\r\t]*")


def _gap(reader: Reader, emit: Emit) -> Steps[None]:
    emit((yield from reader.match(_GAP)))


def arguments(reader: Reader) -> Steps[None]:
    """Read an object and hand it on as the arguments of the call that has begun. Some models write the object as a
    string, and null for none.
    """
    yield from reader.space()
    if (yield from reader.peek()) == "{":
        yield from value(reader, reader.argue)
    else:
        reader.argue(_as_object((yield from captured(reader))))


def _as_object(text: str) -> str:
    found = json.loads(text)
    if found is None:
        return "{}"
    try:
        inner = json.loads(found) if isinstance(found, str) else None
    except (ValueError, RecursionError):
        inner = None
    if not isinstance(inner, dict):
        raise Malformed("expected arguments to be an object")
    return json.dumps(inner)


def call(
    reader: Reader, names: tuple[str, ...] = ("name",), givens: tuple[str, ...] = ("arguments", "parameters")
) -> Steps[None]:
    """Read a call that is an object: `names` are the members that may hold its name, `givens` its arguments. Members
    may come in any order, and others are passed over.
    """
    reader.begin()
    yield from reader.expect("{")
    called, given = "", ""
    mark = ","
    while mark == ",":
        yield from reader.space()
        key = yield from string(reader)
        yield from reader.space()
        yield from reader.expect(":")
        yield from reader.space()
        if key in names and not called:
            called = yield from string(reader)
            reader.call(called)
            reader.argue(given)
        elif key in givens and not given:
            given = "{}"
            if called:
                yield from arguments(reader)
            else:
                given = yield from captured(reader)
                given = given if given.startswith("{") else _as_object(given)
        else:
            yield from captured(reader)
        yield from reader.space()
        mark = yield from reader.expect(",", "}")
    if not called:
        raise Malformed("expected the name of a tool")
    if not given:
        reader.argue("{}")


def calls(
    reader: Reader, names: tuple[str, ...] = ("name",), givens: tuple[str, ...] = ("arguments", "parameters")
) -> Steps[None]:
    """Read a list of calls, or a call alone."""
    yield from reader.space()
    if not (yield from reader.next("[")):
        yield from call(reader, names, givens)
        return
    mark = ","
    while mark == ",":
        yield from reader.space()
        yield from call(reader, names, givens)
        yield from reader.space()
        mark = yield from reader.expect(",", "]")
