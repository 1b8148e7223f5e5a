"""DOCX: paragraphs and tables, with the headings that the styles name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docx import Document
from docx.table import Table

from server.search.blocks import Block
from server.search.formats import archive


def read(path: Path) -> Iterator[Block]:
    """In the order of the document."""
    archive.check(path, "DOCX")
    for part in Document(str(path)).iter_inner_content():
        if isinstance(part, Table):
            rows = (" | ".join(dict.fromkeys(cell.text.strip() for cell in row.cells)) for row in part.rows)
            if lines := [row for row in rows if row.strip(" |")]:
                yield Block("\n".join(lines))
        elif text := part.text.strip():
            style = (part.style.name or "") if part.style is not None else ""
            yield Block(text, _level(style))


def _level(style: str) -> int:
    if style == "Title":
        return 1
    found = re.fullmatch(r"Heading ([1-9])", style)
    return int(found[1]) if found else 0
