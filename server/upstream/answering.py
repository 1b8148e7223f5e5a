"""A turn answered by a model behind a URL: streamed as it comes, in the form in which every model's answer comes."""

from __future__ import annotations

import asyncio
import math
import time
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from typing import Any

from server.catalog import Catalog, Upstream
from server.chat.backend import Answer, Token
from server.chat.messages import Delta, Turn, Usage
from server.chat.written import Written
from server.errors import BadRequest, ContextLengthExceeded, ServerError, UpstreamFailed
from server.telemetry import Metrics
from server.upstream.asking import body_of, path_of
from server.upstream.client import Client, read_events
from server.upstream.counting import ESTIMATED, WRAPPED, Counter, Counters
from server.upstream.places import Place
from server.upstream.reaching import Reach
from server.upstream.reading import Reader

AFTER_END = 2.0
"""Seconds that are waited for what an answer cost, when it has ended and the stream has not."""


class UpstreamBackend:
    """The door to models behind URLs; see Backend."""

    def __init__(self, catalog: Catalog, client: Client, reach: Reach, counters: Counters, metrics: Metrics) -> None:
        self._catalog = catalog
        self._client = client
        self._reach = reach
        self._metrics = metrics
        self._counters = counters

    @asynccontextmanager
    async def open(self, turn: Turn) -> AsyncIterator[Answer]:
        """The answer, of which the first piece has come: until then other URLs may be tried; see Backend."""
        card = self._catalog.get(turn.model)
        upstream = _of(card.upstream)
        max_tokens = card.max_tokens if turn.max_tokens is None else turn.max_tokens
        body = body_of(turn, upstream, max_tokens, tuple(dict.fromkeys((*turn.stop, *card.stop))))
        counter = self._counters.of(upstream)
        counted: tuple[list[int], float] | None = None

        @asynccontextmanager
        async def start(place: Place) -> AsyncIterator[Answer]:
            nonlocal counted
            if counted is None:  # here, as no more are counted at once than may be under way
                counted = await asyncio.to_thread(counter.prompts, turn)
            counts, margin = counted
            answer = UpstreamAnswer(turn, sum(counts), margin, upstream, counter)
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(upstream.first_token_seconds):
                        url = place.url + path_of(turn)
                        response = await stack.enter_async_context(self._client.post(url, body, upstream, streams=True))
                        events = await stack.enter_async_context(aclosing(read_events(response)))
                        await answer.begin(events, response.aclose)
                except ContextLengthExceeded as error:
                    raise _sized(error, sum(counts), card.context) from None
                except TimeoutError:
                    raise UpstreamFailed(
                        f"The server behind this model did not begin to answer in {upstream.first_token_seconds:g} s."
                    ) from None
                yield answer

        metrics, came = self._metrics.model(card.name), time.perf_counter()
        async with self._reach.reach(card, upstream, turn.owner, start) as answer:
            metrics.first_token(time.perf_counter() - came)
            try:
                yield answer
            finally:
                cost = answer.usage
                metrics.tokens(cost.prompt_tokens, cost.cached_tokens, cost.completion_tokens)

    async def write(self, turn: Turn) -> list[Written]:
        """How long the prompts are; a conversation's text is written at the other end; see Backend."""
        counter = self._counters.of(_of(self._catalog.get(turn.model).upstream))
        counts, margin = await asyncio.to_thread(counter.prompts, turn)
        texts = [prompt if isinstance(prompt, str) else "" for prompt in turn.prompts] or [""]
        return [
            Written(text, array("i"), counted=count, margin=margin) for text, count in zip(texts, counts, strict=True)
        ]

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> Sequence[Token]:
        """By the tokenizer file, where there is one; control tokens in the text are read as such; see Backend."""
        counter = self._counters.of(_of(self._catalog.get(model).upstream))
        return await asyncio.to_thread(counter.tokens, text, start=start)

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> Sequence[Token]:
        """The same for ids; see Backend."""
        return await asyncio.to_thread(self._counters.of(_of(self._catalog.get(model).upstream)).label, tokens)

    async def count(self, model: str, texts: Sequence[str], *, owner: str) -> list[int]:
        """Of estimates the upper end, as whoever asks wants to know what fits; see Backend."""
        counter = self._counters.of(_of(self._catalog.get(model).upstream))

        def each() -> list[int]:
            return [math.ceil(count * (1 + margin)) for count, margin in map(counter.text, texts)]

        return await asyncio.to_thread(each)

    async def context(self, model: str, *, owner: str) -> int:
        """What the card says; see Backend."""
        card = self._catalog.get(model)
        if card.context is None:
            raise BadRequest(
                f"How much fits the model {card.name!r} is not known here: it lives behind a URL, and its card says no "
                "ctxSize.",
                param="model",
            )
        return card.context

    def close(self) -> None:
        """The connections are the client's, and closed with it."""


