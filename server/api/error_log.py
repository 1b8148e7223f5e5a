"""The last errors that calls ran into, for a client that asks later. Messages only: no prompts, no answers."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from server.chat.backend import Answer
from server.errors import ServerError


class ErrorLog:
    """A ring of messages, each with the key whose call it was: nobody sees another key's."""

    def __init__(self, size: int = 100) -> None:
        self._entries: deque[tuple[str, str]] = deque(maxlen=size)

    def note(self, owner: str, message: str) -> None:
        self._entries.append((owner, message))

    def of(self, owner: str) -> list[str]:
        """This key's, oldest first."""
        return [message for whose, message in self._entries if whose == owner]

    @asynccontextmanager
    async def noting(self, owner: str, opening: AbstractAsyncContextManager[Answer]) -> AsyncIterator[Answer]:
        """The same answer; if it fails, before it opens or after, that is noted."""
        try:
            async with opening as answer:
                yield answer
        except ServerError as error:
            self.note(owner, error.message)
            raise
