"""The contract of queues, held by the embedded one: workers in several processes over one store."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from server.jobs.ledger import wall_clock
from server.settings import Settings
from server.store.database import Database
from tests.jobs.contract import QueueContract, Worker
from tests.jobs.far import Work, assemble
from tests.jobs.stage import ME

EMBEDDED_ONLY = True

ROOT = Path(__file__).resolve().parents[2]


class EmbeddedRig:
    """The server takes no jobs; each worker is such a server that takes them."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.folder = folder
        self._settings = settings
        self._workers: list[Worker] = []
        self._ahead = 0.0
        self._open()

    def _open(self) -> None:
        self._database = Database.open(self._settings)
        self.jobs, _ = assemble(self._database, Work(self.folder), at_once=1, name="server", takes=False)

    async def start_worker(self, die_at: str = "", at_once: int = 4) -> Worker:
        store = {"paths.data_dir": str(self._settings.paths.data_dir), "store.url": self._settings.store.url}
        arguments = (str(self.folder), die_at, str(at_once), str(self._ahead), json.dumps(store))
        worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.jobs.far", *arguments, cwd=ROOT)
        self._workers.append(worker)
        return worker

    def set_clocks(self, seconds: float) -> None:
        self._ahead = seconds
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
async def rig(settings: Settings, tmp_path: Path) -> AsyncIterator[EmbeddedRig]:
    made = EmbeddedRig(settings, tmp_path)
    await made.jobs.start()
    yield made
    await made.close()


class TestEmbedded(QueueContract):
    """As every queue."""


async def test_what_others_do_is_not_looked_for(rig: EmbeddedRig) -> None:
    await rig.jobs.submit(ME, "mark", {"mark": "a"})
    rows, now = rig.jobs.ledger.rows, rig.jobs.ledger.clock()
    assert await rows.any_due(["hold", "mark"], now)
    assert not await rows.any_due(["hold"], now)
    assert not await rows.any_due([], now)
