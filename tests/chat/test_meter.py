"""What answers cost is counted while they run, reaches the database, and survives what a database does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from server.chat import meter as module
from server.chat.messages import Usage
from server.chat.meter import Meter
from server.errors import Unavailable
from server.settings import load_settings
from server.store.database import Database, Refused
from server.store.usage import Counts, Place, Question, UsageRows

DAY = date(2026, 3, 2)


class Growing:
    """An answer whose cost the test sets."""

    def __init__(self) -> None:
        self.usage = Usage(10, 0, 4)
        self.waiting = False


class Rows(UsageRows):
    """Rows that can be told to fail, and to take their time."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.failing = False
        self.writes = 0
        self.written = threading.Event()

    def add(self, batch: Mapping[Place, Counts], today: date) -> dict[str, int]:
        self.writes += 1
        if self.failing:
            raise Refused("no room")
        spent = super().add(batch, today)
        self.written.set()
        return spent

    def all(self) -> list[tuple[date | None, str | None, int, int]]:
        found = self.ask(Question(date(2026, 1, 1), date(2026, 12, 31)))
        return [(row.day, row.key, row.counts.requests, row.counts.tokens) for row in found]


class Stage:
    def __init__(self, database: Database) -> None:
        self.now = datetime(2026, 3, 2, 23, 59, 50, tzinfo=UTC)
        self.rows = Rows(database)
        self.database = database
        self.meter = self.other()

    def other(self) -> Meter:
        """As another process has it."""
        return Meter(self.database, self.rows, now=lambda: self.now)


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    database = Database.open(load_settings(overrides={"paths.data_dir": tmp_path / "var"}))
    yield Stage(database)
    database.close()


async def test_an_answer_is_charged_while_it_runs_and_to_its_end(stage: Stage) -> None:
    await stage.meter.refresh()
    account, answer = stage.meter.account("ann", "m"), Growing()
    account.watch(answer)
    await stage.meter.sync()
    assert stage.meter.spent("ann") == 10
    answer.usage = Usage(10, 7, 4)
    await stage.meter.sync()
    assert stage.rows.all() == [(DAY, "ann", 1, 17)]
    answer.usage = Usage(10, 9, 4)
    account.close()
    assert stage.meter.spent("ann") == 19
    await stage.meter.close()
    assert stage.rows.all() == [(DAY, "ann", 1, 19)]


async def test_what_nobody_worked_at_costs_no_tokens(stage: Stage) -> None:
    account, answer = stage.meter.account("ann", "m"), Growing()
    answer.waiting = True
    account.watch(answer)
    account.close()
    await stage.meter.close()
    assert stage.rows.all() == [(DAY, "ann", 1, 0)]


async def test_what_was_refused_counts_nowhere(stage: Stage) -> None:
    stage.meter.account("ann", "m").close()
    await stage.meter.close()
    assert stage.rows.all() == []


async def test_counts_reach_the_database_by_themselves_and_then_it_rests(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.02)
    stage.meter.charge("ann", "m", Counts(1, 10))
    assert await asyncio.to_thread(stage.rows.written.wait, 5)
    assert stage.rows.all() == [(DAY, "ann", 1, 10)]
    writes = stage.rows.writes
    await asyncio.sleep(0.2)
    assert stage.rows.writes == writes


async def test_processes_see_what_each_other_spent(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 0.0)
    other = stage.other()
    assert other.spent("ann") is None
    await other.refresh()
    assert other.spent("ann") == 0
    stage.meter.charge("ann", "m", Counts(1, 10, 0, 5))
    await stage.meter.sync()
    other.charge("ann", "m", Counts(1, 1))
    await other.refresh()
    assert other.spent("ann") == 16


async def test_a_new_process_goes_on_from_what_was_written(stage: Stage) -> None:
    stage.meter.charge("ann", "m", Counts(1, 10, 0, 5))
    await stage.meter.close()
    after = stage.other()
    await after.refresh()
    assert after.spent("ann") == 15


async def test_midnight_begins_a_new_day(stage: Stage) -> None:
    account, answer = stage.meter.account("ann", "m"), Growing()
    account.watch(answer)
    account.settle()
    assert stage.meter.left_of_day == 10
    stage.now = datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC)
    assert stage.meter.spent("ann") is None
    answer.usage = Usage(10, 7)
    account.close()
    await stage.meter.refresh()
    assert stage.meter.spent("ann") == 7
    await stage.meter.close()
    assert stage.rows.all() == [(date(2026, 3, 3), "ann", 0, 7), (DAY, "ann", 1, 10)]


async def test_what_the_database_refuses_is_kept_until_it_takes_it(stage: Stage) -> None:
    await stage.meter.refresh()
    stage.rows.failing = True
    stage.meter.charge("ann", "m", Counts(1, 10))
    with pytest.raises(Unavailable):
        await stage.meter.sync()
    stage.meter.charge("ann", "m", Counts(1, 3))
    assert stage.meter.spent("ann") == 13
    stage.rows.failing = False
    await stage.meter.sync()
    assert stage.meter.spent("ann") == 13
    assert stage.rows.all() == [(DAY, "ann", 2, 13)]


async def test_one_who_leaves_while_it_is_written_loses_nothing(stage: Stage) -> None:
    stage.meter.charge("ann", "m", Counts(1, 10))
    asking = asyncio.ensure_future(stage.meter.refresh())
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await stage.meter.close()
    assert stage.rows.all() == [(DAY, "ann", 1, 10)]
