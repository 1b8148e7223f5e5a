"""What a key may know of itself: `/v1/me`, who it is; `/v1/errors`, what went wrong for it lately."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.auth import Principal
from server.api.error_log import Broken, ErrorLog
from server.api.house import Endpoint


def routes(failed: ErrorLog) -> list[Endpoint]:
    async def me(request: Request) -> Response:
        """The key of this call, and its limits."""
        principal: Principal = request.state.principal
        who = {"id": principal.id, "object": "key", "name": principal.name, "rights": sorted(principal.rights)}
        return JSONResponse({**who, **principal.limits.as_json()})

    async def errors(request: Request) -> Response:
        """The last errors, the newest first."""
        principal: Principal = request.state.principal
        owner = None if "admin" in principal.rights else principal.id
        return JSONResponse({"object": "list", "data": [_body(each) for each in failed.last(owner)]})

    return [
        Endpoint("GET", "/v1/me", me, summary="The key that asks", tag="server", needs=None),
        Endpoint(
            "GET",
            "/v1/errors",
            errors,
            summary="The last errors",
            tag="server",
            needs=None,
            description="Of this key; with the right admin everybody's. Messages only: no prompts, no answers.",
        ),
    ]


def _body(broken: Broken) -> dict[str, object]:
    return {
        "object": "error",
        "at": broken.at,
        "method": broken.method,
        "path": broken.path,
        "status": broken.status,
        "message": broken.message,
        "request_id": broken.request_id,
        "key": broken.owner or None,
    }
