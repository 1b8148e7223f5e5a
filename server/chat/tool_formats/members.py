"""What several formats share: arguments that come one by one, each as plain text after its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from server.chat.messages import Tool, ToolCall
from server.chat.tool_formats.grammar import Grammar, alternatives, in_order, quoted
from server.chat.tool_formats.reader import Malformed, Reader, Steps


class Members:
    """The arguments of the call that a reader has begun, on their way to being a JSON object."""

    def __init__(self, reader: Reader, tool: str) -> None:
        self._reader = reader
        self._schemas = _properties(reader.tools[tool])
        self._count = 0

    def begin(self, name: str) -> None:
        """The next argument; its value follows."""
        self._reader.argue(f"{', ' if self._count else '{'}{json.dumps(name, ensure_ascii=False)}: ")
        self._count += 1

    def end(self) -> None:
        """That was the last one."""
        self._reader.argue("}" if self._count else "{}")

    def value(self, name: str, *closing: str) -> Steps[None]:
        """Read a value up to its closing mark. Text goes on as it comes; anything else when it is whole."""
        reader = self._reader
        if is_text(self._schemas.get(name, {})):
            reader.argue('"')
            mark = yield from reader.until(*closing, emit=lambda text: reader.argue(inner(text)))
            if mark:
                reader.argue('"')
        else:
            text, mark = yield from reader.capture(*closing)
            if mark:
                reader.argue(_as_json(text))
        if not mark:
            raise Malformed(f"expected {closing[-1]!r}")


def inner(text: str) -> str:
    """Text as it stands within the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def is_text(schema: Any) -> bool:
    """Whether a value of this schema is always a string."""
    if not isinstance(schema, Mapping):
        return False
    values = schema.get("enum")
    if isinstance(values, list) and values:
        return all(isinstance(value, str) for value in values)
    return schema.get("type") == "string"


def _as_json(text: str) -> str:
    """A value as JSON: that which it is, or else a string."""
    text = text.strip()
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return json.dumps(text, ensure_ascii=False)
    return text


def _refuse(constant: str) -> None:
    """NaN and the infinities are no JSON, though Python reads them."""
    raise ValueError(constant)


def _properties(tool: Tool) -> Mapping[str, Any]:
    properties = tool.parameters.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """The arguments of a call by name. A client may send back what is none: that is shown as it is."""
    try:
        found = json.loads(call.arguments)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"arguments": call.arguments}


def values_of(call: ToolCall) -> list[tuple[str, str]]:
    """The arguments of a call by name, strings as plain text and all else as JSON."""
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in arguments_of(call).items()
    ]


def members(grammar: Grammar, tool: Tool, opening: tuple[str, str], closing: str, between: str) -> str:
    """The arguments of a tool in their order. `opening`: what stands before and after a name. Values that are text are
    anything up to `closing`, the others JSON.
    """
    required = tool.parameters.get("required")
    needed = set(required) if isinstance(required, list) else set()
    shared = {name: tool.parameters[name] for name in ("$defs", "definitions") if name in tool.parameters}
    number, parts = grammar.number(tool), []
    for at, (name, schema) in enumerate(_properties(tool).items()):
        head = quoted(f"{opening[0]}{name}{opening[1]}")
        if is_text(schema) and schema.get("enum"):
            value = f"{alternatives(quoted(value) for value in schema['enum'])} {quoted(closing)}"
        elif is_text(schema):
            value = grammar.up_to(closing)
        else:
            inside = {**shared, **schema} if isinstance(schema, Mapping) else {}
            value = f"{grammar.json(f'value_{number}_{at}', inside, tool)} {quoted(closing)}"
        parts.append((f"{head} {value}", name in needed))
    return in_order(parts, between, f"members_{number}", grammar)
