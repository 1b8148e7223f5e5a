"""Jobs: work that outlives its request. A row is the truth about its job; who works at it holds a lease on the row.

What may become of a row is not decided here: a *move* is a function from the job as it is to the job as it is to be
(`jobs/lifecycle.py`), and `change` applies it in one transaction, comparing state and fence before it sets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from server.errors import Conflict, NotFound, TooManyRequests
from server.store.database import Database, Moment
from server.store.job_table import BRIEF, ENDED, NAMES, WHOLE, Change, Job, Move, State, job_of, jobs, values_of
from server.store.response_tables import ask, check_id


class JobRows:
    """The rows of all keys. `limit`: jobs of one key that have not ended, past which no more are taken."""

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit

    async def add(self, new: Sequence[Job]) -> list[Job]:
        """Keep these jobs of one key; they are on the disk when this returns.

        In the place of one whose id or idempotency key is there already comes the one that is there. Raises Conflict
        where that one is for something else, TooManyRequests where the key has too many.
        """

        def add() -> list[Job]:
            with self._database.write() as connection:
                return self._add(connection, new)

        def work() -> list[Job]:
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

    async def children(self, parent: str, after: str = "", limit: int = 500) -> list[Job]:
        """Those of a batch in the order of their ids, whole."""

        def work() -> list[Job]:
            query = sa.select(*WHOLE).where(jobs.c.parent == parent, jobs.c.id > after).order_by(jobs.c.id).limit(limit)
            with self._database.read() as connection:
                return [job_of(row) for row in connection.execute(query)]

        return await ask(self._database, work)

    async def unended(self, parent: str, limit: int = 500) -> list[str]:
        """The ids of those of a batch that wait, and of those that run and have not been asked to stop."""

        def work() -> list[str]:
            still = (jobs.c.state.in_(("queued", "running")), jobs.c.cancelling.is_(False))
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
                    .where(jobs.c.state == "queued", jobs.c.due_at <= now, jobs.c.task.in_(tasks))
                    .order_by(jobs.c.rank, jobs.c.created_at, jobs.c.id)
                    .limit(count)
                    .with_for_update(skip_locked=True)
                )
                found = [job_of(row) for row in connection.execute(query)]
                moved = [_set(connection, job, move(job)) for job in found]
                return [job for job in moved if job.state == "running"]

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
                    .where(*waits, jobs.c.due_at <= now)
                    .where(sa.or_(jobs.c.lease_until.is_(None), jobs.c.lease_until < now))
                    .order_by(jobs.c.rank, jobs.c.created_at, jobs.c.id)
                    .limit(free)
                    .with_for_update(skip_locked=True)
                )
                found = [job_of(row) for row in connection.execute(query)]
                return [_set(connection, job, move(job)) for job in found]

        return await ask(self._database, work)

    async def change(self, moves: Sequence[tuple[str, Move]]) -> list[Change | None]:
        """Apply each move to the job with its id, all in one transaction; None where there is no such job."""

        def work() -> list[Change | None]:
            with self._database.write() as connection:
                return [_move(connection, id, move) for id, move in moves]

        return await ask(self._database, work)

    async def due_for_a_look(self, now: datetime, limit: int = 500, *, lost: bool = True) -> list[str]:
        """The ids of jobs that wait and whose deadline has passed, or (with `lost`) run and whose lease has."""

        def work() -> list[str]:
            late = sa.and_(jobs.c.state == "queued", jobs.c.deadline < now)
            gone = sa.and_(jobs.c.state == "running", jobs.c.lease_until < now)
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

    async def waiting(self, now: datetime) -> int:
        """How many are queued and due."""

        def work() -> int:
            query = sa.select(sa.func.count()).where(jobs.c.state == "queued", jobs.c.due_at <= now)
            with self._database.read() as connection:
                return int(connection.execute(query).scalar_one())

        return await ask(self._database, work)

    async def delete(self, owner: str, id: str) -> None:
        """Forget a job that has ended, and those that it is the parent of. Raises NotFound, Conflict."""

        def work() -> None:
            with self._database.write() as connection:
                job = _row(connection, owner, id)
                if not job.ended:
                    raise Conflict(f"The job {id!r} is {job.state}. Cancel it first.")
                connection.execute(sa.delete(jobs).where(sa.or_(jobs.c.id == id, jobs.c.parent == id)))

        await ask(self._database, work)

    async def forget(self, before: datetime, limit: int = 1000) -> int:
        """Delete jobs that ended before; how many they were. What is part of a batch stays for as long as it does."""

        def work() -> int:
            old = sa.select(jobs.c.id).where(jobs.c.ended_at < before, jobs.c.parent.is_(None)).limit(limit)
            with self._database.write() as connection:
                ids = list(connection.execute(old).scalars())
                connection.execute(sa.delete(jobs).where(sa.or_(jobs.c.id.in_(ids), jobs.c.parent.in_(ids))))
                return len(ids)

        return await ask(self._database, work)

    def _add(self, connection: Connection, new: Sequence[Job]) -> list[Job]:
        keys = [job.idempotency_key for job in new if job.idempotency_key is not None]
        mine = jobs.c.owner == new[0].owner
        same = sa.or_(jobs.c.id.in_([job.id for job in new]), jobs.c.idempotency_key.in_(keys))
        there = [job_of(row) for row in connection.execute(sa.select(*WHOLE).where(mine, same))]
        known = {name: job for job in there for name in (job.id, job.idempotency_key) if name is not None}
        fresh = [job for job in new if job.id not in known and job.idempotency_key not in known]
        open_now = sa.select(sa.func.count()).where(mine, jobs.c.state.in_(("queued", "running")))
        if fresh and int(connection.execute(open_now).scalar_one()) + len(fresh) > self._limit:
            raise TooManyRequests(
                f"This key has too many jobs that have not ended: at most {self._limit}. Wait for some of them.",
                retry_after=30,
            )
        if fresh:
            connection.execute(sa.insert(jobs), [values_of(job) for job in fresh])
        return [_same(known.get(job.id) or known.get(job.idempotency_key or "") or job, job) for job in new]


def _same(found: Job, asked: Job) -> Job:
    if found is not asked and (found.task != asked.task or dict(found.arguments) != dict(asked.arguments)):
        raise Conflict(
            f"The idempotency key {asked.idempotency_key!r} belongs to the job {found.id!r}, which is another one.",
            param="idempotency_key",
        )
    return found


def _move(connection: Connection, id: str, move: Move) -> Change | None:
    row = connection.execute(sa.select(*WHOLE).where(jobs.c.id == id).with_for_update()).one_or_none()
    if row is None:
        return None
    job = job_of(row)
    return Change(job, _set(connection, job, move(job)))


def _set(connection: Connection, before: Job, after: Job) -> Job:
    """Compare and set; what is there afterwards. The transaction lets nobody in between, and the comparison holds
    whoever forgets that to it.
    """
    if after is before:
        return before
    changed = {
        name: value
        for name, value in values_of(after).items()
        if name in NAMES and getattr(before, name) != getattr(after, name)
    }
    same = (jobs.c.id == before.id, jobs.c.state == before.state, jobs.c.fence == before.fence)
    if not changed:
        return before
    done = connection.execute(sa.update(jobs).where(*same).values(**changed))
    return after if done.rowcount == 1 else before


def _row(connection: Connection, owner: str | None, id: str) -> Job:
    mine = (jobs.c.id == check_id(id, "job"), *(() if owner is None else (jobs.c.owner == owner,)))
    row = connection.execute(sa.select(*WHOLE).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no job {id!r}.")
    return job_of(row)
