"""Batches: files of requests that are done as jobs, and where the answers are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import NotFound
from server.store.database import Database, Moment, metadata
from server.store.job_table import ANSWER, Job, State, job_of, jobs
from server.store.rows import ask, check_id, to_text

Status = Literal["validating", "in_progress", "finalizing", "cancelling", "completed", "failed", "expired", "cancelled"]
UNDER_WAY: tuple[Status, ...] = ("validating", "in_progress", "finalizing", "cancelling")

AT_ONCE = 500
PART_BYTES = 8 << 20
"""Lines of a batch are dealt with in parts, of so many and so much at most: a whole one may be gigabytes."""

BREATH_SECONDS = 0.1
"""Between two parts that are forgotten: whoever waits for SQLite asks only now and then whether it is free."""

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Index("ix_batches_owner", "owner", "created_at"),
    sa.Index("ix_batches_status", "status"),
    sa.Index("ix_batches_ended_at", "ended_at"),
)
"""`facts`: everything that is only ever shown."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A row."""

    id: str
    owner: str
    status: Status
    created_at: datetime
    expires_at: datetime
    """What has not been done by then will not be."""
    ended_at: datetime | None
    facts: Mapping[str, Any]


STEPS = "_steps"


def steps_of(batch: str) -> str:
    """The parent of the jobs that are a batch's steps; that of its lines is the batch."""
    return f"{batch}{STEPS}"


class BatchRows:
    """The batches of all keys. Every change compares the status first, so that it happens once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, batch: Batch) -> None:
        def work() -> None:
            with self._database.write() as connection:
                values = {name: getattr(batch, name) for name in Batch.__dataclass_fields__}
                connection.execute(sa.insert(batches).values(values | {"facts": to_text(batch.facts)}))

        await ask(self._database, work)

    async def get(self, owner: str | None, id: str) -> Batch:
        """Any key's with None. Raises NotFound."""

        def work() -> Batch:
            with self._database.read() as connection:
                return _row(connection, owner, id)

        return await ask(self._database, work)

    async def page(self, owner: str, after: str | None, limit: int) -> list[Batch]:
        """A key's, the newest first. Raises NotFound for an `after` that is not there."""

        def work() -> list[Batch]:
            with self._database.read() as connection:
                query = sa.select(batches).where(batches.c.owner == owner)
                if after is not None:
                    last = _row(connection, owner, after)
                    place = sa.tuple_(sa.literal(last.created_at, Moment), sa.literal(last.id))
                    query = query.where(sa.tuple_(batches.c.created_at, batches.c.id) < place)
                query = query.order_by(batches.c.created_at.desc(), batches.c.id.desc()).limit(limit)
                return [_batch(row) for row in connection.execute(query)]

        return await ask(self._database, work)

    async def under_way(self) -> list[Batch]:
        """Those of all keys that have not ended."""

        def work() -> list[Batch]:
            query = sa.select(batches).where(batches.c.status.in_(UNDER_WAY))
            with self._database.read() as connection:
                return [_batch(row) for row in connection.execute(query)]

        return await ask(self._database, work)

    async def change(
        self,
        id: str,
        before: Sequence[Status],
        status: Status,
        facts: Mapping[str, Any],
        ended_at: datetime | None = None,
    ) -> Batch:
        """From one of the statuses `before` to `status`, with these facts added; as it is afterwards, whoever did it.
        Raises NotFound.
        """

        def work() -> Batch:
            with self._database.write() as connection:
                batch = _row(connection, None, id)
                after = replace(batch, status=status, ended_at=ended_at, facts={**batch.facts, **facts})
                where = (batches.c.id == id, batches.c.status == batch.status, batches.c.status.in_(before))
                values = {"status": status, "ended_at": ended_at, "facts": to_text(after.facts)}
                if connection.execute(sa.update(batches).where(*where).values(values)).rowcount != 1:
                    return _row(connection, None, id)
                return after

        return await ask(self._database, work)

    async def lines(self, id: str, state: State, after: str = "") -> list[Job]:
        """A part of a batch's lines that are in this state, in the order of their ids, those that follow `after`;
        without their arguments.
        """

        def work() -> list[Job]:
            mine = (jobs.c.parent == id, jobs.c.state == state, jobs.c.id > after)
            with self._database.read() as connection:
                query = sa.select(*ANSWER).where(jobs.c.id.in_(_part(connection, *mine))).order_by(jobs.c.id)
                return [job_of(row) for row in connection.execute(query)]

        return await ask(self._database, work)

    async def clear(self, id: str) -> None:
        """Forget the jobs of a batch that has ended: its lines, then its steps. Others read and write in between; what
        is left where this ends halfway may be cleared again.
        """
        for parent in (id, steps_of(id)):
            while True:
                if not await ask(self._database, partial(self._clear, parent)):
                    break
                await asyncio.sleep(BREATH_SECONDS)

    async def uncleared(self) -> list[str]:
        """The ids of those that have ended, and have jobs."""

        def work() -> list[str]:
            query = sa.select(batches.c.id).where(batches.c.ended_at.is_not(None), _has_jobs())
            with self._database.read() as connection:
                return [*connection.execute(query).scalars()]

        return await ask(self._database, work)

    async def forget(self, before: datetime) -> None:
        """Delete batches that ended before and have been cleared; their files are their owner's."""

        def work() -> None:
            with self._database.write() as connection:
                connection.execute(sa.delete(batches).where(batches.c.ended_at < before, ~_has_jobs()))

        await ask(self._database, work)

    def _clear(self, parent: str) -> bool:
        with self._database.write() as connection:
            part = _part(connection, jobs.c.parent == parent)
            connection.execute(sa.delete(jobs).where(jobs.c.id.in_(part)))
        return bool(part)


def _batch(row: sa.Row[Any]) -> Batch:
    return Batch(**{**row._mapping, "facts": json.loads(row.facts)})


def _has_jobs() -> sa.ColumnElement[bool]:
    """Whether a batch has lines or steps."""
    parents = (batches.c.id, batches.c.id.concat(STEPS))
    return sa.or_(*(sa.exists().where(jobs.c.parent == parent) for parent in parents))


def _part(connection: Connection, *which: sa.ColumnElement[bool]) -> list[str]:
    """The ids of the first of these jobs, by state and id, that are a part; one alone may be more."""
    ids: list[str] = []
    size = 0
    sizes = sa.select(jobs.c.id, jobs.c.size).where(*which).order_by(jobs.c.state, jobs.c.id).limit(AT_ONCE)
    with connection.execute(sizes) as found:
        for row in found:  # no further than the part goes: SQLite reads through a row to find its size
            size += row.size
            if ids and size > PART_BYTES:
                break
            ids.append(row.id)
    return ids


def _row(connection: Connection, owner: str | None, id: str) -> Batch:
    mine = (batches.c.id == check_id(id, "batch"), *(() if owner is None else (batches.c.owner == owner,)))
    row = connection.execute(sa.select(batches).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no batch {id!r}.")
    return _batch(row)
