"""What a format of tool calls is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from server.chat.messages import Message, Tool, ToolCall
from server.chat.tool_formats.grammar import Grammar
from server.chat.tool_formats.reader import Parser, Reader, Steps


class ToolFormat(ABC):
    """How one family of models writes calls. Has no state: any number of answers may be read at once."""

    name: ClassVar[str]
    """As a model card's `toolFormat` says it."""
    marks: ClassVar[tuple[str, ...]] = ()
    """Texts of the format that may be tokens of the vocabulary."""
    owns_reasoning: ClassVar[bool] = False
    """Whether the format itself tells reasoning from content, so that nobody else looks for tags."""

    @abstractmethod
    def recognises(self, template: str) -> bool:
        """Whether a model with this chat template writes calls so. Earlier formats of the registry are asked first."""

    @abstractmethod
    def read(self, reader: Reader) -> Steps[None]:
        """Read an answer to its end; see Reader."""

    @abstractmethod
    def constrain(self, grammar: Grammar) -> str:
        """The Lark text of an answer, as `grammar.wanted` says."""

    def formed(self, grammar: Grammar) -> str:
        """The Lark text of an answer of the wanted form that makes no calls."""
        return grammar.form()

    @abstractmethod
    def write(self, calls: Sequence[ToolCall]) -> str:
        """Calls as the model writes them: for templates that do not show them, and as an example to follow."""

    def history(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages as the family's templates expect them."""
        return messages

    def parser(self, tools: Sequence[Tool], *, parallel: bool = True) -> Parser:
        """For one answer."""
        return Parser(self.read, tools, parallel=parallel)


def each_call_alone(messages: Sequence[Message]) -> list[Message]:
    """Each call in a message of its own, its result after it: for templates that take no two at once."""
    results = {message.tool_call_id: message for message in messages if message.role == "tool"}
    shown: list[Message] = []
    moved: set[str] = set()
    for message in messages:
        if len(message.tool_calls) < 2:
            if message.role != "tool" or message.tool_call_id not in moved:
                shown.append(message)
            continue
        for at, call in enumerate(message.tool_calls):
            first = message if at == 0 else replace(message, content="", reasoning=None)
            shown.append(replace(first, tool_calls=(call,)))
            if call.id in results:
                shown.append(results[call.id])
                moved.add(call.id)
    return shown
