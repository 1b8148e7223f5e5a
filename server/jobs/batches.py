"""Batches as jobs: one that reads the file, one for each line, one that writes what came of them.

    validating ──begin──► in_progress ──no line left──► finalizing ──finish──► completed | expired
        │   └─ wrong lines, or lost: failed                 ▲   └─ lost: again, later
        └──cancel──► cancelling ──no line left──────────────┘   (then: cancelled)

Every step may be made twice, by any server, and has one effect: lines have ids made from the batch's, files too, and
a change of status compares the one before. Lines wait behind all other jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from server.errors import BadRequest, Conflict, NotFound, ServerError
from server.jobs import lifecycle
from server.jobs.batch_lines import Line, LineErrors, in_parts, lines_of, read_lines, written
from server.jobs.jobs import LOWEST, Jobs
from server.jobs.tasks import Task, TaskContext
from server.store.batches import UNDER_WAY, Batch, BatchRows, Status, steps_of
from server.store.files import Files
from server.store.job_table import ENDED, UNENDED, Job, State
from server.store.rows import new_id

log = logging.getLogger(__name__)

BEGIN, FINISH = "begin a batch", "finish a batch"
AGAIN = timedelta(minutes=5)
"""Answers that could not be written are written after so long."""

SUCCEEDED: tuple[State, ...] = ("succeeded",)
UNSUCCESSFUL = tuple(state for state in ENDED if state not in SUCCEEDED)
AS_IT_WAS: tuple[Status, ...] = ("validating", "in_progress")


class Batches:
    """Create, look, list, cancel. Another key's batch is none."""

    def __init__(self, jobs: Jobs, rows: BatchRows, files: Files, keep: timedelta) -> None:
        self.rows = rows
        self._jobs = jobs
        self._files = files
        self._keep = keep
        jobs.tasks.add(
            Task(BEGIN, self._begin, public=False, local=True), Task(FINISH, self._finish, public=False, local=True)
        )
        jobs.when_looking(self.look)
        jobs.when_tidying(self.tidy)

    async def create(
        self, owner: str, endpoint: str, input_file: str, window: timedelta, facts: Mapping[str, Any]
    ) -> Batch:
        """A batch of the requests in a file. Raises BadRequest for an endpoint or a file that is not for batches,
        NotFound.
        """
        if not endpoint.startswith("/"):
            raise BadRequest("endpoint: expected a path, like /v1/chat/completions.", param="endpoint")
        self._jobs.tasks.get(endpoint, by_client=True)
        file = await self._files.get(owner, input_file)
        if file.purpose != "batch":
            raise BadRequest(
                f"The file {file.id!r} was uploaded for {file.purpose!r}: expected the purpose batch.",
                param="input_file_id",
            )
        now = self._jobs.ledger.clock()
        given = {"endpoint": endpoint, "input_file": input_file, **facts}
        batch = Batch(new_id("batch")[:38], owner, "validating", now, now + window, None, given)
        await self.rows.add(batch)
        try:
            await self._submit(batch, BEGIN)
        except ServerError as error:  # whoever is told so may ask again: this one must not be done besides
            await self._fail(batch, [{"code": "batch_failed", "message": error.message, "param": None, "line": None}])
            raise
        return batch

    async def cancel(self, owner: str, id: str) -> Batch:
        """What is done is kept, the rest is not done. Raises NotFound, and Conflict for one that has ended."""
        batch = await self.rows.get(owner, id)
        if batch.status not in UNDER_WAY:
            raise Conflict(f"The batch {id!r} has ended: it is {batch.status}.")
        batch = await self.rows.change(id, AS_IT_WAS, "cancelling", {"cancelling_at": self._now()})
        if batch.status == "cancelling":
            await self._step(batch)
        return await self.rows.get(owner, id)

    async def counts(self, batch: Batch) -> dict[str, int]:
        """total, completed, failed."""
        if "counts" in batch.facts:
            found: dict[str, int] = batch.facts["counts"]
            return found
        states = await self._jobs.ledger.rows.counts(batch.id)
        total = batch.facts.get("total", 0)
        return {
            "total": total,
            "completed": states.get("succeeded", 0),
            "failed": sum(states.get(state, 0) for state in ("failed", "dead")),
        }

    async def look(self) -> None:
        """Take each batch a step further, if it is time."""
        for batch in await self.rows.under_way():
            try:
                await self._step(batch)
            except ServerError as error:
                log.warning("The batch %s was left for later: %s", batch.id, error.message)

    async def tidy(self) -> None:
        """Forget what has been kept long enough, and lines that were left when their batch ended."""
        for id in await self.rows.uncleared():
            await self.rows.clear(id)
        await self.rows.forget(self._jobs.ledger.clock() - self._keep)

    async def _step(self, batch: Batch) -> None:
        if batch.status == "validating":
            await self._check_on_beginning(batch)
        elif batch.status == "finalizing":
            await self._check_on_finishing(batch)
        elif batch.status == "in_progress" or await self._stopped(batch):
            states = await self._jobs.ledger.rows.counts(batch.id)
            if not any(states.get(state) for state in UNENDED):
                told = {"finalizing_at": self._now(), "was": batch.status}
                batch = await self.rows.change(batch.id, (batch.status,), "finalizing", told)
                await self._submit(batch, FINISH)

    async def _stopped(self, batch: Batch) -> bool:
        """Call off what there is of a batch; whether no more lines will come."""
        beginning = await self._submit(batch, BEGIN)
        if not beginning.ended:
            await self._jobs.cancel(batch.owner, beginning.id)
        now = self._jobs.ledger.clock()
        ids = await self._jobs.ledger.rows.unended(batch.id)
        move = partial(lifecycle.cancel, now=now)
        for job in await asyncio.gather(*(self._jobs.ledger.change(id, move) for id in ids)):
            if job is not None and job.cancelling:
                self._jobs.stop(job)
        return beginning.ended

    async def _check_on_beginning(self, batch: Batch) -> None:
        """The job that reads the file must be there, and not have failed."""
        job = await self._submit(batch, BEGIN)
        if job.ended and job.state != "succeeded":
            await self._fail(batch, [{"code": "batch_failed", "message": _cause(job), "param": None, "line": None}])

    async def _check_on_finishing(self, batch: Batch) -> None:
        """The job that writes the answers must be there. One that has failed is made anew: the lines have been done,
        and are nowhere else.
        """
        job = await self._submit(batch, FINISH)
        if job.ended and job.state != "succeeded":
            log.error("The answers of the batch %s were not written, which is tried again: %s", batch.id, _cause(job))
            await self._jobs.delete(batch.owner, job.id)
            await self._submit(batch, FINISH, wait=AGAIN)

    async def _submit(self, batch: Batch, task: str, wait: timedelta = timedelta()) -> Job:
        draft = self._jobs.drafted(batch.owner, task, {"batch": batch.id}, priority=LOWEST + 1)
        id, due_at = f"{batch.id}_{task.split()[0]}", draft.due_at + wait
        draft = replace(draft, id=id, parent=steps_of(batch.id), due_at=due_at)
        (job,) = await self._jobs.add([draft])
        return job

    async def _begin(self, context: TaskContext, arguments: Mapping[str, Any]) -> None:
        batch = await self.rows.get(context.owner, arguments["batch"])
        if batch.status != "validating":
            return
        try:
            path = await self._files.path(batch.owner, batch.facts["input_file"])
            total = await asyncio.to_thread(_count, path, batch.facts["endpoint"])
        except NotFound as error:
            await self._fail(batch, [{"code": "no_file", "message": error.message, "param": None, "line": None}])
            return
        except LineErrors as error:
            await self._fail(batch, error.found)
            return
        with path.open("rb") as file:
            parts = in_parts(read_lines(lines_of(file), batch.facts["endpoint"]))
            done = 0
            while some := await asyncio.to_thread(next, parts, None):
                await self._jobs.add([self._line(batch, line) for line in some])
                done += len(some)
                await context.progress(done, total)
        told = {"in_progress_at": self._now(), "total": total}
        await self.rows.change(batch.id, ("validating",), "in_progress", told)

    def _line(self, batch: Batch, line: Line) -> Job:
        draft = self._jobs.drafted(batch.owner, batch.facts["endpoint"], line.body, priority=LOWEST)
        id = f"{batch.id}_{line.number:06d}"
        return replace(draft, id=id, parent=batch.id, label=line.custom_id, deadline=batch.expires_at)

    async def _finish(self, context: TaskContext, arguments: Mapping[str, Any]) -> None:
        batch = await self.rows.get(context.owner, arguments["batch"])
        if batch.ended_at is not None:  # whoever ended it was lost before its lines were forgotten
            await self.rows.clear(batch.id)
        if batch.status != "finalizing":
            return
        states = await self._jobs.ledger.rows.counts(batch.id)
        expired, failed = states.get("expired", 0), states.get("failed", 0) + states.get("dead", 0)
        total = batch.facts.get("total", sum(states.values()))
        end: Status = "cancelled" if batch.facts["was"] == "cancelling" else "expired" if expired else "completed"
        expires = batch.facts.get("output_seconds")
        until = self._jobs.ledger.clock() + timedelta(seconds=expires) if expires else None
        told = {
            f"{end}_at": self._now(),
            "output_file": await self._write(batch, "output", until, SUCCEEDED),
            "error_file": await self._write(batch, "error", until, UNSUCCESSFUL),
            "counts": {"total": total, "completed": states.get("succeeded", 0), "failed": failed},
        }
        await self._end(batch, ("finalizing",), end, told)

    async def _write(self, batch: Batch, name: str, until: datetime | None, states: Sequence[State]) -> str | None:
        """The lines that ended in these states, as a file; None where there are none."""
        with self._files.receive() as file:
            size = 0
            for state in states:
                after = ""
                while lines := await self.rows.lines(batch.id, state, after):
                    size += await asyncio.to_thread(_write_down, lines, file)
                    after = lines[-1].id
            if not size:
                return None
            id = f"file_{batch.id}_{name}"
            name = f"{batch.id}_{name}.jsonl"  # kept in any case: its answers are nowhere else
            kept = await self._files.keep(batch.owner, file, name, "batch_output", until, id=id, limited=False)
            return kept.id

    async def _fail(self, batch: Batch, errors: list[dict[str, Any]]) -> None:
        await self._end(batch, UNDER_WAY, "failed", {"failed_at": self._now(), "errors": errors})

    async def _end(self, batch: Batch, before: Sequence[Status], status: Status, told: Mapping[str, Any]) -> None:
        now = self._jobs.ledger.clock()
        batch = await self.rows.change(batch.id, before, status, told, ended_at=now)
        if batch.ended_at is not None:
            await self.rows.clear(batch.id)

    def _now(self) -> int:
        return int(self._jobs.ledger.clock().timestamp())


def _cause(job: Job) -> str:
    """Why a job did not succeed."""
    return str(job.error["message"]) if job.error is not None else f"Its job is {job.state}."


def _count(path: Path, endpoint: str) -> int:
    """How many requests are in a file. Raises LineErrors."""
    with path.open("rb") as file:
        return sum(1 for _ in read_lines(lines_of(file), endpoint))


def _write_down(lines: Iterable[Job], file: BinaryIO) -> int:
    """One after the other, as each is a copy; how many bytes it were."""
    return sum(file.write(written(line)) for line in lines)
