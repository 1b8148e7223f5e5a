"""The jobs of a server, put together as its settings want them."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

from server.jobs.events import EventLog
from server.jobs.jobs import Jobs
from server.jobs.ledger import Ledger
from server.jobs.lifecycle import Policy
from server.jobs.queue import EmbeddedQueue
from server.jobs.tasks import Tasks
from server.settings import Settings
from server.store.database import Database
from server.store.jobs import JobRows


def open_jobs(settings: Settings, database: Database) -> Jobs:
    """Not started. Its tasks are to be added."""
    section = settings.jobs
    policy = Policy(
        lease=timedelta(seconds=section.lease_seconds),
        attempts=section.attempts,
        backoff=timedelta(seconds=section.backoff_seconds),
    )
    ledger = Ledger(JobRows(database, settings.limits.jobs), EventLog(), policy)
    tasks = Tasks()
    queue = EmbeddedQueue(ledger, tasks, at_once=at_once(settings), name=worker_name())
    return Jobs(ledger, tasks, queue, keep=timedelta(days=section.keep_days))


def at_once(settings: Settings) -> int:
    """Jobs worked at together: as the engine batches them; but one key's jobs leave room in its waiting line for the
    key's other requests.
    """
    if settings.jobs.at_once:
        return settings.jobs.at_once
    return max(1, min(settings.engine.slots, settings.limits.waiting_per_key // 2))


def worker_name() -> str:
    """For people who look for whoever had a job."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"
