"""What several formats share: a mark, and then a JSON list of calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from server.chat.messages import ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, object_head
from server.chat.tool_formats.reader import Reader, Steps


class MarkedList(ToolFormat):
    """Calls as a list between two marks; a call alone is read too."""

    opening: ClassVar[str]
    closing: ClassVar[str] = ""
    """Empty: nothing follows the list."""
    called: ClassVar[str] = "name"
    """The member that holds the tool's name."""
    given: ClassVar[str] = "arguments"
    gap: ClassVar[str] = ""
    """Whitespace between the marks and the list."""

    def read(self, reader: Reader) -> Steps[None]:
        while (yield from reader.until(self.opening, emit=reader.say)):
            yield from reader.attempt(self.opening, lambda: self.read_list(reader))

    def read_list(self, reader: Reader) -> Steps[None]:
        """What follows the opening mark."""
        yield from json_text.calls(reader, (self.called, "name"), (self.given, "arguments", "parameters"))
        yield from reader.space()
        if self.closing:
            yield from reader.next(self.closing)

    def constrain(self, grammar: Grammar) -> str:
        return grammar.lark(self.listed(grammar), opening=self.opening)

    def listed(self, grammar: Grammar) -> str:
        """What follows the opening mark."""
        close = grammar.mark(self.closing) if self.closing else ""
        return f"GAP {grammar.objects(self.called, self.given)} GAP {close}"

    def write(self, calls: Sequence[ToolCall]) -> str:
        objects = (object_head(call.name, self.called, self.given) + call.arguments + "}" for call in calls)
        return f"{self.opening}{self.gap}[{', '.join(objects)}]{self.gap}{self.closing}"
