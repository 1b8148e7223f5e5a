"""Plain text and source code, in whatever encoding."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from server.search.blocks import Block
from server.search.formats import Unreadable

SAMPLE = 65_536
"""Bytes that an encoding is guessed from."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What some editors begin a file with. The longer ones first: one begins like another."""


def read(path: Path) -> Iterator[Block]:
    """Paragraphs: what stands between empty lines."""
    for paragraph in paragraphs(path):
        yield Block(paragraph)


def paragraphs(path: Path) -> Iterator[str]:
    """The lines between empty lines, together. The file is never in memory as a whole, unless it is one paragraph."""
    lines: list[str] = []
    with path.open(encoding=encoding(path), errors="replace") as file:
        while line := file.readline(SAMPLE):
            if line.strip():
                lines.append(line)
            elif lines:
                yield "".join(lines).rstrip()
                lines = []
            if len(lines) >= 200:  # a log has no empty lines
                yield "".join(lines).rstrip()
                lines = []
    if lines:
        yield "".join(lines).rstrip()


def whole(path: Path) -> str:
    """All of the text."""
    return path.read_text(encoding=encoding(path), errors="replace")


def encoding(path: Path) -> str:
    """The encoding of a text file: told by its first bytes, or guessed. Raises Unreadable for what is no text."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if b"\0" in sample:
        raise Unreadable(
            "It is not text, and no kind of document that is read here (text, Markdown, HTML, CSV, JSON, source code, "
            "PDF, DOCX, PPTX, XLSX, EPUB).",
            unsupported=True,
        )
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
        return "utf-8"
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(sample).best()
        if best is None:
            raise Unreadable("It is not text, or in no encoding that is known.", unsupported=True) from None
        return best.encoding
