"""Following folders on the disk as they change."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from watchfiles import Change, awatch

log = logging.getLogger(__name__)


async def follow(
    folders: Iterable[Path], take_up: Callable[[], Awaitable[None]], concerns: Callable[[Path], bool]
) -> None:
    """Call `take_up` now, and after every change in the folders of a file that `concerns` us, until cancelled.

    Folders are watched, not files: most editors write a new file and rename it over the old one. Where the system has
    no watches left, the folders are looked at again and again instead.
    """
    watched = tuple(folders)

    def wanted(_: Change, path: str) -> bool:
        # A mounted Kubernetes volume changes by its link `..data` alone.
        return concerns(Path(path)) or Path(path).name.startswith("..")

    async def look(polling: bool) -> None:
        async for _ in awatch(*watched, watch_filter=wanted, recursive=False, force_polling=polling or None):
            await take_up()

    await take_up()
    try:
        await look(polling=False)
    except OSError as error:
        log.warning("The system cannot watch %s (%s): it is polled", ", ".join(map(str, watched)), error)
        await look(polling=True)
