"""`/v1/requests`: what is being answered now, and stopping it. A key sees its own; one with the right `admin` all."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.auth import Principal
from server.api.house import Endpoint, House
from server.api.key_names import key_names
from server.chat.register import Entry
from server.errors import NotFound


def routes(house: House) -> list[Endpoint]:
    def seen(principal: Principal) -> list[Entry]:
        everything = "admin" in principal.rights
        return [entry for entry in house.register.entries if everything or entry.owner == principal.id]

    def of(request: Request) -> list[Entry]:
        name = request.path_params["id"]
        found = [entry for entry in seen(request.state.principal) if entry.id == name]
        if not found:
            raise NotFound(f"No request {name[:128]!r} is running. GET /v1/requests lists those that are.", param="id")
        return found

    async def listing(request: Request) -> Response:
        """All running requests."""
        entries = seen(request.state.principal)
        names = await key_names(house, request.state.principal, (entry.owner for entry in entries))
        return JSONResponse({"object": "list", "data": [_body(entry, names) for entry in entries]})

    async def retrieve(request: Request) -> Response:
        """One of them."""
        entries = of(request)[:1]
        names = await key_names(house, request.state.principal, (entry.owner for entry in entries))
        return JSONResponse(_body(entries[0], names))

    async def stop(request: Request) -> Response:
        """Stop all that goes by this id."""
        entries = of(request)
        for entry in entries:
            entry.stop()
        return JSONResponse({"id": entries[0].id, "object": "request.stopped", "stopped": True})

    one = "/v1/requests/{id}"
    return [
        Endpoint(
            "GET",
            "/v1/requests",
            listing,
            summary="List what is being answered",
            tag="requests",
            needs=None,
            description="The key's own; with the right admin everybody's.",
        ),
        Endpoint("GET", one, retrieve, summary="Look at what is being answered", tag="requests", needs=None),
        Endpoint(
            "DELETE",
            one,
            stop,
            summary="Stop an answer",
            tag="requests",
            needs=None,
            description="Its id is the x-request-id of the call; whoever reads the answer is told.",
        ),
    ]


def _body(entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    usage = entry.usage
    return {
        "id": entry.id,
        "object": "request",
        "model": entry.model,
        "key": {"id": entry.owner, "name": names.get(entry.owner)},
        "state": entry.state,
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.cached_tokens,
        "generated_tokens": usage.completion_tokens,
        "started": int(entry.started),
        "seconds": round(entry.seconds, 3),
    }
