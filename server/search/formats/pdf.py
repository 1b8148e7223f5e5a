"""PDF: the text of each page, under the titles of the document's outline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import LimitReachedError

from server.search.blocks import Block
from server.search.formats import Unreadable


def read(path: Path) -> Iterator[Block]:
    """Page by page. Lines that a page only broke for its width are joined again."""
    pages = PdfReader(path)
    if pages.is_encrypted and not pages.decrypt(""):
        raise Unreadable("It is protected by a password.")
    titles = _titles(pages)
    for number, page in enumerate(pages.pages, 1):
        for level, title in titles.get(number, ()):
            yield Block(title, level, number)
        for paragraph in re.split(r"\n\s*\n", _joined(_text(page, number))):
            if paragraph.strip():
                yield Block(paragraph.strip(), page=number)


def _text(page: PageObject, number: int) -> str:
    """pypdf has bounds for what it unpacks, and takes what is past them for an empty page."""
    text = page.extract_text()
    if not text.strip():
        try:
            contents = page.get_contents()
            if contents is not None:
                contents.get_data()
        except LimitReachedError:
            raise Unreadable(f"Unpacked, page {number} would be too large.") from None
    return text


def _joined(text: str) -> str:
    text = re.sub(r"(\w)-\n(?=[a-zà-ÿ])", r"\1", text)
    return re.sub(r"(?<=[\w,;–-]) *\n(?=[a-zà-ÿ(])", " ", text)


def _titles(pages: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """The titles of the outline by the page that they lead to; none where it leads nowhere."""
    found: dict[int, list[tuple[int, str]]] = {}

    def note(entries: list[Any], level: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                note(entry, level + 1)
                continue
            number = pages.get_destination_page_number(entry)
            if number is not None and number >= 0 and entry.title:
                found.setdefault(number + 1, []).append((level, str(entry.title)))

    try:
        note(pages.outline, 1)
    except Exception:  # a broken outline takes nothing from the text
        return {}
    return found
