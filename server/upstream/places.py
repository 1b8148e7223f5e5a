"""The URLs behind one model's name: which of them is asked, and how many requests may be under way at all."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from server.errors import TooManyRequests, Unavailable
from server.upstream.breaker import Breaker


class Place:
    """One URL."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        self.url = url
        self.breaker = Breaker(clock)
        self.running = 0

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """A request to it, while the context lasts. Whoever enters says how it went."""
        tries = self.breaker.begin()
        visit = Visit(self.url)
        self.running += 1
        try:
            yield visit
        finally:
            self.running -= 1
            self.breaker.end(tries, visit.good)


class Visit:
    """How a request to a place goes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.good: bool | None = None
        """None: as long as nobody knows."""


class Places:
    """The URLs of one card, and the line in front of them. Belongs to one event loop."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        concurrency: int,
        waiting: int,
        waiting_per_owner: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.all = [Place(url, clock) for url in urls]
        self._free = asyncio.Semaphore(concurrency)
        self._concurrency = concurrency
        self._line: Counter[str] = Counter()
        self._most_waiting = waiting
        self._most_waiting_per_owner = waiting_per_owner

    def choose(self, name: str, tried: Collection[Place]) -> Place:
        """The least busy of those that may be asked, one that was not tried before any other.

        Raises Unavailable when all of them are left alone for a while.
        """
        able = [place for place in self.all if not place.breaker.wait]
        if not able:
            wait = min(place.breaker.wait for place in self.all)
            raise Unavailable(
                f"Nothing that answers for the model {name!r} could be reached lately. Try again in {wait:.0f} s.",
                retry_after=wait,
            )
        return min(able, key=lambda place: (place in tried, place.running, self.all.index(place)))

    @asynccontextmanager
    async def enter(self, owner: str) -> AsyncIterator[None]:
        """A place among the requests under way, when it is this one's turn. TooManyRequests when the line is full."""
        if self._free.locked():
            if self._line.total() >= self._most_waiting:
                raise TooManyRequests(
                    f"{self._concurrency} requests for this model are under way and {self._most_waiting} wait. "
                    "Try again in a moment."
                )
            if self._line[owner] >= self._most_waiting_per_owner:
                raise TooManyRequests(
                    f"{self._most_waiting_per_owner} requests of this key wait for this model already."
                )
        self._line[owner] += 1
        try:
            await self._free.acquire()
        finally:
            self._line[owner] -= 1
            if not self._line[owner]:
                del self._line[owner]
        try:
            yield
        finally:
            self._free.release()
