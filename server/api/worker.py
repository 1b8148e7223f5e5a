"""A worker of a cluster, put together as `build_app` puts a server together: models and tasks, no database, no HTTP.

Celery's program has the main thread; jobs are done on an event loop in a thread of its own, where the engine batches
them, and Celery's threads wait for them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from celery import signals
from celery.apps.worker import Worker

from server.api.openai.tasks import answering_tasks
from server.jobs.cluster.celery_app import make_app, register
from server.jobs.cluster.charges import FarCharges
from server.jobs.cluster.line import Line
from server.jobs.cluster.worker import Hands
from server.jobs.engine_room import EngineRoom, engine_room
from server.jobs.summaries import summary_task
from server.jobs.tasks import Task, Tasks
from server.jobs.wiring import at_once, worker_name
from server.services.calls import Calls
from server.services.runner import Runner
from server.settings import Settings

log = logging.getLogger(__name__)

MakeTasks = Callable[[EngineRoom], Sequence[Task]]


def tasks_of(room: EngineRoom) -> list[Task]:
    """What a worker can be asked to do."""
    section = room.settings.services
    calls = Calls(room.backend, at_once=section.inferences, attempts=section.attempts)
    return [*answering_tasks(room), summary_task(Runner(calls, room.catalog))]


class _Shop:
    """The event loop's thread, from `open` to `close`."""

    def __init__(self, settings: Settings, make_tasks: MakeTasks) -> None:
        self._settings = settings
        self._make_tasks = make_tasks
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="jobs")
        self._opened: Future[Hands] = Future()
        self._leave: asyncio.Event
        self._loop: asyncio.AbstractEventLoop

    def open(self) -> Hands:
        """Raises what keeps it from working."""
        self._thread.start()
        return self._opened.result()

    def go_home(self) -> None:
        """Take no more jobs; what runs may finish within the drain time. Returns at once."""
        hands = self._opened.result()
        asyncio.run_coroutine_threadsafe(hands.go_home(self._settings.server.drain_seconds), self._loop)

    def close(self) -> None:
        if self._opened.done() and self._opened.exception() is None:
            self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        section, charges = self._settings.jobs, FarCharges()
        try:
            async with engine_room(self._settings, charges) as room:
                tasks = Tasks()
                tasks.add(*self._make_tasks(room))
                line = Line(section.redis_url, section.cluster_name, patient=True)
                hands = Hands(line, tasks, f"{worker_name()}:{secrets.token_hex(3)}", charges)
                await hands.start()
                self._opened.set_result(hands)
                await self._leave.wait()
                await hands.close()
        except BaseException as error:
            if self._opened.done():
                raise
            self._opened.set_exception(error)


def work(settings: Settings, make_tasks: MakeTasks = tasks_of) -> int:
    """Work until a signal; the exit status. SIGTERM lets running jobs finish for the drain time, a second one does
    not: others begin anew what was not finished.
    """
    shop = _Shop(settings, make_tasks)
    hands = shop.open()
    app = make_app(settings.jobs)
    register(app, hands.do)

    @signals.worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
    def leave(**_: Any) -> None:
        log.info("Stopping: running jobs may finish")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        shop.go_home()

    try:
        signals.setup_logging.connect(_keep_logging)
        worker = Worker(
            app=app, pool="threads", concurrency=at_once(settings), quiet=True, hostname=f"llm-api@{hands.name}"
        )
        log.info("Working at %d jobs at once as %s", at_once(settings), hands.name)
        worker.start()
        return worker.exitcode or 0
    finally:
        shop.close()


def _keep_logging(**_: Any) -> None:
    """Connected, it keeps Celery from setting up logging of its own."""
