"""`/v1/batches`: a file of requests, done when nobody waits, and a file of their answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields, Metadata
from server.api.openai.files import LONGEST, SHORTEST
from server.api.openai.listing import QUERY, listed, window
from server.errors import NotFound
from server.store.batches import Batch

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
MOMENTS = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


class OutputExpiry(Fields):
    """How long the answers' files are kept."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=SHORTEST, le=LONGEST)]


class BatchBody(Fields):
    """A new batch."""

    input_file_id: str
    endpoint: str
    completion_window: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}[mhd]$")]
    """As 24h: what has not been done by then will not be."""
    metadata: Metadata | None = None
    output_expires_after: OutputExpiry | None = None

    def window(self) -> timedelta:
        return int(self.completion_window[:-1]) * UNITS[self.completion_window[-1]]


def batch_body(batch: Batch, counts: dict[str, int]) -> dict[str, Any]:
    """A batch as OpenAI's clients read it."""
    facts = batch.facts
    errors = facts.get("errors")
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": facts["endpoint"],
        "errors": {"object": "list", "data": errors} if errors else None,
        "input_file_id": facts["input_file"],
        "completion_window": facts["completion_window"],
        "status": batch.status,
        "output_file_id": facts.get("output_file"),
        "error_file_id": facts.get("error_file"),
        "created_at": int(batch.created_at.timestamp()),
        "expires_at": int(batch.expires_at.timestamp()),
        **{f"{moment}_at": facts.get(f"{moment}_at") for moment in MOMENTS},
        "request_counts": counts,
        "metadata": facts["metadata"],
    }


def routes(house: House) -> list[Endpoint]:
    batches = house.batches

    async def shown(batch: Batch) -> dict[str, Any]:
        return batch_body(batch, await batches.counts(batch))

    async def create(request: Request) -> Response:
        """A new batch."""
        body = await read_body(request, BatchBody)
        expiry = body.output_expires_after
        facts = {
            "completion_window": body.completion_window,
            "metadata": body.metadata,
            "output_seconds": expiry.seconds if expiry is not None else None,
        }
        owner = request.state.principal.id
        try:
            batch = await batches.create(owner, body.endpoint, body.input_file_id, body.window(), facts)
        except NotFound as error:
            error.param = "input_file_id"
            raise
        return JSONResponse(await shown(batch))

    async def listing(request: Request) -> Response:
        """A key's batches, the newest first."""
        page = window(request)
        found = await batches.rows.page(request.state.principal.id, page.after, page.limit + 1)
        bodies = [await shown(batch) for batch in found[: page.limit]]
        return JSONResponse(listed(bodies, has_more=len(found) > page.limit))

    async def retrieve(request: Request) -> Response:
        """One of them."""
        return JSONResponse(await shown(await batches.rows.get(request.state.principal.id, request.path_params["id"])))

    async def cancel(request: Request) -> Response:
        """Leave undone what is not done."""
        batch = await batches.cancel(request.state.principal.id, request.path_params["id"])
        return JSONResponse(await shown(batch))

    path, one, tag = "/v1/batches", "/v1/batches/{id}", "batches"
    return [
        Endpoint(
            "POST",
            path,
            create,
            summary="Have a file of requests done",
            tag=tag,
            body=BatchBody,
            description="Its lines are done as jobs after all others. Answers and errors come as files.",
        ),
        Endpoint(
            "GET",
            path,
            listing,
            summary="List your batches",
            tag=tag,
            query={name: QUERY[name] for name in ("limit", "after")},
        ),
        Endpoint("GET", one, retrieve, summary="A batch", tag=tag),
        Endpoint("POST", f"{one}/cancel", cancel, summary="Cancel a batch", tag=tag, work=False),
    ]
