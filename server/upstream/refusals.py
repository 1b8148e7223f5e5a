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
TOO_LONG_CODES = ("context_length_exceeded", "exceed_context_size_error")
"""As OpenAI and this server say it, and as llama.cpp does."""

COUNTED = re.compile(r"(\d{1,9}) ?(?:input )?tokens")


def passes(error: ServerError) -> bool:
    """Whether it may be otherwise at another URL, or in a moment."""
    return isinstance(error, Unavailable | TooManyRequests)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> ServerError:
    """The error that an answer with this status is."""
    if 300 <= status < 400:
        return UpstreamRefused("The server behind this model sent us elsewhere; redirects are not followed.")
    return told(status, _said(body), headers)


def told(status: int, error: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> ServerError:
    """The same from an error object, which may also come inside a stream."""
    message = error.get("message")
    words = " ".join(message.split())[:LONGEST] if isinstance(message, str) else ""
    words = words or f"status {status}"
    wait = retry_after(headers or {})
    if status in (400, 413, 422):
        return _bad_request(words, error)
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
        return told(500, {"message": str(error)})
    code, kind = error.get("code"), error.get("type")
    status = code if isinstance(code, int) and 400 <= code < 600 else STATUS.get(str(kind), 500)
    return told(400 if _says_too_long(error) else status, error)


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


def _says_too_long(error: Mapping[str, Any]) -> bool:
    return error.get("code") in TOO_LONG_CODES or error.get("type") in TOO_LONG_CODES


def _bad_request(words: str, error: Mapping[str, Any]) -> BadRequest:
    param = error.get("param")
    param = param if isinstance(param, str) else None
    context, prompt = _sizes(words, error)
    if _says_too_long(error) or (context and TOO_LONG.search(words)):
        return ContextLengthExceeded(prompt, context, param=param or "messages", words=words)
    return BadRequest(words, param=param)


def _sizes(words: str, error: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens of the context and of the prompt that is too long for it; 0 where they are not said."""
    said = [error.get("n_ctx"), error.get("n_prompt_tokens"), *map(int, COUNTED.findall(words))]
    numbers = [number for number in said if isinstance(number, int)]
    return (numbers[0], numbers[1]) if len(numbers) >= 2 and 0 < numbers[0] < numbers[1] else (0, 0)


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
