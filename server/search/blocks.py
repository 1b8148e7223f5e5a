"""The noun between a file and its passages: a piece of its text that belongs together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a few rows of a table. Its lines are its own; between blocks stands an empty line."""

    text: str
    level: int = 0
    """Of a heading, 1 the highest; 0: it is none."""
    page: int | None = None
    """Of a PDF or a presentation, counted from 1."""
