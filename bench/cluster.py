"""Small jobs on a cluster, without a model: how many a second, and whether killed workers cost any.

    python -m bench.cluster --broker amqp://guest:guest@localhost:5672// --redis redis://localhost:6379/0

Two workers do the jobs, and every few seconds one of them is ended by SIGKILL and another started in its place. After
it, the same number of tasks on Celery alone, with the same settings and a count in Redis for a result.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import redis
from celery import Celery

from server.api.worker import work
from server.jobs.cluster.celery_app import make_app, register
from server.jobs.engine_room import EngineRoom
from server.jobs.jobs import Jobs
from server.jobs.tasks import Task, TaskContext
from server.jobs.wiring import open_jobs
from server.settings import ROOT, Settings, load_settings
from server.store.database import Database

OWNER = "bench"
AT_ONCE = 500
"""Jobs submitted in one transaction."""


async def _square(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    return arguments["number"] ** 2


def tasks(room: EngineRoom | None) -> list[Task]:
    """What the bench's workers do."""
    return [Task("square", _square)]


class Workers:
    """Processes, of which one is killed and replaced every so often."""

    def __init__(self, role: str, overrides: dict[str, Any], count: int) -> None:
        self._command = [sys.executable, "-m", "bench.cluster", role, json.dumps(overrides)]
        self._processes = [self._start() for _ in range(count)]
        self.killed = 0

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT, stderr=subprocess.DEVNULL)

    async def kill_every(self, seconds: float, client: redis.Redis, cluster: str) -> None:
        """For ever; the longest-lived first. On a slow machine a new one is let come up before the next must go."""
        while seconds:
            await asyncio.sleep(seconds)
            beating = str(await asyncio.to_thread(client.hkeys, f"{cluster}:beats"))
            if not all(f":{process.pid}:" in beating for process in self._processes):
                continue
            victim = self._processes.pop(0)
            victim.kill()
            victim.wait()
            self.killed += 1
            self._processes.append(self._start())
        await asyncio.Event().wait()

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


async def ours(overrides: dict[str, Any], count: int, kill_seconds: float) -> dict[str, Any]:
    """The jobs through rows, offers and words."""
    settings = load_settings(overrides=overrides)
    database = Database.open(settings)
    jobs = open_jobs(settings, database)
    jobs.tasks.add(*tasks(None))
    await jobs.start()
    workers = Workers("worker", overrides, 2)
    client = redis.Redis.from_url(settings.jobs.redis_url)
    killing = asyncio.create_task(workers.kill_every(kill_seconds, client, settings.jobs.cluster_name))
    began = time.monotonic()
    try:
        ids = [
            id for first in range(0, count, AT_ONCE) for id in await _submit(jobs, first, min(AT_ONCE, count - first))
        ]
        submitted = time.monotonic() - began
        ended = await _all_ended(jobs, began)
        killing.cancel()
        found = [await jobs.get(OWNER, id) for id in ids]
    finally:
        killing.cancel()
        workers.end()
        await jobs.close()
        database.close()
    right = sum(job.state == "succeeded" and job.result == number**2 for number, job in enumerate(found))
    return {
        "jobs": count,
        "right results": right,
        "states": dict(Counter(job.state for job in found)),
        "workers killed": workers.killed,
        "attempts that were lost": sum(job.deaths for job in found),
        "submitted in s": round(submitted, 1),
        "ended in s": round(ended, 1),
        "jobs/s": round(count / ended),
    }


async def _submit(jobs: Jobs, first: int, count: int) -> Sequence[str]:
    drafts = [jobs.drafted(OWNER, "square", {"number": number}) for number in range(first, first + count)]
    return [job.id for job in await jobs.add(drafts)]


async def _all_ended(jobs: Jobs, began: float) -> float:
    while True:
        if not await jobs.list(OWNER, states=["queued", "running"], limit=1):
            return time.monotonic() - began
        await asyncio.sleep(0.2)


def bare_app(settings: Settings) -> Celery:
    """Celery with the same settings, and a task that leaves a count in Redis."""
    app = make_app(settings.jobs)
    client = redis.Redis.from_url(settings.jobs.redis_url)
    key = f"{settings.jobs.cluster_name}:bare"

    def do(message: Mapping[str, Any]) -> None:
        client.hset(key, str(message["number"]), message["number"] ** 2)

    register(app, do)
    return app


async def bare(overrides: dict[str, Any], count: int) -> dict[str, Any]:
    """The same number of tasks on Celery alone; nobody is killed."""
    settings = load_settings(overrides=overrides)
    app, client = bare_app(settings), redis.Redis.from_url(settings.jobs.redis_url)
    workers = Workers("bare", overrides, 2)
    began = time.monotonic()
    try:
        await asyncio.to_thread(_send, app, count)
        submitted = time.monotonic() - began
        ended = await asyncio.to_thread(_all_counted, client, f"{settings.jobs.cluster_name}:bare", count, began)
    finally:
        workers.end()
        app.close()
    return {
        "tasks": count,
        "submitted in s": round(submitted, 1),
        "ended in s": round(ended, 1),
        "tasks/s": round(count / ended),
    }


def _all_counted(client: redis.Redis, key: str, count: int, began: float) -> float:
    while cast(int, client.hlen(key)) < count:
        time.sleep(0.2)
    return time.monotonic() - began


def _send(app: Celery, count: int) -> None:
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(count):
            app.send_task("llm-api.job", ({"number": number},), producer=producer, ignore_result=True)


def _bare_worker(settings: Settings) -> None:
    from celery.apps.worker import Worker

    Worker(app=bare_app(settings), pool="threads", concurrency=16, quiet=True, hostname=f"bare@{os.getpid()}").start()


def main() -> None:
    """Run both, print what was seen, and remove it from RabbitMQ and Redis."""
    if sys.argv[1:2] in (["worker"], ["bare"]):
        settings = load_settings(overrides=json.loads(sys.argv[2]))
        if sys.argv[1] == "worker":
            sys.exit(work(settings, tasks))
        _bare_worker(settings)
        return
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--broker", default="amqp://guest:guest@localhost:5672//")
    parser.add_argument("--redis", default="redis://localhost:6379/0")
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--kill-every", type=float, default=5.0, metavar="SECONDS", help="0: nobody is killed")
    asked = parser.parse_args()
    for name in ("llm-api", "Celery alone"):
        cluster = f"bench-{secrets.token_hex(4)}"
        with tempfile.TemporaryDirectory() as folder:
            overrides = {
                "paths.data_dir": str(Path(folder) / "var"),
                "jobs.broker_url": asked.broker,
                "jobs.redis_url": asked.redis,
                "jobs.cluster_name": cluster,
            }
            try:
                run = (
                    ours(overrides, asked.jobs, asked.kill_every) if name == "llm-api" else bare(overrides, asked.jobs)
                )
                print(name, json.dumps(asyncio.run(run), indent=2), flush=True)
            finally:
                _clean(load_settings(overrides=overrides))


def _clean(settings: Settings) -> None:
    client = redis.Redis.from_url(settings.jobs.redis_url)
    for key in client.scan_iter(f"{settings.jobs.cluster_name}:*"):
        client.delete(key)
    with make_app(settings.jobs).connection() as connection:
        connection.channel().queue_delete(f"{settings.jobs.cluster_name}.jobs")


if __name__ == "__main__":
    main()
