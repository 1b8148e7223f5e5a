"""The server's end of a cluster: a queue whose workers are elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from server.errors import ServerError
from server.jobs.attempt import Claim, Failed, Outcome, Stopped, Succeeded, error_of
from server.jobs.cluster.celery_app import make_app, send
from server.jobs.cluster.line import ABANDONED_SECONDS, Line, Word
from server.jobs.cluster.offer import Offer
from server.jobs.cluster.told import ToldLog
from server.jobs.ledger import Ledger
from server.jobs.tasks import Task, Tasks, may_pass
from server.settings import JobsSection
from server.store.job_table import Job
from server.store.usage import Counts

log = logging.getLogger(__name__)

ON_OFFER = 256
"""Jobs on RabbitMQ that nobody has begun: enough to keep workers busy, and few enough that a job that is more urgent
than all of them does not wait long for its place."""

OFFER_SECONDS = 30.0
"""What nobody has begun by then is offered again, as the broker may have lost it; if it has not, it forgets it now."""

LOOK_SECONDS = 1.0
PAUSE_SECONDS = 1.0
"""After a failure of RabbitMQ or Redis, before the next try."""

SILENT_SECONDS = 60.0
"""A worker whose beat has not changed for so long is not counted any more."""


Charge = Callable[[str, str, Counts], None]
"""Key, model, and what was used."""

Allow = Callable[[str, str], Awaitable[None]]
"""Raises where a key may not use a model now; counts the request otherwise."""


class CeleryQueue:
    """Offers jobs to Celery's workers, and hears them. Several servers with one store may do so together."""

    def __init__(
        self,
        ledger: Ledger,
        tasks: Tasks,
        section: JobsSection,
        told: ToldLog,
        *,
        name: str,
        takes: Callable[[Task], bool] = lambda _: True,
        allow: Allow | None = None,
        charge: Charge | None = None,
    ) -> None:
        """`takes`: which tasks are done by workers elsewhere. `name`: this server's among the servers. `allow`: who
        knows what their keys may do. `charge`: who counts what they cost.
        """
        self._allow = allow
        self._charge = charge
        self._ledger = ledger
        self._tasks = tasks
        self._takes = takes
        self._name = name
        self._line: Line = told.line
        self._told = told
        self._app = make_app(section)
        self._lease = section.lease_seconds
        self._woken = asyncio.Event()
        self._paused = False
        self._open = False
        """Whether Redis takes what workers say."""
        self._hearing_since: float | None = None
        self._beats: dict[str, tuple[str, float]] = {}
        """Of each worker the last beat, and when it was new here."""
        self._renewed = 0.0
        self._stopping: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._words: set[str] = set()
        """The ids of those that are being dealt with: they need not be taken over."""
        self._counted: set[str] = set()
        """The ids of words whose cost was counted, until they are acknowledged."""
        self._in_hand: set[asyncio.Task[None]] = set()
        """What must not be left half done: what was heard, and what stands in the store as offered."""

    @property
    def hears(self) -> bool:
        return self._hearing_since is not None and time.monotonic() - self._hearing_since > self._lease

    async def start(self) -> None:
        chores = {
            "offer jobs": self._offer,
            "hear of jobs": self._hear,
            "hear what others left": self._take_over,
            "count the beats of workers": self._count_beats,
            "follow what is told of jobs": self._told.follow,
        }
        self._loops = [asyncio.create_task(self._keep_on(chore), name=name) for name, chore in chores.items()]

    def wake(self) -> None:
        self._woken.set()

    def stop(self, job: Job) -> None:
        task = asyncio.create_task(self._stop(job.id, job.fence))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    def pause(self) -> None:
        """Offers no more. What workers say is heard until the end: their work is not this server's."""
        self._paused = True

    async def close(self) -> None:
        for loop in (*self._loops, *self._stopping):
            loop.cancel()
        await asyncio.gather(*self._loops, *self._stopping, return_exceptions=True)
        if in_hand := list(self._in_hand):
            await asyncio.wait(in_hand, timeout=PAUSE_SECONDS)
            for task in in_hand:
                task.cancel()
            await asyncio.gather(*in_hand, return_exceptions=True)
        with contextlib.suppress(RedisError, TimeoutError):
            async with asyncio.timeout(PAUSE_SECONDS):
                await self._line.sent()
                await self._line.part(self._name)
        await self._line.close()
        await asyncio.to_thread(self._app.close)

    async def _keep_on(self, chore: Callable[[], Awaitable[None]]) -> None:
        """Do this again and again, also when RabbitMQ, Redis or the store were away."""
        while True:
            try:
                await chore()
                continue
            except RedisError as error:
                self._hearing_since = None
                log.warning("Redis is away: %s", error)
            except (OperationalError, OSError) as error:
                log.warning("RabbitMQ is away: %s", error)
            except ServerError as error:
                log.warning("Jobs cannot be looked after: %s", error.message)
            except Exception:
                log.exception("A part of the jobs' queue broke; it is begun again")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _see_through(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this also where a closing server ends the chore that it is part of; `close` waits for it."""
        task = asyncio.create_task(work)
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)
        await asyncio.shield(task)

    # Down: offers

    async def _offer(self) -> None:
        self._woken.clear()
        names = [task.name for task in self._tasks if self._takes(task)]
        if not self._paused and await self._ledger.rows.any_due(names, self._ledger.clock()):
            await self._see_through(self._offer_some(names))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()

    async def _offer_some(self, names: list[str]) -> None:
        jobs = await self._ledger.offer(names, ON_OFFER, OFFER_SECONDS)
        if not jobs:
            return
        try:
            await asyncio.to_thread(send, self._app, [Offer.of(job) for job in jobs], OFFER_SECONDS)
        except BaseException:
            await self._ledger.withdraw([job.id for job in jobs])
            raise

    # Up: words

    async def _hear(self) -> None:
        words = await self._line.hear(self._name)
        if self._hearing_since is None and self._open:
            self._hearing_since = time.monotonic()
        await self._see_through(self._deal_with(words))

    async def _take_over(self) -> None:
        await self._see_through(self._deal_with(await self._line.take_over(self._name)))
        await asyncio.sleep(ABANDONED_SECONDS / 2)

    async def _deal_with(self, words: list[Word]) -> None:
        """What comes together is committed together, by the ledger. What was used does not wait for that."""
        words = [word for word in words if word.id not in self._words]
        used = [word for word in words if word.kind == "used"]
        others = [word for word in words if word.kind != "used"]
        ids = {word.id for word in words}
        self._words |= ids
        try:
            if used:
                await self._count(used)
            if others:
                found = await asyncio.gather(*map(self._understand, others))
                await self._line.done(others, dict(pair for pair in found if pair is not None))
                self.wake()  # what was begun has left room for another offer
        finally:
            self._words -= ids

    async def _understand(self, word: Word) -> tuple[str, dict[str, Any]] | None:
        """Do what a word says; the ticket of whoever is to be answered, and the answer."""
        try:
            if word.kind == "begin":
                ticket = str(word.fields["ticket"])
                return ticket, await self._begin(str(word.fields["job"]), ticket)
            claim = _claim_of(str(word.fields["job"]), int(word.fields["fence"]))
            outcome = _outcome(word.fields)
            await (self._ledger.release(claim) if outcome is None else self._ledger.settle(claim, outcome))
        except ServerError as error:
            log.warning("A worker's word cannot be dealt with now: %s", error.message)  # it will ask again
        except (KeyError, TypeError, ValueError):
            log.exception("A worker said what is not understood: %.200s", word.fields)
        return None

    async def _begin(self, job: str, ticket: str) -> dict[str, Any]:
        """The answer to whoever asks to begin a job; the same to whoever asks again, for whom nothing is counted."""
        begun = await self._ledger.begin(job, ticket)
        if begun is None:
            return {"go": False}
        claim, new = begun
        if new and not await self._allowed(claim):
            return {"go": False}
        return {"fence": claim.fence, "attempt": claim.attempt}

    async def _allowed(self, claim: Claim) -> bool:
        """Whether the limits of its key allow a claim now: a worker has no database to know them from. If not, that is
        what became of it.
        """
        if self._allow is None:
            return True
        try:
            await self._allow(claim.owner, self._tasks.get(claim.task).model(claim.arguments))
        except ServerError as error:
            await self._ledger.settle(claim, Failed(error_of(error), may_pass(error), error.retry_after or 0.0))
            return False
        return True

    async def _count(self, words: list[Word]) -> None:
        """Count what was used, once: a word that could not be acknowledged comes again."""
        for word in words:
            if word.id in self._counted or self._charge is None:
                continue
            self._counted.add(word.id)
            try:
                for key, model, counts in word.fields["used"]:
                    self._charge(key, model, Counts(**counts))
            except (KeyError, TypeError, ValueError):
                log.exception("A worker said what is not understood: %.200s", word.fields)
        await self._line.done(words, {})
        self._counted.difference_update(word.id for word in words)

    async def _count_beats(self) -> None:
        """Renew what workers work at, note how far they are, and stop what is theirs no more."""
        self._open = False
        await self._line.try_out()
        self._open = True
        now, beats = time.monotonic(), await self._line.beats()
        for worker, text in beats.items():
            known = self._beats.get(worker)
            if known is None or known[0] != text:
                self._beats[worker] = (text, now)
        held = []
        for worker, (text, since) in list(self._beats.items()):
            if worker not in beats:
                del self._beats[worker]
            elif now - since > SILENT_SECONDS:
                del self._beats[worker]
                await self._line.leave(worker)
            elif now - since < 2 * LOOK_SECONDS:
                held += json.loads(text)["attempts"]
        await self._look_at(held)
        await asyncio.sleep(LOOK_SECONDS)

    async def _look_at(self, held: list[tuple[str, int, dict[str, Any] | None]]) -> None:
        if not held:
            return
        claims = [_claim_of(job, fence) for job, fence, _ in held]
        if time.monotonic() - self._renewed > self._lease / 3:
            now = time.monotonic()
            await self._ledger.renew(claims)
            self._renewed = now
        standing = await self._ledger.rows.standing([claim.job for claim in claims])
        for claim, (_, _, progress) in zip(claims, held, strict=True):
            if standing.get(claim.job) != (claim.fence, False):
                await self._line.stop(claim.job, claim.fence)
            elif progress is not None:
                await self._ledger.note(claim, progress)

    async def _stop(self, job: str, fence: int) -> None:
        with contextlib.suppress(RedisError):  # whoever beats for it is told again
            await self._line.stop(job, fence)


def _claim_of(job: str, fence: int) -> Claim:
    """Enough to say which attempt is meant."""
    return Claim(job, fence, attempt=0, owner="", task="", arguments={}, priority=0)


def _outcome(fields: dict[str, Any]) -> Outcome | None:
    """As a worker wrote it (`worker.plain`); None: it was left undone, for another to do."""
    match fields["end"]:
        case "succeeded":
            return Succeeded(fields["result"])
        case "failed":
            return Failed(fields["error"], bool(fields["passes"]), float(fields.get("wait", 0.0)))
        case "stopped":
            return Stopped()
        case "released":
            return None
    raise ValueError(fields["end"])
