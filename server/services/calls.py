"""How services ask models: so many calls at once and no more, and again, after a while, where that may help."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from server.chat.backend import Backend
from server.chat.messages import Turn, Usage
from server.engine.request import FinishReason
from server.errors import Draining, Exhausted, ServerError, TooManyRequests, Unavailable

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
SHORTEST_PAUSE = 1.0
"""Seconds between two attempts: at random, up to twice as long each time, so that many do not come back together."""

COUNTED_AT_ONCE = 256

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """A whole answer."""

    text: str
    finish: FinishReason | None
    usage: Usage


class Calls:
    """The calls of all services of a server. On one event loop."""

    def __init__(
        self,
        backend: Backend,
        *,
        at_once: int,
        attempts: int,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`at_once`: calls that `insist` makes. `attempts`: of each, in all; `pause` waits between them."""
        self._backend = backend
        self.at_once = at_once
        self._free = asyncio.Semaphore(at_once)
        self._attempts = attempts
        self._pause = pause

    async def say(self, turn: Turn) -> Said:
        """The answer at once, as somebody waits for it. Raises what goes wrong."""
        async with self._backend.open(turn) as answer:
            pieces: list[str] = []
            finish: FinishReason | None = None
            async for deltas in answer:
                for delta in deltas:
                    pieces.append(delta.content)
                    finish = delta.finish or finish
            return Said("".join(pieces), finish, answer.usage)

    async def insist(self, turn: Turn) -> Said:
        """The answer, when there is room among the calls; `again` and again."""

        async def in_turn() -> Said:
            async with self._free:
                return await self.say(turn)

        return await self.again(in_turn)

    async def count(self, model: str, texts: Sequence[str], owner: str) -> Sequence[int]:
        """The tokens of each text. Not all texts at once: others wait for the threads that count."""
        tokens: list[int] = []
        for start in range(0, len(texts), COUNTED_AT_ONCE):
            part = texts[start : start + COUNTED_AT_ONCE]
            tokens += await self.again(partial(self._backend.count, model, part, owner=owner))
        return tokens

    async def context(self, model: str, owner: str) -> int:
        """The tokens that one request of this model may use."""
        return await self.again(lambda: self._backend.context(model, owner=owner))

    async def prompt_tokens(self, turn: Turn) -> int:
        """What the turn's prompt takes, with all that the model's template puts around it."""
        (written,) = await self.again(lambda: self._backend.write(turn))
        return len(written.tokens)

    async def again(self, work: Callable[[], Awaitable[T]]) -> T:
        """What comes of this work, which is begun anew after a while where its failure may pass. Raises Exhausted when
        it never does.
        """
        for attempt in itertools.count(1):
            try:
                return await work()
            except (Unavailable, TooManyRequests) as error:
                if isinstance(error, Draining) or (error.retry_after or 0.0) > LONGEST_PAUSE:
                    raise  # it is for later, or for the next server: whoever keeps the job comes back to it
                if attempt == self._attempts:
                    raise Exhausted(f"Tried {attempt} times. The last time: {error.message}") from error
                await self._pause(self._seconds(attempt, error))
        raise AssertionError("counting ended")

    def _seconds(self, attempt: int, error: ServerError) -> float:
        longest = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2**attempt)
        seconds = max(error.retry_after or 0.0, random.uniform(SHORTEST_PAUSE, longest))
        log.info("A call did not go through (%s); attempt %d follows in %.1f s", error, attempt + 1, seconds)
        return seconds
