"""How each kind of file is read: one small module each, and here the registry of them.

A module has one function, `read(path) -> Iterator[Block]`; the path is that of a stored file and has no ending. It runs
in the child of `ingest.py` only, so it may take what memory and time it likes, and die; it raises Unreadable where it
can say what is wrong. Modules are imported when a file of their kind comes, as their libraries take long to load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import cast

from server.search.blocks import Block

Read = Callable[[Path], Iterator[Block]]

FORMATS = {
    ".csv": "rows",
    ".docx": "word",
    ".epub": "epub",
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".jsonl": "text",
    ".markdown": "markdown",
    ".md": "markdown",
    ".ndjson": "text",
    ".pdf": "pdf",
    ".pptx": "slides",
    ".tsv": "rows",
    ".xhtml": "html",
    ".xlsm": "workbook",
    ".xlsx": "workbook",
}
"""The module for each ending. What is not here is text, source code above all, or it is refused."""

OLD = {".doc": ".docx", ".ppt": ".pptx", ".xls": ".xlsx"}
"""Endings of formats that nobody reads any more, and what they are to be saved as."""


class Unreadable(Exception):
    """Why a file cannot be read, in a sentence for whoever sent it. `unsupported`: nor can any other of its kind."""

    def __init__(self, message: str, *, unsupported: bool = False) -> None:
        super().__init__(message)
        self.unsupported = unsupported


def reader(name: str) -> Read:
    """What reads a file of this name. Raises Unreadable."""
    ending = PurePosixPath(name.lower()).suffix
    if ending in OLD:
        raise Unreadable(f"Files of the kind {ending} are not read: save it as {OLD[ending]}.", unsupported=True)
    module = import_module(f"{__name__}.{FORMATS.get(ending, 'text')}")
    return cast(Read, module.read)
