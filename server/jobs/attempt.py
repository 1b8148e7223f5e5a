"""One attempt at a job: a claim goes in, an outcome comes out, and what happens between is told to a listener.

The same for every queue, and for a worker in another process: a claim is what travels down, JSON and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from server.errors import ServerError
from server.jobs.tasks import Task, may_pass
from server.store.job_table import Job
from server.store.key_limits import MOST_PRIORITY
from server.store.rows import to_text
from server.telemetry import request_id

log = logging.getLogger(__name__)

BELOW_PEOPLE = 10 + 2 * MOST_PRIORITY
"""What the priorities of jobs, 0 to 9, lie below those of requests that somebody waits for, whatever priorities their
keys add.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """What a worker is given: enough to do the work, without the store. Each is one attempt, and equals no other."""

    job: str
    fence: int
    attempt: int
    owner: str
    task: str
    arguments: Mapping[str, Any]
    priority: int
    deadline: float | None = None
    """Seconds since 1970."""

    @classmethod
    def of(cls, job: Job) -> Claim:
        deadline = job.deadline.timestamp() if job.deadline is not None else None
        return cls(job.id, job.fence, job.attempts, job.owner, job.task, job.arguments, job.priority, deadline)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """It is done."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """It broke. `passes`: it may go better another time, but not before `wait` seconds."""

    error: dict[str, Any]
    passes: bool
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Stopped:
    """It was left undone, as its deadline had passed or somebody did not want it any more."""


Outcome = Succeeded | Failed | Stopped


class Listener(Protocol):
    """Who hears of an attempt while it is made."""

    async def progress(self, claim: Claim, progress: dict[str, Any]) -> None: ...

    async def emit(self, claim: Claim, kind: str, data: Any) -> None: ...


class _Context:
    """A TaskContext."""

    def __init__(self, claim: Claim, listener: Listener) -> None:
        self._claim = claim
        self._listener = listener
        self.job = claim.job
        self.owner = claim.owner
        self.attempt = claim.attempt
        self.turn_priority = claim.priority - BELOW_PEOPLE

    async def progress(self, done: float, total: float, message: str = "") -> None:
        await self._listener.progress(self._claim, {"done": done, "total": total, "message": message})

    async def emit(self, kind: str, data: Any) -> None:
        await self._listener.emit(self._claim, kind, data)


async def attempt(task: Task, claim: Claim, listener: Listener) -> Outcome:
    """Run the task, until the deadline. Raises CancelledError alone: why it was cancelled, whoever did it knows."""
    named = request_id.set(claim.job)
    patience = asyncio.timeout(None if claim.deadline is None else max(0.0, claim.deadline - time.time()))
    try:
        async with patience:
            result = await task.run(_Context(claim, listener), claim.arguments)
        to_text(result)
        return Succeeded(result)
    except ServerError as error:
        return Failed(error_of(error), may_pass(error), error.retry_after or 0.0)
    except Exception as error:
        if patience.expired():
            return Stopped()
        passes = may_pass(error)
        log.log(logging.WARNING if passes else logging.ERROR, "The job %s broke", claim.job, exc_info=not passes)
        cause = getattr(error, "strerror", None) or error  # the system's words, without the path of a file of ours
        said = f"{type(error).__name__}: {cause}" if passes else "The server made a mistake. Its log says more."
        return Failed(error_of(ServerError(said)), passes)
    finally:
        request_id.reset(named)


def error_of(error: ServerError) -> dict[str, Any]:
    """An error as a job keeps it."""
    return {
        "message": error.message,
        "type": error.type,
        "code": error.code,
        "param": error.param,
        "status": error.status,
    }
