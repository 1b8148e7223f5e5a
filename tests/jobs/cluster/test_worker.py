"""A worker's end of the line, with a Redis that answers and refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
import redis

from server.jobs.cluster.charges import FarCharges
from server.jobs.cluster.line import Line
from server.jobs.cluster.worker import Hands
from server.jobs.tasks import Tasks
from server.store.usage import Counts
from tests.cluster import free_port, needs_cluster, own_redis, until

pytestmark = needs_cluster


@pytest.fixture
def store() -> Iterator[redis.Redis]:
    """A Redis of the test's own."""
    port = free_port()
    with own_redis(port), redis.Redis(port=port, decode_responses=True) as client:
        yield client


def url(store: redis.Redis) -> str:
    return f"redis://127.0.0.1:{store.connection_pool.connection_kwargs['port']}/0"


async def test_it_beats_and_charges_again_when_redis_takes_it(
    store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    charges = FarCharges()
    hands = Hands(Line(url(store), "t", patient=True), Tasks(), "w", charges)
    store.config_set("maxmemory", 1)  # as when it is full: it reads, and refuses to write
    await hands.start()
    try:
        charges.charge("key-1", "tiny", Counts(requests=1, prompt_tokens=5))
        await until(lambda: "maxmemory" in caplog.text)
        charges.charge("key-1", "tiny", Counts(requests=1, prompt_tokens=7))
        store.config_set("maxmemory", 0)
        await until(lambda: store.xlen("t:words"))
        first = store.hget("t:beats", "w")
        await until(lambda: store.hget("t:beats", "w") != first)
    finally:
        async with asyncio.timeout(10):
            await hands.close()
    said = [json.loads(fields["w"]) for _, fields in store.xrange("t:words")]
    assert [word["kind"] for word in said] == ["used"]
    ((key, model, counts),) = said[0]["used"]
    assert (key, model, counts["requests"], counts["prompt_tokens"]) == ("key-1", "tiny", 2, 12)
