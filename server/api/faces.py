"""Faces: where a path's clients put their key, and what errors look like to them.

One face for each kind of client, found from the path before the key is looked at, so that even the 401 has the shape
that the client reads. Below `/v1` only the server's `own` faces stand beside OpenAI's; a dialect makes a `Face` for its
older paths. `build_app` puts them all into `Faces`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from server.chat.allowance import Standing
from server.errors import MethodNotAllowed, ServerError, Unauthorized

SLASHES = re.compile("/{2,}")


def openai_headers(standing: Standing) -> dict[str, str]:
    """As OpenAI's clients read them."""
    headers: dict[str, str] = {}
    for name, share in (("requests", standing.requests), ("tokens", standing.tokens)):
        if share is not None:
            headers[f"x-ratelimit-limit-{name}"] = str(share.limit)
            headers[f"x-ratelimit-remaining-{name}"] = str(share.remaining)
            headers[f"x-ratelimit-reset-{name}"] = duration(share.reset)
    return headers


def duration(seconds: float) -> str:
    """A time as Go writes it: 20ms, 6m0s, 3h2m1s. Rounded up, so that whoever waits so long has waited enough."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms" if seconds > 0 else "0s"
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest}s"


@dataclass(frozen=True, slots=True)
class Face:
    """What one kind of client expects around every answer."""

    name: str
    owns: Callable[[str, Scope], bool]
    """Whether a path (slashes collapsed, none trailing) is this face's."""
    find_key: Callable[[Scope], str | None]
    """The key as the client sent it; None when it sent none."""
    render: Callable[[ServerError, str], Response]
    """An error and the request's id, as this client reads them."""
    standing: Callable[[Standing], dict[str, str]] = openai_headers
    """How a key stands with its limits, as headers of every answer."""
    keyless: str = ""
    """Id of the key that a request without one acts as; empty: a key is asked for."""
    stand_in: Mapping[str, str] = field(default_factory=dict)
    """Texts that this face's clients may send instead of a key, and the ids of the keys that they act as."""


class Faces:
    """All faces of a server, OpenAI's last because it takes what no other owns. Dialects own nothing below `/v1`."""

    def __init__(self, dialects: Sequence[Face] = (), own: Sequence[Face] = ()) -> None:
        self._own = tuple(own)
        self._all = (*own, *dialects)

    def of(self, scope: Scope) -> Face:
        path = SLASHES.sub("/", scope["path"]).rstrip("/") or "/"
        candidates = self._own if path == "/v1" or path.startswith("/v1/") else self._all
        return next((face for face in candidates if face.owns(path, scope)), OPENAI)


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def bearer_key(scope: Scope) -> str | None:
    """The key of `Authorization: Bearer`, else of `x-api-key`."""
    authorization = header(scope, b"authorization")
    if authorization is not None:
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return token.strip()
    return header(scope, b"x-api-key")


def error_headers(error: ServerError) -> dict[str, str]:
    """The headers that belong to an error in whatever shape its body is."""
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after)))
        headers["retry-after-ms"] = str(max(1, math.ceil(error.retry_after * 1000)))
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = error.allow
    return headers


def openai_error(error: ServerError) -> dict[str, dict[str, str | None]]:
    """OpenAI's error object: all four keys, always. Streams send it as an event."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}


def _render_openai(error: ServerError, request_id: str) -> Response:
    return JSONResponse(openai_error(error), error.status, error_headers(error))


OPENAI = Face("openai", owns=lambda path, scope: True, find_key=bearer_key, render=_render_openai)
