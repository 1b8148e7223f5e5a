"""`/v1/jobs`: work that is done whether anybody waits for it or not."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.faces import openai_error
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields, KeptText
from server.api.openai.listing import QUERY, listed, window
from server.api.streaming import EventStream, event
from server.errors import BadRequest, ServerError
from server.jobs.jobs import HIGHEST, LOWEST, USUAL, Jobs
from server.jobs.webhooks import LONGEST
from server.jobs.wire import job_body
from server.store.job_table import Job, State

PLACE = re.compile(r"(\d{1,9})\.(\d{1,12})")
"""An event's id: the fence and the number."""


class JobBody(Fields):
    """A body for an endpoint, or arguments for a task; and how it is to be done."""

    endpoint: str | None = None
    """As `/v1/chat/completions`, with `body`."""
    body: dict[str, Any] | None = None
    task: str | None = None
    """In its place the name of a task, with `arguments`."""
    arguments: dict[str, Any] | None = None
    priority: Annotated[int, Field(ge=LOWEST, le=HIGHEST)] = USUAL
    deadline: Annotated[float, Field(gt=0, lt=1e11)] | None = None
    """Seconds since 1970; what has not been done by then will not be."""
    idempotency_key: Annotated[KeptText, Field(min_length=1, max_length=128)] | None = None
    """The same again is the same job. The header Idempotency-Key means the same."""
    webhook: Annotated[str, Field(max_length=LONGEST)] | None = None
    label: Annotated[KeptText, Field(max_length=512)] | None = None

    def work(self) -> tuple[str, dict[str, Any]]:
        """The task's name and its arguments. Raises BadRequest."""
        if (self.endpoint is None) == (self.task is None):
            raise BadRequest("Expected an endpoint with its body, or a task with its arguments.", param="endpoint")
        if self.endpoint is not None:
            if not self.endpoint.startswith("/"):
                raise BadRequest("endpoint: expected a path, like /v1/chat/completions.", param="endpoint")
            return self.endpoint, self.body or {}
        return self.task or "", self.arguments or {}


async def shown(jobs: Jobs, job: Job) -> dict[str, Any]:
    """A job with its place in the line."""
    return {**job_body(job), "queue_position": await jobs.position(job)}


def _place(request: Request) -> tuple[int, int]:
    """After which event the client wants to go on. Raises BadRequest."""
    text = request.headers.get("last-event-id") or request.query_params.get("after")
    if not text:
        return -1, 0
    found = PLACE.fullmatch(text)
    if found is None:
        raise BadRequest("Last-Event-ID: expected the id of an event of this job.", param="after")
    return int(found[1]), int(found[2])


def _states(request: Request) -> list[State]:
    known: dict[str, State] = {state: state for state in get_args(State)}
    asked = [word for word in request.query_params.get("state", "").split(",") if word]
    if unknown := [word for word in asked if word not in known]:
        raise BadRequest(f"state: expected some of {', '.join(known)}, found {unknown[0][:60]!r}.", param="state")
    return [known[word] for word in asked]


def routes(house: House) -> list[Endpoint]:
    jobs = house.jobs

    def asked(request: Request) -> tuple[str, str]:
        return request.state.principal.id, request.path_params["id"]

    async def create(request: Request) -> Response:
        """A new job; on the disk when this is answered."""
        body = await read_body(request, JobBody)
        task, arguments = body.work()
        key = body.idempotency_key or request.headers.get("idempotency-key")
        job = await jobs.submit(
            request.state.principal.id,
            task,
            arguments,
            priority=body.priority,
            deadline=datetime.fromtimestamp(body.deadline, UTC) if body.deadline is not None else None,
            idempotency_key=key[:128] if key else None,
            webhook=house.webhooks.check(body.webhook) if body.webhook is not None else None,
            label=body.label,
            by_client=True,
        )
        location = {"location": f"/v1/jobs/{job.id}"}
        return JSONResponse(await shown(jobs, job), 200 if job.ended else 202, headers=location)

    async def listing(request: Request) -> Response:
        """A key's jobs."""
        page = window(request)
        found = await jobs.list(
            request.state.principal.id,
            states=_states(request),
            task=request.query_params.get("task"),
            after=page.after,
            limit=page.limit + 1,
            newest_first=page.newest_first,
        )
        bodies = [job_body(job) for job in found[: page.limit]]
        return JSONResponse(listed(bodies, has_more=len(found) > page.limit))

    async def retrieve(request: Request) -> Response:
        """One of them, with what it was asked and what came of it."""
        job = await jobs.get(*asked(request))
        return JSONResponse({**await shown(jobs, job), "arguments": job.arguments})

    async def events(request: Request) -> Response:
        """What happens to it."""
        owner, id = asked(request)
        after = _place(request)
        job = await jobs.get(owner, id)
        if job.ended and jobs.seen_all(job, after):
            return Response(status_code=204)  # tells a browser's EventSource to come no more
        return EventStream(_told(jobs, job, after), failure=_failure, settings=house.settings)

    async def cancel(request: Request) -> Response:
        """It is not wanted any more."""
        return JSONResponse(await shown(jobs, await jobs.cancel(*asked(request))))

    async def retry(request: Request) -> Response:
        """A new job in the place of one that has failed."""
        job = await jobs.retry(*asked(request))
        return JSONResponse(await shown(jobs, job), 202, headers={"location": f"/v1/jobs/{job.id}"})

    async def delete(request: Request) -> Response:
        """Forget a job that has ended."""
        owner, id = asked(request)
        await jobs.delete(owner, id)
        return JSONResponse({"id": id, "object": "job.deleted", "deleted": True})

    path, one, tag = "/v1/jobs", "/v1/jobs/{id}", "jobs"
    query = {name: what for name, what in QUERY.items() if name != "before"}
    query |= {"state": "only those in these states, comma-separated", "task": "only those for this task"}
    return [
        Endpoint(
            "POST",
            path,
            create,
            summary="Have something done, whether anybody waits or not",
            tag=tag,
            body=JobBody,
            description="Answers 202 when the job is on the disk. An endpoint's body is checked before that.",
        ),
        Endpoint("GET", path, listing, summary="List your jobs", tag=tag, query=query),
        Endpoint("GET", one, retrieve, summary="A job: its state, progress, result", tag=tag),
        Endpoint(
            "GET",
            f"{one}/events",
            events,
            summary="What happens to a job, as it happens",
            tag=tag,
            media="text/event-stream",
            streams=True,
            query={"after": "the id of the event to go on from, as the header Last-Event-ID"},
        ),
        Endpoint("POST", f"{one}/cancel", cancel, summary="Cancel a job", tag=tag, work=False),
        Endpoint(
            "POST",
            f"{one}/retry",
            retry,
            summary="Have done anew what a job did not bring about",
            tag=tag,
            description="Answers with a new job; the old one stays as it ended.",
        ),
        Endpoint("DELETE", one, delete, summary="Forget a job that has ended", tag=tag),
    ]


async def _told(jobs: Jobs, job: Job, after: tuple[int, int]) -> AsyncGenerator[bytes, None]:
    async with aclosing(jobs.events(job.owner, job.id, after)) as happened:
        async for each in happened:
            yield f"id: {each.id}\n".encode() + event(each.data, each.kind)


def _failure(error: ServerError) -> bytes:
    return event(openai_error(error), "error")
