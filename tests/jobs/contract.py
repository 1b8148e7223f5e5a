"""What every queue must do, with workers in processes of their own that are killed. One suite for all queues.

A queue's test module has a fixture `rig` and a class that derives from `QueueContract`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from server.jobs.jobs import Jobs
from server.jobs.ledger import wall_clock
from server.settings import ROOT, Settings
from server.store.database import Database
from server.store.job_table import Job, State
from tests.jobs.far import ASLEEP, POINTS, ticks
from tests.jobs.stage import ME

Worker = asyncio.subprocess.Process


class Rig(ABC):
    """A server in this process that does no jobs itself, and workers elsewhere; both with the tasks of `far.Work`."""

    jobs: Jobs
    """The server's."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """`folder`: where the tasks write their trace, and look for the gate."""
        self.folder = folder
        self.settings = settings
        self.ahead = 0.0
        """Seconds that the clocks are ahead."""
        self._workers: list[Worker] = []
        self._open()

    def _open(self) -> None:
        self._database = Database.open(self.settings)
        self.jobs = self.make_jobs(self._database)

    @abstractmethod
    def make_jobs(self, database: Database) -> Jobs:
        """The server's, over this store, not started yet."""

    @abstractmethod
    def command(self, die_at: str, at_once: int) -> Sequence[str]:
        """The module that is a worker, and its arguments."""

    async def start_worker(self, die_at: str = "", at_once: int = 4) -> Worker:
        """A worker. `die_at`: one of `far.POINTS`, or `far.ASLEEP`."""
        command = (sys.executable, "-m", *self.command(die_at, at_once))
        worker = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        self._workers.append(worker)
        return worker

    def set_clocks(self, seconds: float) -> None:
        """Put the server's clock, and those of workers that are to come, so far ahead."""
        self.ahead = seconds
        self.jobs.ledger.clock = lambda: wall_clock() + timedelta(seconds=seconds)

    async def restart(self) -> None:
        """End the server as it ends at a signal, and start another one over the same store."""
        await self.close_server()
        self._open()
        await self.jobs.start()

    async def close_server(self) -> None:
        await self.jobs.close()
        self._database.close()

    async def close(self) -> None:
        """End all that is left."""
        for worker in self._workers:
            with suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()
        await self.close_server()


def trace(rig: Rig, what: str = "begun") -> list[str]:
    """The marks of what the tasks have done, in order."""
    file = rig.folder / "trace"
    lines = file.read_text().splitlines() if file.exists() else []
    return [line.partition(" ")[2] for line in lines if line.startswith(what)]


async def until_begun(rig: Rig, count: int) -> None:
    async with asyncio.timeout(20):
        async for _ in ticks():
            if len(trace(rig)) >= count:
                break


async def ended(rig: Rig, *jobs: Job, seconds: float = 30) -> list[Job]:
    async with asyncio.timeout(seconds):
        return [await rig.jobs.wait(job.owner, job.id) for job in jobs]


async def killed(worker: Worker) -> None:
    worker.send_signal(signal.SIGKILL)
    await worker.wait()


def states(jobs: Sequence[Job]) -> list[State]:
    return [job.state for job in jobs]


