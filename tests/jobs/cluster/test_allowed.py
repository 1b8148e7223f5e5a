"""A worker elsewhere knows no limits of keys: the server that lets it begin a job does."""

from __future__ import annotations

import asyncio

from server.errors import ModelNotAllowed, RateLimited
from server.settings import Settings
from server.store.job_table import Job
from tests.jobs.stage import ME, Office, Script, office


async def until(one: Office, job: Job, code: str | None, state: str) -> Job:
    async with asyncio.timeout(30):
        while True:
            found = await one.jobs.get(ME, job.id)
            if found.state == state and (found.error or {}).get("code") == code:
                return found
            await asyncio.sleep(0.05)


async def test_a_job_begins_only_as_its_key_may(elsewhere: Settings) -> None:
    asked: list[tuple[str, str]] = []

    async def allow(owner: str, model: str) -> None:
        asked.append((owner, model))
        if model == "forbidden":
            raise ModelNotAllowed(model)
        if model == "later":
            raise RateLimited("1 a minute.", retry_after=600)

    script = Script()
    async with office(elsewhere, script=script, allow=allow) as one:
        refused = await one.jobs.submit(ME, "echo", {"mark": "a", "model": "forbidden"})
        nested = await one.jobs.submit(ME, "nested", {"mark": "n", "flavor": {"modelName": "forbidden"}})
        waits = await one.jobs.submit(ME, "echo", {"mark": "b", "model": "later"})
        free = await one.jobs.submit(ME, "echo", {"mark": "c", "model": "free"})
        assert await one.begun() == "c"
        assert (await until(one, refused, "model_not_allowed", "failed")).attempts == 1
        await until(one, nested, "model_not_allowed", "failed")
        found = await until(one, waits, "rate_limit_exceeded", "queued")
        assert found.attempts == 0
        assert (found.due_at - found.created_at).total_seconds() > 500
        assert script.begun.empty()
        assert {model for owner, model in asked if owner == ME} == {"forbidden", "later", "free"}
        await until(one, free, None, "succeeded")
