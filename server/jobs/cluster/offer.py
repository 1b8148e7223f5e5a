"""What is put on RabbitMQ: all of a job that a worker needs, but the right to begin it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from server.jobs.attempt import Claim
from server.store.job_table import Job


class GoingHome(Exception):
    """The worker that took an offer takes no more: it is for another."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A job that may be begun. It may be made more than once, and be out of date: whoever takes it asks first."""

    job: str
    owner: str
    task: str
    arguments: Mapping[str, Any]
    priority: int
    deadline: float | None
    """Seconds since 1970."""

    @classmethod
    def of(cls, job: Job) -> Offer:
        deadline = job.deadline.timestamp() if job.deadline is not None else None
        return cls(job.id, job.owner, job.task, job.arguments, job.priority, deadline)

    def plain(self) -> dict[str, Any]:
        """JSON, and the arguments of this class."""
        return asdict(self)

    def claim(self, fence: int, attempt: int) -> Claim:
        """As a server granted it."""
        return Claim(
            self.job, fence, attempt, self.owner, self.task, self.arguments, self.priority, deadline=self.deadline
        )
