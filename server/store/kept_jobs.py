"""What a key keeps of jobs that have ended, in bytes: counted as they end and go, and bounded.

Only jobs without a parent count: what belongs to a batch or to another job goes with that. All functions work within
the caller's transaction, and take the key's count before they take away rows, so that nothing is taken off it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import totals
from server.store.job_table import ENDED, JSON_COLUMNS, Job, jobs
from server.store.rows import ROW_BYTES

SHARE = 0.9
"""Of the limit, what may stay when it is passed: the next jobs need not look for the oldest again."""

AT_ONCE = 1000
"""So many go together: no statement may name tens of thousands, and nobody can write meanwhile."""


def ends_here(before: Job, after: Job) -> bool:
    """Whether a change makes it one of those that count."""
    return after.ended and not before.ended and after.parent is None


def size_of(values: Mapping[str, Any]) -> int:
    """What a row of these values counts."""
    return ROW_BYTES + sum(len(text.encode()) for name in JSON_COLUMNS if (text := values[name]) is not None)


def count(connection: Connection, ended: Iterable[tuple[str, int]]) -> None:
    """These, by owner and size, have ended."""
    sums: dict[str, int] = {}
    for owner, size in ended:
        sums[owner] = sums.get(owner, 0) + size
    for owner in sorted(sums):  # in one order everywhere: nobody waits in a ring
        totals.of_jobs.add(connection, owner, sums[owner])


def remove(connection: Connection, ids: Collection[str]) -> None:
    """Forget jobs that have ended, `AT_ONCE` of them at most, and those that they are the parent of."""
    if not ids:
        return
    these = jobs.c.id.in_(ids)
    for owner in sorted(connection.execute(sa.select(jobs.c.owner).where(these).distinct()).scalars()):
        totals.of_jobs.add(connection, owner, 0)  # the row is ours until the end of the transaction
    counted = (these, jobs.c.parent.is_(None))
    sizes = sa.select(jobs.c.owner, sa.func.sum(jobs.c.size)).where(*counted).group_by(jobs.c.owner)
    gone = [(owner, -int(size)) for owner, size in connection.execute(sizes)]
    connection.execute(sa.delete(jobs).where(sa.or_(these, jobs.c.parent.in_(ids))))
    count(connection, gone)


def make_room(connection: Connection, owner: str, limit: int, newest: Collection[str]) -> None:
    """Remove the oldest of a key's where they take more than `limit`; not the `newest`, nor those whose end somebody is
    still to be told of. Where they are many, only until they fit.
    """
    kept = totals.of_jobs.of(connection, owner)
    if kept <= limit:
        return
    child = jobs.alias()
    telling = sa.exists().where(child.c.parent == jobs.c.id, child.c.state.not_in(ENDED))
    oldest_first = (
        sa.select(jobs.c.id, jobs.c.size)
        .where(jobs.c.owner == owner, jobs.c.parent.is_(None), jobs.c.state.in_(ENDED), jobs.c.id.not_in(newest))
        .where(jobs.c.webhook.is_(None), ~telling)
        .order_by(jobs.c.created_at, jobs.c.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    while kept > limit and (oldest := connection.execute(oldest_first).all()):
        gone: list[str] = []
        for id, size in oldest:
            if kept <= limit * SHARE:
                break
            gone.append(id)
            kept -= size
        remove(connection, gone)
