"""The last errors that calls ran into, for whoever asks later. Messages only: no prompts, no answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from server.chat.backend import Answer
from server.errors import ServerError


@dataclass(frozen=True, slots=True)
class Broken:
    """One call that ended in an error."""

    owner: str
    message: str
    status: int = 500
    method: str = ""
    path: str = ""
    request_id: str = ""
    at: float = field(default_factory=time.time)
    """Seconds since 1970."""


class ErrorLog:
    """A ring of errors, each with the key whose call it was: nobody sees another key's."""

    def __init__(self, size: int = 100) -> None:
        self._entries: deque[Broken] = deque(maxlen=size)

    def note(self, broken: Broken) -> None:
        self._entries.append(broken)

    def last(self, owner: str | None) -> list[Broken]:
        """This key's, or everybody's for None; the newest first."""
        return [one for one in reversed(self._entries) if owner is None or one.owner == owner]

    def of(self, owner: str) -> list[str]:
        """What this key's errors said, oldest first."""
        return [one.message for one in self._entries if one.owner == owner]

    @asynccontextmanager
    async def noting(self, owner: str, opening: AbstractAsyncContextManager[Answer]) -> AsyncIterator[Answer]:
        """The same answer; if it fails, before it opens or after, that is noted."""
        try:
            async with opening as answer:
                yield answer
        except ServerError as error:
            self.note(Broken(owner, error.message, error.status))
            raise
