"""Errors as the clients of APIs read them that were built with FastAPI: `{"detail": …}`, a list for a wrong body."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from server.api.faces import error_headers
from server.errors import InvalidBody, MethodNotAllowed, ServerError


def render(error: ServerError, request_id: str) -> Response:
    """For a dialect's face."""
    status = 422 if isinstance(error, InvalidBody) else error.status
    return JSONResponse({"detail": detail(error)}, status, error_headers(error))


def detail(error: ServerError) -> Any:
    """What such a client finds under `detail`."""
    if isinstance(error, InvalidBody):
        return [{**problem._asdict(), "loc": ["body", *problem.loc]} for problem in error.problems]
    return HTTPStatus(error.status).phrase if isinstance(error, MethodNotAllowed) else error.message
