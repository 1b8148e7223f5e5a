"""The contract of queues, held by the embedded one: workers in several processes over one store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest_asyncio

from server.jobs.jobs import Jobs
from server.settings import Settings
from server.store.database import Database
from tests.jobs.contract import QueueContract, Rig
from tests.jobs.far import Work, assemble
from tests.jobs.stage import ME

EMBEDDED_ONLY = True


class EmbeddedRig(Rig):
    """The server takes no jobs; each worker is such a server that takes them."""

    def make_jobs(self, database: Database) -> Jobs:
        jobs, _ = assemble(database, Work(self.folder), at_once=1, name="server", takes=False)
        return jobs

    def command(self, die_at: str, at_once: int) -> Sequence[str]:
        store = {"paths.data_dir": str(self.settings.paths.data_dir), "store.url": self.settings.store.url}
        return ("tests.jobs.far", str(self.folder), die_at, str(at_once), str(self.ahead), json.dumps(store))


@pytest_asyncio.fixture
async def rig(settings: Settings, tmp_path: Path) -> AsyncIterator[EmbeddedRig]:
    made = EmbeddedRig(tmp_path, settings)
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
