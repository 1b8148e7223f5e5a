"""Jobs on the embedded queue, in one process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from server.errors import BadRequest, Conflict, EngineDied, NotFound, TooManyRequests, Unavailable
from server.jobs.events import Event
from server.settings import Settings
from server.store import totals
from server.store.database import Database
from server.store.job_table import Job, jobs, values_of
from tests.cluster import until
from tests.jobs.stage import BUSY, ME, OTHER, Office, Script, office, with_jobs

SOON = timedelta(seconds=0.2)


async def ended(here: Office, job: Job) -> Job:
    async with asyncio.timeout(15):
        return await here.jobs.wait(job.owner, job.id)


async def told(here: Office, job: Job, after: tuple[int, int] = (-1, 0)) -> list[Event]:
    async with asyncio.timeout(15):
        return [event async for event in here.jobs.events(job.owner, job.id, after)]


async def test_a_job_is_done(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "echo", {"mark": "a"})
        assert (job.state, job.attempts) == ("queued", 0)
        done = await ended(here, job)
        assert (done.state, done.attempts) == ("succeeded", 1)
        assert done.result == {"mark": "a", "owner": ME, "attempt": 1}


async def test_what_can_never_be_done_is_refused(settings: Settings) -> None:
    async with office(settings) as here:
        with pytest.raises(BadRequest, match="There are: "):
            await here.jobs.submit(ME, "nothing", {})
        with pytest.raises(BadRequest, match="expected none"):
            await here.jobs.submit(ME, "echo", {"bad": 1})
        with pytest.raises(BadRequest, match="no task 'hidden'"):
            await here.jobs.submit(ME, "hidden", {}, by_client=True)
        with pytest.raises(BadRequest, match="deadline"):
            await here.jobs.submit(ME, "echo", {}, deadline=datetime.now(UTC) - SOON)
        assert await here.jobs.list(ME) == []


async def test_another_keys_job_is_none(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "gated", {})
        for asked in (
            here.jobs.get(OTHER, job.id),
            here.jobs.cancel(OTHER, job.id),
            here.jobs.delete(OTHER, job.id),
            here.jobs.wait(OTHER, job.id),
        ):
            with pytest.raises(NotFound):
                await asked
        assert await here.jobs.list(OTHER) == []


async def test_the_urgent_first_then_the_oldest(settings: Settings) -> None:
    async with office(with_jobs(settings, at_once=1)) as here:
        await here.jobs.submit(ME, "gated", {"mark": "first"})
        assert await here.begun() == "first"
        jobs = [
            await here.jobs.submit(ME, "echo", {"mark": mark}, priority=priority)
            for mark, priority in (("low", 1), ("usual", 5), ("urgent", 9), ("usual, later", 5))
        ]
        assert [await here.jobs.position(job) for job in jobs] == [3, 1, 0, 2]
        here.script.gate.set()
        assert [await here.begun() for _ in jobs] == ["urgent", "usual", "usual, later", "low"]
        assert await here.jobs.position(await ended(here, jobs[0])) is None


async def test_as_many_at_once_as_there_are_hands(settings: Settings) -> None:
    async with office(with_jobs(settings, at_once=3)) as here:
        jobs = [await here.jobs.submit(ME, "gated", {"mark": number}) for number in range(5)]
        assert sorted([await here.begun() for _ in range(3)]) == ["0", "1", "2"]
        assert here.script.begun.empty()
        here.script.gate.set()
        assert [(await ended(here, job)).state for job in jobs] == ["succeeded"] * 5


async def test_cancel_what_waits_and_what_runs(settings: Settings) -> None:
    async with office(with_jobs(settings, at_once=1)) as here:
        running = await here.jobs.submit(ME, "gated", {})
        waiting = await here.jobs.submit(ME, "echo", {"mark": "never"})
        await here.begun()
        assert (await here.jobs.cancel(ME, waiting.id)).state == "cancelled"
        with pytest.raises(Conflict):
            await here.jobs.delete(ME, running.id)
        asked = await here.jobs.cancel(ME, running.id)
        assert (asked.state, asked.cancelling) == ("running", True)
        assert (await ended(here, running)).state == "cancelled"
        assert here.script.cancelled == [running.id]
        assert (await here.jobs.cancel(ME, running.id)).state == "cancelled"
        after = await here.jobs.submit(ME, "echo", {"mark": "after"})
        assert (await ended(here, after)).state == "succeeded"
        assert await here.begun() == "after"
        with pytest.raises(Conflict, match="succeeded"):
            await here.jobs.cancel(ME, after.id)
        await here.jobs.delete(ME, running.id)
        with pytest.raises(NotFound):
            await here.jobs.get(ME, running.id)


async def test_an_idempotency_key_makes_one_job(settings: Settings) -> None:
    async with office(settings) as here:
        asked: dict[str, Any] = {"idempotency_key": "once"}
        both = await asyncio.gather(*(here.jobs.submit(ME, "echo", {"a": 1}, **asked) for _ in range(5)))
        assert len({job.id for job in both}) == 1
        await ended(here, both[0])
        again = await here.jobs.submit(ME, "echo", {"a": 1}, **asked)
        assert (again.id, again.state) == (both[0].id, "succeeded")
        with pytest.raises(Conflict, match="idempotency key"):
            await here.jobs.submit(ME, "echo", {"a": 2}, **asked)
        assert (await here.jobs.submit(OTHER, "echo", {"a": 2}, **asked)).id != again.id


async def test_what_may_pass_is_tried_again(settings: Settings) -> None:
    script = Script(failures=[BUSY, EngineDied("gone", retry_after=0.01), ConnectionResetError("reset")])
    async with office(with_jobs(settings, backoff_seconds=0.01), script=script) as here:
        done = await ended(here, await here.jobs.submit(ME, "fragile", {}))
        assert (done.state, done.result, done.attempts, done.error) == ("succeeded", {"attempt": 4}, 4, None)


async def test_what_will_not_pass_is_told_at_once(settings: Settings) -> None:
    script = Script(failures=[BadRequest("Too long.", param="messages"), ZeroDivisionError("a bug")])
    async with office(settings, script=script) as here:
        refused = await ended(here, await here.jobs.submit(ME, "fragile", {}))
        assert (refused.state, refused.attempts) == ("failed", 1)
        assert refused.error is not None
        assert (refused.error["message"], refused.error["param"]) == ("Too long.", "messages")
        broken = await ended(here, await here.jobs.submit(ME, "fragile", {}))
        assert broken.error is not None
        assert "a bug" not in broken.error["message"], "what is ours is for the log"


async def test_who_says_when_to_come_again_is_not_asked_before(settings: Settings) -> None:
    script = Script(failures=[Unavailable("Not now.", retry_after=600)])
    async with office(settings, script=script) as here:
        job = await here.jobs.submit(ME, "fragile", {})
        await until(lambda: not script.failures)
        async with asyncio.timeout(10):
            async for event in here.jobs.events(ME, job.id):
                if event.data.get("error"):
                    break
        waiting = await here.jobs.get(ME, job.id)
        assert (waiting.state, waiting.attempts) == ("queued", 1)
        assert (waiting.due_at - waiting.created_at).total_seconds() >= 600


async def test_attempts_come_to_an_end(settings: Settings) -> None:
    script = Script(failures=[BUSY] * 9)
    async with office(with_jobs(settings, attempts=3, backoff_seconds=0.01), script=script) as here:
        done = await ended(here, await here.jobs.submit(ME, "fragile", {}))
        assert (done.state, done.attempts) == ("failed", 3)


async def test_deadlines(settings: Settings) -> None:
    async with office(with_jobs(settings, at_once=1)) as here:
        running = await here.jobs.submit(ME, "gated", {}, deadline=datetime.now(UTC) + 15 * SOON)
        await here.begun()
        waiting = await here.jobs.submit(ME, "echo", {}, deadline=datetime.now(UTC) + SOON)
        assert (await ended(here, running)).state == "expired"
        assert (await ended(here, waiting)).state == "expired"
        assert here.script.cancelled == [running.id]


async def test_events_are_told_and_told_again(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "telling", {})
        found = await told(here, job)
        kinds = [event.kind for event in found]
        assert kinds == ["state", "state", *["token", "progress"] * 3, "state"]
        assert [event.data for event in found if event.kind == "token"] == [1, 2, 3]
        assert found[-1].data["result"] == "told"
        assert [event.place for event in found] == sorted({event.place for event in found})
        assert await told(here, job, found[3].place) == found[4:]
        assert await told(here, job, found[-1].place) == []


async def test_who_comes_late_is_told_of_the_end(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "telling", {})
        await ended(here, job)
    async with office(settings) as here:
        (last,) = await told(here, job)
        assert (last.kind, last.data["state"], last.data["result"]) == ("state", "succeeded", "told")


async def test_a_slow_watcher_is_told_of_all_that_came_meanwhile(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "telling", {})
        watching = here.jobs.events(ME, job.id)
        found = [await anext(watching)]
        await until(lambda: here.jobs.ledger.events.ended(job.id))  # while the first is being sent
        async with asyncio.timeout(15):
            found += [event async for event in watching]
        assert [event.data for event in found if event.kind == "token"] == [1, 2, 3]
        assert (found[-1].data["state"], found[-1].data["result"]) == ("succeeded", "told")


async def test_who_watched_at_another_server_is_told_of_what_is_to_come(settings: Settings) -> None:
    async with office(with_jobs(settings, at_once=1)) as here:
        await here.jobs.submit(ME, "gated", {"mark": "first"})
        assert await here.begun() == "first"
        job = await here.jobs.submit(ME, "telling", {})
        watching = asyncio.create_task(told(here, job, (1, 5_000)))  # a place in what was told there
        here.script.gate.set()
        found = await watching
        assert [event.data for event in found if event.kind == "token"] == [1, 2, 3]
        assert found[-1].data["state"] == "succeeded"
        (end,) = await told(here, job, (1, 5_000))
        assert end == found[-1]
        now = await here.jobs.get(ME, job.id)
        assert not here.jobs.seen_all(now, (1, 5_000))
        assert here.jobs.seen_all(now, end.place)


async def test_a_server_that_goes_home_leaves_its_jobs_to_the_next(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "gated", {"mark": "a"})
        await here.begun()
    async with office(settings) as here:
        assert await here.begun() == "a"
        here.script.gate.set()
        done = await ended(here, job)
        assert (done.state, done.attempts, done.deaths) == ("succeeded", 1, 0)


async def test_a_database_that_was_away_costs_no_worker_and_no_result(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(work: Any) -> Any:
        raise OperationalError("", {}, ConnectionError("away"))

    async with office(with_jobs(settings, lease_seconds=1)) as here:
        job = await here.jobs.submit(ME, "gated", {"mark": "a"})
        await here.begun()
        await until(lambda: here.jobs._queue.hears)
        with monkeypatch.context() as patch:
            patch.setattr(here.database, "run", away)
            here.script.gate.set()
            await until(lambda: "cannot be written down yet" in caplog.text)
            await asyncio.sleep(2)  # longer than a lease
        await here.jobs._sweep()  # before anybody could say that he lives
        done = await ended(here, job)
        assert (done.state, done.attempts, done.deaths, done.result) == ("succeeded", 1, 0, {"mark": "a"})


async def test_progress_that_cannot_be_noted_does_not_cost_the_attempt(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*asked: Any) -> None:
        raise Unavailable("The database did not answer.")

    async with office(settings) as here:
        monkeypatch.setattr(here.jobs.ledger, "note", away)
        job = await here.jobs.submit(ME, "telling", {})
        found = await told(here, job)
        assert [event.data["done"] for event in found if event.kind == "progress"] == [1, 2, 3]
        assert (found[-1].data["state"], found[-1].data["attempts"]) == ("succeeded", 1)


async def test_two_servers_share_the_work(settings: Settings) -> None:
    async with (
        office(with_jobs(settings, at_once=2)) as here,
        office(with_jobs(settings, at_once=2), worker=False) as there,
    ):
        jobs = [await here.jobs.submit(ME, "echo", {"mark": number}) for number in range(40)]
        there.jobs._queue.wake()
        for job in jobs:
            assert (await ended(here, job)).attempts == 1
        marks = [each.script.begun.get_nowait() for each in (here, there) for _ in range(each.script.begun.qsize())]
        assert sorted(marks, key=int) == [str(number) for number in range(40)]


async def test_an_idle_server_looks_seldom_and_wakes_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.jobs.jobs.LINGER_SECONDS", -1.0)
    monkeypatch.setattr("server.jobs.jobs.IDLE_SECONDS", 3600.0)
    looked = asyncio.Event()

    async def look() -> None:
        looked.set()

    async with office(settings) as here:
        here.jobs.when_looking(look)
        await here.jobs.submit(ME, "gated", {})
        await asyncio.wait_for(looked.wait(), 10)


async def test_cancel_reaches_another_server(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "gated", {})
        await here.begun()
        async with office(settings, worker=False) as there:
            await there.jobs.cancel(ME, job.id)
            assert (await ended(there, job)).state == "cancelled"
        assert here.script.cancelled == [job.id]


async def test_pages(settings: Settings) -> None:
    async with office(settings) as here:
        jobs = [await here.jobs.submit(ME, "echo", {"n": number}) for number in range(5)]
        for job in jobs:
            await ended(here, job)
        ids = [job.id for job in reversed(jobs)]
        first = await here.jobs.list(ME, limit=2)
        assert [job.id for job in first] == ids[:2]
        assert [job.id for job in await here.jobs.list(ME, limit=9, after=first[-1].id)] == ids[2:]
        assert [job.id for job in await here.jobs.list(ME, limit=1, newest_first=False)] == ids[-1:]
        assert await here.jobs.list(ME, states=["failed"]) == []
        assert len(await here.jobs.list(None)) == 5
        with pytest.raises(NotFound):
            await here.jobs.list(ME, after="job_none")


async def test_too_many_are_refused(settings: Settings) -> None:
    limits = settings.limits.model_copy(update={"jobs": 3})
    async with office(settings.model_copy(update={"limits": limits})) as here:
        for _ in range(3):
            await here.jobs.submit(ME, "gated", {})
        with pytest.raises(TooManyRequests, match="at most 3"):
            await here.jobs.submit(ME, "gated", {})
        await here.jobs.submit(OTHER, "gated", {})


async def test_what_waits_may_be_only_so_large(settings: Settings) -> None:
    limits = settings.limits.model_copy(update={"kept_mb": 1})
    async with office(settings.model_copy(update={"limits": limits}), worker=False) as here:
        here.jobs.pause()
        large = {"text": "x" * 400_000}
        for _ in range(2):
            await here.jobs.submit(ME, "gated", large)
        with pytest.raises(TooManyRequests, match="at most 1 MB"):
            await here.jobs.submit(ME, "gated", large)
        waiting = await here.jobs.submit(ME, "gated", {"text": "a small one"})
        await here.jobs.submit(OTHER, "gated", large)
        await here.jobs.cancel(ME, (await here.jobs.list(ME, newest_first=False))[0].id)
        await here.jobs.submit(ME, "gated", large)
        assert (await here.jobs.get(ME, waiting.id)).state == "queued"


async def test_what_has_ended_makes_room_for_what_ends(settings: Settings) -> None:
    limits = settings.limits.model_copy(update={"kept_mb": 1})
    async with office(settings.model_copy(update={"limits": limits})) as here:

        async def done(owner: str = ME, *, webhook: str | None = None) -> Job:
            """Half of what may be kept, with its result: each counts twice."""
            job = await here.jobs.submit(owner, "echo", {"text": "x" * 200_000}, webhook=webhook)
            return await ended(here, job)

        async def there() -> set[str]:
            return {job.id for job in await here.jobs.list(ME)}

        untold, other = await done(webhook="http://nobody.invalid/"), await done(OTHER)
        waiting = await here.jobs.submit(ME, "gated", {"mark": "waits"})
        first, second = await done(), await done()
        assert await there() == {untold.id, waiting.id, second.id}, "the oldest that nobody is to be told of"
        with pytest.raises(NotFound):
            await here.jobs.get(ME, first.id)
        await here.jobs.delete(ME, second.id)
        third = await done()
        assert await there() == {untold.id, waiting.id, third.id}, "what was deleted counts no more"
        assert (await here.jobs.get(OTHER, other.id)).state == "succeeded"


async def test_tens_of_thousands_make_room_for_what_ends(settings: Settings) -> None:
    limits = settings.limits.model_copy(update={"kept_mb": 1})
    keep_ended(settings, 40_000, size=1 << 10)
    async with office(settings.model_copy(update={"limits": limits})) as here:
        job = await here.jobs.submit(ME, "echo", {"mark": "new"})
        assert (await ended(here, job)).state == "succeeded"
        oldest, newest = [await here.jobs.list(ME, limit=2000, newest_first=newest) for newest in (False, True)]
        assert len(oldest) == len(newest) <= 1024, "no more than the limit"
        assert [each.id for each in newest[:2]] == [job.id, "job_39999"], "the oldest went"


def keep_ended(settings: Settings, number: int, size: int) -> None:
    """So many jobs of a key's that have ended, as a server of another limit would have kept them."""
    database, now = Database.open(settings), datetime.now(UTC) - timedelta(hours=1)
    job = Job("", ME, "echo", {}, 5, now, now, state="succeeded", ended_at=now, result="kept")
    with database.write() as connection:
        rows = [{**values_of(job), "id": f"job_{each:05d}", "size": size} for each in range(number)]
        connection.execute(sa.insert(jobs), rows)
        totals.of_jobs.add(connection, ME, number * size)
    database.close()


async def test_what_ended_long_ago_is_forgotten(settings: Settings) -> None:
    async with office(settings) as here:
        job = await here.jobs.submit(ME, "echo", {})
        running = await here.jobs.submit(ME, "gated", {})
        await ended(here, job)
    async with office(with_jobs(settings, keep_days=1e-9)) as here:
        await here.begun()  # the first tidying came before
        async with asyncio.timeout(10):
            while await here.jobs.list(ME, states=["succeeded"]):
                await here.jobs._forget()
        assert (await here.jobs.get(ME, running.id)).state == "running"
