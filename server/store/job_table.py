"""The table of jobs, and a row as the rest of the house sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from server.store.database import Moment, metadata
from server.store.rows import to_text

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired", "dead"]
UNENDED: tuple[State, ...] = ("queued", "running")
ENDED: tuple[State, ...] = ("succeeded", "failed", "cancelled", "expired", "dead")
"""The states that nothing leads out of."""

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("task", sa.String(128), nullable=False),
    sa.Column("arguments", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("deadline", Moment),
    sa.Column("started_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("deaths", sa.Integer, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("worker", sa.String(128)),
    sa.Column("lease_until", Moment),
    sa.Column("cancelling", sa.Boolean, nullable=False),
    sa.Column("progress", sa.Text),
    sa.Column("result", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("idempotency_key", sa.String(128)),
    sa.Column("webhook", sa.String(2048)),
    sa.Column("parent", sa.String(64)),
    sa.Column("label", sa.String(512)),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("ix_jobs_state", "state", "rank", "created_at", "id"),
    sa.Index("ix_jobs_owner", "owner", "created_at"),
    sa.Index("ix_jobs_idempotency_key", "owner", "idempotency_key", unique=True),
    sa.Index("ix_jobs_parent", "parent", "state", "id"),
    sa.Index("ix_jobs_deadline", "state", "deadline"),
    sa.Index("ix_jobs_lease", "state", "lease_until"),
    sa.Index("ix_jobs_ended_at", "ended_at"),
    sa.Index("ix_jobs_webhook", "webhook"),
)
"""`rank` is the priority with its sign turned, so that an index gives the urgent first and of those the oldest. `size`:
what a job counts, by its arguments, and with result and error when it has ended (`kept_jobs.py`).
"""

JSON_COLUMNS = ("arguments", "progress", "result", "error")


@dataclass(frozen=True, slots=True)
class Job:
    """A row."""

    id: str
    owner: str
    task: str
    arguments: Mapping[str, Any]
    priority: int
    created_at: datetime
    due_at: datetime
    """Not worked at before; the same as `created_at`: at once, wherever the clock is set to meanwhile."""
    state: State = "queued"
    deadline: datetime | None = None
    """Not begun after; what runs then is stopped."""
    started_at: datetime | None = None
    """Of the last attempt."""
    ended_at: datetime | None = None
    attempts: int = 0
    """Counted before each is made."""
    deaths: int = 0
    """Attempts of which no word came back."""
    fence: int = 0
    """Grows with every claim: word from the holder of an older one is not heard."""
    worker: str | None = None
    lease_until: datetime | None = None
    """Of a job that runs: taken for lost after. Of one that waits: on offer to workers elsewhere until then."""
    cancelling: bool = False
    """It runs, and is to be stopped."""
    progress: Mapping[str, Any] | None = None
    """done, total, message."""
    result: Any = field(default=None, repr=False)
    error: Mapping[str, Any] | None = None
    """message, type, code, param; of a job that has not ended, why its last attempt did not succeed."""
    idempotency_key: str | None = None
    webhook: str | None = None
    """Who is to be told of the end; None once they have been."""
    parent: str | None = None
    """The batch or the job that it belongs to; lists leave it out."""
    label: str | None = None
    """What whoever asked for it calls it."""

    @property
    def ended(self) -> bool:
        return self.state in ENDED


Move = Callable[[Job], Job]
"""From a job as it is to the job as it is to be; the very same object: nothing changes."""


class Change(NamedTuple):
    """What a move made of a job."""

    before: Job
    after: Job


NAMES = tuple(each.name for each in fields(Job))
FIXED = frozenset(
    {"id", "owner", "task", "arguments", "priority", "created_at", "deadline", "idempotency_key", "parent", "label"}
)
"""What a job is made with, and keeps."""

CHANGES = tuple(name for name in NAMES if name not in FIXED)
WHOLE = tuple(jobs.c[name] for name in NAMES)
ANSWER = tuple(jobs.c[name] for name in NAMES if name != "arguments")
"""What has become of it."""

BRIEF = tuple(jobs.c[name] for name in NAMES if name not in ("arguments", "result"))
"""Without what may be megabytes."""


def values_of(job: Job) -> dict[str, Any]:
    """The columns of a row."""
    values = {name: getattr(job, name) for name in NAMES} | {"rank": -job.priority}
    for name in JSON_COLUMNS:
        if values[name] is not None:
            values[name] = to_text(values[name])
    return values


def job_of(row: sa.Row[Any]) -> Job:
    """The job of a row, or of some of its columns."""
    values = {"arguments": "{}", **row._mapping}
    for name in JSON_COLUMNS:
        if values.get(name) is not None:
            values[name] = json.loads(values[name])
    return Job(**values)
