"""What a cluster loses, and its jobs do not: workers, messages, RabbitMQ, Redis."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from celery import Celery

from server.jobs.cluster import queue
from server.jobs.cluster.celery_app import make_app, send
from server.jobs.cluster.offer import Offer
from server.jobs.jobs import Jobs
from server.jobs.wiring import open_jobs
from server.settings import ROOT, load_settings
from server.store.database import Database
from server.store.job_table import Job
from tests.cluster import Place, free_port, needs_cluster, own_redis, place, until
from tests.jobs.cluster.far import tasks
from tests.jobs.stage import ME

pytestmark = needs_cluster

QUICK = {"jobs.lease_seconds": 1, "jobs.backoff_seconds": 0.1, "jobs.at_once": 4}


KILLS = 8


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as one:
        yield one


@dataclass
class Cluster:
    """A server's jobs, and workers in processes of their own."""

    jobs: Jobs
    overrides: dict[str, Any]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def worker(self) -> subprocess.Popen[bytes]:
        """One more."""
        command = [sys.executable, "-m", "tests.jobs.cluster.far", json.dumps(self.overrides)]
        self.workers.append(subprocess.Popen(command, cwd=ROOT))
        return self.workers[-1]

    def revive(self) -> None:
        """A new worker for each that has ended, as a supervisor would."""
        for worker in list(self.workers):
            if worker.poll() is not None:
                self.workers.remove(worker)
                self.worker()

    async def submit(self, count: int, seconds: float = 0.05, first: int = 0) -> list[Job]:
        numbers = range(first, first + count)
        return [await self.jobs.submit(ME, "slow", {"number": n, "seconds": seconds}) for n in numbers]

    async def ended(self, job: Job, seconds: float = 60) -> Job:
        async with asyncio.timeout(seconds):
            return await self.jobs.wait(ME, job.id)


@asynccontextmanager
async def cluster(folder: Path, overrides: dict[str, Any]) -> AsyncIterator[Cluster]:
    overrides = {**QUICK, **overrides, "paths.data_dir": str(folder / "var")}
    settings = load_settings(overrides=overrides)
    database = Database.open(settings)
    jobs = open_jobs(settings, database)
    jobs.tasks.add(*tasks(None))  # type: ignore[arg-type]
    found = Cluster(jobs, overrides)
    await jobs.start()
    try:
        yield found
    finally:
        for worker in found.workers:
            worker.kill()
            worker.wait()
        await jobs.close()
        database.close()


def numbers(jobs: list[Job]) -> list[int]:
    return sorted(job.result["number"] for job in jobs if job.state == "succeeded")


async def test_an_offer_that_is_written_down_is_sent_by_a_server_that_closes(
    here: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, goes_on = asyncio.Event(), asyncio.Event()
    async with cluster(tmp_path, here.jobs) as there:
        offer = there.jobs.ledger.offer

        async def slow_offer(*arguments: Any) -> list[Job]:
            found = await offer(*arguments)
            if found:
                written.set()
                await goes_on.wait()
            return found

        monkeypatch.setattr(there.jobs.ledger, "offer", slow_offer)
        [job] = await there.submit(1)
        async with asyncio.timeout(10):
            await written.wait()
        closing = asyncio.create_task(there.jobs.close())
        await asyncio.wait([closing], timeout=0.2)
        goes_on.set()
        await closing
    message = here.take(f"{here.name}.jobs")
    assert message is not None, "nobody would offer it again for half a minute"
    assert json.loads(message.body)[0][0]["job"] == job.id


async def test_workers_are_killed_at_many_points(here: Place, tmp_path: Path) -> None:
    async with cluster(tmp_path, here.jobs) as there:
        there.worker()
        there.worker()
        jobs: list[Job] = []
        killed = 0
        while killed < KILLS:
            if not await there.jobs.list(ME, states=["queued"], limit=1):
                jobs += await there.submit(40, seconds=0.4, first=len(jobs))
            await asyncio.sleep(0.05 + 0.037 * killed)  # another point of the jobs' lives each time
            victim = there.workers[killed % 2]
            running = await there.jobs.list(ME, states=["running"], limit=100)
            hit = [job for job in running if f":{victim.pid}:" in str(job.worker)]
            if hit and all(job.deaths < 2 for job in hit):  # a third death would be the job's own fault
                victim.kill()
                victim.wait()
                killed += 1
            there.revive()
        done = [await there.ended(job) for job in jobs]
    assert numbers(done) == list(range(len(jobs)))
    assert sum(job.deaths for job in done) >= KILLS


async def test_a_poison_job_is_dead_after_three(here: Place, tmp_path: Path) -> None:
    async with cluster(tmp_path, here.jobs) as there:
        there.worker()
        poison = await there.jobs.submit(ME, "poison", {})
        for _ in range(3):
            await until(lambda: there.workers[0].poll() is not None, 30)
            there.revive()
        found = await there.ended(poison)
        assert (found.state, found.attempts, found.deaths) == ("dead", 3, 3)
        assert found.error is not None
        assert "3 workers were lost" in found.error["message"]
        (other,) = await there.submit(1)
        assert (await there.ended(other)).state == "succeeded"


async def test_a_worker_that_is_told_to_stop_leaves_nothing_behind(here: Place, tmp_path: Path) -> None:
    async with cluster(tmp_path, {**here.jobs, "server.drain_seconds": 0}) as there:
        worker = there.worker()
        (job,) = await there.submit(1, seconds=600)
        await until_running(there, job)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 20) == 0
        left = await there.jobs.get(ME, job.id)
        assert (left.state, left.attempts, left.deaths) == ("queued", 0, 0)


