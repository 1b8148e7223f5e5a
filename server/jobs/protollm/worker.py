"""A worker of ProtoLLM's queue: takes the jobs that its API put there, and writes what came of them where it looks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from redis.exceptions import RedisError

from server.catalog import Catalog
from server.chat.backend import Backend
from server.errors import ServerError
from server.jobs.protollm.broker import Delivery, Subscription
from server.jobs.protollm.results import MOST_DEATHS, Results
from server.jobs.protollm.wire import Prompt, UnreadableMessage, choose_card, priority_of, read_message, turn_of
from server.settings import Settings

log = logging.getLogger(__name__)

OWNER = "protollm"
"""Whose the prefixes of its jobs are; its queue knows no keys."""

PAUSE_SECONDS = 1.0
"""After Redis has refused something, before the next try."""

Write = Callable[[str, str], Awaitable[None]]
"""Write down, of a job, its answer or its error."""


class ProtollmWorker:
    """Takes as many jobs at a time as the engine batches. A message is kept by the broker until its result is written.

    A job that fails is a result; a job whose worker was lost is given to another, and given up when it has ended three.
    """

    def __init__(self, settings: Settings, catalog: Catalog, backend: Backend, queue: str | None = None) -> None:
        self._settings = settings
        self._section = settings.dialects.protollm
        self._catalog = catalog
        self._backend = backend
        self._results = Results(self._section, patient=True)
        # More would be refused at the engine's door as too many of one owner.
        most = min(settings.engine.slots, settings.limits.waiting, settings.limits.waiting_per_key)
        self.queue = queue or self._section.queue_name
        self._subscription = Subscription(self._section, self.queue, most, self._take)

    @property
    def listening(self) -> asyncio.Event:
        """Set while it takes jobs."""
        return self._subscription.listening

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what runs may finish within the drain time, and the rest goes back to the queue."""
        taking = asyncio.create_task(self._subscription.run(), name="take jobs")
        stopping = asyncio.create_task(stop.wait(), name="wait for the end")
        try:
            await asyncio.wait((taking, stopping), return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                taking.result()
        finally:
            for task in (taking, stopping):
                task.cancel()
            await asyncio.gather(taking, stopping, return_exceptions=True)
            await self._subscription.close(self._settings.server.drain_seconds)
            await self._results.close()

    async def _take(self, delivery: Delivery) -> None:
        try:
            await self._settle(delivery)
        except Exception as error:
            known = isinstance(error, RedisError)
            log.error("A job cannot be looked after; it goes back to the queue: %s", error, exc_info=not known)
            await asyncio.sleep(PAUSE_SECONDS)  # it may come again at once
            delivery.back()
        else:
            delivery.done()

    async def _settle(self, delivery: Delivery) -> None:
        """Write what becomes of a message."""
        try:
            prompt = read_message(delivery.body)
        except UnreadableMessage as error:
            log.warning("%s", error)
            if error.job_id is not None:
                await self._write(self._results.fail, error.job_id, str(error))
        else:
            await self._work(prompt, delivery.again)

    async def _work(self, prompt: Prompt, again: bool) -> None:
        id = prompt.job_id
        if again and await self._results.ended(id):
            return  # only its acknowledgement was lost
        if not await self._results.begin(id):
            log.error("A job was given up: it has ended %d workers", MOST_DEATHS)
            said = f"The job was given up: {MOST_DEATHS} workers ended while they ran it."
            await self._write(self._results.fail, id, said)
            return
        try:
            write, text = await self._answer(prompt)
            await self._write(write, id, text)
        except asyncio.CancelledError:
            with suppress(TimeoutError, RedisError):
                async with asyncio.timeout(1):  # Redis may be away, and nobody waits for it now
                    await self._results.give_back(id)
            raise

    async def _write(self, write: Write, id: str, text: str) -> None:
        """Does not give up while Redis refuses, as it is full or has no disk: what was made is not to be made again."""
        while True:
            try:
                return await write(id, text)
            except RedisError as error:
                log.warning("What came of the job %s cannot be written yet: %s", id, error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _answer(self, prompt: Prompt) -> tuple[Write, str]:
        """The answer or the error of a job, and how to write it down."""
        try:
            card = choose_card(self._catalog, self._section, prompt.meta.model, self.queue)
            priority = priority_of(prompt, self._section.base_priority)
            turn = turn_of(prompt, card, self._settings.limits, owner=OWNER, priority=priority)
            async with self._backend.open(turn) as answer:
                pieces = [delta.content async for deltas in answer for delta in deltas]
            return self._results.finish, "".join(pieces)
        except ServerError as error:
            return self._results.fail, error.message
        except Exception as error:
            log.exception("A job failed")
            return self._results.fail, str(error) or type(error).__name__
