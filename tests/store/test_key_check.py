"""The check of a key at every request: what it costs, and how fast it learns what others did."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from server.errors import TooManyRequests, Unauthorized, Unavailable
from server.store import key_check
from server.store.auth_keys import AuthKeys
from server.store.database import Database


class Count:
    def __init__(self) -> None:
        self.value = 0


@pytest.fixture
def statements() -> Iterator[Count]:
    """How many statements any database was asked to run."""
    count = Count()

    def more(*_: object) -> None:
        count.value += 1

    sa.event.listen(Engine, "before_cursor_execute", more)
    yield count
    sa.event.remove(Engine, "before_cursor_execute", more)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Count:
    """How many secrets were hashed for a check."""
    count = Count()
    matches = key_check.secret_matches

    def counted(secret: str, hashed: str) -> bool:
        count.value += 1
        return matches(secret, hashed)

    monkeypatch.setattr(key_check, "secret_matches", counted)
    return count


async def use(keys: AuthKeys, text: str, seconds: float) -> None:
    """As a busy client does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await keys.verify(text)
        await asyncio.sleep(0.01)


async def test_a_key_made_elsewhere_works_at_once(keys: AuthKeys, elsewhere: AuthKeys) -> None:
    await keys.verify(keys.create("here")[1])  # memory is as fresh as can be
    for n in range(3):
        key, text = elsewhere.create(f"there {n}")
        assert (await keys.verify(text)).id == key.id


async def test_a_key_revoked_elsewhere_stops_within_a_second(keys: AuthKeys, elsewhere: AuthKeys) -> None:
    key, text = keys.create("mine")
    other = keys.create("other")[1]
    await keys.verify(text)
    elsewhere.revoke(key.id)
    revoked = time.monotonic()
    with pytest.raises(Unauthorized, match="revoked"):
        await use(keys, text, seconds=5)
    assert time.monotonic() - revoked < 1
    await keys.verify(other)


async def test_a_warm_check_takes_microseconds_and_reads_nothing(keys: AuthKeys, statements: Count) -> None:
    text = keys.create("mine")[1]
    await keys.verify(text)
    best = float("inf")
    for _ in range(20):
        before, started = statements.value, time.perf_counter()
        for _ in range(100):
            await keys.verify(text)
        if statements.value == before:
            best = min(best, (time.perf_counter() - started) / 100)
    assert best < 50e-6


async def test_a_crowd_with_one_cold_key_costs_one_hash_and_one_read(
    keys: AuthKeys, statements: Count, hashes: Count
) -> None:
    text = keys.create("mine")[1]
    before = statements.value
    found = await asyncio.gather(*(keys.verify(text) for _ in range(100)))
    assert {key.name for key in found} == {"mine"}
    assert hashes.value == 1
    assert statements.value - before <= 5


async def test_a_change_elsewhere_costs_no_hash(keys: AuthKeys, elsewhere: AuthKeys, hashes: Count) -> None:
    text = keys.create("mine")[1]
    await keys.verify(text)
    elsewhere.create("other")
    with pytest.raises(Unauthorized):
        await keys.verify("llm-nobody.knows-this-one")  # memory is read anew
    await keys.verify(text)
    assert hashes.value == 1


async def test_wrong_keys_cost_no_hash_where_that_can_be_known(keys: AuthKeys, hashes: Count) -> None:
    key, text = keys.create("mine")
    for _ in range(3):
        with pytest.raises(Unauthorized):
            await keys.verify(f"{key.id}.guess")
    assert hashes.value == 1  # the same guess again is remembered
    await keys.verify(text)
    for guess in ("another", "and-another"):
        with pytest.raises(Unauthorized):
            await keys.verify(f"{key.id}.{guess}")
    with pytest.raises(Unauthorized):
        await keys.verify("llm-nobody.guess")
    assert hashes.value == 2


async def test_a_flood_of_wrong_keys_keeps_nobody_out(keys: AuthKeys, statements: Count) -> None:
    victim, _ = keys.create("known to the flood")
    text = keys.create("mine")[1]
    flood = [
        asyncio.ensure_future(keys.verify(f"{id}.guess-{n}"))
        for n in range(500)
        for id in (f"llm-nobody{n}", victim.id)
    ]
    await asyncio.sleep(0)  # the flood is first
    before, started = statements.value, time.monotonic()
    assert (await keys.verify(text)).name == "mine"
    assert time.monotonic() - started < 1
    refusals = await asyncio.gather(*flood, return_exceptions=True)
    assert {type(refusal) for refusal in refusals} <= {Unauthorized, TooManyRequests}
    assert statements.value - before < 200


async def test_a_line_of_hashes_that_is_too_long_is_told_to_come_back(
    keys: AuthKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_check, "LINE", 8)
    gate = threading.Event()
    monkeypatch.setattr(key_check, "secret_matches", lambda secret, hashed: gate.wait(10))
    texts = [keys.create(f"key {n}")[1] for n in range(9)]
    waiting = [asyncio.ensure_future(keys.verify(text)) for text in texts]
    with pytest.raises(TooManyRequests) as refusal:
        await next(asyncio.as_completed(waiting))
    assert refusal.value.retry_after
    gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(result, TooManyRequests) for result in results) == 1


async def test_one_who_leaves_takes_nobody_along(keys: AuthKeys) -> None:
    text = keys.create("mine")[1]
    leaving, staying = (asyncio.ensure_future(keys.verify(text)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).name == "mine"


async def test_the_last_use_is_recorded(keys: AuthKeys, elsewhere: AuthKeys) -> None:
    key, text = keys.create("mine")
    assert elsewhere.show(key.id).last_used_at is None
    await keys.verify(text)
    keys.close()
    used = elsewhere.show(key.id).last_used_at
    assert used is not None
    assert datetime.now(UTC) - used < timedelta(seconds=30)


async def test_a_running_server_records_uses_once_a_minute_and_rests_when_idle(
    keys: AuthKeys, elsewhere: AuthKeys, statements: Count
) -> None:
    key, text = keys.create("mine")
    await keys.verify(text)
    for _ in range(200):
        if used := elsewhere.show(key.id).last_used_at:
            break
        await asyncio.sleep(0.05)
    assert used is not None
    before = statements.value
    await asyncio.sleep(key_check.STALE * 2)
    assert statements.value == before
    await keys.verify(text)
    keys.close()
    assert elsewhere.show(key.id).last_used_at == used


async def test_keys_that_cannot_be_read_let_nobody_in(keys: AuthKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    text = keys.create("mine")[1]
    await keys.verify(text)
    keys.create("other")  # memory is to be read anew

    def gone(self: Database) -> None:
        raise OperationalError("SELECT", {}, Exception("the disk is on fire"))

    with monkeypatch.context() as patch:
        patch.setattr(Database, "read", gone)
        with pytest.raises(Unavailable) as refusal:
            await keys.verify(text)
    assert "fire" not in str(refusal.value)
    assert (await keys.verify(text)).name == "mine"
