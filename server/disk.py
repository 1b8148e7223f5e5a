"""Files that are on the disk, and not in the system's memory only, when they are said to be."""

from __future__ import annotations

import os
from pathlib import Path


def put(draft: Path, target: Path) -> None:
    """`draft` becomes `target`, in the place of what had that name. After a power cut `target` is the one or the other,
    and whole.
    """
    with draft.open("r+b") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
