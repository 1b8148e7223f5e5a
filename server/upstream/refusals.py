"""What another server says instead of an answer, as errors of ours."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from server.errors import (
    BadRequest,
    ContextLengthExceeded,
    ServerError,
    TooManyRequests,
    Unavailable,
    UpstreamFailed,
    UpstreamRefused,
)

LONGEST = 500
"""Characters that are told of what another server said."""

TOO_LONG = re.compile(r"context", re.IGNORECASE)
COUNTED = re.compile(r"(\d{1,9}) ?(?:input )?tokens")


def passes(error: ServerError) -> bool:
    """Whether it may be otherwise at another URL, or in a moment."""
    return isinstance(error, Unavailable | TooManyRequests)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> ServerError:
    """The error that an answer with this status is."""
    if 300 <= status < 400:
        return UpstreamRefused("The server behind this model sent us elsewhere; redirects are not followed.")
    said = _said(body)
    message = said.get("message")
    return told(status, message if isinstance(message, str) else "", said.get("code"), said.get("param"), headers)


def told(status: int, message: str, code: Any, param: Any, headers: Mapping[str, str] | None = None) -> ServerError:
    """The same from the parts of an error object, which may also come inside a stream."""
    words = " ".join(message.split())[:LONGEST] or f"status {status}"
    wait = retry_after(headers or {})
    if status in (400, 413, 422):
        return _bad_request(words, code, param if isinstance(param, str) else None)
    if status in (401, 403, 404):
        return UpstreamRefused(f"The server behind this model does not serve us ({status}): {words}")
    if status == 429:
        return TooManyRequests(f"The server behind this model has too much to do: {words}", retry_after=wait or 1.0)
    if status == 503:
        return Unavailable(f"The server behind this model cannot answer now: {words}", retry_after=wait)
    return UpstreamFailed(f"The server behind this model failed ({status}): {words}", retry_after=wait)


def in_stream(error: Any) -> ServerError:
    """An error object that came instead of a piece of an answer."""
    if not isinstance(error, dict):
        return told(500, str(error), None, None)
    code, kind = error.get("code"), error.get("type")
    status = code if isinstance(code, int) and 400 <= code < 600 else STATUS.get(str(kind), 500)
    status = 400 if code == "context_length_exceeded" else status
    message = error.get("message")
    return told(status, message if isinstance(message, str) else "", code, error.get("param"))


STATUS = {"invalid_request_error": 400, "rate_limit_error": 429, "service_unavailable": 503, "overloaded_error": 503}
"""Statuses by the types of errors that come without one."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that another server asks us to wait; a date there is not read."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if math.isfinite(seconds) and 0 <= seconds <= 86_400:
            return seconds
    return None


def _bad_request(words: str, code: Any, param: str | None) -> BadRequest:
    if code == "context_length_exceeded" or TOO_LONG.search(words):
        numbers = [int(number) for number in COUNTED.findall(words)]
        if len(numbers) >= 2 and numbers[0] < numbers[1]:
            return ContextLengthExceeded(numbers[1], numbers[0], param=param or "messages")
    return BadRequest(words, param=param)


def _said(body: bytes) -> dict[str, Any]:
    """The error object of a body; what is none is a message."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        tree = None
    found = tree.get("error", tree.get("detail", tree)) if isinstance(tree, dict) else None
    if isinstance(found, dict):
        return found
    return {"message": found if isinstance(found, str) else body[:LONGEST].decode("utf-8", "replace")}
