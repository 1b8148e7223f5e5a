"""What DOCX, PPTX, XLSX and EPUB have in common: they are ZIP archives, and these can be far larger inside."""

from __future__ import annotations

import zipfile
from pathlib import Path

from server.search.formats import Unreadable

MOST_BYTES = 256 << 20
"""Unpacked, all files together."""
MOST_FILES = 20_000


def check(path: Path, kind: str) -> None:
    """Raises Unreadable for what is no archive, or would be too large unpacked.

    The sizes are those that the archive tells of itself. It cannot tell too little: more is never unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = archive.infolist()
    except zipfile.BadZipFile:
        raise Unreadable(f"It is no {kind} file: it is not the archive that such a file is.") from None
    size = sum(file.file_size for file in files)
    if size > MOST_BYTES or len(files) > MOST_FILES:
        raise Unreadable(
            f"Unpacked it would be {len(files)} files of {size >> 20} MB: at most {MOST_FILES} files of "
            f"{MOST_BYTES >> 20} MB are read."
        )
    if any(file.flag_bits & 1 for file in files):
        raise Unreadable("It is protected by a password.")
