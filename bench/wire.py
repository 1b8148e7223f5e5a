"""What came over the wire, found out after the fact: timed reads → HTTP answer → server-sent events → tokens."""

from __future__ import annotations

import bisect
import json
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer. Times are seconds of the reader's clock; `texts[i]` arrived at `times[i]`."""

    started: float
    ended: float
    status: int
    """0: no HTTP answer came."""
    headers: dict[str, str] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    """Texts of the single tokens, when log-probabilities were asked for."""
    finish: str | None = None
    usage: dict[str, Any] | None = None
    done: bool = False
    """The stream came to its `[DONE]`."""
    error: str | None = None

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def first(self) -> float | None:
        """Seconds until the first text; None if none came."""
        return self.times[0] - self.started if self.times else None

    @property
    def cached(self) -> int:
        """Prompt tokens that the server says it did not compute."""
        return int(((self.usage or {}).get("prompt_tokens_details") or {}).get("cached_tokens") or 0)

    def token_count(self, most: int | None = None) -> int:
        """Tokens generated: as the server counted them, else `most` when that ended it, else the events."""
        if self.usage and self.usage.get("completion_tokens") is not None:
            return int(self.usage["completion_tokens"])
        return most if most is not None and self.finish == "length" else len(self.times)


def parse(started: float, reads: list[tuple[float, bytes]]) -> Answer:
    """The answer that `reads`, timed pieces of one connection, make together."""
    raw = b"".join(data for _, data in reads)
    ended = reads[-1][0] if reads else started
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        return Answer(started, ended, 0, error="no answer" if not raw else "an answer without an end of its headers")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    status = int(status_line.split()[1])
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    arrivals = _Arrivals(reads)
    offset = len(head) + len(separator)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        payload, positions = _unchunk(body, offset)
    else:
        payload, positions = body, [(0, offset)]
    if not headers.get("content-type", "").startswith("text/event-stream"):
        return _whole(started, ended, status, headers, payload)
    return _events(started, ended, status, headers, payload, positions, arrivals)


class _Arrivals:
    """When the byte at an offset of the connection arrived."""

    def __init__(self, reads: list[tuple[float, bytes]]) -> None:
        self._ends = list(accumulate(len(data) for _, data in reads))
        self._times = [when for when, _ in reads]

    def at(self, offset: int) -> float:
        return self._times[min(bisect.bisect_right(self._ends, offset), len(self._times) - 1)]


def _unchunk(body: bytes, offset: int) -> tuple[bytes, list[tuple[int, int]]]:
    """The payload, and where its pieces lay: (offset in the payload, offset in the connection), ascending."""
    payload, positions, at = bytearray(), [], 0
    while (line_end := body.find(b"\r\n", at)) >= 0:
        size = int(body[at:line_end].split(b";")[0] or b"0", 16)
        if size == 0:
            break
        begin = line_end + 2
        positions.append((len(payload), offset + begin))
        payload += body[begin : begin + size]
        at = begin + size + 2
    return bytes(payload), positions or [(0, offset)]


def _whole(started: float, ended: float, status: int, headers: dict[str, str], payload: bytes) -> Answer:
    try:
        found = json.loads(payload)
    except ValueError:
        found = {}
    error = found.get("error") if isinstance(found, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    if status != 200 and message is None:
        message = payload[:200].decode(errors="replace")
    return Answer(started, ended, status, headers, error=None if message is None else str(message))


def _events(
    started: float,
    ended: float,
    status: int,
    headers: dict[str, str],
    payload: bytes,
    positions: list[tuple[int, int]],
    arrivals: _Arrivals,
) -> Answer:
    times: list[float] = []
    texts: list[str] = []
    tokens: list[str] = []
    finish: str | None = None
    usage: dict[str, Any] | None = None
    error: str | None = None
    done = False
    at = 0
    starts = [begin for begin, _ in positions]
    for line in payload.splitlines(keepends=True):
        at += len(line)
        if not line.startswith(b"data:") or not line.endswith(b"\n"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            done = True
            continue
        event = json.loads(data)
        if "error" in event:
            error = json.dumps(event["error"])
            continue
        usage = event.get("usage") or usage
        for choice in event.get("choices") or ():
            finish = choice.get("finish_reason") or finish
            text = choice.get("text") or (choice.get("delta") or {}).get("content")
            tokens += (choice.get("logprobs") or {}).get("tokens") or []
            if text:
                piece = bisect.bisect_right(starts, at - 1) - 1
                times.append(arrivals.at(positions[piece][1] + at - 1 - positions[piece][0]))
                texts.append(text)
    return Answer(started, ended, status, headers, times, texts, tokens, finish, usage, done, error)
