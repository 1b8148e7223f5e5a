"""Jobs: work that outlives its request. A row is the truth about its job; who works at it holds a lease on the row.

What may become of a row is not decided here: a *move* is a function from the job as it is to the job as it is to be
(`jobs/lifecycle.py`), and `change` applies it in one transaction, comparing state and fence before it sets them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from server.errors import Conflict, NotFound, Unavailable
from server.store import kept_jobs
from server.store.database import Database, Moment
from server.store.job_table import (
    BRIEF,
    CHANGES,
    ENDED,
    UNENDED,
    WHOLE,
    Change,
    Job,
    Move,
    State,
    job_of,
    jobs,
    values_of,
)
from server.store.kept_jobs import ends_here
from server.store.rows import ask, check_id
from server.store.unended_jobs import UnendedJobs


class JobRows:
    """The rows of all keys. `limit`: jobs of one key that have not ended, past which no more are taken. `kept_bytes`:
    of one key's that have not ended, likewise; and of those that have, past which the oldest go.
    """

    def __init__(self, database: Database, limit: int, kept_bytes: int) -> None:
        self._database = database
        self._kept_bytes = kept_bytes
        self._unended = UnendedJobs(limit, kept_bytes)

    async def add(self, groups: Sequence[Sequence[Job]]) -> list[list[Job] | Exception]:
        """Keep these jobs, each group of one key and all or none of it; they are on the disk when this returns.

        In the place of a job whose id or idempotency key is there already comes the one that is there. In the place of
        a group comes Conflict where such a one is for something else, or TooManyRequests where the key has too many.
        """

        def add() -> list[list[Job] | Exception]:
            with self._database.write() as connection:
                return [self._add(connection, group) for group in groups]

        def work() -> list[list[Job] | Exception]:
            try:
                return add()
            except IntegrityError:  # another server added the same between our look and our write: now it is there
                return add()

        return await ask(self._database, work)

    async def get(self, owner: str, id: str) -> Job:
        """Raises NotFound."""

        def work() -> Job:
            with self._database.read() as connection:
                return _row(connection, owner, id)

        return await ask(self._database, work)

    async def page(
        self,
        owner: str | None,
        *,
        states: Sequence[State] = (),
        task: str | None = None,
        parent: str | None = None,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = True,
    ) -> list[Job]:
        """A page of a key's jobs (of all keys' with None), without arguments and results; lines of batches only with
        their `parent`. Raises NotFound for an `after` that is not there.
        """

        def work() -> list[Job]:
            with self._database.read() as connection:
                query = sa.select(*BRIEF)
                query = query.where(jobs.c.parent.is_(None) if parent is None else jobs.c.parent == parent)
                if owner is not None:
                    query = query.where(jobs.c.owner == owner)
                if states:
                    query = query.where(jobs.c.state.in_(states))
                if task is not None:
                    query = query.where(jobs.c.task == task)
                place = sa.tuple_(jobs.c.created_at, jobs.c.id)
                if after is not None:
                    last = _row(connection, owner, after)
                    here = sa.tuple_(sa.literal(last.created_at, Moment), sa.literal(last.id))
                    query = query.where(place < here if newest_first else place > here)
                order = (jobs.c.created_at, jobs.c.id)
                query = query.order_by(*(column.desc() if newest_first else column for column in order)).limit(limit)
                return [job_of(row) for row in connection.execute(query)]

        return await ask(self._database, work)

    async def unended(self, parent: str, limit: int = 500) -> list[str]:
        """The ids of those of a batch that wait, and of those that run and have not been asked to stop."""

        def work() -> list[str]:
            still = (jobs.c.state.in_(UNENDED), jobs.c.cancelling.is_(False))
            query = sa.select(jobs.c.id).where(jobs.c.parent == parent, *still).limit(limit)
            with self._database.read() as connection:
                return [*connection.execute(query).scalars()]

        return await ask(self._database, work)

    async def counts(self, parent: str) -> dict[State, int]:
        """How many of a batch are in each state."""

        def work() -> dict[State, int]:
            query = sa.select(jobs.c.state, sa.func.count()).where(jobs.c.parent == parent).group_by(jobs.c.state)
            with self._database.read() as connection:
                return {row[0]: row[1] for row in connection.execute(query)}

        return await ask(self._database, work)

    async def claim(self, move: Move, tasks: Sequence[str], count: int, now: datetime) -> list[Job]:
        """Apply `move` to the `count` queued jobs of these tasks whose turn it is, and return what it made run."""

        def work() -> list[Job]:
            with self._database.write() as connection:
                query = (
                    sa.select(*WHOLE)
                    .where(jobs.c.state == "queued", _due(now), jobs.c.task.in_(tasks))
                    .order_by(jobs.c.rank, jobs.c.created_at, jobs.c.id)
                    .limit(count)
                    .with_for_update(skip_locked=True)
                )
                pairs = [(job, move(job)) for job in map(job_of, connection.execute(query))]
                _set(connection, pairs)
                return [job for _, job in pairs if job.state == "running"]

        return await ask(self._database, work)

    async def offer(self, move: Move, tasks: Sequence[str], most: int, now: datetime) -> list[Job]:
        """Apply `move`, which sets a lease, to queued jobs of these tasks whose turn it is and that have none; to so
        many that `most` queued jobs have one. Returns them.
        """

        def work() -> list[Job]:
            waits = (jobs.c.state == "queued", jobs.c.task.in_(tasks))
            with self._database.write() as connection:
                on_offer = sa.select(sa.func.count()).where(*waits, jobs.c.lease_until >= now)
                free = most - int(connection.execute(on_offer).scalar_one())
                if free <= 0:
                    return []
                query = (
                    sa.select(*WHOLE)
                    .where(*waits, _due(now))
                    .where(sa.or_(jobs.c.lease_until.is_(None), jobs.c.lease_until < now))
                    .order_by(jobs.c.rank, jobs.c.created_at, jobs.c.id)
                    .limit(free)
                    .with_for_update(skip_locked=True)
                )
                pairs = [(job, move(job)) for job in map(job_of, connection.execute(query))]
                _set(connection, pairs)
                return [job for _, job in pairs]

        return await ask(self._database, work)

    async def change(self, moves: Sequence[tuple[str, Move]]) -> list[Change | None]:
        """Apply each move to the job with its id, all in one transaction; None where there is no such job. Where jobs
        end, older ones that have may go.
        """

        def work() -> list[Change | None]:
            with self._database.write() as connection:
                changes = _moved(connection, moves)
                self._make_room(connection, changes)
                return changes

        return await ask(self._database, work)

    async def due_for_a_look(self, now: datetime, never: datetime, limit: int = 500, *, lost: bool = True) -> list[str]:
        """The ids of jobs that wait and whose deadline has passed, or (with `lost`) run and whose lease has, or is for
        later than `never`.
        """

        def work() -> list[str]:
            late = sa.and_(jobs.c.state == "queued", jobs.c.deadline < now)
            passed = sa.or_(jobs.c.lease_until < now, jobs.c.lease_until > never)
            gone = sa.and_(jobs.c.state == "running", passed)
            query = sa.select(jobs.c.id).where(sa.or_(late, gone) if lost else late).limit(limit)
            with self._database.read() as connection:
                return list(connection.execute(query).scalars())

        return await ask(self._database, work)

    async def untold(self, limit: int = 500) -> list[Job]:
        """Those that have ended and of whose end somebody is to be told."""

        def work() -> list[Job]:
            query = sa.select(*BRIEF)
            query = query.where(jobs.c.webhook.is_not(None), jobs.c.state.in_(ENDED)).limit(limit)
            with self._database.read() as connection:
                return [job_of(row) for row in connection.execute(query)]

        return await ask(self._database, work)

    async def standing(self, ids: Sequence[str]) -> dict[str, tuple[int, bool]]:
        """Of these that run: their fence, and whether they are to be stopped."""

        def work() -> dict[str, tuple[int, bool]]:
            query = sa.select(jobs.c.id, jobs.c.fence, jobs.c.cancelling)
            query = query.where(jobs.c.id.in_(ids), jobs.c.state == "running")
            with self._database.read() as connection:
                return {id: (fence, cancelling) for id, fence, cancelling in connection.execute(query)}

        return await ask(self._database, work)

    async def position(self, job: Job) -> int:
        """How many wait before it; 0: it is the next."""

        def work() -> int:
            place = sa.tuple_(jobs.c.rank, jobs.c.created_at, jobs.c.id)
            before = place < sa.tuple_(
                sa.literal(-job.priority), sa.literal(job.created_at, Moment), sa.literal(job.id)
            )
            query = sa.select(sa.func.count()).where(jobs.c.state == "queued", before)
            with self._database.read() as connection:
                return int(connection.execute(query).scalar_one())

        return await ask(self._database, work)

    async def any_due(self, tasks: Sequence[str], now: datetime) -> bool:
        """Whether one of these tasks is queued and due."""

        def work() -> bool:
            query = sa.select(jobs.c.id).where(jobs.c.state == "queued", _due(now), jobs.c.task.in_(tasks)).limit(1)
            with self._database.read() as connection:
                return connection.execute(query).one_or_none() is not None

        return await ask(self._database, work)

    async def any_open(self) -> bool:
        """Whether one has not ended."""

        def work() -> bool:
            query = sa.select(jobs.c.id).where(jobs.c.state.in_(UNENDED)).limit(1)
            with self._database.read() as connection:
                return connection.execute(query).one_or_none() is not None

        return await ask(self._database, work)

    async def delete(self, owner: str, id: str) -> None:
        """Forget a job that has ended, and those that it is the parent of. Raises NotFound, Conflict."""

        def work() -> None:
            with self._database.write() as connection:
                job = _row(connection, owner, id)
                if not job.ended:
                    raise Conflict(f"The job {id!r} is {job.state}. Cancel it first.")
                kept_jobs.remove(connection, [id])

        await ask(self._database, work)

    async def forget(self, before: datetime, limit: int = kept_jobs.AT_ONCE) -> int:
        """Delete jobs that ended before; how many they were. What is part of a batch stays for as long as it does."""

        def work() -> int:
            old = sa.select(jobs.c.id).where(jobs.c.ended_at < before, jobs.c.parent.is_(None)).limit(limit)
            with self._database.write() as connection:
                ids = list(connection.execute(old).scalars())
                kept_jobs.remove(connection, ids)
                return len(ids)

        return await ask(self._database, work)

    def _make_room(self, connection: Connection, changes: Sequence[Change | None]) -> None:
        ended = [change.after for change in changes if change is not None and ends_here(*change)]
        newest = [job.id for job in ended]
        for owner in sorted({job.owner for job in ended}):
            kept_jobs.make_room(connection, owner, self._kept_bytes, newest)

    def _add(self, connection: Connection, new: Sequence[Job]) -> list[Job] | Exception:
        owner = new[0].owner
        keys = [job.idempotency_key for job in new if job.idempotency_key is not None]
        same = sa.or_(jobs.c.id.in_([job.id for job in new]), jobs.c.idempotency_key.in_(keys))
        query = sa.select(*WHOLE).where(jobs.c.owner == owner, same if keys else jobs.c.id.in_([job.id for job in new]))
        there = [job_of(row) for row in connection.execute(query)]
        known = {name: job for job in there for name in (job.id, job.idempotency_key) if name is not None}
        fresh = [job for job in new if job.id not in known and job.idempotency_key not in known]
        found = [known.get(job.id) or known.get(job.idempotency_key or "") or job for job in new]
        if other := next((job for job, asked in zip(found, new, strict=True) if not _same(job, asked)), None):
            return Conflict(
                f"This idempotency key belongs to the job {other.id!r}, which is another one.", param="idempotency_key"
            )
        if fresh:
            rows = [_new_row(job) for job in fresh]
            if refusal := self._unended.take_in(connection, owner, rows):
                return refusal
            connection.execute(sa.insert(jobs), rows)
        return found


def _new_row(job: Job) -> dict[str, Any]:
    values = values_of(job)
    return {**values, "size": kept_jobs.size_of(values)}


def _due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(jobs.c.due_at <= now, jobs.c.due_at == jobs.c.created_at)


def _same(found: Job, asked: Job) -> bool:
    return found is asked or (found.task == asked.task and dict(found.arguments) == dict(asked.arguments))


def _moved(connection: Connection, moves: Sequence[tuple[str, Move]]) -> list[Change | None]:
    query = sa.select(*WHOLE).where(jobs.c.id.in_({id for id, _ in moves})).with_for_update()
    found = {job.id: job for job in map(job_of, connection.execute(query))}
    before = dict(found)
    changes: list[Change | None] = []
    for id, move in moves:
        job = found.get(id)
        if job is None:
            changes.append(None)
        else:
            found[id] = move(job)
            changes.append(Change(job, found[id]))
    _set(connection, [(before[id], job) for id, job in found.items()])
    return changes


def _set(connection: Connection, pairs: Iterable[tuple[Job, Job]]) -> None:
    """Compare and set. The transaction lets nobody in between; if somebody was there all the same, all is undone."""
    going: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    counted: list[tuple[str, int]] = []
    for before, after in pairs:
        if after is before:
            continue
        values = values_of(after)
        changes = _changes(before, values)
        if before.ended or not after.ended:
            going.append(changes)
            continue
        size = kept_jobs.size_of(values)
        ended.append({**changes, "size": size})
        if ends_here(before, after):
            counted.append((after.owner, size))
    _update(connection, going)
    _update(connection, ended)
    kept_jobs.count(connection, counted)


def _changes(before: Job, after: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in after.items() if name in CHANGES}
    return values | {"its_id": before.id, "its_state": before.state, "its_fence": before.fence}


def _update(connection: Connection, changed: Sequence[dict[str, Any]]) -> None:
    """Rows of which the same columns are set."""
    if not changed:
        return
    same = (
        jobs.c.id == sa.bindparam("its_id"),
        jobs.c.state == sa.bindparam("its_state"),
        jobs.c.fence == sa.bindparam("its_fence"),
    )
    set_to: dict[str, Any] = {name: sa.bindparam(name) for name in changed[0] if name in jobs.c}
    done = connection.execute(sa.update(jobs).where(*same).values(set_to), changed)
    if done.rowcount != len(changed):
        raise Unavailable("Somebody else changed these jobs. Try again.")


def _row(connection: Connection, owner: str | None, id: str) -> Job:
    mine = (jobs.c.id == check_id(id, "job"), *(() if owner is None else (jobs.c.owner == owner,)))
    row = connection.execute(sa.select(*WHOLE).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no job {id!r}.")
    return job_of(row)
