"""Responses in the background: each is a job, from whose id its own is made, and back.

Once it has been answered it is kept like any other response; until then the job is what there is of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from server.api.house import House
from server.api.openai.response_events import Event, replay, waiting
from server.errors import NotFound
from server.store.job_table import Job

TASK = "/v1/responses"
"""The task that answers such a body."""

BEGINNING = 3
"""Events that tell that a response has begun."""

STATUSES = {"queued": "queued", "running": "in_progress", "cancelled": "cancelled"}
"""What the states of its job are to a response that has not been answered; all others: it failed."""


def response_id(job: str) -> str:
    return "resp_" + job.removeprefix("job_")


def job_id(response: str) -> str:
    return "job_" + response.removeprefix("resp_")


async def begin(house: House, owner: str, body: Mapping[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """Have a checked body answered; the response as it is now, of which `response` is all but its fate."""
    draft = replace(house.jobs.drafted(owner, TASK, body), id=job_id(response["id"]))
    (job,) = await house.jobs.add([draft])
    return standing(job, response)


async def find(house: House, owner: str, response: str) -> Job | None:
    """The job of a response that was asked for in the background, as long as that is known."""
    try:
        return await house.jobs.get(owner, job_id(response))
    except NotFound:
        return None


def standing(job: Job, response: dict[str, Any]) -> dict[str, Any]:
    """A response that has not been answered, as its job is now."""
    status = STATUSES.get(job.state, "failed")
    error = None
    if status == "failed":
        message = job.error["message"] if job.error is not None else f"Its job is {job.state}."
        error = {"code": "server_error", "message": message}
    return response | {
        "id": response_id(job.id),
        "background": True,
        "created_at": int(job.created_at.timestamp()),
        "status": status,
        "error": error,
    }


async def stop(house: House, job: Job) -> Job:
    """Cancel a job that has not ended; as it is when it has."""
    if not job.ended:
        await house.jobs.cancel(job.owner, job.id)
    return await house.jobs.wait(job.owner, job.id)


async def events(house: House, job: Job, response: dict[str, Any], after: int) -> AsyncGenerator[list[Event], None]:
    """The response's events with a number above `after`, as they come; of another attempt, those since it was begun."""
    told = waiting(standing(job, response))
    if beginning := [event for event in told if event["sequence_number"] > after]:
        yield beginning
    after = max(after, told[-1]["sequence_number"])
    last: Event = {}
    async with aclosing(house.jobs.events(job.owner, job.id)) as happened:
        async for each in happened:
            if each.kind == "response":
                last = each.data
                if last["sequence_number"] > after:
                    yield [last]
    ended = await house.jobs.get(job.owner, job.id)
    if ended.state == "succeeded" and "response" in last:
        return
    told = replay(ended.result if ended.state == "succeeded" else standing(ended, response))
    if last:  # it was cut off: what is told goes on where that was
        told = [event | {"sequence_number": last["sequence_number"] + n} for n, event in enumerate(told[BEGINNING:], 1)]
    yield [event for event in told if event["sequence_number"] > after] or told[-1:]
