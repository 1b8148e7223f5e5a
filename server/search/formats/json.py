"""JSON: every value on a line of its own behind the path that leads to it, so that a line is understood alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server.search.blocks import Block
from server.search.formats import Unreadable, text

TOGETHER = 2_000
"""Characters of a block, about."""


def read(path: Path) -> Iterator[Block]:
    """`people[3].name: Ada`, what belongs to one element of the outermost list together."""
    try:
        value = json.loads(text.whole(path))
    except json.JSONDecodeError as error:
        raise Unreadable(f"It is no valid JSON: {error}.") from None
    parts = value if isinstance(value, list) else [value]
    lines: list[str] = []
    size = 0
    for part in parts:
        if size and isinstance(part, dict | list):
            yield Block("\n".join(lines))
            lines, size = [], 0
        for line in _lines("", part):
            lines.append(line)
            size += len(line)
            if size >= TOGETHER:
                yield Block("\n".join(lines))
                lines, size = [], 0
    if lines:
        yield Block("\n".join(lines))


def _lines(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _lines(f"{path}.{name}" if path else name, part)
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from _lines(f"{path}[{at}]", part)
    elif value is not None and value != "":
        shown = value if isinstance(value, str) else json.dumps(value)
        yield f"{path}: {shown}" if path else shown
