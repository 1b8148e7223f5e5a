"""What keys may still do: requests in a minute, answers at once. Pure: time is told by a clock that is passed in."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from server.errors import RateLimited
from server.store.key_limits import KeyLimits

MINUTE = 60.0

BUSY_RETRY = 1.0
"""Seconds after which a key whose answers are all under way may ask again: nobody knows when the first one ends."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a limit is left."""

    limit: int
    remaining: int
    reset: float
    """Seconds until all of it is there again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key stands with its limits. None: without a limit, or not known yet."""

    requests: Share | None = None
    tokens: Share | None = None


class Allowances:
    """The requests of the last minute and the answers under way, of each key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minutes: dict[str, deque[float]] = {}
        """When the requests of the last minute came, the oldest first; of keys with such a limit only."""
        self._running: Counter[str] = Counter()

    def take(self, key: str, limits: KeyLimits, *, answered: bool) -> float:
        """Count a request in, and with `answered` an answer that begins. Raises RateLimited, and counts nothing.

        The moment it gives is for `give_back`.
        """
        now = self._clock()
        if answered and limits.streams is not None and self._running[key] >= limits.streams:
            raise RateLimited(
                f"{self._running[key]} answers of this key are under way: it may have {limits.streams} at once. "
                "Try again when one has ended.",
                retry_after=BUSY_RETRY,
            )
        most = limits.requests_per_minute
        if most is not None:
            recent = self._recent(key, now)
            if len(recent) >= most:
                raise RateLimited(
                    f"This key may make {most} requests a minute, and has.", retry_after=recent[-most] + MINUTE - now
                )
            recent.append(now)
        if answered:
            self._running[key] += 1
        return now

    def give_back(self, key: str, moment: float) -> None:
        """A request came to nothing: it does not count."""
        minute = self._minutes.get(key)
        if minute is not None and moment in minute:
            minute.remove(moment)

    def leave(self, key: str) -> None:
        """An answer has ended."""
        self._running[key] -= 1
        if not self._running[key]:
            del self._running[key]

    def requests(self, key: str, limits: KeyLimits) -> Share | None:
        """What is left of the minute's requests."""
        most = limits.requests_per_minute
        if most is None:
            return None
        now = self._clock()
        recent = self._recent(key, now)
        return Share(most, max(0, most - len(recent)), recent[-1] + MINUTE - now if recent else 0.0)

    def _recent(self, key: str, now: float) -> deque[float]:
        recent = self._minutes.setdefault(key, deque())
        while recent and recent[0] + MINUTE <= now:
            recent.popleft()
        return recent
