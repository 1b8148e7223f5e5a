"""What a key has of jobs that have not ended, lines of batches included: how many, and what they take; bounded."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import TooManyRequests
from server.store.job_table import UNENDED, jobs

RECOUNT_SECONDS = 5.0

NEAR = 0.9
"""The share of a limit from which it is counted each time: other servers add jobs too."""


class UnendedJobs:
    """The counts of all keys that add jobs, remembered for a while: to count is most of what adding would cost."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._counted: dict[str, _Count] = {}

    def take_in(self, connection: Connection, owner: str, rows: Sequence[Mapping[str, Any]]) -> TooManyRequests | None:
        """Count these rows of new jobs, or tell why a key may not have them as well."""
        size = sum(row["size"] for row in rows)
        known = self._counted.get(owner)
        if known is None or time.monotonic() - known.at > RECOUNT_SECONDS:
            known = _counted(connection, owner)
        found = known.with_more(len(rows), size)
        if found.number > self._most * NEAR or found.size > self._most_bytes * NEAR:
            found = _counted(connection, owner).with_more(len(rows), size)
        if found.number > self._most:
            return _too_many(f"too many jobs that have not ended: at most {self._most}")
        if found.size > self._most_bytes:
            return _too_many(f"too much in jobs that have not ended: at most {self._most_bytes >> 20} MB")
        self._counted[owner] = found
        return None


class _Count(NamedTuple):
    """How many there are, what they take, and when that was found out."""

    number: int
    size: int
    at: float

    def with_more(self, number: int, size: int) -> _Count:
        return self._replace(number=self.number + number, size=self.size + size)


def _counted(connection: Connection, owner: str) -> _Count:
    mine = (jobs.c.owner == owner, jobs.c.state.in_(UNENDED))
    both = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(jobs.c.size), 0)).where(*mine)
    number, size = connection.execute(both).one()
    return _Count(int(number), int(size), time.monotonic())


def _too_many(what: str) -> TooManyRequests:
    return TooManyRequests(f"This key has {what}. Wait for some of them.", retry_after=30)
