"""The jobs of a house: what everybody above works with, whichever queue does the work.

    job = await house.jobs.submit(owner, "count", {"to": 3})
    job = await house.jobs.wait(owner, job.id)

`submit` returns when the job is on the disk: from then on it will be done, whatever is killed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from server.errors import BadRequest, Conflict, ServerError
from server.jobs import lifecycle
from server.jobs.events import LAST, Event
from server.jobs.ledger import Ledger
from server.jobs.queue import Queue, within
from server.jobs.tasks import Tasks
from server.jobs.together import Together
from server.jobs.wire import job_body
from server.store.job_table import ENDED, Job, State
from server.store.rows import new_id

log = logging.getLogger(__name__)

LOWEST, USUAL, HIGHEST = 0, 5, 9
"""Priorities. Within one, the oldest goes first."""

SWEEP_SECONDS = 1.0
"""Between two looks for what was lost or is due, as long as there is anything to do."""

LINGER_SECONDS = 10.0
IDLE_SECONDS = 10.0
"""When there has been nothing to do for so long, it looks so often whether other servers have made jobs: an idle server
costs next to nothing.
"""

TIDY_SECONDS = 600.0
"""Between two looks for what has been kept long enough."""

LOOK_SECONDS = 1.0
"""Who watches a job that another process works at looks at its row so often."""

ID_LENGTH = 28
"""Characters of an id of ours: 96 random bits, and a table of them fits a terminal."""

Chore = Callable[[], Awaitable[None]]


class Jobs:
    """Submit, look, wait, watch, cancel, delete. Another key's job is none."""

    def __init__(self, ledger: Ledger, tasks: Tasks, queue: Queue, keep: timedelta) -> None:
        """`keep`: how long a job that has ended is kept."""
        self.ledger = ledger
        self.tasks = tasks
        self._rows = ledger.rows
        self._queue = queue
        self._keep = keep
        self._chores: list[Chore] = [self._sweep]
        self._tidying: list[Chore] = [self._forget]
        self._loop: asyncio.Task[None] | None = None
        self._added = asyncio.Event()
        self._adding: Together[Sequence[Job], list[Job]] = Together(self._rows.add)

    async def submit(
        self,
        owner: str,
        task: str,
        arguments: Mapping[str, Any],
        *,
        priority: int = USUAL,
        deadline: datetime | None = None,
        idempotency_key: str | None = None,
        webhook: str | None = None,
        label: str | None = None,
        by_client: bool = False,
    ) -> Job:
        """Raises BadRequest for what could never be done, Conflict where the idempotency key is another job's,
        TooManyRequests. `by_client`: only tasks that clients may name.
        """
        self.tasks.get(task, by_client=by_client).check(arguments)
        now = self.ledger.clock()
        if deadline is not None and deadline <= now:
            raise BadRequest("deadline: expected a time to come.", param="deadline")
        job = replace(
            self.drafted(owner, task, arguments, priority=priority),
            deadline=deadline,
            idempotency_key=idempotency_key,
            webhook=webhook,
            label=label,
        )
        (job,) = await self.add([job])
        return job

    async def retry(self, owner: str, id: str) -> Job:
        """A new job for what this one did not bring about. Raises NotFound, and Conflict where there is nothing to do
        again: it has not ended, or has succeeded, or belongs to something larger.
        """
        job = await self.get(owner, id)
        task = self.tasks.get(job.task)
        if not job.ended or job.state == "succeeded":
            raise Conflict(f"The job {id!r} is {job.state}: only what ended without a result can be done again.")
        if job.parent is not None or not (task.public or task.repeatable):
            raise Conflict(f"The job {id!r} is a part of something larger, which is to be asked for again as a whole.")
        return await self.submit(owner, job.task, job.arguments, priority=job.priority, label=job.label)

    def drafted(self, owner: str, task: str, arguments: Mapping[str, Any], *, priority: int = USUAL) -> Job:
        """A job that is not kept yet."""
        now = self.ledger.clock()
        return Job(new_id("job")[:ID_LENGTH], owner, task, arguments, priority, created_at=now, due_at=now)

    async def add(self, drafts: Sequence[Job]) -> list[Job]:
        """Keep jobs of one key as they are. One whose id is there already is left as it stands, and returned."""
        kept = await self._adding.do(drafts)
        for draft, job in zip(drafts, kept, strict=True):
            if job is draft and job.parent is None:
                self.ledger.tell_state(job)
        self._added.set()
        self._queue.wake()
        return kept

    async def get(self, owner: str, id: str) -> Job:
        """Raises NotFound."""
        return self.ledger.with_progress(await self._rows.get(owner, id))

    async def position(self, job: Job) -> int | None:
        """How many wait before it; None when it does not wait."""
        return await self._rows.position(job) if job.state == "queued" else None

    async def list(
        self,
        owner: str | None,
        *,
        states: Sequence[State] = (),
        task: str | None = None,
        after: str | None = None,
        limit: int = 20,
        newest_first: bool = True,
    ) -> list[Job]:
        """A page of a key's jobs, or everybody's with None, without their arguments and results."""
        return await self._rows.page(
            owner, states=states, task=task, after=after, limit=limit, newest_first=newest_first
        )

    async def cancel(self, owner: str, id: str) -> Job:
        """What waits will not be done; what runs is asked to stop, and `cancelling` until it has. Raises NotFound,
        and Conflict for what has ended otherwise.
        """
        await self.get(owner, id)
        job = await self.ledger.change(id, partial(lifecycle.cancel, now=self.ledger.clock()))
        if job is None:
            return await self.get(owner, id)
        if job.ended and job.state != "cancelled":
            raise Conflict(f"The job {id!r} has ended: it is {job.state}.")
        if job.cancelling:
            self.stop(job)
        return job

    async def delete(self, owner: str, id: str) -> None:
        """Raises NotFound, and Conflict for what has not ended."""
        await self._rows.delete(owner, id)
        self.ledger.events.forget(id)

    async def events(self, owner: str, id: str, after: tuple[int, int] = (-1, 0)) -> AsyncGenerator[Event, None]:
        """What has happened to it after this place and what happens, until it has ended. The last event tells of the
        state it ended in, with result and error. Raises NotFound.
        """
        job, log = await self.get(owner, id), self.ledger.events
        after = min(after, log.newest(id))  # a place beyond is one of another server's: what comes from now on follows
        while True:
            while news := log.after(id, after):  # more may come while one is sent
                for event in news:
                    after = event.place
                    if event.kind == "state" and event.data["state"] in ENDED:
                        event = replace(event, data=job_body(await self.get(owner, id)))
                    yield event
            if log.ended(id):
                return
            if job.ended:
                yield Event(job.fence, LAST, "state", job_body(job))
                return
            if not await log.grown(id, LOOK_SECONDS):
                job = await self.get(owner, id)

    def stop(self, job: Job) -> None:
        """Have a job that is being cancelled stop at once, if it runs here."""
        self._queue.stop(job)

    def seen_all(self, job: Job, after: tuple[int, int]) -> bool:
        """Whether nothing follows this place in what has happened to a job that has ended."""
        return after >= (job.fence, LAST)

    def followed(self, job: Job) -> bool:
        """Whether what has happened to it can still be told from the beginning."""
        return not job.ended or self.ledger.events.ended(job.id)

    async def wait(self, owner: str, id: str) -> Job:
        """The job when it has ended."""
        async for _ in self.events(owner, id):
            pass
        return await self.get(owner, id)

    def when_looking(self, chore: Chore) -> None:
        """Have this done about once a second, in every server, until a little after the last job has ended."""
        self._chores.append(chore)

    def when_tidying(self, chore: Chore) -> None:
        """Have this done now and then, in every server."""
        self._tidying.append(chore)

    async def start(self) -> None:
        await self._queue.start()
        self._loop = asyncio.create_task(self._look_after(), name="look after jobs")

    def pause(self) -> None:
        """Begin no more jobs; what runs may finish."""
        self._queue.pause()

    async def close(self) -> None:
        """Leave what has not finished to the next server."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        await self._queue.close()

    async def _look_after(self) -> None:
        busy_at, tidied = time.monotonic(), time.monotonic() - TIDY_SECONDS
        while True:
            added = self._added.is_set()  # it may have ended by now, and something may follow from that
            self._added.clear()
            busy = await self._is_busy() or added
            if busy:
                busy_at = time.monotonic()
            idle = not busy and time.monotonic() - busy_at > LINGER_SECONDS
            if not idle:
                for chore in self._chores:
                    await _safely(chore)
                self._queue.wake()
            if time.monotonic() - tidied >= TIDY_SECONDS:
                tidied = time.monotonic()
                for chore in self._tidying:
                    await _safely(chore)
            if idle:
                await within(IDLE_SECONDS, self._added)
            else:
                await asyncio.sleep(SWEEP_SECONDS)

    async def _is_busy(self) -> bool:
        try:
            return await self._rows.any_open()
        except ServerError:
            return True

    async def _sweep(self) -> None:
        await self.ledger.sweep(lost=self._queue.hears)

    async def _forget(self) -> None:
        while await self._rows.forget(self.ledger.clock() - self._keep):
            pass


async def _safely(chore: Chore) -> None:
    try:
        await chore()
    except ServerError as error:
        log.warning("A chore of the jobs was left for later: %s", error.message)
    except Exception:
        log.exception("A chore of the jobs broke")
