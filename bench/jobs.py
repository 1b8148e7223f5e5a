"""`python -m bench.jobs`: how many jobs a second the queue does when the jobs cost nothing, beside Huey's; with
`--kill`, how many results come of many jobs whose workers are killed all the time.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from server.jobs.jobs import Jobs
from server.jobs.tasks import Task, TaskContext
from server.jobs.wiring import open_jobs
from server.settings import Settings, load_settings
from server.store.database import Database

OWNER = "bench"
TOGETHER = 500
"""Jobs handed in with one call, where that is how it is done."""

LEASE_SECONDS = 2.0


@dataclass(frozen=True)
class Figures:
    """Of one queue: jobs a second."""

    name: str
    one_by_one: float
    together: float | None
    done: float


async def square(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    """As good as nothing."""
    return arguments["number"] ** 2


@contextmanager
def jobs_in(folder: Path, *, at_once: int, url: str = "") -> Iterator[Jobs]:
    """The jobs of a server with this data folder; not started."""
    settings = settings_in(folder, at_once, url)
    database = Database.open(settings)
    jobs = open_jobs(settings, database)
    jobs.tasks.add(Task("square", square))
    try:
        yield jobs
    finally:
        database.close()


def settings_in(folder: Path, at_once: int, url: str) -> Settings:
    return load_settings(
        overrides={
            "paths.data_dir": folder,
            "store.url": url,
            "jobs.at_once": at_once,
            "jobs.lease_seconds": LEASE_SECONDS,
            "limits.jobs": 1_000_000,
        }
    )


async def ours(folder: Path, count: int, at_once: int, url: str) -> Figures:
    """Handed in one by one, as requests hand them in, and many together, as batches do; then done."""
    with jobs_in(folder, at_once=at_once, url=url) as jobs:
        began = time.perf_counter()
        await asyncio.gather(*(jobs.submit(OWNER, "square", {"number": number}) for number in range(count)))
        one_by_one = count / (time.perf_counter() - began)
        began = time.perf_counter()
        for first in range(0, count, TOGETHER):
            some = range(first, min(first + TOGETHER, count))
            await jobs.add([jobs.drafted(OWNER, "square", {"number": number}) for number in some])
        together = count / (time.perf_counter() - began)
        began = time.perf_counter()
        await jobs.start()
        while await left(jobs):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        done = 2 * count / (time.perf_counter() - began)
        await jobs.close()
        return Figures(f"llm-api, {'PostgreSQL' if url else 'SQLite'}", one_by_one, together, done)


def _squared(number: int) -> int:
    return number**2


def huey(folder: Path, count: int, workers: int, *, fsync: bool) -> Figures:
    """Huey's on SQLite, with threads; `fsync`: what was handed in is on the disk, as it always is with ours."""
    from huey import SqliteHuey

    queue = SqliteHuey(filename=str(folder / "huey.db"), fsync=fsync)

    squared = queue.task()(_squared)

    began = time.perf_counter()
    for number in range(count):
        squared(number)
    one_by_one = count / (time.perf_counter() - began)
    consumer = queue.create_consumer(workers=workers, worker_type="thread", periodic=False)
    began = time.perf_counter()
    consumer.start()
    while queue.result_count() < count:
        time.sleep(0.05)
    done = count / (time.perf_counter() - began)
    consumer.stop(graceful=True)
    return Figures(f"Huey, SQLite{', fsync' if fsync else ''}", one_by_one, None, done)


def compare(count: int, at_once: int, url: str, console: Console) -> None:
    """The table."""
    found = []
    with tempfile.TemporaryDirectory(prefix="bench-jobs-") as name:
        folder = Path(name)
        found.append(asyncio.run(ours(folder / "ours", count, at_once, "")))
        if url:
            found.append(asyncio.run(ours(folder / "ours", count, at_once, url)))
        if importlib.util.find_spec("huey") is None:
            console.print("Huey is left out: pip install -e '.[bench]'")
        else:
            for fsync in (True, False):
                (folder / f"huey-{fsync}").mkdir()
                found.append(huey(folder / f"huey-{fsync}", count, 8, fsync=fsync))
    view = Table("queue", "handed in one by one", "handed in together", "done", title="jobs a second")
    for each in found:
        together = f"{each.together:.0f}" if each.together is not None else "-"
        view.add_row(each.name, f"{each.one_by_one:.0f}", together, f"{each.done:.0f}")
    console.print(view)


