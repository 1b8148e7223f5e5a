"""What the corpus consists of: conversations, and for the graded ones what their last answer must be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `thought` is what an assistant thinks before it answers."""

    role: Role
    content: str = ""
    calls: tuple[Call, ...] = ()
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call. `optional` are the names of the parameters that may be left out."""

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    optional: frozenset[str] = frozenset()

    def openai(self) -> dict[str, Any]:
        """As a client of the server sends it."""
        schema = {
            "type": "object",
            "properties": {name: dict(schema) for name, schema in self.parameters.items()},
            "required": [name for name in self.parameters if name not in self.optional],
        }
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": schema},
        }


@dataclass(frozen=True, slots=True)
class Expected:
    """What the last answer of a graded conversation must be. Letters' case and space do not count.

    `exact`: the whole text; `contains`: these words or phrases, each; `lacks`: none of these. `calls`: exactly these
    calls, in any order, none if empty; None where calls are not looked at. A tuple within `contains` holds
    alternatives of which one is enough.
    """

    contains: tuple[str | tuple[str, ...], ...] = ()
    lacks: tuple[str, ...] = ()
    exact: str | None = None
    calls: tuple[Call, ...] | None = None

    def met_by(self, text: str, calls: Sequence[Call] = ()) -> bool:
        """Whether an answer is right."""
        if self.calls is not None and sorted(map(_shape, self.calls)) != sorted(map(_shape, calls)):
            return False
        if self.exact is not None and _plain(self.exact) != _plain(text):
            return False
        wanted = [part if isinstance(part, tuple) else (part,) for part in self.contains]
        return all(any(_holds(text, word) for word in words) for words in wanted) and not any(
            _holds(text, word) for word in self.lacks
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation that ends with the assistant. `thinking`: the client asks that it thinks first."""

    skill: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    thinking: bool = False
    expected: Expected | None = None

    def __post_init__(self) -> None:
        assert self.messages[-1].role == "assistant"


def _shape(call: Call) -> str:
    return json.dumps([call.name, dict(call.arguments)], sort_keys=True)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _holds(text: str, words: str) -> bool:
    """Whether the words stand in the text, on borders of words: 12 is not in 312."""
    return re.search(rf"(?<!\w){re.escape(_plain(words))}(?!\w)", _plain(text)) is not None
