"""What is being answered now: whose it is, how far it is, and a way to stop it. Stands in front of the doors."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Literal, TypeVar

from server.chat.backend import Answer, Backend, Embeddings, Token
from server.chat.messages import Turn, Usage
from server.chat.vectors import Ranking, Scores, Texts, Vectors
from server.chat.written import Written
from server.errors import ServerError, Stopped
from server.telemetry import request_id

T = TypeVar("T")

State = Literal["waiting", "prefilling", "generating"]


class Entry:
    """A turn that is being answered, or texts that become vectors. Its id is that of the call it came with, which a
    client may choose.
    """

    def __init__(self, model: str, owner: str, *, answered: bool) -> None:
        self.id = request_id.get()
        self.model = model
        self.owner = owner
        self._answered = answered
        self.started = time.time()
        self._began = time.monotonic()
        self._wait: asyncio.Timeout | None = None
        """Around the wait for a door."""
        self._error: ServerError | None = None
        """Why it was stopped."""
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
        """`waiting`: for the model or in its line. `prefilling`: nothing of the answer has come yet. Texts that become
        vectors are always said to be prefilling.
        """
        if not self._answered:
            return "prefilling"
        if self._answer is None or self._answer.waiting:
            return "waiting"
        return "generating" if self.usage.completion_tokens else "prefilling"

    async def door(self, work: Awaitable[T]) -> T:
        """Wait for what a door gives. Raises what the entry is stopped with as soon as it is."""
        self._wait = wait = asyncio.timeout(None)
        try:
            async with wait:
                found = await work
        except TimeoutError:
            if not wait.expired():
                raise
        finally:
            self._wait = None
        if self._error is not None:  # also where it came in the moment in which it was stopped
            raise self._error
        return found

    def stop(self, error: ServerError | None = None) -> None:
        """End it now: whoever reads the answer gets this error, or else Stopped."""
        error = error or Stopped("This answer was stopped by a request to do so.")
        if self._answer is not None:
            self._answer.stop(error)
        elif self._wait is not None and not self._wait.expired():
            self._error = error
            self._wait.reschedule(asyncio.get_running_loop().time())


class Register:
    """All that is being answered; for turns it is the door, and opens the one it was given."""

    def __init__(self, door: Backend) -> None:
        self.door = door
        self._entries: dict[int, Entry] = {}
        self._numbers = itertools.count()

    @property
    def entries(self) -> list[Entry]:
        """The oldest first."""
        return list(self._entries.values())

    def stop_all(self, owner: str, error: ServerError) -> None:
        """End all that is being answered for this key; whoever reads it gets this error."""
        for entry in self.entries:
            if entry.owner == owner:
                entry.stop(error)

    @asynccontextmanager
    async def open(self, turn: Turn) -> AsyncIterator[Answer]:
        """As the door's, and entered here until it is left."""
        with self.entered(turn.model, turn.owner) as entry:
            async with AsyncExitStack() as stack:
                answer = await entry.door(stack.enter_async_context(self.door.open(turn)))
                entry.opened(answer)
                yield answer

    @contextmanager
    def entered(self, model: str, owner: str, *, answered: bool = True) -> Iterator[Entry]:
        """An entry for as long as the context lasts."""
        number = next(self._numbers)
        entry = self._entries[number] = Entry(model, owner, answered=answered)
        try:
            yield entry
        finally:
            del self._entries[number]

    async def write(self, turn: Turn) -> Sequence[Written]:
        return await self.door.write(turn)

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> Sequence[Token]:
        return await self.door.tokenize(model, text, start=start, special=special, owner=owner)

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> Sequence[Token]:
        return await self.door.label(model, tokens, owner=owner)

    async def count(self, model: str, texts: Sequence[str], *, owner: str) -> Sequence[int]:
        return await self.door.count(model, texts, owner=owner)

    async def context(self, model: str, *, owner: str) -> int:
        return await self.door.context(model, owner=owner)

    def close(self) -> None:
        self.door.close()


class RegisteredEmbeddings:
    """The door for vectors; what goes through it is entered too."""

    def __init__(self, door: Embeddings, register: Register) -> None:
        self.door = door
        self._register = register

    async def embed(self, texts: Texts) -> Vectors:
        with self._register.entered(texts.model, texts.owner, answered=False) as entry:
            return await entry.door(self.door.embed(texts))

    async def rank(self, ranking: Ranking) -> Scores:
        with self._register.entered(ranking.model, ranking.owner, answered=False) as entry:
            return await entry.door(self.door.rank(ranking))

    def close(self) -> None:
        self.door.close()
