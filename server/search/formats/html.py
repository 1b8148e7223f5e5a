"""HTML: what a reader of the page would read, with its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup, Comment

from server.search.blocks import Block

_UNREAD = ("script", "style", "template", "noscript", "svg", "head")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_APART = (
    *("address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt", "figcaption", "figure"),
    *("footer", "form", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"),
)
_MARK = "\ufdd0"
"""A noncharacter, before a heading's level: text has none."""


def read(path: Path) -> Iterator[Block]:
    """The page's blocks."""
    return blocks(path.read_bytes())


def blocks(page: bytes) -> Iterator[Block]:
    """The blocks of a page, whose encoding it says itself, or it is guessed."""
    soup = BeautifulSoup(page.replace(_MARK.encode(), b""), "html.parser")
    for tag in soup(_UNREAD):
        tag.decompose()
    for comment in soup(string=lambda string: isinstance(string, Comment)):
        comment.extract()
    for string in list(soup.strings):
        if string.find_parent("pre") is None:
            string.replace_with(re.sub(r"\s+", " ", string))
    for tag in soup(_HEADINGS):
        tag.insert(0, f"\n{_MARK}{tag.name[1]}")
        tag.append("\n")
    for tag in soup(("td", "th")):
        tag.append(" | ")
    for tag in soup(_APART):
        tag.insert_before("\n")
        tag.append("\n")
    for line in soup.get_text().splitlines():
        line = line.strip().removesuffix(" |").rstrip()
        if line.startswith(_MARK):
            if heading := line[2:].strip():
                yield Block(heading, int(line[1]))
        elif line:
            yield Block(line)
