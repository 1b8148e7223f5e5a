"""The worker's end of a cluster: takes offers from Celery's threads, and does the jobs on one event loop, where the
engine batches them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError

from server.errors import BadRequest
from server.jobs.attempt import Claim, Failed, Outcome, Stopped, Succeeded, attempt, error_of
from server.jobs.cluster.charges import FarCharges
from server.jobs.cluster.line import Line
from server.jobs.cluster.offer import GoingHome, Offer
from server.jobs.tasks import Tasks

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
ASK_SECONDS = 5.0
"""Without an answer by then, a worker asks again: the server may have been killed."""


class Hands:
    """Does jobs. Everything runs on the event loop it was started on, but `do`, which Celery's threads wait in."""

    def __init__(self, line: Line, tasks: Tasks, name: str, charges: FarCharges | None = None) -> None:
        """`line` must be patient: what it says is said again until Redis has it. What Redis refuses, as it is full or
        another's replica by now, is said again too. `name`: this process's alone.
        `charges`: where the doors that the tasks use count.
        """
        self._charges = charges or FarCharges()
        self._line = line
        self._tasks = tasks
        self.name = name
        self._attempts: dict[Claim, asyncio.Task[Outcome]] = {}
        self._progress: dict[Claim, dict[str, Any]] = {}
        self._going_home = asyncio.Event()
        self._chores: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._chores = [
            asyncio.create_task(self._beat(), name="beat"),
            asyncio.create_task(self._listen(), name="listen for stops"),
        ]

    def do(self, message: Mapping[str, Any]) -> None:
        """What a message offers, from another thread; returns when that is over. Raises GoingHome."""
        asyncio.run_coroutine_threadsafe(self._do(Offer(**message)), self._loop).result()

    async def go_home(self, seconds: float) -> None:
        """Take no more; what runs may finish within this time, and the rest is left to others."""
        self._going_home.set()
        if self._attempts:
            await asyncio.wait(list(self._attempts.values()), timeout=seconds)
        for running in self._attempts.values():
            running.cancel()

    async def close(self) -> None:
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        with contextlib.suppress(TimeoutError, RedisError):
            async with asyncio.timeout(1):  # Redis may be away; servers forget who is silent
                await self._charge()
                await self._line.leave(self.name)
        await self._line.close()

    async def _do(self, offer: Offer) -> None:
        claim = await self._ask(offer)
        if claim is None:
            return
        if self._going_home.is_set():  # since it asked
            await self._report(claim, None)
            return
        try:
            task = self._tasks.get(claim.task)
        except BadRequest as error:  # a server of another version offered it
            await self._report(claim, Failed(error_of(error), passes=True))
            return
        running = self._attempts[claim] = asyncio.create_task(attempt(task, claim, self), name=f"job {claim.job}")
        try:
            await asyncio.wait([running])
            if not running.cancelled():
                await self._report(claim, running.result())
            else:
                await self._report(claim, None if self._going_home.is_set() else Stopped())
        finally:
            self._attempts.pop(claim, None)
            self._progress.pop(claim, None)

    async def _ask(self, offer: Offer) -> Claim | None:
        """The right to begin, from whichever server answers; None when it is not given."""
        ticket = f"{self.name}/{secrets.token_hex(4)}"
        while True:
            if self._going_home.is_set():
                raise GoingHome
            try:
                answer = await self._line.ask_to_begin(offer.job, ticket, ASK_SECONDS)
            except RedisError as error:
                await _after(error)
                continue
            if answer is not None:
                return offer.claim(answer["fence"], answer["attempt"]) if "fence" in answer else None

    async def _report(self, claim: Claim, outcome: Outcome | None) -> None:
        """Does not give up while Redis refuses: the work is done."""
        while True:
            try:
                return await self._line.report(claim.job, claim.fence, plain(outcome))
            except RedisError as error:
                await _after(error)

    async def progress(self, claim: Claim, progress: dict[str, Any]) -> None:
        """Those who watch are told at once, the store with the next beat."""
        self._progress[claim] = progress
        self._line.tell(claim.job, claim.fence, "progress", progress)

    async def emit(self, claim: Claim, kind: str, data: Any) -> None:
        self._line.tell(claim.job, claim.fence, kind, data)

    async def _beat(self) -> None:
        for number in itertools.count():
            held = [(claim.job, claim.fence, self._progress.get(claim)) for claim in self._attempts]
            try:
                await self._line.beat(self.name, {"number": number, "attempts": held})
                await self._charge()
            except RedisError as error:
                await _after(error)
            else:
                await asyncio.sleep(BEAT_SECONDS)

    async def _charge(self) -> None:
        if used := self._charges.take():
            try:
                await self._line.charge(used)
            except BaseException:
                self._charges.put_back(used)
                raise

    async def _listen(self) -> None:
        while True:
            try:
                async for job, fence in self._line.stops():
                    for claim, running in self._attempts.items():
                        if (claim.job, claim.fence) == (job, fence):
                            running.cancel()
            except RedisError as error:
                await _after(error)


async def _after(error: RedisError) -> None:
    """Pause before the next try."""
    log.warning("Redis is away: %s", error)
    await asyncio.sleep(BEAT_SECONDS)


def plain(outcome: Outcome | None) -> dict[str, Any]:
    """An outcome as it is sent; None: left undone, for another to do."""
    match outcome:
        case Succeeded(result):
            return {"end": "succeeded", "result": result}
        case Failed(error, passes, wait):
            return {"end": "failed", "error": error, "passes": passes, "wait": wait}
        case Stopped():
            return {"end": "stopped"}
        case None:
            return {"end": "released"}
