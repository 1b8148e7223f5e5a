"""Tasks: what jobs can be asked to do, by name. Arguments and result are JSON.

    async def count(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        for number in range(arguments["to"]):
            await context.progress(number, arguments["to"])
        return {"counted": arguments["to"]}

    house.tasks.add(Task("count", count))

A task may be run more than once for one job, when a worker is lost; only one result counts. So what it does to the
world must bear to be done twice. Cancelling reaches it as asyncio's own cancellation.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from server.errors import BadRequest, ServerError, TooManyRequests, Unavailable


class TaskContext(Protocol):
    """What a running task knows of its job, and whom it can tell."""

    @property
    def job(self) -> str:
        """The job's id."""

    @property
    def owner(self) -> str:
        """The id of the key that asked for it."""

    @property
    def attempt(self) -> int:
        """From 1."""

    @property
    def turn_priority(self) -> int:
        """For `Turn.priority`: below that of people who wait."""

    async def progress(self, done: float, total: float, message: str = "") -> None:
        """How far it is. Cheap: the store hears of it about once a second."""

    async def emit(self, kind: str, data: Any) -> None:
        """An event for those who watch; kept for as long as the job runs, and a little longer."""


Run = Callable[[TaskContext, Mapping[str, Any]], Awaitable[Any]]
Check = Callable[[Mapping[str, Any]], None]


NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""What the system says of a disk that is full: somebody may make room."""


def anything(arguments: Mapping[str, Any]) -> None:
    """No check."""


def model_named(arguments: Mapping[str, Any]) -> str:
    """As the bodies of endpoints name it."""
    return str(arguments.get("model") or "")


@dataclass(frozen=True, slots=True)
class Task:
    """A name and what it means."""

    name: str
    run: Run
    check: Check = anything
    """Raises BadRequest for arguments that it could not work with; asked before a job is accepted."""
    public: bool = True
    """Whether clients may ask for it by name."""
    repeatable: bool = False
    """Whether whoever asked for it may have it done anew when it has failed. What clients ask for by name always is."""
    local: bool = False
    """Whether it needs the store, the files or another part of the server, so that it must run in a server's own
    process, and not at a worker elsewhere.
    """
    model: Callable[[Mapping[str, Any]], str] = model_named
    """The model that is asked: before a worker elsewhere begins, it is looked whether the key may."""


class Tasks:
    """The tasks of a house; filled while it is wired."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def add(self, *tasks: Task) -> None:
        """Each name once."""
        for task in tasks:
            assert task.name not in self._tasks, task.name
            self._tasks[task.name] = task

    def get(self, name: str, *, by_client: bool = False) -> Task:
        """Raises BadRequest for a name that means nothing, or nothing to a client."""
        task = self._tasks.get(name)
        if task is None or (by_client and not task.public):
            known = ", ".join(sorted(each.name for each in self if each.public))
            raise BadRequest(f"There is no task {name[:128]!r}. There are: {known}.", param="task")
        return task

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())


def may_pass(error: BaseException) -> bool:
    """Whether the same might succeed at another time."""
    if isinstance(error, ServerError):
        return isinstance(error, Unavailable | TooManyRequests)
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return True
    return isinstance(error, ConnectionError | TimeoutError)
