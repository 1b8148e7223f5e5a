"""Where word of the work meets the rows: claims go out, outcomes come in, and those who watch are told.

Every queue works through it. What comes in at once is committed together, since it is the disk that costs.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from server.errors import Unavailable
from server.jobs import lifecycle
from server.jobs.attempt import Claim, Failed, Outcome, Stopped, Succeeded
from server.jobs.events import EventLog
from server.jobs.lifecycle import Policy
from server.jobs.together import Together
from server.jobs.wire import job_body
from server.store.job_table import Change, Job, Move
from server.store.jobs import JobRows

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 1.0
"""The store hears of a job's progress so often."""

RETRY_SECONDS = 1.0
"""Between two tries to write down an outcome."""

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The rows of jobs as their workers deal with them."""

    def __init__(self, rows: JobRows, events: EventLog, policy: Policy, clock: Clock = wall_clock) -> None:
        self.rows = rows
        self.events = events
        self.policy = policy
        self.clock = clock
        self._moves: Together[tuple[str, Move], Job | None] = Together(self._make)
        self._told: dict[str, float] = {}
        """When the store last heard of a running job's progress."""
        self._latest: dict[str, tuple[int, dict[str, Any]]] = {}
        """The progress of jobs that run here, with their fence: newer than what the store has heard."""

    async def claim(self, worker: str, tasks: Sequence[str], count: int) -> list[Claim]:
        """Up to so many jobs of these tasks whose turn it is; they run from now on, as `worker`'s."""
        now = self.clock()
        move = partial(lifecycle.claim, now=now, policy=self.policy, worker=worker)
        claimed = await self.rows.claim(move, tasks, count, now)
        for job in claimed:
            self.tell_state(job)
        return [Claim.of(job) for job in claimed]

    async def offer(self, tasks: Sequence[str], most: int, seconds: float) -> list[Job]:
        """Jobs whose turn it is, to be offered to workers elsewhere: so many that `most` are on offer. What nobody has
        begun in this time may be offered again.
        """
        now = self.clock()
        move = partial(lifecycle.offer, until=now + timedelta(seconds=seconds))
        return await self.rows.offer(move, tasks, most, now)

    async def withdraw(self, ids: Sequence[str]) -> None:
        """These could not be offered."""
        await self.rows.change([(id, lifecycle.withdraw) for id in ids])

    async def begin(self, id: str, worker: str) -> tuple[Claim, bool] | None:
        """A worker elsewhere asks to begin a job; None: it is not to. If it asks again it is given the same claim.
        With the claim comes whether it is new.
        """
        now, new = self.clock(), False

        def move(job: Job) -> Job:
            nonlocal new
            claimed = lifecycle.claim(job, now, self.policy, worker)
            new = claimed is not job
            return claimed

        job = await self.change(id, move)
        if job is None or job.state != "running" or job.worker != worker:
            return None
        return Claim.of(job), new

    async def renew(self, claims: Sequence[Claim]) -> None:
        """These are still being worked at."""
        now, policy = self.clock(), self.policy
        await self.rows.change(
            [(claim.job, partial(lifecycle.renew, fence=claim.fence, now=now, policy=policy)) for claim in claims]
        )

    async def progress(self, claim: Claim, progress: dict[str, Any]) -> None:
        """How far it is: those who watch hear it at once, the store now and then, or later where it does not answer."""
        self.events.add(claim.job, claim.fence, "progress", progress)
        self._latest[claim.job] = (claim.fence, progress)
        now = time.monotonic()
        if now - self._told.get(claim.job, 0.0) >= PROGRESS_SECONDS:
            self._told[claim.job] = now
            try:
                await self.note(claim, progress)
            except Unavailable as error:
                log.warning("How far the job %s is cannot be written down: %s", claim.job, error.message)

    async def note(self, claim: Claim, progress: dict[str, Any]) -> None:
        """How far it is, for the store alone."""
        await self.change(claim.job, partial(lifecycle.tell, fence=claim.fence, progress=progress))

    def with_progress(self, job: Job) -> Job:
        """A job as the store has it, with the progress that is known here."""
        fence, progress = self._latest.get(job.id, (-1, None))
        return replace(job, progress=progress) if job.state == "running" and job.fence == fence else job

    async def emit(self, claim: Claim, kind: str, data: Any) -> None:
        self.events.add(claim.job, claim.fence, kind, data)

    async def settle(self, claim: Claim, outcome: Outcome) -> Job | None:
        """What became of an attempt. Does not give up while the store does not answer: the work is done."""
        self._told.pop(claim.job, None)
        self._latest.pop(claim.job, None)
        fence, policy = claim.fence, self.policy

        def move(job: Job) -> Job:
            match outcome:
                case Succeeded(result):
                    return lifecycle.succeed(job, fence, self.clock(), result)
                case Failed(error, passes, wait):
                    now, chance = self.clock(), random.random()
                    return lifecycle.fail(job, fence, now, policy, error, passes=passes, jitter=chance, wait=wait)
                case Stopped():
                    return lifecycle.stop(job, fence, self.clock())

        return await self._persist(claim.job, move)

    async def release(self, claim: Claim) -> Job | None:
        """It was left undone, as its worker goes home: somebody else may begin at once."""
        self._told.pop(claim.job, None)
        self._latest.pop(claim.job, None)
        return await self._persist(claim.job, lambda job: lifecycle.release(job, claim.fence, self.clock()))

    async def sweep(self, *, lost: bool = True) -> int:
        """Find what was lost, and what is too late; how many there were. Without `lost`, only what is too late."""
        now = self.clock()
        ids = await self.rows.due_for_a_look(now, now + self.policy.lease * 2, lost=lost)

        def move(job: Job) -> Job:
            if lost:
                job = lifecycle.lose(job, now, self.policy, jitter=random.random())
            return lifecycle.overdue(job, now)

        looked_at = await asyncio.gather(*(self.change(id, move) for id in ids))
        bereft = [job for job in looked_at if job is not None and job.deaths and job.state != "running"]
        if bereft:
            log.warning("%d jobs lost their worker: %s", len(bereft), ", ".join(job.id for job in bereft[:5]))
        for job in bereft:
            if job.state == "dead":
                log.error("The job %s is given up: %d workers were lost over it", job.id, job.deaths)
        return len(ids)

    async def change(self, id: str, move: Move) -> Job | None:
        """Make a move; those who watch are told where it changes the state. None: there is no such job."""
        return await self._moves.do((id, move))

    def tell_state(self, job: Job) -> None:
        """To those who watch. The result, which may be large, stays in the row."""
        self.events.add(job.id, job.fence, "state", job_body(replace(job, result=None)), last=job.ended)

    def _tell(self, change: Change | None) -> None:
        if change is None:
            return
        before, after = change
        if (before.state, before.cancelling) != (after.state, after.cancelling):
            self.tell_state(after)

    async def _persist(self, id: str, move: Move) -> Job | None:
        while True:
            try:
                return await asyncio.shield(self.change(id, move))
            except Unavailable as error:
                log.warning("What became of the job %s cannot be written down yet: %s", id, error.message)
                await asyncio.sleep(RETRY_SECONDS)

    async def _make(self, moves: Sequence[tuple[str, Move]]) -> list[Job | None]:
        changes = await self.rows.change(moves)
        for change in changes:
            self._tell(change)
        return [None if change is None else change.after for change in changes]
