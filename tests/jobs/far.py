"""A worker of the embedded queue in a process of its own, for tests that kill it.

    python -m tests.jobs.far FOLDER DIE_AT AT_ONCE CLOCK SETTINGS

Its tasks write down in `FOLDER/trace` what they do. DIE_AT names the point at which it ends itself as `kill -9` would,
or falls asleep; CLOCK, how many seconds its clock is ahead. It leaves the chores to the server.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from server.jobs.attempt import Claim, Outcome
from server.jobs.events import EventLog
from server.jobs.jobs import Jobs
from server.jobs.ledger import Ledger, wall_clock
from server.jobs.lifecycle import Policy
from server.jobs.queue import EmbeddedQueue
from server.jobs.tasks import Task, TaskContext, Tasks
from server.settings import load_settings
from server.store.database import Database
from server.store.job_table import Job
from server.store.jobs import JobRows

POINTS = ("claimed", "begun", "half", "done", "settling", "settled")
"""In the order in which an attempt comes to them."""

ASLEEP = "asleep"
"""Where it stops until it is woken by a signal: while it holds a job, and nothing of the store."""

POLICY = Policy(lease=timedelta(seconds=1), attempts=4, backoff=timedelta(seconds=0.05))


async def ticks() -> AsyncIterator[None]:
    """For looking at what other processes bring about."""
    while True:
        yield
        await asyncio.sleep(0.02)


class Work:
    """What the tasks do, in whatever process."""

    def __init__(self, folder: Path, die_at: str = "") -> None:
        self._folder = folder
        self._die_at = die_at

    def tasks(self) -> list[Task]:
        return [Task("mark", self._mark), Task("hold", self._hold), Task("poison", self._poison)]

    def at(self, point: str) -> None:
        """The worker has come to this point."""
        if point == self._die_at:
            os.kill(os.getpid(), signal.SIGSTOP if point == ASLEEP else signal.SIGKILL)

    def trace(self, what: str, arguments: Mapping[str, Any]) -> None:
        """One line, whole, whoever else writes."""
        with open(self._folder / "trace", "ab", buffering=0) as file:
            file.write(f"{what} {arguments.get('mark')}\n".encode())

    async def _mark(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        self.trace("begun", arguments)
        self.at("begun")
        await asyncio.sleep(0.01)
        self.at("half")
        await context.progress(1, 1)
        self.at("done")
        return {"mark": arguments["mark"], "attempt": context.attempt}

    async def _hold(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        """Runs until the file `gate` is there."""
        self.trace("begun", arguments)
        self.at(ASLEEP)
        try:
            async for _ in ticks():
                if (self._folder / "gate").exists():
                    break
        except asyncio.CancelledError:
            self.trace("cancelled", arguments)
            raise
        return {"mark": arguments["mark"], "attempt": context.attempt}

    async def _poison(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        self.trace("begun", arguments)
        os.kill(os.getpid(), signal.SIGKILL)


class MortalLedger(Ledger):
    """A ledger in which a worker may die on its way."""

    work: Work

    async def claim(self, worker: str, tasks: Sequence[str], count: int) -> list[Claim]:
        claims = await super().claim(worker, tasks, count)
        if claims:
            self.work.at("claimed")
        return claims

    async def settle(self, claim: Claim, outcome: Outcome) -> Job | None:
        self.work.at("settling")
        job = await super().settle(claim, outcome)
        self.work.at("settled")
        return job


def assemble(
    database: Database, work: Work, *, at_once: int, name: str, takes: bool = True
) -> tuple[Jobs, EmbeddedQueue]:
    """Jobs over a store, with little patience."""
    ledger = MortalLedger(JobRows(database, 100_000, 1 << 30), EventLog(), POLICY)
    ledger.work = work
    tasks = Tasks()
    tasks.add(*work.tasks())
    queue = EmbeddedQueue(ledger, tasks, at_once=at_once, name=name, takes=lambda _: takes)
    return Jobs(ledger, tasks, queue, keep=timedelta(days=1)), queue


async def main(folder: Path, die_at: str, at_once: int, clock: float, settings: dict[str, Any]) -> None:
    database = Database.open(load_settings(overrides=settings))
    jobs, queue = assemble(database, Work(folder, die_at), at_once=at_once, name=f"far {os.getpid()}")
    jobs.ledger.clock = lambda: wall_clock() + timedelta(seconds=clock)
    await queue.start()
    async for _ in ticks():
        queue.wake()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), json.loads(sys.argv[5])))
