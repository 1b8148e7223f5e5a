"""How models write calls of tools: one small file a format, and the registry."""

from __future__ import annotations

from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.generic import Generic
from server.chat.tool_formats.hermes import Hermes

__all__ = ["FORMATS", "GENERIC", "ToolFormat", "named", "recognised"]

GENERIC = Generic()
"""For every model that none of the others knows."""

FORMATS: tuple[ToolFormat, ...] = (Hermes(), GENERIC)
"""In the order in which they are asked about a template: a mark that others use too comes later."""


def named(name: str) -> ToolFormat | None:
    """The format of this name."""
    return next((one for one in FORMATS if one.name == name), None)


def recognised(template: str) -> ToolFormat | None:
    """The format that a chat template speaks of."""
    return next((one for one in FORMATS if one.recognises(template)), None)
