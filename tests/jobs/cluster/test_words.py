"""What a server does when a worker's words come to it more than once, or all at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Any

import pytest
import pytest_asyncio
import redis

from server.errors import RateLimited
from server.jobs.attempt import Claim, Outcome
from server.jobs.cluster import line, queue
from server.jobs.cluster.line import Line, Word
from server.jobs.ledger import Ledger
from server.settings import Settings
from server.store.job_table import Job
from server.store.usage import Counts
from tests.cluster import until
from tests.jobs.stage import ME, office


@pytest_asyncio.fixture
async def worker(elsewhere: Settings) -> AsyncIterator[Line]:
    """A worker's end of the line."""
    one = Line(elsewhere.jobs.redis_url, elsewhere.jobs.cluster_name, patient=True)
    yield one
    await one.close()


async def test_what_was_used_is_counted_once_while_the_store_is_slow(
    elsewhere: Settings, worker: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "ABANDONED_SECONDS", 0.1)
    monkeypatch.setattr(queue, "ABANDONED_SECONDS", 0.1)
    again, answers = asyncio.Event(), asyncio.Event()
    settle, take_over = Ledger.settle, Line.take_over

    async def slow(self: Ledger, claim: Claim, outcome: Outcome) -> Job | None:
        await answers.wait()
        return await settle(self, claim, outcome)

    async def taking_over(self: Line, server: str) -> Sequence[Word]:
        found = await take_over(self, server)
        if found:
            again.set()
        return found

    monkeypatch.setattr(Ledger, "settle", slow)
    monkeypatch.setattr(Line, "take_over", taking_over)
    charged: list[Any] = []
    await worker.report("job_none", 1, {"end": "stopped"})
    await worker.charge([(ME, "tiny", asdict(Counts(requests=1)))])
    async with office(elsewhere, worker=False, charge=lambda *used: charged.append(used)):
        async with asyncio.timeout(10):
            await again.wait()
        answers.set()
        with redis.Redis.from_url(elsewhere.jobs.redis_url) as store:
            await until(lambda: not store.xlen(f"{elsewhere.jobs.cluster_name}:words"))
    assert charged == [(ME, "tiny", Counts(requests=1))]


async def test_who_asks_again_to_begin_is_not_asked_for_twice(elsewhere: Settings, worker: Line) -> None:
    asked: list[str] = []

    async def allow(owner: str, model: str) -> None:
        asked.append(model)
        if len(asked) > 1:
            raise RateLimited("1 a minute.", retry_after=600)

    async with office(elsewhere, worker=False, allow=allow) as here:
        job = await here.jobs.submit(ME, "echo", {"model": "tiny"})
        answers = [await worker.ask_to_begin(job.id, "w/1", 10) for _ in range(2)]
        assert answers == [{"fence": 1, "attempt": 1}] * 2
        assert asked == ["tiny"]
        assert (await here.jobs.get(ME, job.id)).state == "running"
