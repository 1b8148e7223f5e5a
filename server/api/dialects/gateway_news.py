"""News of jobs on the sockets of the LinTO LLM Gateway's dialect, and a job's state in its words.

client  ["J", "nope"]
server  [{"task_id": "J", "status": "queued", …}, {"task_id": "nope", "status": "unknown", …}]
then, every round: an object for each job of the key that has changed, and {"status": "alive"}
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from pydantic_core import from_json
from starlette.websockets import WebSocket

from server.errors import NotFound, Unauthorized
from server.jobs.jobs import Jobs
from server.jobs.summaries import SUMMARY
from server.store.auth_keys import AuthKeys
from server.store.job_table import UNENDED, Job

State = dict[str, str]

UNKNOWN: State = {"status": "unknown", "message": "Task does not exist"}
ALIVE: State = {"status": "alive"}
MOST_IDS = 1000
"""Of one frame; more are not looked up."""
RECENT = 200
"""So many of a key's newest jobs are followed besides those it named."""


def state_of(job: Job | None) -> State | None:
    """A summary's job as the dialect tells of it; None for what is none."""
    if job is None or job.task != SUMMARY:
        return None
    if job.state == "queued":
        return {"status": "queued", "message": "Task is in queue"}
    if job.state == "running":
        if job.progress is None:
            return {"status": "started", "message": "Task started"}
        return {"status": "processing", "message": "Task is in progress", "progress": _percent(job.progress)}
    if job.state == "succeeded":
        return {"status": "complete", "message": "success", "summarization": job.result["summary"]}
    return {"status": "error", "message": "Task failed", "details": (job.error or {}).get("message", job.state)}


def _percent(progress: Mapping[str, Any]) -> str:
    done, total = progress["done"], progress["total"]
    return str(min(100, round(100 * done / total)) if total else 0)


class News:
    """What one socket is told."""

    def __init__(self, jobs: Jobs, keys: AuthKeys, socket: WebSocket, seconds: float) -> None:
        """`seconds`: between two rounds."""
        self._jobs = jobs
        self._keys = keys
        self._socket = socket
        self._seconds = seconds
        self._owner: str = socket.state.principal.id
        self._marks: dict[str, tuple[str, str | None]] = {}
        """What was told last of each job, or would have been when the client came."""

    async def of_one(self, id: str) -> None:
        """The job's state, every round, until it has ended. Of an unknown job nothing is ever told."""
        await self._socket.accept()
        await _until_one_ends(self._repeat(id), self._listen(answering=False))
        await self._socket.close()

    async def of_all(self) -> None:
        """After the client's first list: the states of the jobs on it, and every change of any of the key's."""
        await self._socket.accept()
        await self._answer(await self._next_list())
        for job in await self._recent():
            self._marks.setdefault(job.id, _mark(job))
        await _until_one_ends(self._rounds(), self._listen(answering=True))

    async def _repeat(self, id: str) -> None:
        while True:
            state = state_of(await self._find(id))
            if state is not None:
                await self._socket.send_json(state)
                if state["status"] in ("complete", "error"):
                    return
            await asyncio.sleep(self._seconds)

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            for job in await self._recent():
                if self._marks.get(job.id) != _mark(job):
                    await self._socket.send_json(await self._told(job.id))
            await self._socket.send_json(ALIVE)

    async def _listen(self, *, answering: bool) -> None:
        while True:
            ids = await self._next_list()
            if answering:
                await self._answer(ids)

    async def _next_list(self) -> list[str]:
        """The next list of ids that the client sends; what is none is passed over."""
        while True:
            try:
                sent = from_json(await self._socket.receive_text())
            except (ValueError, KeyError):  # no JSON, or no text
                continue
            if isinstance(sent, list) and all(isinstance(id, str) for id in sent):
                return sent[:MOST_IDS]

    async def _answer(self, ids: Sequence[str]) -> None:
        await self._socket.send_json([await self._told(id) for id in ids])

    async def _told(self, id: str) -> State:
        """A job as an item of a list, and noted as told."""
        job = await self._find(id)
        state = state_of(job)
        if job is None or state is None:
            return {"task_id": id, **UNKNOWN}
        self._marks[id] = _mark(job)
        whole = {"progress": "100"} if state["status"] == "complete" else {}
        return {"task_id": id, **state, **whole}

    async def _find(self, id: str) -> Job | None:
        await self._check_key()
        try:
            return await self._jobs.get(self._owner, id)
        except NotFound:
            return None

    async def _check_key(self) -> None:
        """A socket may outlive the key that it was opened with. Raises Unauthorized."""
        key = await self._keys.find(self._owner)
        if key is None or key.state != "active":
            raise Unauthorized("The key of this socket is not valid any more.")

    async def _recent(self) -> list[Job]:
        """The newest jobs, and those that were told of and had not ended."""
        await self._check_key()
        found = await self._jobs.list(self._owner, task=SUMMARY, limit=RECENT)
        listed = {job.id for job in found}
        older = [id for id, (state, _) in self._marks.items() if state in UNENDED and id not in listed]
        return found + [job for id in older if (job := await self._find(id)) is not None]


def _mark(job: Job) -> tuple[str, str | None]:
    """What must differ for a job to be told of again."""
    return job.state, None if job.progress is None else _percent(job.progress)


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Run them together until the first ends, and raise what ended it. A client that leaves ends the listening."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
