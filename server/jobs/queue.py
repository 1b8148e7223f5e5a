"""How jobs get to their workers. The protocol of a queue, and the queue that is its own worker, in this process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from server.errors import ServerError
from server.jobs.attempt import Claim, Failed, Outcome, Stopped, attempt
from server.jobs.ledger import Ledger
from server.jobs.tasks import Task, Tasks
from server.store.job_table import Job

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""So often it looks which of its jobs others want stopped."""

IDLE_SECONDS = 10.0
"""So often it looks for jobs if nobody wakes it: whoever looks after the jobs does, as long as there are any."""

RENEWALS = 3
"""In the time of a lease."""

BREAK_SECONDS = 5.0
"""Between two looks at the rows, at least, for it to be unknown whether workers could renew a lease in between."""

PARTING_SECONDS = 5.0
"""For writing down, when all ends, what became of the last jobs."""


class Queue(Protocol):
    """Brings queued jobs to workers, and their word back to the ledger. The rows are the truth: a queue that is lost
    with all that is in it is filled again from them.
    """

    @property
    def hears(self) -> bool:
        """Whether workers can be heard, and could be for as long as a lease lasts: otherwise a lease that passes says
        nothing about its worker.
        """

    async def start(self) -> None:
        """Begin to work."""

    def wake(self) -> None:
        """A job has become queued. Need not be called for every one, nor by every process."""

    def stop(self, job: Job) -> None:
        """This running job is to be stopped; its row says so already."""

    def pause(self) -> None:
        """Begin nothing new; what runs may finish."""

    async def close(self) -> None:
        """Leave what has not finished to others, and end."""


class EmbeddedQueue:
    """Takes jobs from the rows as it has hands free, and does them in this event loop.

    Several may share a store, in as many processes: what they take is theirs by the claim.
    """

    def __init__(
        self, ledger: Ledger, tasks: Tasks, *, at_once: int, name: str, takes: Callable[[Task], bool] = lambda _: True
    ) -> None:
        """`takes`: which of the tasks are done here. `name` says to people which worker it is."""
        self._ledger = ledger
        self._tasks = tasks
        self._takes = takes
        self._at_once = at_once
        self._name = name
        self._running: dict[Claim, asyncio.Task[Outcome]] = {}
        """The attempts; to cancel one is to stop it."""
        self._working: set[asyncio.Task[None]] = set()
        """Those who wait for them."""
        self._woken = asyncio.Event()
        self._paused = False
        self._closing = False
        self._loops: list[asyncio.Task[None]] = []
        self._lease = ledger.policy.lease.total_seconds()
        self._looking_since = self._looked = float("-inf")
        """When the first of the looks at the rows that have succeeded without a break was, and the last."""

    @property
    def hears(self) -> bool:
        """Leases are renewed in the rows, here and in other processes: so the rows must have answered."""
        return self._unbroken and time.monotonic() - self._looking_since > self._lease

    @property
    def _unbroken(self) -> bool:
        return time.monotonic() - self._looked <= max(self._lease, BREAK_SECONDS)

    def _has_looked(self) -> None:
        if not self._unbroken:
            self._looking_since = time.monotonic()
        self._looked = time.monotonic()

    def _could_not_look(self) -> None:
        self._looked = float("-inf")

    async def start(self) -> None:
        self._loops = [
            asyncio.create_task(self._take(), name="take jobs"),
            asyncio.create_task(self._beat(), name="keep the leases of jobs"),
        ]

    def wake(self) -> None:
        self._woken.set()

    def stop(self, job: Job) -> None:
        for claim, running in self._running.items():
            if claim.job == job.id:
                running.cancel()

    def pause(self) -> None:
        self._paused = True

    async def close(self) -> None:
        """Jobs that run are released: the next server begins them at once, and it is no attempt."""
        self._paused = self._closing = True
        self.wake()
        for loop in self._loops[:1]:
            await loop  # not cancelled: what it is just claiming must be released too
        for attempted in self._running.values():
            attempted.cancel()
        if self._working:
            await asyncio.wait(self._working, timeout=PARTING_SECONDS)
        leftover = (*self._loops, *self._working)
        for task in leftover:
            task.cancel()
        await asyncio.gather(*leftover, return_exceptions=True)

    async def _take(self) -> None:
        while not self._closing:
            self._woken.clear()
            free = self._at_once - len(self._running)
            taken = await self._claim(free) if free and not self._paused else 0
            if taken < free or not free:
                await within(IDLE_SECONDS, self._woken)

    async def _claim(self, free: int) -> int:
        try:
            names = [task.name for task in self._tasks if self._takes(task)]
            due = await self._ledger.rows.any_due(names, self._ledger.clock())
            self._has_looked()
            if not due:
                return 0  # a look costs less than a claim, which writes
            claims = await self._ledger.claim(self._name, names, free)
        except ServerError as error:
            self._could_not_look()
            log.warning("No jobs can be taken: %s", error.message)
            return 0
        for claim in claims:
            made = attempt(self._tasks.get(claim.task), claim, self._ledger)
            self._running[claim] = asyncio.create_task(made, name=f"job {claim.job}")
            working = asyncio.create_task(self._see_through(claim), name=f"outcome of {claim.job}")
            self._working.add(working)
            working.add_done_callback(self._working.discard)
        return len(claims)

    async def _see_through(self, claim: Claim) -> None:
        """Wait for an attempt, and write down what became of it. The attempt may be cancelled, this is not."""
        attempted = self._running[claim]
        try:
            await asyncio.wait([attempted])
            outcome = Stopped() if attempted.cancelled() else attempted.result()
            if (self._closing and attempted.cancelled()) or (self._paused and _may_pass(outcome)):
                await self._ledger.release(claim)
            else:
                await self._ledger.settle(claim, outcome)
        finally:
            del self._running[claim]
            self.wake()

    async def _beat(self) -> None:
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._lease / RENEWALS))
            claims = list(self._running)
            if not claims:
                continue
            try:
                if (now := time.monotonic()) - renewed >= self._lease / RENEWALS:
                    await self._ledger.renew(claims)
                    renewed = now
                standing = await self._ledger.rows.standing([claim.job for claim in claims])
                self._has_looked()
            except ServerError as error:
                self._could_not_look()
                log.warning("The leases of running jobs cannot be renewed: %s", error.message)
                continue
            for claim in claims:
                if standing.get(claim.job) != (claim.fence, False) and claim in self._running:
                    self._running[claim].cancel()  # it is to be stopped, or somebody else's by now


def _may_pass(outcome: Outcome) -> bool:
    """What a server that shuts down does to its answers is not the job's fault."""
    return isinstance(outcome, Failed) and outcome.passes


class Queues:
    """Several queues, each for tasks of its own, as one."""

    def __init__(self, *queues: Queue) -> None:
        self._queues = queues

    @property
    def hears(self) -> bool:
        return all(queue.hears for queue in self._queues)

    async def start(self) -> None:
        for queue in self._queues:
            await queue.start()

    def wake(self) -> None:
        for queue in self._queues:
            queue.wake()

    def stop(self, job: Job) -> None:
        for queue in self._queues:
            queue.stop(job)

    def pause(self) -> None:
        for queue in self._queues:
            queue.pause()

    async def close(self) -> None:
        for queue in reversed(self._queues):
            await queue.close()


async def within(seconds: float, event: asyncio.Event) -> None:
    """Wait for an event, for so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
