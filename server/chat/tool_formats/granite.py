"""IBM's Granite 3: `<|tool_call|>[{"name": "f", "arguments": {…}}]`. Granite 4 writes as Hermes does."""

from __future__ import annotations

from server.chat.tool_formats.marked_list import MarkedList


class Granite(MarkedList):
    """A mark and a list."""

    name = "granite"
    opening = "<|tool_call|>"
    marks = (opening,)

    def recognises(self, template: str) -> bool:
        return self.opening in template
