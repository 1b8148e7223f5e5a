"""A model is pulled in a job: it goes on when whoever asked is gone, and again when the server was."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Protocol

from server.errors import Forbidden, ServerError
from server.hub.hub import Cancelled, check_repo
from server.hub.pull import Order, Puller
from server.jobs.tasks import Task, TaskContext
from server.store.key_table import Key

PULL_MODEL = "pull_model"


def arguments_of(order: Order) -> dict[str, Any]:
    """An order as JSON."""
    return asdict(order)


THREADS = 2
"""That pull. Of their own: a download takes hours, in which others want the threads that everybody uses."""


class Keys(Protocol):
    """Where keys are looked up."""

    async def find(self, id: str) -> Key | None:
        """The key with this id as it is now, give or take a second."""


def pull_model(puller: Puller, keys: Keys) -> Task:
    """The task. Its key must still have the right to it when it is begun."""
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pull")

    async def run(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        """Arguments: `repo`, `file`, `name`."""
        key = await keys.find(context.owner)
        if key is None or key.state != "active" or "models" not in key.rights:
            raise Forbidden("The key that this is for may not pull models any more.")
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def told(done: int, total: int, file: str) -> None:
            asyncio.run_coroutine_threadsafe(context.progress(done, total, file), loop).result()

        pulling = threads.submit(puller.pull, Order(**arguments), told, stop)
        work = asyncio.wrap_future(pulling)
        try:
            pulled = await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            if not pulling.cancel():  # it was begun
                await asyncio.gather(work, return_exceptions=True)
            raise
        except Cancelled as error:
            raise ServerError("The download was broken off.") from error
        return {"model": pulled.name, "files": [file.name for file in pulled.files], "bytes": pulled.bytes}

    return Task(
        PULL_MODEL,
        run,
        check=lambda arguments: check_repo(arguments["repo"]),
        public=False,
        repeatable=True,
        local=True,
    )
