"""How an answer leaves the house: as Server-Sent Events, or folded into one body. Both read the same deltas.

`EventStream` owns the life of a stream on the wire:

    silent ──first event──▶ open ──last event──▶ ended
       │                     │
       └─ after `patience`: opens with a comment, and a comment follows every `heartbeat` of silence

Whatever fails while it is silent is raised, so that it still gets its proper status; what fails later becomes an
event in the stream, which then ends. A client that leaves, or takes nothing for `slow_reader` seconds, ends the
events' generator at once, and with it the context of the answer that it holds open.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from server.chat.backend import Answer
from server.chat.messages import CallPiece, Channel, Delta, Piece, ToolCall, Usage
from server.engine.request import FinishReason, TokenLogprob
from server.errors import ServerError
from server.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

COMMENT = b": waiting\n\n"
"""Shows life; every SSE reader drops it."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
"""Made once: `json.dumps` with options makes an encoder a call."""

to_json = _ENCODER.encode


MANY_RATINGS = 200
"""Rated tokens with which an answer may be megabytes: it is written beside the loop, so that others go on."""


class ClientLeft(Exception):
    """The client closed the connection before the answer was done. Nobody is there to be told; only the log is."""


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`; cancels it at once, and raises ClientLeft, when the client closes the connection."""
    return await _first(work, _left(receive))


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first(work: Coroutine[Any, Any, T], *watchers: Coroutine[Any, Any, None]) -> T:
    """Run `work` until it is done, or a watcher is: then it is cancelled, and ClientLeft is raised.

    All of them have ended when this returns, however it returns.
    """
    main = asyncio.ensure_future(work)
    others = [asyncio.ensure_future(watcher) for watcher in watchers]
    try:
        await asyncio.wait((main, *others), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (main, *others):
            task.cancel()
        await asyncio.gather(main, *others, return_exceptions=True)
    if not main.cancelled():
        return main.result()
    for task in others:
        if not task.cancelled():
            task.result()
    raise ClientLeft


class EventStream(Response):
    """A response of Server-Sent Events, given as the bytes of whole events.

    Not sse-starlette's: that one opens before anything is known, ends all streams as soon as the server is told to
    stop, and cannot tell a slow reader from a long silence.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        failure: Callable[[ServerError], bytes],
        settings: Settings,
        headers: Mapping[str, str] | None = None,
        life: bytes = COMMENT,
    ) -> None:
        """`failure` makes the event that tells of an error after the stream has opened; `life` is sent in silence."""
        self.status_code = 200
        self.background = None
        self.init_headers({"cache-control": "no-cache", "x-accel-buffering": "no", **(headers or {})})
        self._events = events
        self._failure = failure
        self._life = life
        self._patience = settings.models.load_wait_seconds
        self._heartbeat = settings.server.heartbeat_seconds
        self._slow_reader = settings.limits.slow_reader_seconds
        self._open = False
        self._opening = asyncio.Lock()
        self._sending = False
        self._last = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientLeft):
            await _first(self._pump(send), _left(receive), self._pulse(send))

    async def _start(self, send: Send) -> None:
        async with self._opening:
            if not self._open:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                self._open = True

    async def _pump(self, send: Send) -> None:
        # One task enters the generator, draws from it and closes it: what it holds open may rely on that.
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    if event:
                        await self._write(send, event)
        except ServerError as error:
            if not self._open:
                raise
            await self._write(send, self._failure(error))
        except Exception:
            if not self._open:
                raise
            log.exception("A stream broke")
            await self._write(send, self._failure(ServerError("The server made a mistake; this answer ends here.")))
        if not self._open:
            await self._start(send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, send: Send, data: bytes) -> None:
        self._last = time.monotonic()
        self._sending = True
        if not self._open:
            await self._start(send)
        await send({"type": "http.response.body", "body": data, "more_body": True})
        self._sending = False

    async def _pulse(self, send: Send) -> None:
        """Returns when the client has taken nothing for too long."""
        while True:
            silence = self._heartbeat if self._open else self._patience
            limit = self._slow_reader if self._sending else silence
            left = self._last + limit - time.monotonic()
            if left > 0:
                await asyncio.sleep(left)
            elif self._sending:
                log.info("A client took nothing for %g s and was dropped", limit)
                return
            else:
                # Bounded, as the watch over slow readers must not itself wait for one.
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._slow_reader):
                        await self._write(send, self._life)


class Chunks(Protocol):
    """How one endpoint writes its stream: each method gives the bytes of whole events, or none."""

    def begin(self) -> bytes:
        """What stands before the first delta; sent together with it."""

    def delta(self, delta: Delta) -> bytes:
        """One delta."""

    def end(self, usage: Usage) -> bytes:
        """After the last delta of a whole answer."""


async def stream(
    opening: AbstractAsyncContextManager[Answer], chunks: Callable[[Answer], Chunks]
) -> AsyncGenerator[bytes, None]:
    """An answer as events. Closing the generator cancels the answer."""
    async with opening as answer:
        writer = chunks(answer)
        begun = False
        async for deltas in answer:
            head = b"" if begun else writer.begin()
            yield head + b"".join(map(writer.delta, deltas))
            begun = True
        yield (b"" if begun else writer.begin()) + writer.end(answer.usage)


class Choice:
    """The deltas of one choice, put together."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._calls: dict[int, _Run] = {}
        self.logprobs: list[TokenLogprob] = []
        self.rated: list[TokenLogprob] = []
        """The tokens of its prompt."""
        self.finish: FinishReason | None = None
        self.stop: str | None = None
        """The stop string that ended it."""

    def add(self, delta: Delta) -> None:
        if delta.reasoning:
            self._run("reasoning").append(delta.reasoning)
        if delta.content:
            self._run("content").append(delta.content)
        if (call := delta.call) is not None:
            if call.number not in self._calls:
                self._calls[call.number] = _Run(call, [])
                self._runs.append(self._calls[call.number])
            self._calls[call.number].texts.append(call.arguments)
        self.logprobs.extend(delta.logprobs)
        self.rated.extend(delta.rated)
        self.finish = delta.finish or self.finish
        self.stop = delta.stop or self.stop

    def _run(self, channel: Channel) -> list[str]:
        if not self._runs or self._runs[-1].of != channel:
            self._runs.append(_Run(channel, []))
        return self._runs[-1].texts

    @property
    def in_order(self) -> list[Piece | ToolCall]:
        """All of it as it came: thoughts, text and calls by turns."""
        return [run.whole for run in self._runs]

    @property
    def content(self) -> str:
        return "".join([text for run in self._runs if run.of == "content" for text in run.texts])

    @property
    def reasoning(self) -> str:
        return "".join([text for run in self._runs if run.of == "reasoning" for text in run.texts])

    @property
    def calls(self) -> list[ToolCall]:
        """The calls of tools, in the order in which they were made."""
        return [part for part in self.in_order if isinstance(part, ToolCall)]


class _Run(NamedTuple):
    """What came of one channel without a break, or of one call, of which this is the first piece."""

    of: Channel | CallPiece
    texts: list[str]

    @property
    def whole(self) -> Piece | ToolCall:
        text = "".join(self.texts)
        return ToolCall(self.of.id, self.of.name, text) if isinstance(self.of, CallPiece) else Piece(self.of, text)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole answer: its choices by index, and what it cost."""

    choices: tuple[Choice, ...]
    usage: Usage
    fingerprint: str


Hear = Callable[[Sequence[Delta]], Awaitable[None]]


async def fold(opening: AbstractAsyncContextManager[Answer], count: int, hear: Hear | None = None) -> Whole:
    """The answer as a whole: the fold of its stream. `count` choices are expected. `hear` is given the deltas as they
    come.
    """
    choices = tuple(Choice() for _ in range(count))
    async with opening as answer:
        async for deltas in answer:
            for delta in deltas:
                choices[delta.index].add(delta)
            if hear is not None:
                await hear(deltas)
        return Whole(choices, answer.usage, answer.fingerprint)


async def respond(
    request: Request,
    opening: AbstractAsyncContextManager[Answer],
    settings: Settings,
    *,
    streamed: bool,
    chunks: Callable[[Answer], Chunks],
    count: int,
    body: Callable[[Whole], dict[str, Any]],
    failure: Callable[[ServerError], bytes],
    life: bytes = COMMENT,
) -> Response:
    """The answer in the way the client asked for: its stream, or the body made of the whole of it.

    `failure` makes the event that tells of an error inside a stream; `life` is sent while it has nothing to say.
    """
    if streamed:
        return EventStream(stream(opening, chunks), failure=failure, settings=settings, life=life)
    whole = await while_connected(request.receive, fold(opening, count))
    if sum(len(choice.logprobs) + len(choice.rated) for choice in whole.choices) < MANY_RATINGS:
        return JSONResponse(body(whole))
    return await asyncio.to_thread(lambda: _LargeResponse(body(whole)))


class _LargeResponse(JSONResponse):
    """Written piece by piece: in one, JSON would keep all other threads waiting as well."""

    def render(self, content: Any) -> bytes:
        return "".join(_ENCODER.iterencode(content)).encode()


def event(data: Any, name: str | None = None) -> bytes:
    """One event with JSON as its data."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {to_json(data)}\n\n".encode()