async def work(folder: Path, at_once: int, url: str) -> None:
    """A worker, until it is killed."""
    with jobs_in(folder, at_once=at_once, url=url) as jobs:
        await jobs.start()
        await asyncio.Event().wait()


def start_worker(folder: Path, at_once: int, url: str) -> subprocess.Popen[bytes]:
    given = json.dumps({"folder": str(folder), "at_once": at_once, "url": url})
    return subprocess.Popen([sys.executable, "-m", "bench.jobs", "--work", given])


async def survive(count: int, workers: int, every: float, at_once: int, url: str, console: Console) -> bool:
    """Hand in jobs, start workers, kill one every so many seconds and start another in its place, until all is done.

    Whether there are as many results as jobs, each the right one.
    """
    with tempfile.TemporaryDirectory(prefix="bench-jobs-") as name:
        folder = Path(name)
        with jobs_in(folder, at_once=at_once, url=url) as jobs:
            for first in range(0, count, TOGETHER):
                some = range(first, min(first + TOGETHER, count))
                await jobs.add([jobs.drafted(OWNER, "square", {"number": number}) for number in some])
            running = [start_worker(folder, at_once, url) for _ in range(workers)]
            began = killed_at = time.monotonic()
            kills = 0
            try:
                while await left(jobs):
                    await asyncio.sleep(0.1)
                    if time.monotonic() - killed_at >= every:
                        killed_at = time.monotonic()
                        victim = running.pop(0)
                        victim.send_signal(signal.SIGKILL)
                        victim.wait()
                        kills += 1
                        running.append(start_worker(folder, at_once, url))
            finally:
                seconds = time.monotonic() - began
                for each in running:
                    each.kill()
                    each.wait()
            return await judge(jobs, count, kills, seconds, console)


async def left(jobs: Jobs) -> bool:
    return bool(await jobs.list(OWNER, states=["queued", "running"], limit=1))


async def judge(jobs: Jobs, count: int, kills: int, seconds: float, console: Console) -> bool:
    """Look at every job."""
    states: Counter[str] = Counter()
    right = again = 0
    after: str | None = None
    while page := await jobs.list(OWNER, after=after, limit=1000):
        for each in page:
            job = await jobs.get(OWNER, each.id)
            states[job.state] += 1
            right += job.state == "succeeded" and job.result == job.arguments["number"] ** 2
            again += job.attempts > 1
        after = page[-1].id
    console.print(
        f"{count} jobs in {seconds:.0f} s with {kills} workers killed: {right} right results, {dict(states)}."
    )
    console.print(f"{again} jobs were begun more than once.")
    return right == count == states.total()


def main() -> int:
    """0, unless results were lost or too many."""
    parser = argparse.ArgumentParser(prog="python -m bench.jobs", description=__doc__)
    parser.add_argument("--count", type=int, help="jobs (default 2000; with --kill 10000)")
    parser.add_argument("--at-once", type=int, default=16, help="jobs worked at together by each worker (default 16)")
    parser.add_argument("--postgresql", default="", metavar="URL", help="an empty database, as a second store")
    parser.add_argument("--kill", action="store_true", help="kill workers meanwhile, and count the results")
    parser.add_argument("--workers", type=int, default=2, help="with --kill (default 2)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills (default 5)")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        given = json.loads(options.work)
        asyncio.run(work(Path(given["folder"]), given["at_once"], given["url"]))
        return os.EX_OK
    console = Console(width=100)
    if not options.kill:
        compare(options.count or 2000, options.at_once, options.postgresql, console)
        return os.EX_OK
    count, at_once, url = options.count or 10_000, options.at_once, options.postgresql
    return 0 if asyncio.run(survive(count, options.workers, options.every, at_once, url, console)) else 1


if __name__ == "__main__":
    sys.exit(main())
