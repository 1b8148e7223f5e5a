"""When to leave a URL alone: a circuit breaker. Pure; time is told by a clock that is passed in.

closed ──so many failures in a row──► open ──its rest is over──► half open ──one request: good──► closed
                                       ▲                             │
                                       └──── bad, and twice the rest ┘
"""

from __future__ import annotations

from collections.abc import Callable

FAILURES = 5
"""In a row."""

REST, LONGEST_REST = 5.0, 120.0
"""Seconds."""

PROBE_WAIT = 1.0
"""Seconds after which to ask again while one request tries a URL that has rested."""


class Breaker:
    """The breaker of one URL."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed = 0
        self._rest = REST
        self._open_until: float | None = None
        """None: closed."""
        self._probing = False

    @property
    def wait(self) -> float:
        """Seconds until a request may go there; 0: now."""
        if self._open_until is None:
            return 0.0
        if self._probing:
            return PROBE_WAIT
        return max(0.0, self._open_until - self._clock())

    def begin(self) -> bool:
        """A request goes there, while `wait` is 0. Whether it is the one that tries; tell `end` so."""
        if self._open_until is None:
            return False
        self._probing = True
        return True

    def end(self, tries: bool, good: bool | None) -> None:
        """How a request ended; None: nobody knows, as it was given up."""
        if tries:
            self._probing = False
        if self._open_until is not None and not tries:
            return  # it began before the breaker opened: that is known already
        if good:
            self._failed, self._rest, self._open_until = 0, REST, None
        elif good is False:
            self._failed += 1
            if tries or self._failed >= FAILURES:
                self._open_until = self._clock() + self._rest
                self._rest = min(2 * self._rest, LONGEST_REST)
