"""Anthropic's face: its paths, and what an error looks like there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from server.api.faces import Face, bearer_key, error_headers, header
from server.chat.allowance import Standing
from server.errors import ServerError

MESSAGES = "/v1/messages"
MODELS = ("/v1/models", "/models")

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}
"""Names of errors by status. Of what is not here, 4xx is an `invalid_request_error` and 5xx an `api_error`."""

REQUEST_ID = "request-id"
"""The header in which Anthropic's clients look for the request's id."""


def is_anthropic(scope: Scope) -> bool:
    """Whether a client of Anthropic's asks: all of them send this header."""
    return header(scope, b"anthropic-version") is not None


def owns(path: str, scope: Scope) -> bool:
    if path == MESSAGES or path.startswith(f"{MESSAGES}/"):
        return True
    return is_anthropic(scope) and any(path == models or path.startswith(f"{models}/") for models in MODELS)


def error_body(error: ServerError, request_id: str) -> dict[str, Any]:
    """Anthropic's error object. A stream sends it as an event."""
    kind = TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": error.message}, "request_id": request_id}


def _render(error: ServerError, request_id: str) -> Response:
    headers = {**error_headers(error), REQUEST_ID: request_id}
    return JSONResponse(error_body(error, request_id), error.status, headers)


def standing_headers(standing: Standing) -> dict[str, str]:
    """How a key stands with its limits."""
    headers: dict[str, str] = {}
    for name, share in (("requests", standing.requests), ("tokens", standing.tokens)):
        if share is not None:
            full = datetime.now(UTC) + timedelta(seconds=share.reset)
            headers[f"anthropic-ratelimit-{name}-limit"] = str(share.limit)
            headers[f"anthropic-ratelimit-{name}-remaining"] = str(share.remaining)
            headers[f"anthropic-ratelimit-{name}-reset"] = f"{full:%Y-%m-%dT%H:%M:%SZ}"
    return headers


FACE = Face("anthropic", owns=owns, find_key=bearer_key, render=_render, standing=standing_headers)