async def test_the_broker_forgets_everything(here: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "OFFER_SECONDS", 1.0)
    async with cluster(tmp_path, here.jobs) as there:
        jobs = await there.submit(30)
        await until(lambda: depth(here) > 0)
        here.broker.channel().queue_delete(f"{here.name}.jobs")
        there.worker()
        assert numbers([await there.ended(job) for job in jobs]) == list(range(30))


async def test_what_nobody_begins_does_not_pile_up(
    here: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "OFFER_SECONDS", 1.0)
    sent = 0

    def counting(app: Celery, offers: Sequence[Offer], *rest: Any) -> None:
        nonlocal sent
        send(app, offers, *rest)
        sent += len(offers)

    monkeypatch.setattr(queue, "send", counting)
    async with cluster(tmp_path, here.jobs) as there:
        jobs = await there.submit(5)
        await until(lambda: sent >= 25, 30)
        assert depth(here) <= 10, "the last offers, and at most those before them"
        there.worker()
        assert numbers([await there.ended(job) for job in jobs]) == list(range(5))


async def test_a_message_that_comes_twice_is_done_once(here: Place, tmp_path: Path) -> None:
    async with cluster(tmp_path, here.jobs) as there:
        jobs = await there.submit(10)
        app = make_app(load_settings(overrides=there.overrides).jobs)
        await asyncio.to_thread(send, app, [Offer.of(job) for job in jobs] * 3, 60.0)
        there.worker()
        done = [await there.ended(job) for job in jobs]
        assert [job.attempts for job in done] == [1] * 10
        await until(lambda: depth(here) == 0)
        app.close()


async def test_a_redis_that_refuses_what_is_said_costs_no_job(here: Place, tmp_path: Path) -> None:
    port = free_port()
    with own_redis(port), redis.Redis(port=port) as store:
        async with cluster(tmp_path, {**here.jobs, "jobs.redis_url": f"redis://127.0.0.1:{port}/0"}) as there:
            there.worker()
            running, *waiting = await there.submit(6, seconds=4)
            await until_running(there, running)
            store.config_set("maxmemory", 1)
            await asyncio.sleep(6)  # longer than a lease, and than the jobs that run
            store.config_set("maxmemory", 0)
            done = [await there.ended(job) for job in (running, *waiting)]
    assert [(job.state, job.attempts, job.deaths) for job in done] == [("succeeded", 1, 0)] * 6


async def test_redis_is_restarted_and_has_forgotten_everything(here: Place, tmp_path: Path) -> None:
    port = free_port()
    with own_redis(port) as process:
        async with cluster(tmp_path, {**here.jobs, "jobs.redis_url": f"redis://127.0.0.1:{port}/0"}) as there:
            there.worker()
            jobs = await there.submit(60, seconds=0.2)
            await until_running(there, jobs[0])
            process.kill()
            process.wait()
            await asyncio.sleep(1.5)  # longer than a lease
            with own_redis(port):
                done = [await there.ended(job) for job in jobs]
        assert numbers(done) == list(range(60))


@pytest.mark.skipif(not shutil.which("rabbitmq-server"), reason="rabbitmq-server is not installed")
async def test_the_broker_is_restarted(here: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "OFFER_SECONDS", 2.0)
    port = free_port()
    url = f"amqp://guest:guest@127.0.0.1:{port}//"
    with folder_for_everybody() as data, own_rabbitmq(port, data) as broker:
        await until(lambda: answers(port), 180)
        async with cluster(tmp_path, {**here.jobs, "jobs.broker_url": url}) as there:
            there.worker()
            jobs = await there.submit(40, seconds=0.3)
            await until_running(there, jobs[0])
            end(broker)
            with own_rabbitmq(port, data):
                await until(lambda: answers(port), 180)
                done = [await there.ended(job) for job in jobs]
    assert numbers(done) == list(range(40))
    assert sum(job.deaths for job in done) == 0, "a broker that is away kills no worker"


def depth(here: Place) -> int:
    channel = here.broker.channel()
    try:
        return int(channel.queue_declare(f"{here.name}.jobs", passive=True).message_count)
    except here.broker.channel_errors:
        return 0


async def until_running(there: Cluster, job: Job) -> None:
    async with asyncio.timeout(30):
        async for event in there.jobs.events(ME, job.id):
            if event.kind == "step":
                return


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def folder_for_everybody() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@contextmanager
def own_rabbitmq(port: int, folder: Path) -> Iterator[psutil.Process]:
    """A node of its own, whose data lies in the folder. Its start script may change the user."""
    config = folder / "rabbitmq.conf"
    config.write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    environment = {
        "RABBITMQ_NODENAME": f"t{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "ERL_CRASH_DUMP_SECONDS": "0",
    }
    process = psutil.Popen(["rabbitmq-server"], env=os.environ | environment, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        end(process)


def end(process: psutil.Process) -> None:
    """At once, with all that it has started."""
    for one in (*process.children(recursive=True), process) if process.is_running() else ():
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()
