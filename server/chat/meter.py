"""What is used, counted in memory and written once a second, all of it in one transaction on a thread of the store's.

    Account.settle ──► pending, by day, key and model ──every second──► UsageRows
                  └──► tokens of each key since the database was last asked

A crash loses what was counted since the last write. Tokens that a key has used today are what the database says, by
whatever process, and what was counted here since; while nobody asks or counts, nothing is read or written.
Everything here runs on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Protocol

from server.chat.messages import Usage
from server.errors import ServerError
from server.store.database import Database
from server.store.rows import ask
from server.store.usage import Counts, Place, UsageRows

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two writes, and how old the database's word on today's tokens may be where a limit hangs on it."""


class Growing(Protocol):
    """An answer, so far as it costs something."""

    @property
    def usage(self) -> Usage:
        """What it has cost so far."""

    @property
    def waiting(self) -> bool:
        """Whether nobody works at it yet."""


class Charges(Protocol):
    """Where costs are counted."""

    def charge(self, key: str, model: str, counts: Counts) -> None:
        """Count this."""

    def remember(self, account: Account) -> None:
        """It may be asked to settle, now and then."""

    def forget(self, account: Account) -> None:
        """It is closed."""


class Account:
    """What one request costs: charged while it grows, the rest when it is closed."""

    __slots__ = ("_answer", "_began", "_charged", "_key", "_meter", "_model", "opened")

    def __init__(self, meter: Charges, key: str, model: str) -> None:
        self._meter = meter
        self._key = key
        self._model = model
        self._answer: Growing | None = None
        self._charged = Counts()
        self._began = time.monotonic()
        self.opened = False
        """Whether it counts as a request: one that is refused does not."""

    def watch(self, answer: Growing) -> None:
        """It is being answered: from now on what the answer says of its usage is charged."""
        self._answer = answer
        self._open(Usage(0, 0))

    def charge(self, prompt_tokens: int) -> None:
        """What has no answer, and is done: these are its tokens."""
        self._open(Usage(prompt_tokens, 0))

    def settle(self) -> None:
        """Charge what has come since the last time."""
        if self._answer is not None and not self._answer.waiting:
            self._charge(self._answer.usage)

    def close(self) -> None:
        """It is over."""
        self.settle()
        self._answer = None
        if self.opened:
            self._meter.forget(self)

    def _open(self, usage: Usage) -> None:
        self.opened = True
        self._meter.remember(self)
        self._charge(usage)

    def _charge(self, usage: Usage) -> None:
        now = Counts(
            1, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens, time.monotonic() - self._began
        )
        self._meter.charge(self._key, self._model, now.less(self._charged))
        self._charged = now


def _now() -> datetime:
    return datetime.now(UTC)


class Meter:
    """Counts for all keys. `close` it before the database."""

    def __init__(self, database: Database, rows: UsageRows, *, now: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._rows = rows
        self._now = now
        self._open: set[Account] = set()
        self._pending: dict[Place, Counts] = {}
        self._day = now().date()
        self._spent: dict[str, int] | None = None
        """Tokens of each key on `_day`, as the database had them at `_read_at`; None: not asked yet."""
        self._read_at = -math.inf
        self._here: Counter[str] = Counter()
        """Tokens of each key on `_day` that were counted here and are not in `_spent`."""
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._failing = False

    # Counting

    def account(self, key: str, model: str) -> Account:
        """An account for one request; close it in the end."""
        return Account(self, key, model)

    def remember(self, account: Account) -> None:
        self._open.add(account)

    def forget(self, account: Account) -> None:
        self._open.discard(account)

    def charge(self, key: str, model: str, counts: Counts) -> None:
        """Count this. For work whose answer was not watched here too, as when another process did it."""
        day = self._today()
        place = Place(day, key, model)
        found = self._pending.get(place)
        if found is None:
            self._pending[place] = found = Counts()
        found.add(counts)
        if counts.tokens:
            self._here[key] += counts.tokens
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY, self._tick)

    # Asking

    async def refresh(self) -> None:
        """`spent` is as the database had it a second ago or later. Raises Unavailable when it cannot be asked."""
        self._today()
        if self._spent is None or time.monotonic() - self._read_at > EVERY:
            await asyncio.shield(self._write())

    def spent(self, key: str) -> int | None:
        """Tokens that a key has used today, so far as is known; None before the first `refresh` of the day."""
        self._today()
        if self._spent is None:
            return None
        return self._spent.get(key, 0) + self._here[key]

    @property
    def left_of_day(self) -> float:
        """Seconds until midnight UTC."""
        now = self._now()
        return 86_400 - (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()

    async def sync(self) -> None:
        """All that was counted until now is in the database. Raises Unavailable."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await asyncio.shield(self._write())

    async def close(self) -> None:
        """Write what is left."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            while self._pending or self._writing is not None:
                await self.sync()
        except ServerError as error:
            log.error("The last counts of usage are lost: %s", error.message)

    # Writing

    def _today(self) -> date:
        day = self._now().date()
        if day != self._day:
            self._day, self._spent = day, None
            self._here.clear()
        return day

    def _tick(self) -> None:
        self._timer = None
        for account in self._open:
            account.settle()
        if self._pending:
            self._write()
        if self._timer is None and (self._open or self._pending):
            self._timer = asyncio.get_running_loop().call_later(EVERY, self._tick)

    def _write(self) -> asyncio.Task[None]:
        """The write that is under way, or a new one. It ends whoever waits for it."""
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_once(), name="write usage")
            self._writing.add_done_callback(self._written)
        return self._writing

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing = None
        failed = task.cancelled() or task.exception() is not None
        if failed and not self._failing:
            log.warning("Usage could not be written; it is kept until it can be: %s", task)
        self._failing = failed

    async def _write_once(self) -> None:
        for account in self._open:
            account.settle()
        day, batch, here = self._today(), self._pending, dict(self._here)
        self._pending = {}
        began = time.monotonic()
        try:
            spent = await ask(self._database, partial(self._rows.add, batch, day))
        except BaseException:
            for place, counts in batch.items():
                self._pending.setdefault(place, Counts()).add(counts)
            raise
        if day == self._today():
            self._spent, self._read_at = spent, began
            self._here.subtract(here)
            for key in [key for key, tokens in self._here.items() if not tokens]:
                del self._here[key]
