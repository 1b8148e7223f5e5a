"""The jobs of a server, put together as its settings want them."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta

from server.jobs.events import EventLog
from server.jobs.jobs import Jobs
from server.jobs.ledger import Ledger
from server.jobs.lifecycle import Policy
from server.jobs.queue import EmbeddedQueue, Queue, Queues
from server.jobs.tasks import Tasks
from server.own_python import to_install
from server.settings import Settings, SettingsError
from server.store.database import Database
from server.store.jobs import JobRows
from server.store.usage import Counts

Charge = Callable[[str, str, Counts], None]
Allow = Callable[[str, str], Awaitable[None]]


def open_jobs(
    settings: Settings, database: Database, *, allow: Allow | None = None, charge: Charge | None = None
) -> Jobs:
    """Not started. Its tasks are to be added. Of jobs that are done elsewhere, `allow` knows what their keys may do,
    and `charge` counts what they cost.
    """
    section = settings.jobs
    policy = Policy(
        lease=timedelta(seconds=section.lease_seconds),
        attempts=section.attempts,
        backoff=timedelta(seconds=section.backoff_seconds),
    )
    rows = JobRows(database, settings.limits.jobs, settings.limits.kept_mb << 20)
    tasks, keep = Tasks(), timedelta(days=section.keep_days)
    if has_cluster(settings):
        ledger, queue = _cluster(settings, rows, policy, tasks, allow, charge)
    else:
        ledger = Ledger(rows, EventLog(), policy)
        queue = EmbeddedQueue(ledger, tasks, at_once=at_once(settings), name=worker_name())
    return Jobs(ledger, tasks, queue, keep=keep)


def has_cluster(settings: Settings) -> bool:
    """Whether jobs are done by workers elsewhere. Raises SettingsError where only half of what that takes is set."""
    section = settings.jobs
    if bool(section.broker_url) != bool(section.redis_url):
        raise SettingsError("jobs.broker_url and jobs.redis_url belong together: set both, or neither.")
    return bool(section.broker_url)


def _cluster(
    settings: Settings,
    rows: JobRows,
    policy: Policy,
    tasks: Tasks,
    allow: Allow | None,
    charge: Charge | None,
) -> tuple[Ledger, Queue]:
    try:
        from server.jobs.cluster.line import Line
        from server.jobs.cluster.queue import CeleryQueue
        from server.jobs.cluster.told import ToldLog
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"jobs.broker_url is set, and {error.name} is not installed: {to_install('cluster')}"
        ) from error
    section, name = settings.jobs, worker_name()
    told = ToldLog(Line(section.redis_url, section.cluster_name))
    ledger = Ledger(rows, told, policy)
    here = EmbeddedQueue(ledger, tasks, at_once=at_once(settings), name=name, takes=lambda task: task.local)
    elsewhere = CeleryQueue(
        ledger, tasks, section, told, name=name, takes=lambda task: not task.local, allow=allow, charge=charge
    )
    return ledger, Queues(elsewhere, here)


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
