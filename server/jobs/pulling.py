"""A model is pulled in a job: it goes on when whoever asked is gone, and again when the server was."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from server.errors import ServerError
from server.hub.hub import Cancelled, check_repo
from server.hub.pull import Order, Puller
from server.jobs.tasks import Task, TaskContext

PULL_MODEL = "pull_model"


def arguments_of(order: Order) -> dict[str, Any]:
    """An order as JSON."""
    return asdict(order)


def pull_model(puller: Puller) -> Task:
    """The task."""

    async def run(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        """Arguments: `repo`, `file`, `name`."""
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def told(done: int, total: int, file: str) -> None:
            asyncio.run_coroutine_threadsafe(context.progress(done, total, file), loop).result()

        work = asyncio.create_task(asyncio.to_thread(puller.pull, Order(**arguments), told, stop))
        try:
            pulled = await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
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
