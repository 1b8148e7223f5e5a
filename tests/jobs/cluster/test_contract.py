"""The contract of queues, held by Celery's: a server that does nothing itself, and workers without its store."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from server.jobs.ledger import wall_clock
from server.jobs.wiring import open_jobs
from server.settings import ROOT, load_settings
from server.store.database import Database
from tests.cluster import needs_cluster, place
from tests.jobs.contract import QueueContract, Worker
from tests.jobs.far import POLICY, Work

PATIENCE = {
    "jobs.lease_seconds": POLICY.lease.total_seconds(),
    "jobs.attempts": POLICY.attempts,
    "jobs.backoff_seconds": POLICY.backoff.total_seconds(),
}


class CeleryRig:
    """Workers know RabbitMQ and Redis; the server has the store."""

    def __init__(self, folder: Path, overrides: dict[str, Any]) -> None:
        self.folder = folder
        self._overrides = {**overrides, **PATIENCE, "paths.data_dir": str(folder / "var")}
        self._workers: list[Worker] = []
        self._open()

    def _open(self) -> None:
        settings = load_settings(overrides=self._overrides)
        self._database = Database.open(settings)
        self.jobs = open_jobs(settings, self._database)
        self.jobs.tasks.add(*Work(self.folder).tasks())

    async def start_worker(self, die_at: str = "", at_once: int = 4) -> Worker:
        data = {"paths.data_dir": str(self.folder / "worker"), "jobs.at_once": at_once}
        arguments = (str(self.folder), die_at, json.dumps({**self._overrides, **data}))
        command = (sys.executable, "-m", "tests.jobs.cluster.mortal", *arguments)
        worker = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        self._workers.append(worker)
        return worker

    def set_clocks(self, seconds: float) -> None:
        """The server's: workers look at no clock but for deadlines."""
        self.jobs.ledger.clock = lambda: wall_clock() + timedelta(seconds=seconds)

    async def restart(self) -> None:
        await self.close_server()
        self._open()
        await self.jobs.start()

    async def close_server(self) -> None:
        await self.jobs.close()
        self._database.close()

    async def close(self) -> None:
        for worker in self._workers:
            with suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()
        await self.close_server()


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
