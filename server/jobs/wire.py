"""A job as those see it who asked for it: in answers, in events, and in what is sent to webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.store.job_table import Job


def job_body(job: Job) -> dict[str, Any]:
    """All but its arguments."""
    return {
        "id": job.id,
        "object": "job",
        "task": job.task,
        "state": job.state,
        "priority": job.priority,
        "attempts": job.attempts,
        "cancelling": job.cancelling,
        "progress": job.progress,
        "result": job.result,
        "error": job.error,
        "created_at": seconds(job.created_at),
        "due_at": seconds(job.due_at),
        "started_at": seconds(job.started_at),
        "ended_at": seconds(job.ended_at),
        "deadline": seconds(job.deadline),
        "idempotency_key": job.idempotency_key,
        "label": job.label,
    }


def seconds(moment: datetime | None) -> float | None:
    """Since 1970, to the millisecond."""
    return None if moment is None else round(moment.timestamp(), 3)
