"""The lines of a batch's files: requests that come in, answers and errors that go out. JSON, one object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from pydantic_core import from_json

from server.store.batches import AT_ONCE, PART_BYTES
from server.store.job_table import Job
from server.store.rows import to_text

MOST_LINES = 50_000
"""OpenAI's number."""

MOST_ERRORS = 100
"""Told of one file."""

LONGEST_LINE = 10_000_000
LONGEST_ID = 512

UNDONE = {
    "expired": ("batch_expired", "This request was not done before the batch's completion window had passed."),
    "cancelled": ("batch_cancelled", "This request was not done, as the batch was cancelled."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A request."""

    number: int
    """From 1."""
    custom_id: str
    body: dict[str, Any]
    size: int
    """Bytes of its text."""


class LineErrors(Exception):
    """What is wrong with a file, as OpenAI's clients read it."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        super().__init__(found[0]["message"])
        self.found = found


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, of one that is too long no more than is needed to see that; nothing follows such a one."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        if len(line) > LONGEST_LINE:
            return


def read_lines(lines: Iterable[bytes], endpoint: str) -> Iterator[Line]:
    """The requests of a file, empty lines left out. At its end raises LineErrors if any was wrong."""
    found: list[dict[str, Any]] = []
    known: set[str] = set()
    count = 0
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        count += 1
        if count > MOST_LINES:
            found.append(_error("too_many_requests", f"At most {MOST_LINES} lines are read.", number))
            break
        line = _read(text, number, endpoint, known)
        if isinstance(line, Line):
            known.add(line.custom_id)
            if not found:
                yield line
        elif len(found) < MOST_ERRORS:
            found.append(line)
    if not count:
        found.append(_error("empty_file", "The file has no requests: expected one JSON object a line.", None))
    if found:
        raise LineErrors(found)


def in_parts(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The same, as many together as may be."""
    part: list[Line] = []
    size = 0
    for line in lines:
        if len(part) == AT_ONCE or (part and size + line.size > PART_BYTES):
            yield part
            part, size = [], 0
        part.append(line)
        size += line.size
    if part:
        yield part


def _read(text: bytes, number: int, endpoint: str, known: set[str]) -> Line | dict[str, Any]:
    try:
        value = from_json(text, allow_inf_nan=False) if len(text) <= LONGEST_LINE else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return _error("invalid_json_line", "Expected a JSON object.", number)
    id, body = value.get("custom_id"), value.get("body")
    if not isinstance(id, str) or not 1 <= len(id) <= LONGEST_ID:
        return _error("missing_required_parameter", f"Expected 1 to {LONGEST_ID} characters.", number, "custom_id")
    if "\0" in id:
        return _error("invalid_custom_id", "Expected no character NUL.", number, "custom_id")
    if id in known:
        return _error("duplicate_custom_id", f"Another line has the custom_id {id!r}.", number, "custom_id")
    if value.get("method") != "POST":
        return _error("invalid_method", "Expected POST.", number, "method")
    if value.get("url") != endpoint:
        return _error("mismatched_endpoint", f"Expected {endpoint}, which the batch is for.", number, "url")
    if not isinstance(body, dict):
        return _error("missing_required_parameter", "Expected an object.", number, "body")
    return Line(number, id, body, len(text))


def _error(code: str, message: str, line: int | None, param: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "param": param, "line": line}


def written(job: Job) -> bytes:
    """What has become of a request, as a line of the output (if it succeeded) or of the errors."""
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    if job.state == "succeeded":
        response = {"status_code": 200, "request_id": job.id, "body": job.result}
    elif job.state in UNDONE:
        code, message = UNDONE[job.state]
        error = {"code": code, "message": message}
    else:
        told = dict(job.error or {"message": f"The job is {job.state}.", "type": "server_error"})
        status = told.pop("status", 500)
        body = {"error": {"param": None, "code": None, **told}}
        response = {"status_code": status, "request_id": job.id, "body": body}
    line = {"id": f"batch_req_{job.id}", "custom_id": job.label, "response": response, "error": error}
    return to_text(line).encode() + b"\n"
