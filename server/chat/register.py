"""What is being answered now: whose it is, how far it is, and a way to stop it. Stands in front of the one door."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from server.chat.backend import Answer, Backend, Token
from server.chat.messages import Turn, Usage
from server.chat.written import Written
from server.errors import Stopped
from server.telemetry import request_id

State = Literal["waiting", "prefilling", "generating"]


class Entry:
    """One turn that is being answered. Its id is that of the call it came with, which a client may choose."""

    def __init__(self, turn: Turn, scope: asyncio.Timeout) -> None:
        self.id = request_id.get()
        self.model = turn.model
        self.owner = turn.owner
        self.started = time.time()
        self._began = time.monotonic()
        self._scope = scope
        self._answer: Answer | None = None

    def opened(self, answer: Answer) -> None:
        """The model is there, and the turn is in its line."""
        self._answer = answer

    @property
    def seconds(self) -> float:
        """Since it came."""
        return time.monotonic() - self._began

    @property
    def usage(self) -> Usage:
        """What it has cost so far."""
        return self._answer.usage if self._answer is not None else Usage(0, 0)

    @property
    def state(self) -> State:
        """`waiting`: for the model or in its line. `prefilling`: nothing of the answer has come yet."""
        if self._answer is None or self._answer.waiting:
            return "waiting"
        return "generating" if self.usage.completion_tokens else "prefilling"

    def stop(self) -> None:
        """End it now: whoever reads the answer gets Stopped."""
        self._scope.reschedule(asyncio.get_running_loop().time())


class Register:
    """All turns that are being answered; the door that is given is opened for each."""

    def __init__(self, door: Backend) -> None:
        self.door = door
        self._entries: dict[int, Entry] = {}
        self._numbers = itertools.count()

    @property
    def entries(self) -> list[Entry]:
        """The oldest first."""
        return list(self._entries.values())

    @asynccontextmanager
    async def open(self, turn: Turn) -> AsyncIterator[Answer]:
        """As the door's, and entered here until it is left. Enter and leave it in one task."""
        number = next(self._numbers)
        scope = asyncio.timeout(None)
        try:
            async with scope:
                entry = self._entries[number] = Entry(turn, scope)
                async with self.door.open(turn) as answer:
                    entry.opened(answer)
                    yield answer
        except TimeoutError:
            if not scope.expired():
                raise
            raise Stopped("This answer was stopped by a request to do so.") from None
        finally:
            self._entries.pop(number, None)

    async def write(self, turn: Turn) -> Sequence[Written]:
        return await self.door.write(turn)

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> Sequence[Token]:
        return await self.door.tokenize(model, text, start=start, special=special, owner=owner)

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> Sequence[Token]:
        return await self.door.label(model, tokens, owner=owner)

    def close(self) -> None:
        self.door.close()
