"""The contract of queues, held by Celery's: a server that does nothing itself, and workers without its store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest_asyncio

from server.jobs.jobs import Jobs
from server.jobs.wiring import open_jobs
from server.settings import load_settings
from server.store.database import Database
from tests.cluster import needs_cluster, place
from tests.jobs.contract import QueueContract, Rig
from tests.jobs.far import POLICY, Work

PATIENCE = {
    "jobs.lease_seconds": POLICY.lease.total_seconds(),
    "jobs.attempts": POLICY.attempts,
    "jobs.backoff_seconds": POLICY.backoff.total_seconds(),
}


class CeleryRig(Rig):
    """Workers know RabbitMQ and Redis, and look at no clock but for deadlines; the server has the store."""

    def __init__(self, folder: Path, overrides: dict[str, Any]) -> None:
        self._overrides = {**overrides, **PATIENCE, "paths.data_dir": str(folder / "var")}
        super().__init__(folder, load_settings(overrides=self._overrides))

    def make_jobs(self, database: Database) -> Jobs:
        jobs = open_jobs(self.settings, database)
        jobs.tasks.add(*Work(self.folder).tasks())
        return jobs

    def command(self, die_at: str, at_once: int) -> Sequence[str]:
        data = {"paths.data_dir": str(self.folder / "worker"), "jobs.at_once": at_once}
        return ("tests.jobs.cluster.mortal", str(self.folder), die_at, json.dumps({**self._overrides, **data}))


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[CeleryRig]:
    with place() as here:
        made = CeleryRig(tmp_path, here.jobs)
        await made.jobs.start()
        yield made
        await made.close()


@needs_cluster
class TestCelery(QueueContract):
    """As every queue."""
