"""Batches over a real store: what time and lost steps do to them. `tests/api/openai/test_batches.py` has the rest."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import BadRequest, NotFound
from server.jobs import jobs
from server.jobs.batches import AGAIN, Batches
from server.settings import Settings
from server.store import batches as rows
from server.store import job_table
from server.store.batches import Batch, BatchRows
from server.store.database import Database
from server.store.files import Files
from server.store.job_table import State
from tests.jobs.stage import ME, Clock, Office, office, with_jobs


class Disk(Files):
    """Files on a disk that is full as often as the test wants it."""

    full = 0

    @contextmanager
    def receive(self) -> Iterator[BinaryIO]:
        if not self.full:
            with super().receive() as file:
                yield file
            return
        self.full -= 1
        with open("/dev/full", "w+b", buffering=0) as file:
            yield file


class Desk:
    """Batches over these jobs."""

    def __init__(self, here: Office, folder: Path, limit: int = 1 << 20) -> None:
        self.here = here
        self.files = Disk(here.database, folder, limit, 1000)
        self.batches = Batches(here.jobs, BatchRows(here.database), self.files, timedelta(days=1))

    async def create(self, *marks: str, window: timedelta = timedelta(hours=1), text: str = "") -> Batch:
        with self.files.receive() as file:
            for mark in marks:
                body = {"mark": mark, "text": text}
                line = {"custom_id": mark, "method": "POST", "url": "/gated", "body": body}
                file.write(json.dumps(line).encode() + b"\n")
            kept = await self.files.keep(ME, file, "in.jsonl", "batch")
        return await self.batches.create(ME, "/gated", kept.id, window, {})

    async def ended(self, batch: Batch) -> Batch:
        async with asyncio.timeout(15):
            while batch.ended_at is None:
                await asyncio.sleep(0.02)
                batch = await self.batches.rows.get(ME, batch.id)
        return batch

    async def cleared(self, batch: Batch) -> None:
        """Return when none of its jobs are left."""
        left: dict[State, int] | None = None
        async with asyncio.timeout(15):
            while left != {}:
                await asyncio.sleep(0.02)
                counts = self.here.jobs.ledger.rows.counts
                left = await counts(batch.id) | await counts(rows.steps_of(batch.id))

    async def put_off(self, batch: Batch, until: datetime) -> None:
        """Return when its answers are to be written then."""
        found = None
        async with asyncio.timeout(15):
            while found != ("queued", until):
                await asyncio.sleep(0.02)
                with suppress(NotFound):  # it is just being made anew
                    job = await self.here.jobs.get(ME, f"{batch.id}_finish")
                    found = (job.state, job.due_at)

    async def codes(self, id: str) -> dict[str, str]:
        lines = (await self.files.path(ME, id)).read_text().splitlines()
        return {each["custom_id"]: each["error"]["code"] for each in map(json.loads, lines)}


async def test_what_is_not_done_in_time_is_not_done(settings: Settings, tmp_path: Path) -> None:
    clock = Clock()
    async with office(with_jobs(settings, at_once=1), clock=clock) as here:
        desk = Desk(here, tmp_path / "files")
        batch = await desk.create("a", "b", window=timedelta(minutes=1))
        assert await here.begun() == "a"
        clock.forward(120)
        here.script.gate.set()  # what ran was done, though late
        done = await desk.ended(batch)
        assert done.status == "expired"
        assert done.facts["counts"] == {"total": 2, "completed": 1, "failed": 0}
        assert await desk.codes(done.facts["error_file"]) == {"b": "batch_expired"}


async def test_a_batch_that_is_done_between_two_looks_of_an_idle_server_ends(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [0.0]
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + later[0]))
    async with office(settings) as here:
        here.script.gate.set()
        later[0] = 3600.0  # for so long there was nothing to do

        async def none_open() -> bool:
            return False

        monkeypatch.setattr(here.jobs.ledger.rows, "any_open", none_open)
        desk = Desk(here, tmp_path / "files")
        assert (await desk.ended(await desk.create("a"))).status == "completed"


async def test_a_step_made_twice_has_one_effect(settings: Settings, tmp_path: Path) -> None:
    async with office(settings) as here:
        desk = Desk(here, tmp_path / "files")
        batch = await desk.create("a", "b", "c")
        await asyncio.gather(*(desk.batches.look() for _ in range(3)))
        assert sorted([await here.begun() for _ in range(3)]) == ["a", "b", "c"]
        here.script.gate.set()
        await asyncio.gather(*(desk.batches.look() for _ in range(3)))
        done = await desk.ended(batch)
        assert (done.status, done.facts["counts"]["completed"]) == ("completed", 3)
        names = [file.name for file in await desk.files.list(ME)]
        assert names == ["in.jsonl", f"{batch.id}_output.jsonl"]
        await desk.cleared(batch)
        await desk.batches.rows.forget(here.jobs.ledger.clock() + timedelta(seconds=1))
        assert await desk.batches.rows.page(ME, None, 10) == []


async def test_a_batch_ends_before_its_lines_go_and_they_go_in_parts(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one transaction runs, nobody else can ask SQLite anything: not even whether a key may."""
    monkeypatch.setattr("server.store.batches.AT_ONCE", 2)
    write, left = Database.write, list[tuple[str, int]]()

    @contextmanager
    def watched(database: Database) -> Iterator[Connection]:
        with write(database) as connection:
            yield connection
        with database.read() as connection:
            status = connection.execute(sa.select(rows.batches.c.status)).scalar() or ""
            lines = sa.select(sa.func.count()).where(job_table.jobs.c.parent.like("batch%"))
            left.append((status, connection.execute(lines).scalar_one()))

    monkeypatch.setattr(Database, "write", watched)
    async with office(settings) as here:
        desk = Desk(here, tmp_path / "files")
        here.script.gate.set()
        await desk.cleared(await desk.ended(await desk.create(*"abcdefg")))
    ended = [count for status, count in left if status == "completed"]
    assert ended[0] == 9, "the lines, and the steps that were taken"
    assert max(before - after for before, after in itertools.pairwise(ended)) == 2
    assert ended[-1] == 0