class UpstreamAnswer:
    """An answer in the making; see Answer."""

    waiting = False

    def __init__(self, turn: Turn, prompt_tokens: int, margin: float, upstream: Upstream, counter: Counter) -> None:
        self._reader = Reader(turn.n * max(1, len(turn.prompts)), chat=bool(turn.messages))
        self._prompt_tokens = prompt_tokens
        self._margin = margin
        self._counter = counter
        self._counted: Usage | None = None
        self._gap = upstream.gap_seconds
        self._events: AsyncIterator[Any] | None = None
        self._first: list[Delta] = []
        self._hang_up: Callable[[], Awaitable[None]] | None = None
        self._hanging_up: asyncio.Task[None] | None = None
        self._patience: asyncio.Timeout | None = None
        """Around the wait for the next chunk."""
        self._stopped: ServerError | None = None
        self.fingerprint = f"fp_{upstream.model}"

    async def begin(self, events: AsyncIterator[Any], hang_up: Callable[[], Awaitable[None]]) -> None:
        """Wait for the first piece. Raises what other servers say instead of one. `hang_up` ends the connection."""
        self._events, self._hang_up = events, hang_up
        while not self._first and not self._reader.ended:
            chunk = await anext(events, None)
            if chunk is None:
                raise UpstreamFailed("The server behind this model ended the stream before its answer began.")
            self._first = self._reader.read(chunk)

    @property
    def prompt_tokens(self) -> int:
        return self.usage.prompt_tokens

    @property
    def usage(self) -> Usage:
        """What the other server says; until it does, and where it does not, what is counted here, which says so."""
        known = self._reader.usage or self._counted
        if known is not None:
            return known
        said, thought = self._reader.said.tokens, self._reader.thought.tokens
        return Usage(self._prompt_tokens, said + thought, 0, thought, max(self._margin, ESTIMATED))

    def stop(self, error: ServerError) -> None:
        """See Answer."""
        if self._reader.ended or self._stopped is not None:
            return
        self._stopped = error
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())
        elif self._hang_up is not None:
            self._hanging_up = asyncio.ensure_future(self._hang_up())

    async def __aiter__(self) -> AsyncIterator[Sequence[Delta]]:
        yield self._first
        while (chunk := await self._next()) is not None:
            if deltas := self._reader.read(chunk):
                yield deltas
        if not self._reader.ended:
            raise UpstreamFailed("The server behind this model ended the stream before its answer had ended.")
        if self._reader.usage is None:
            with suppress(ServerError):  # the tokenizer file may have gone meanwhile, and the answer is whole
                self._counted = await asyncio.to_thread(self._count)

    def _count(self) -> Usage:
        (said, margin), (thought, _) = map(self._counter.text, (self._reader.said.text, self._reader.thought.text))
        return Usage(self._prompt_tokens, said + thought, 0, thought, max(self._margin, margin, WRAPPED))

    async def _next(self) -> Any:
        """The next chunk; None when nothing is to come. After the answer's end nothing is an error any more."""
        assert self._events is not None
        if self._stopped is not None:
            raise self._stopped
        patience = AFTER_END if self._reader.ended else self._gap
        try:
            async with asyncio.timeout(patience) as self._patience:
                return await anext(self._events, None)
        except TimeoutError:
            if self._stopped is not None:
                raise self._stopped from None
            if not self._reader.ended:
                raise UpstreamFailed(f"The server behind this model was silent for {patience:g} s.") from None
        except UpstreamFailed:
            if not self._reader.ended:
                raise
        finally:
            self._patience = None
        return None


def _sized(error: ContextLengthExceeded, prompt: int, context: int | None) -> ContextLengthExceeded:
    """The same with numbers of ours where the other server told none: what is to be left out goes by them."""
    if error.prompt_tokens:
        return error
    return ContextLengthExceeded(
        max(1, prompt), context or max(1, prompt), param=error.param or "", words=error.message
    )


def _of(upstream: Upstream | None) -> Upstream:
    if upstream is None:  # its card was edited while it was asked
        raise BadRequest("This model lives behind no URL any more. Try again.", param="model")
    return upstream
