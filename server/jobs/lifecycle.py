"""What may become of a job, and nothing else: no clock, no store, no task. Every function is a move, job to job.

    queued ──claim──► running ──succeed──► succeeded
      ▲ │                │ │ │
      │ │                │ │ └─fail, what will not pass, or too often──► failed
      │ │                │ └───fail, what may pass, or was not tried──► queued, later
      │ │                └─────lose, its lease has passed──► queued, later; after three deaths: dead
      │ └─cancel──► cancelled ◄──stop── running that was asked to stop
      └─release, its worker goes home──┘        overdue, its deadline has passed──► expired

A claim raises the fence. Word of an attempt comes with the fence of its claim; if the job has another one by now, or
runs no more, the move changes nothing: however often an attempt is made and told, a job has one result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.errors import RateLimited
from server.store.job_table import Job

DEATHS = 3
"""After so many attempts of which no word came back, a job is held to be what kills its workers."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the queue is."""

    lease: timedelta
    """A worker that has not been heard of for so long is dead."""
    attempts: int
    """Of a job, those not counted that were broken off by a server that went home, or refused by the key's limits."""
    backoff: timedelta
    """Before the second attempt; it doubles with each, up to `longest`."""
    longest: timedelta = timedelta(minutes=5)


def offer(job: Job, until: datetime) -> Job:
    """Workers elsewhere may ask to begin it. It waits as before; until then nobody need offer it again."""
    return replace(job, lease_until=until) if job.state == "queued" else job


def withdraw(job: Job) -> Job:
    """It is not on offer."""
    return replace(job, lease_until=None) if job.state == "queued" else job


def claim(job: Job, now: datetime, policy: Policy, worker: str) -> Job:
    """Somebody begins: the attempt is counted before it is made."""
    if job.state != "queued" or (job.due_at > now and job.due_at != job.created_at):
        return job
    if job.deadline is not None and job.deadline <= now:
        return overdue(job, now)
    return replace(
        job,
        state="running",
        attempts=job.attempts + 1,
        fence=job.fence + 1,
        worker=worker,
        started_at=now,
        lease_until=now + policy.lease,
        progress=None,
    )


def renew(job: Job, fence: int, now: datetime, policy: Policy) -> Job:
    """Its worker lives."""
    return replace(job, lease_until=now + policy.lease) if _holds(job, fence) else job


def tell(job: Job, fence: int, progress: Mapping[str, Any]) -> Job:
    """How far it is."""
    return replace(job, progress=progress) if _holds(job, fence) else job


def succeed(job: Job, fence: int, now: datetime, result: Any) -> Job:
    """The one result."""
    return _end(replace(job, result=result, error=None), "succeeded", now) if _holds(job, fence) else job


def fail(
    job: Job,
    fence: int,
    now: datetime,
    policy: Policy,
    error: Mapping[str, Any],
    *,
    passes: bool,
    jitter: float,
    wait: float = 0.0,
) -> Job:
    """An attempt broke. `passes`: it may go better another time, but not before `wait` seconds; `jitter`, 0 to 1, keeps
    many from coming at once. What its key's limits refused was no attempt: nothing was tried, and a batch may be larger
    than what a key may ask in a minute, or in a day.
    """
    if not _holds(job, fence):
        return job
    job = replace(job, error=error)
    if job.cancelling:
        return _end(job, "cancelled", now)
    due = now + timedelta(seconds=wait)
    if error.get("code") == RateLimited.code:
        return replace(_again(job, due, policy, jitter), attempts=job.attempts - 1)
    if not passes or job.attempts >= policy.attempts:
        return _end(job, "failed", now)
    return _again(job, due, policy, jitter)


def stop(job: Job, fence: int, now: datetime) -> Job:
    """Its worker has stopped, as it was asked to: by a cancel, or by the deadline."""
    if not _holds(job, fence):
        return job
    late = not job.cancelling and job.deadline is not None and job.deadline <= now
    return _end(job, "expired" if late else "cancelled", now)


def release(job: Job, fence: int, now: datetime) -> Job:
    """Its worker goes home with the job undone: that was no attempt."""
    if not _holds(job, fence):
        return job
    if job.cancelling:
        return _end(job, "cancelled", now)
    return replace(_waiting(job, job.created_at), attempts=job.attempts - 1)


def cancel(job: Job, now: datetime) -> Job:
    """Somebody does not want it any more. What runs is asked to stop, and may yet succeed."""
    if job.state == "queued":
        return _end(job, "cancelled", now)
    return replace(job, cancelling=True) if job.state == "running" and not job.cancelling else job


def lose(job: Job, now: datetime, policy: Policy, *, jitter: float) -> Job:
    """Its lease has passed: whoever worked at it is taken for dead."""
    if job.state != "running" or job.lease_until is None:
        return job
    if job.lease_until > now + policy.lease * 2:  # the clock was set back: a lease from before ends like one from now
        return replace(job, lease_until=now + policy.lease)
    if job.lease_until >= now:
        return job
    job = replace(job, deaths=job.deaths + 1)
    if job.cancelling:
        return _end(job, "cancelled", now)
    if job.deaths >= DEATHS:
        cause = f"{DEATHS} workers were lost while they worked at this job; the last was {job.worker}."
        return _end(replace(job, error={"message": cause, "type": "server_error", "code": "worker_lost"}), "dead", now)
    return _again(job, now, policy, jitter)


def overdue(job: Job, now: datetime) -> Job:
    """Its deadline has passed while it waited. What runs is stopped by its worker, or lost."""
    if job.state != "queued" or job.deadline is None or job.deadline > now:
        return job
    return _end(job, "expired", now)


def told(job: Job) -> Job:
    """Whoever wanted to hear of the end has."""
    return replace(job, webhook=None) if job.ended and job.webhook is not None else job


def _holds(job: Job, fence: int) -> bool:
    return job.state == "running" and job.fence == fence


def _end(job: Job, state: Any, now: datetime) -> Job:
    return replace(job, state=state, ended_at=now, lease_until=None, cancelling=False)


def _waiting(job: Job, due_at: datetime) -> Job:
    return replace(job, state="queued", due_at=due_at, worker=None, lease_until=None, progress=None)


def _again(job: Job, now: datetime, policy: Policy, jitter: float) -> Job:
    wait = min(policy.backoff * 2 ** min(job.attempts - 1, 20), policy.longest)
    return _waiting(job, now + wait * (0.5 + jitter / 2))
