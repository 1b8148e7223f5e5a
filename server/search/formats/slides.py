"""PPTX: slide by slide, the title as a heading, and what the speaker notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pptx import Presentation

from server.search.blocks import Block
from server.search.formats import archive


def read(path: Path) -> Iterator[Block]:
    """The page of a block is its slide."""
    archive.check(path, "PPTX")
    for number, slide in enumerate(Presentation(str(path)).slides, 1):
        title = slide.shapes.title
        if title is not None and title.text_frame.text.strip():
            yield Block(" ".join(title.text_frame.text.split()), 1, number)
        for text in _texts(shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id):
            yield Block(text, page=number)
        notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        if notes is not None and notes.text.strip():
            yield Block(notes.text.strip(), page=number)


def _texts(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):  # a group
            yield from _texts(shape.shapes)
        elif shape.has_text_frame and shape.text_frame.text.strip():
            yield shape.text_frame.text.strip()
        elif getattr(shape, "has_table", False):
            yield "\n".join(" | ".join(cell.text.strip() for cell in row.cells) for row in shape.table.rows)
