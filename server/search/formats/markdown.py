"""Markdown: as it is written, with its headings seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from server.search.blocks import Block
from server.search.formats import text

_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")


def read(path: Path) -> Iterator[Block]:
    """Headings (`# …`) and what stands between them; a # within a fence of code is no heading."""
    fence = ""
    for paragraph in text.paragraphs(path):
        kept: list[str] = []
        for line in paragraph.splitlines():
            if found := _FENCE.match(line):
                fence = "" if fence and found[1].startswith(fence) else fence or found[1]
            heading = None if fence else _HEADING.match(line)
            if heading is None:
                kept.append(line)
                continue
            if kept:
                yield Block("\n".join(kept))
                kept = []
            yield Block(heading[2], len(heading[1]))
        if kept:
            yield Block("\n".join(kept))
