"""CSV and what is like it: every row with the names of its columns, so that it is understood alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from server.search.blocks import Block
from server.search.formats import text

TOGETHER = 20
"""Rows in a block."""


def read(path: Path) -> Iterator[Block]:
    """Rows, whose first one is taken for the names of the columns."""
    encoding = text.encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(8192)
        file.seek(0)
        try:
            dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(sample, ",;\t|")
        except csv.Error:
            dialect = csv.excel_tab if "\t" in sample else csv.excel
        csv.field_size_limit(1 << 20)
        yield from blocks(csv.reader(file, dialect))


def blocks(rows: Iterable[Sequence[str]], page: int | None = None) -> Iterator[Block]:
    """Rows as text, `column: value; column: value` each. Empty ones are passed over."""
    filled = (row for row in rows if any(cell.strip() for cell in row))
    names = [name.strip() for name in next(filled, ())]
    if not names:
        return
    count = 0
    while some := list(islice(filled, TOGETHER)):
        count += len(some)
        yield Block("\n".join(_line(names, row) for row in some), page=page)
    if not count:
        yield Block("; ".join(filter(None, names)), page=page)


def _line(names: Sequence[str], row: Sequence[str]) -> str:
    cells = ((names[at] if at < len(names) else "", " ".join(cell.split())) for at, cell in enumerate(row))
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells if cell)
