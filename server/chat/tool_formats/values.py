"""What several formats share: arguments as a language other than JSON spells them, loosely after their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.chat.messages import Tool
from server.chat.tool_formats.grammar import Grammar, alternatives, in_order, quoted


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a format writes values. What it names are rules of the grammar, or expressions."""

    text: str
    number: str
    integer: str
    boolean: str
    null: str
    list: str
    object: str
    any: str
    """A value of which nothing is known."""
    constant: Callable[[Any], Iterable[str]]
    """The ways to write this value: for what must be one of several."""
    link: str
    """Stands between a name and its value."""
    between: str
    """The expression of what stands between two arguments."""

    def arguments(self, grammar: Grammar, tool: Tool) -> str:
        """The arguments of a tool in their order."""
        properties = tool.parameters.get("properties") or {}
        required = set(tool.parameters.get("required") or ())
        parts = [
            (f"{quoted(f'{name}{self.link}')} {self._value(schema)}", name in required)
            for name, schema in properties.items()
        ]
        return in_order(parts, self.between, f"members_{grammar.number(tool)}", grammar)

    def _value(self, schema: Any) -> str:
        if not isinstance(schema, Mapping):
            return self.any
        values = schema.get("enum")
        if isinstance(values, list) and values:
            return alternatives(written for value in values for written in dict.fromkeys(self.constant(value)))
        kinds = {
            "string": self.text,
            "integer": self.integer,
            "number": self.number,
            "boolean": self.boolean,
            "array": self.list,
            "object": self.object,
            "null": self.null,
        }
        kind = schema.get("type")
        return kinds.get(kind, self.any) if isinstance(kind, str) else self.any
