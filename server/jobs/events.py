"""What happens to jobs, for those who watch: in memory, as long as a job runs and a little longer.

An event's id is `fence.number`: it grows as the job goes on, through all its attempts. Numbers are those of one process
and one log; the end alone has the same in all. The row is the truth; who finds no events here, because another process
had them or they are gone, is told of the row.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

MOST_EVENTS = 20_000
"""Of one job; then the oldest go."""

MOST_ENDED = 256
MOST_KEPT = 100_000
"""Jobs that have ended and whose events are still here, and those events in all."""

MOST_LOGS = 10_000
"""Jobs that events are here of; the end of one that another process works at may never be told here."""

LAST = 10**9
"""The number of the event that tells of the end, wherever it is told: after it nothing follows."""


@dataclass(frozen=True, slots=True)
class Event:
    """`kind`: state, progress, or what the task called it."""

    fence: int
    number: int
    kind: str
    data: Any

    @property
    def id(self) -> str:
        return f"{self.fence}.{self.number}"

    @property
    def place(self) -> tuple[int, int]:
        return self.fence, self.number


@dataclass(slots=True)
class _Log:
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    number: int = 0
    ended: bool = False
    grown: asyncio.Event = field(default_factory=asyncio.Event)


class EventLog:
    """The events of all jobs, on one event loop."""

    def __init__(self) -> None:
        self._logs: dict[str, _Log] = {}
        self._ended: deque[str] = deque()
        self._kept = 0
        """Events of those that have ended."""

    def add(self, job: str, fence: int, kind: str, data: Any, *, last: bool = False) -> None:
        """`last`: nothing follows."""
        log = self._log(job)
        if log.ended:
            return
        log.number += 1
        log.events.append(Event(fence, LAST if last else log.number, kind, data))
        log.ended = last
        grown, log.grown = log.grown, asyncio.Event()
        grown.set()
        if last:
            self._make_room(job)

    def forget(self, job: str) -> None:
        log = self._logs.pop(job, None)
        if log is not None and log.ended:
            self._kept -= len(log.events)

    def after(self, job: str, place: tuple[int, int]) -> list[Event]:
        """The events that came after this place, as far as they are here."""
        log = self._logs.get(job)
        return [*takewhile(lambda event: event.place > place, reversed(log.events))][::-1] if log is not None else []

    def newest(self, job: str) -> tuple[int, int]:
        """The place of the newest event that is here."""
        log = self._logs.get(job)
        return log.events[-1].place if log is not None and log.events else (-1, 0)

    def ended(self, job: str) -> bool:
        """Whether the last event is here."""
        return job in self._logs and self._logs[job].ended

    async def grown(self, job: str, seconds: float) -> bool:
        """Wait for more, for so long; whether there is."""
        log = self._log(job)
        try:
            async with asyncio.timeout(seconds):
                await log.grown.wait()
            return True
        except TimeoutError:
            if not log.number:  # nothing happens to it here
                self.forget(job)
            return False

    def _log(self, job: str) -> _Log:
        log = self._logs.get(job)
        if log is None:
            while len(self._logs) >= MOST_LOGS:
                self.forget(self._ended.popleft() if self._ended else next(iter(self._logs)))
            log = self._logs[job] = _Log()
        return log

    def _make_room(self, newest: str) -> None:
        self._ended.append(newest)
        self._kept += len(self._logs[newest].events)
        while len(self._ended) > MOST_ENDED or (self._kept > MOST_KEPT and len(self._ended) > 1):
            self.forget(self._ended.popleft())