async def test_lines_that_a_lost_server_left_go_with_the_next(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(settings) as here:
        with monkeypatch.context() as patch:
            patch.setattr(BatchRows, "clear", lambda *_: asyncio.Event().wait())
            desk = Desk(here, tmp_path / "files")
            here.script.gate.set()
            done = await desk.ended(await desk.create("a", "b"))
    async with office(settings) as here:
        await Desk(here, tmp_path / "files").cleared(done)


async def test_lines_that_would_not_go_are_looked_for_now_and_then(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise BadRequest("not now")

    async with office(settings) as here:
        with monkeypatch.context() as patch:
            patch.setattr(BatchRows, "clear", refuse)
            desk = Desk(here, tmp_path / "files")
            here.script.gate.set()
            done = await desk.ended(await desk.create("a", "b"))
            await here.jobs.wait(ME, f"{done.id}_finish")
        later = here.jobs.ledger.clock() + timedelta(seconds=1)
        await desk.batches.rows.forget(later)
        assert await desk.batches.rows.page(ME, None, 10) == [done], "what belongs to it could not be found without it"
        await desk.batches.tidy()
        await desk.cleared(done)
        await desk.batches.rows.forget(later)
        assert await desk.batches.rows.page(ME, None, 10) == []


async def test_answers_are_kept_also_where_a_key_keeps_too_much(settings: Settings, tmp_path: Path) -> None:
    async with office(settings) as here:
        desk = Desk(here, tmp_path / "files", limit=100)
        here.script.gate.set()
        done = await desk.ended(await desk.create("a"))
        assert done.status == "completed"
        file = await desk.files.get(ME, done.facts["output_file"])
        assert file.bytes > 100


async def test_a_disk_that_is_full_for_a_while_costs_no_answer(settings: Settings, tmp_path: Path) -> None:
    async with office(with_jobs(settings, backoff_seconds=0.01)) as here:
        desk = Desk(here, tmp_path / "files")
        batch = await desk.create("a")
        assert await here.begun() == "a"
        desk.files.full = 2
        here.script.gate.set()
        done = await desk.ended(batch)
        assert (done.status, desk.files.full) == ("completed", 0)
        assert len((await desk.files.path(ME, done.facts["output_file"])).read_text().splitlines()) == 1


async def test_answers_that_could_not_be_written_are_written_later(settings: Settings, tmp_path: Path) -> None:
    clock = Clock()
    async with office(with_jobs(settings, attempts=1), clock=clock) as here:
        desk = Desk(here, tmp_path / "files")
        batch = await desk.create("a")
        assert await here.begun() == "a"
        desk.files.full = 1
        here.script.gate.set()
        await desk.put_off(batch, clock.now + AGAIN)
        assert (await desk.batches.rows.get(ME, batch.id)).status == "finalizing"
        clock.forward(AGAIN.total_seconds())
        done = await desk.ended(batch)
        assert (done.status, done.facts["counts"]["completed"]) == ("completed", 1)
        assert len((await desk.files.path(ME, done.facts["output_file"])).read_text().splitlines()) == 1


async def test_a_batch_of_large_lines_is_never_in_memory_as_a_whole(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for parted in ("server.store.batches.PART_BYTES", "server.jobs.batch_lines.PART_BYTES"):
        monkeypatch.setattr(parted, 1 << 20)
    large, marks = 1 << 17, [f"{number}" for number in range(128)]
    async with office(settings) as here:
        desk = Desk(here, tmp_path / "files", limit=1 << 30)
        here.script.gate.set()
        tracemalloc.start()
        try:
            done = await desk.ended(await desk.create(*marks, text="x" * large))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (done.status, done.facts["counts"]["completed"]) == ("completed", len(marks))
        output = (await desk.files.path(ME, done.facts["output_file"])).read_text().splitlines()
        assert [json.loads(line)["custom_id"] for line in output] == marks
        assert most < len(marks) * large, "less than its file alone"


async def test_a_batch_whose_file_is_gone_fails(settings: Settings, tmp_path: Path) -> None:
    async with office(with_jobs(settings, at_once=1)) as here:
        desk = Desk(here, tmp_path / "files")
        await here.jobs.submit(ME, "gated", {"mark": "first"})
        await here.begun()
        batch = await desk.create("a")
        await desk.files.delete(ME, batch.facts["input_file"])
        here.script.gate.set()
        done = await desk.ended(batch)
        assert done.status == "failed"
        assert "no file" in done.facts["errors"][0]["message"]
