"""EPUB: the book's pages in its order of reading."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from server.search.blocks import Block
from server.search.formats import Unreadable, archive, html


def read(path: Path) -> Iterator[Block]:
    """What the spine names; every page is HTML."""
    archive.check(path, "EPUB")
    with zipfile.ZipFile(path) as book:
        try:
            for name in _spine(book):
                yield from html.blocks(book.read(name))
        except (KeyError, ElementTree.ParseError, StopIteration) as error:
            raise Unreadable(f"It is no EPUB, or a part of it is missing: {error}.") from None


def _spine(book: zipfile.ZipFile) -> list[str]:
    container = ElementTree.fromstring(book.read("META-INF/container.xml"))
    package = next(one.attrib["full-path"] for one in container.iter() if one.tag.endswith("}rootfile"))
    tree = ElementTree.fromstring(book.read(package))
    folder = posixpath.dirname(package)
    files = {one.attrib["id"]: one.attrib["href"] for one in tree.iter() if one.tag.endswith("}item")}
    spine = [one.attrib["idref"] for one in tree.iter() if one.tag.endswith("}itemref")]
    return [posixpath.normpath(posixpath.join(folder, unquote(files[id]))) for id in spine if id in files]
