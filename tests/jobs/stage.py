"""A store with jobs over it, as a server has them; and the tasks that tests ask for."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.worker import WorkController, state

from server.errors import BadRequest, Unavailable
from server.jobs.cluster.celery_app import make_app, register
from server.jobs.cluster.line import Line
from server.jobs.cluster.worker import Hands
from server.jobs.jobs import Jobs
from server.jobs.tasks import Task, TaskContext, Tasks
from server.jobs.wiring import Allow, Charge, open_jobs
from server.settings import Settings
from server.store.database import Database

ME, OTHER = "key-1", "key-2"


@dataclass
class Clock:
    """A clock that the test sets."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Script:
    """What the tasks do in this process, and what they were asked."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    """Marks, as the tasks that carry them begin."""
    cancelled: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    """Raised by `fragile`, one an attempt."""

    def tasks(self) -> list[Task]:
        return [
            Task("echo", self._echo, check=self._check),
            Task("gated", self._gated),
            Task("/gated", self._gated),
            Task("fragile", self._fragile),
            Task("telling", self._telling),
            Task("hidden", self._echo, public=False),
            Task("nested", self._echo, model=lambda arguments: str(arguments["flavor"]["modelName"])),
        ]

    def _check(self, arguments: Mapping[str, Any]) -> None:
        if "bad" in arguments:
            raise BadRequest("bad: expected none.", param="bad")

    async def _echo(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        self.begun.put_nowait(str(arguments.get("mark")))
        return {**arguments, "owner": context.owner, "attempt": context.attempt}

    async def _gated(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        self.begun.put_nowait(str(arguments.get("mark")))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(context.job)
            raise
        return dict(arguments)

    async def _fragile(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        if self.failures:
            raise self.failures.pop(0)
        return {"attempt": context.attempt}

    async def _telling(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        for number in range(1, 4):
            await context.emit("token", number)
            await context.progress(number, 3, "telling")
        return "told"


@dataclass
class Office:
    """Jobs that run."""

    jobs: Jobs
    script: Script
    database: Database

    async def begun(self) -> str:
        async with asyncio.timeout(10):
            return await self.script.begun.get()


@asynccontextmanager
async def office(
    settings: Settings,
    *,
    script: Script | None = None,
    clock: Clock | None = None,
    worker: bool = True,
    allow: Allow | None = None,
    charge: Charge | None = None,
) -> AsyncIterator[Office]:
    """A server's jobs, until the context is left. `worker`: with one of Celery's where the settings have a cluster;
    a process can have only one at a time.
    """
    script = script or Script()
    database = Database.open(settings)
    jobs = open_jobs(settings, database, allow=allow, charge=charge)
    if clock is not None:
        jobs.ledger.clock = clock
    jobs.tasks.add(*script.tasks())
    await jobs.start()
    try:
        async with working(settings, jobs.tasks) if worker and settings.jobs.broker_url else nullcontext():
            yield Office(jobs, script, database)
    finally:
        await jobs.close()
        database.close()


@asynccontextmanager
async def working(settings: Settings, tasks: Tasks) -> AsyncIterator[None]:
    """A worker of Celery's in this process, whose jobs run in this event loop."""
    app, section = make_app(settings.jobs), settings.jobs
    hands = Hands(Line(section.redis_url, section.cluster_name, patient=True), tasks, f"w-{secrets.token_hex(4)}")
    register(app, hands.do)
    app.set_default()  # as Celery's program does: the threads of its pool find the task there
    await hands.start()
    ready = threading.Event()
    worker = WorkController(
        app=app,
        pool="threads",
        concurrency=section.at_once or 4,
        hostname=f"{hands.name}@tests",
        loglevel="WARNING",
        ready_callback=lambda _: ready.set(),
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
    )
    thread = threading.Thread(target=worker.start)
    thread.start()
    try:
        assert await asyncio.to_thread(ready.wait, 10)
        yield
    finally:
        await hands.go_home(0)
        state.should_stop = 0
        worker.consumer.call_soon(lambda: None)  # Celery's loop looks only when something happens
        await asyncio.to_thread(thread.join)
        state.should_stop = None
        await hands.close()
        app.close()


def with_jobs(settings: Settings, **changes: Any) -> Settings:
    """The same settings but for these of the section `jobs`."""
    return settings.model_copy(update={"jobs": settings.jobs.model_copy(update=changes)})


BUSY = Unavailable("Not now.", retry_after=0.01)