class QueueContract:
    """The tests."""

    async def test_the_urgent_first(self, rig: Rig) -> None:
        asked = [("low", 1), ("usual", 5), ("urgent", 9), ("usual, later", 5)]
        jobs = [await rig.jobs.submit(ME, "mark", {"mark": mark}, priority=priority) for mark, priority in asked]
        await rig.start_worker(at_once=1)
        assert states(await ended(rig, *jobs)) == ["succeeded"] * 4
        assert trace(rig) == ["urgent", "usual", "usual, later", "low"]

    async def test_cancel_what_waits_and_what_runs(self, rig: Rig) -> None:
        running = await rig.jobs.submit(ME, "hold", {"mark": "running"})
        await rig.start_worker(at_once=1)
        await until_begun(rig, 1)
        waiting = await rig.jobs.submit(ME, "mark", {"mark": "waiting"})
        await rig.jobs.cancel(ME, waiting.id)
        await rig.jobs.cancel(ME, running.id)
        assert states(await ended(rig, running, waiting)) == ["cancelled"] * 2
        assert trace(rig, "cancelled") == ["running"]
        after = await rig.jobs.submit(ME, "mark", {"mark": "after"})
        assert states(await ended(rig, after)) == ["succeeded"]
        assert trace(rig) == ["running", "after"]

    @pytest.mark.parametrize("point", POINTS)
    async def test_a_worker_that_is_killed_costs_an_attempt_and_no_job(self, rig: Rig, point: str) -> None:
        job = await rig.jobs.submit(ME, "mark", {"mark": "a"})
        worker = await rig.start_worker(die_at=point)
        assert await asyncio.wait_for(worker.wait(), 20) == -signal.SIGKILL
        await rig.start_worker()
        (done,) = await ended(rig, job)
        second = point != "settled"  # what was written down by then is not done again
        assert (done.state, done.attempts, done.deaths) == ("succeeded", 1 + second, second)
        assert done.result == {"mark": "a", "attempt": 1 + second}

    async def test_workers_killed_again_and_again(self, rig: Rig) -> None:
        jobs = [await rig.jobs.submit(ME, "mark", {"mark": str(number)}) for number in range(60)]
        for kill in range(3):
            worker = await rig.start_worker(at_once=2)
            await until_begun(rig, len(trace(rig)) + 1 + kill)
            await killed(worker)
        await rig.start_worker(at_once=2)
        done = await ended(rig, *jobs)
        assert {job.state for job in done} <= {"succeeded", "dead"}
        assert all(job.deaths == 3 for job in done if job.state == "dead")
        assert [job.result["mark"] for job in done if job.state == "succeeded"] == [
            str(number) for number, job in enumerate(done) if job.state == "succeeded"
        ]
        assert states(done).count("succeeded") >= 58, "none but who was unlucky three times"

    async def test_what_kills_its_workers_is_given_up(self, rig: Rig) -> None:
        poison = await rig.jobs.submit(ME, "poison", {"mark": "poison"})
        beside = await rig.jobs.submit(ME, "mark", {"mark": "beside"}, priority=0)

        async def keep_one() -> None:
            while True:
                worker = await rig.start_worker(at_once=1)
                await worker.wait()

        keeping = asyncio.create_task(keep_one())
        try:
            done, other = await ended(rig, poison, beside, seconds=90)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        assert (done.state, done.deaths, other.state) == ("dead", 3, "succeeded")
        assert done.error is not None
        assert "3 workers were lost" in done.error["message"]
        assert trace(rig).count("poison") == 3

    async def test_a_worker_that_was_only_asleep_is_not_heard(self, rig: Rig) -> None:
        job = await rig.jobs.submit(ME, "hold", {"mark": "a"})
        sleeper = await rig.start_worker(die_at=ASLEEP, at_once=1)
        await until_begun(rig, 1)
        await rig.start_worker()
        await until_begun(rig, 2)
        (rig.folder / "gate").touch()
        (done,) = await ended(rig, job)
        os.kill(sleeper.pid, signal.SIGCONT)
        after = [await rig.jobs.submit(ME, "mark", {"mark": str(number)}) for number in range(8)]
        await ended(rig, *after)
        now = await rig.jobs.get(ME, job.id)
        assert (now.state, now.attempts, now.result) == ("succeeded", 2, {"mark": "a", "attempt": 2})
        assert now.ended_at == done.ended_at

    async def test_one_key_makes_one_job(self, rig: Rig) -> None:
        await rig.start_worker()
        asked = (rig.jobs.submit(ME, "mark", {"mark": "a"}, idempotency_key="once") for _ in range(10))
        jobs = await asyncio.gather(*asked)
        assert len({job.id for job in jobs}) == 1
        await ended(rig, jobs[0])
        assert trace(rig) == ["a"]

    @pytest.mark.parametrize("seconds", [3600, -3600])
    async def test_a_clock_that_is_set_costs_no_job(self, rig: Rig, seconds: float) -> None:
        """What waits and what runs when clocks are set, a worker that is lost then, and what is asked afterwards."""
        jobs = [await rig.jobs.submit(ME, "hold", {"mark": "before"})]
        lost = await rig.start_worker()
        await until_begun(rig, 1)
        jobs.append(await rig.jobs.submit(ME, "mark", {"mark": "waiting"}, priority=0))
        await killed(lost)
        rig.set_clocks(seconds)
        jobs.append(await rig.jobs.submit(ME, "mark", {"mark": "after"}))
        (rig.folder / "gate").touch()
        await rig.start_worker()
        assert states(await ended(rig, *jobs)) == ["succeeded"] * 3

    async def test_everything_starts_again_in_the_middle(self, rig: Rig) -> None:
        jobs = [await rig.jobs.submit(ME, "mark", {"mark": str(number)}) for number in range(30)]
        worker = await rig.start_worker()
        await until_begun(rig, 5)
        await killed(worker)
        await rig.restart()
        more = [await rig.jobs.submit(ME, "mark", {"mark": str(number)}) for number in range(30, 40)]
        await rig.start_worker()
        done = await ended(rig, *jobs, *more)
        assert states(done) == ["succeeded"] * 40
        assert [job.result["mark"] for job in done] == [str(number) for number in range(40)]
