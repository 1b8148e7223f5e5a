"""A worker in a process of its own, for tests that kill it: `python -m tests.jobs.cluster.far SETTINGS`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from server.api.worker import work
from server.jobs.engine_room import EngineRoom
from server.jobs.tasks import Task, TaskContext
from server.settings import load_settings
from server.telemetry import configure_logging


async def slow(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    """Takes `seconds`, in steps that it tells of; says which process did it."""
    steps = 5
    for number in range(steps):
        await context.emit("step", number)
        await asyncio.sleep(arguments["seconds"] / steps)
    return {"number": arguments["number"], "process": os.getpid()}


async def poison(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    """Ends its process."""
    os.kill(os.getpid(), signal.SIGKILL)


def tasks(room: EngineRoom) -> list[Task]:
    return [Task("slow", slow), Task("poison", poison)]


if __name__ == "__main__":
    settings = load_settings(overrides=json.loads(sys.argv[1]))
    configure_logging("warning", "text")
    sys.exit(work(settings, tasks))
