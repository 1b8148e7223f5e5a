"""XLSX: sheet by sheet, every row with the names of its columns; what formulas came to, not the formulas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook

from server.search.blocks import Block
from server.search.formats import archive, rows


def read(path: Path) -> Iterator[Block]:
    """Sheets are headings."""
    archive.check(path, "XLSX")
    with path.open("rb") as file:  # openpyxl looks at the ending of a path, and a stored file has none
        for sheet in load_workbook(file, read_only=True, data_only=True).worksheets:
            yield Block(sheet.title, 1)
            cells = sheet.iter_rows(values_only=True)
            yield from rows.blocks(["" if cell is None else str(cell) for cell in row] for row in cells)
