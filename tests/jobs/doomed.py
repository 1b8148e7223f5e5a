"""Workers of the embedded queue that are each killed at a point of its own, one after the other.

    python -m tests.jobs.doomed SETTINGS

There is a task for each point, named like it, and each worker takes the one alone. They are forked, since it is the
imports that cost. Nobody looks after the jobs meanwhile: what becomes of them, whoever comes next decides.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from server.errors import Unavailable
from server.jobs.events import EventLog
from server.jobs.jobs import Jobs
from server.jobs.ledger import Ledger
from server.jobs.queue import EmbeddedQueue
from server.jobs.tasks import Task, TaskContext, Tasks
from server.settings import load_settings
from server.store.database import Database
from server.store.job_table import Change, Job, Move
from server.store.jobs import JobRows
from tests.jobs.far import POLICY, ticks

AGAIN, AT_ONCE, CALLED_OFF = ("succeeded", 2, 1), ("succeeded", 1, 0), ("cancelled", 1, 1)

POINTS = {
    "claim: before it is committed": AT_ONCE,
    "claim: committed": AGAIN,
    "task: before its first event": AGAIN,
    "task: after its first event": AGAIN,
    "progress: before it is committed": AGAIN,
    "progress: committed": AGAIN,
    "task: between two words of progress": AGAIN,
    "lease: before it is committed": AGAIN,
    "lease: committed": AGAIN,
    "result: before it is committed": AGAIN,
    "result: committed": AT_ONCE,
    "failure: before it is committed": AGAIN,
    "failure: committed": ("succeeded", 2, 0),
    "cancel: before it is committed": AGAIN,
    "cancel: committed": CALLED_OFF,
    "task: while it is being cancelled": CALLED_OFF,
    "stop: before it is committed": CALLED_OFF,
    "stop: committed": ("cancelled", 1, 0),
    "release: before it is committed": AGAIN,
    "release: committed": AT_ONCE,
}
"""Where workers are killed; and the state, the attempts and the deaths of the job when others have seen it through."""


def what_happens(before: Job, after: Job) -> str:
    """In a move, as the points call it."""
    if after.state == "succeeded":
        return "result"
    if after.state == "cancelled":
        return "stop"
    if after.state == "queued":
        return "release" if after.attempts < before.attempts else "failure"
    if before.state == "queued":
        return "claim"
    if after.cancelling != before.cancelling:
        return "cancel"
    return "progress" if after.progress != before.progress else "lease"


class DoomedRows(JobRows):
    """Rows whose process is killed in a transaction, or just after it. `point`: where; empty: nowhere."""

    point = ""

    def at(self, point: str) -> None:
        if point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    async def claim(self, move: Move, tasks: Sequence[str], count: int, now: datetime) -> list[Job]:
        seen: list[str] = []
        claimed = await super().claim(partial(self._move, seen, move), tasks, count, now)
        self._committed(seen)
        return claimed

    async def change(self, moves: Sequence[tuple[str, Move]]) -> list[Change | None]:
        seen: list[str] = []
        changes = await super().change([(id, partial(self._move, seen, move)) for id, move in moves])
        self._committed(seen)
        return changes

    def _move(self, seen: list[str], move: Move, job: Job) -> Job:
        moved = move(job)
        if moved is not job:
            seen.append(what_happens(job, moved))
            self.at(f"{seen[-1]}: before it is committed")
        return moved

    def _committed(self, seen: list[str]) -> None:
        for what in seen:
            self.at(f"{what}: committed")


class Server:
    """Jobs, and the worker that does them: all of them without a `point`, and else what leads to the point."""

    def __init__(self, database: Database, point: str = "") -> None:
        self._rows = DoomedRows(database, 1000, 1 << 30)
        self._rows.point = point
        self._what = point.partition(":")[0]
        self._asked: list[asyncio.Task[Any]] = []
        tasks = Tasks()
        tasks.add(*(Task(name, self._run) for name in POINTS))
        ledger = Ledger(self._rows, EventLog(), POLICY)
        self.queue = EmbeddedQueue(
            ledger, tasks, at_once=4, name=point or "next", takes=lambda task: point in ("", task.name)
        )
        self.jobs = Jobs(ledger, tasks, self.queue, keep=timedelta(days=1))

    async def _run(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        self._rows.at("task: before its first event")
        await context.emit("token", "a")
        self._rows.at("task: after its first event")
        await context.progress(1, 2)
        self._rows.at("task: between two words of progress")
        await context.progress(2, 2)
        if self._what == "failure":
            raise Unavailable("Not now.")
        if self._what in ("cancel", "stop", "task"):
            self._asked.append(asyncio.create_task(self.jobs.cancel(context.owner, context.job)))
        if self._what == "release":
            self._asked.append(asyncio.create_task(self.queue.close()))
        if self._what not in ("", "result"):
            await self._be_stopped()
        return {"attempt": context.attempt}

    async def _be_stopped(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self._rows.at("task: while it is being cancelled")
            raise


async def die(point: str, settings: dict[str, Any]) -> None:
    server = Server(Database.open(load_settings(overrides=settings)), point)
    async with asyncio.timeout(20):
        await server.queue.start()
        async for _ in ticks():
            server.queue.wake()


def main(settings: dict[str, Any]) -> int:
    """How many were not killed."""
    alive = 0
    for point in POINTS:
        child = os.fork()
        if not child:
            asyncio.run(die(point, settings))
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.stderr.write(f"never came to: {point}\n")
            alive += 1
    return alive


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
