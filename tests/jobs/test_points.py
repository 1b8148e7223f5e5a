"""A worker is killed at each of the points at which something of a job is begun or written down."""

from __future__ import annotations

import asyncio
import json
import sys

from server.settings import ROOT, Settings
from server.store.database import Database
from tests.jobs.doomed import POINTS, Server
from tests.jobs.stage import ME

EMBEDDED_ONLY = True


async def test_every_point_has_the_end_that_it_should(settings: Settings) -> None:
    database = Database.open(settings)
    server = Server(database)
    asked = {point: await server.jobs.submit(ME, point, {}) for point in POINTS}
    store = {"paths.data_dir": str(settings.paths.data_dir), "store.url": settings.store.url}
    doomed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.jobs.doomed", json.dumps(store), cwd=ROOT
    )
    assert await asyncio.wait_for(doomed.wait(), 300) == 0, "some were not killed"
    await server.jobs.start()
    try:
        async with asyncio.timeout(60):
            done = {point: await server.jobs.wait(ME, job.id) for point, job in asked.items()}
    finally:
        await server.jobs.close()
        database.close()
    assert {point: (job.state, job.attempts, job.deaths) for point, job in done.items()} == POINTS
    for point, job in done.items():
        assert job.result == ({"attempt": job.attempts} if job.state == "succeeded" else None), point
