"""Microsoft's Phi 4 mini: `<|tool_call|>[{"name": "f", "arguments": {…}}]<|/tool_call|>`."""

from __future__ import annotations

from server.chat.tool_formats.marked_list import MarkedList


class Phi(MarkedList):
    """A list between two marks."""

    name = "phi"
    opening, closing = "<|tool_call|>", "<|/tool_call|>"
    marks = (opening, closing)

    def recognises(self, template: str) -> bool:
        return "<|tool|>" in template or self.closing in template
