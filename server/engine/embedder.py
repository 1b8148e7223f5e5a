"""The one thread that turns texts into vectors, or pairs of texts into scores, with one loaded model.

    inbox ──► Line.take ──► one batch, computed whole ──► a vector each ──► StepReport ──► deliver
      ▲
      └── Embed, Cancel, Stop

A text is computed in one step and leaves nothing behind: no cells, no sampler. So all there is to schedule is who goes
into the next batch. Everything mutable in here belongs to this thread; every request ends in exactly one Outcome.
"""

from __future__ import annotations

import logging
import queue
import time
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from server.engine.llama import Floats, VectorContext
from server.engine.loop import Cancel, StepReport, Stop
from server.engine.request import EmbeddingRequest, FinishReason, Outcome, TokenEvent
from server.engine.uses import Pooling
from server.errors import EngineDied, ServerError

log = logging.getLogger(__name__)

_ANY_TOKEN = array("i", [0])


@dataclass(frozen=True, slots=True)
class Embed:
    """Take these requests, all or none."""

    requests: tuple[EmbeddingRequest, ...]


class Line:
    """The requests that wait, one queue an owner. Pure."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[EmbeddingRequest]] = OrderedDict()
        self._waiting: dict[str, None] = {}
        """Their ids, in the order of coming."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request: EmbeddingRequest) -> None:
        """To the end of its owner's queue."""
        self._queues.setdefault(request.owner, deque()).append(request)
        self._waiting[request.id] = None

    def cancel(self, id: str) -> bool:
        """Whether it was waiting; it is not any more. Its place in the queue is skipped later."""
        waiting = id in self._waiting
        self._waiting.pop(id, None)
        return waiting

    def take(self, tokens: int, count: int) -> list[EmbeddingRequest]:
        """The next batch: one request of each owner in turn, for as long as their tokens fit. The first one always
        does, and nobody who is smaller passes one that does not.
        """
        batch: list[EmbeddingRequest] = []
        while self._queues and len(batch) < count:
            owner, requests = next(iter(self._queues.items()))
            while requests and requests[0].id not in self._waiting:
                requests.popleft()
            if requests:
                tokens -= len(requests[0].tokens)
                if batch and tokens < 0:
                    break
                batch.append(requests.popleft())
                del self._waiting[batch[-1].id]
            if requests:
                self._queues.move_to_end(owner)
            else:
                del self._queues[owner]
        return batch

    def clear(self) -> list[str]:
        """Everybody leaves; who was waiting."""
        left = list(self._waiting)
        self._waiting.clear()
        self._queues.clear()
        return left


_POOLED: dict[Pooling, Callable[[Floats], Floats]] = {
    Pooling.MEAN: lambda rows: rows.mean(axis=0),
    Pooling.CLS: lambda rows: rows[0],
    Pooling.LAST: lambda rows: rows[-1],
}
"""One vector of the outputs of a text's tokens. Done here, as llama.cpp pools within each micro-batch: of a text that
was computed in two, it would give only the second half.
"""


class Embedder:
    """The loop itself, run by one thread. Other threads only `post`."""

    def __init__(
        self,
        context: VectorContext,
        pooling: Pooling,
        batch: int,
        slots: int,
        deliver: Callable[[StepReport], None],
    ) -> None:
        """`batch`: tokens that texts together may have in one step; a longer one is computed alone. `slots`: texts in
        one step. `deliver` is called from this thread, once a step.
        """
        self._context = context
        self._pooling = pooling
        self._batch = min(batch, context.most)
        self._slots = slots
        self._deliver = deliver
        self._line = Line()
        self._inbox: queue.SimpleQueue[Embed | Cancel | Stop] = queue.SimpleQueue()
        self._stop: Stop | None = None

    def post(self, message: Embed | Cancel | Stop) -> None:
        """Hand a message to the embedder; from any thread, never blocks."""
        self._inbox.put(message)

    def run(self) -> None:
        """Until a Stop comes. An unexpected error ends every request with EngineDied and is reported, not raised."""
        batch: list[EmbeddingRequest] = []
        try:
            while True:
                report, batch = StepReport(vectors=True), []
                self._read(report, wait=not self._line)
                if self._stop is None:
                    batch = self._line.take(self._batch, self._slots)
                if batch:
                    self._step(batch, report)
                if self._stop is not None:
                    break
                report.waiting = len(self._line)
                self._deliver(report)
            self._end_all(batch, self._stop.error, report)
        except Exception:
            log.exception("The embedder of a model ended unexpectedly")
            died = EngineDied("The engine of this model ended unexpectedly. The next request loads it anew.")
            self._end_all(batch, died, StepReport(vectors=True, died=died))

    def warm_up(self) -> None:
        """Compute one token and forget it, so that the first request does not pay for what is made on first use."""
        self._vectors([EmbeddingRequest("", _ANY_TOKEN)])

    def _read(self, report: StepReport, *, wait: bool) -> None:
        """Take what is in the inbox; with `wait`, at least one message."""
        while self._stop is None:
            try:
                message = self._inbox.get(wait)
            except queue.Empty:
                return
            wait = False
            match message:
                case Embed(requests):
                    for request in requests:
                        self._line.add(request)
                case Cancel(ids, error):
                    cancelled = filter(self._line.cancel, ids)
                    report.events += [TokenEvent(id, outcome=_lost(error)) for id in cancelled]
                case Stop():
                    self._stop = message

    def _step(self, batch: list[EmbeddingRequest], report: StepReport) -> None:
        """Compute a batch and empty it into the report; it stays as it is when a Stop broke it off."""
        report.admitted = {request.id: 0 for request in batch}
        began = time.perf_counter()
        try:
            vectors = self._vectors(batch)
        except ServerError as error:
            self._read(report, wait=False)
            if self._stop is None:  # else it was interrupted, and everybody is told why by the end
                log.error("A batch of %d texts was lost: %s", len(batch), error.message)
                report.events += [TokenEvent(request.id, outcome=_lost(error)) for request in batch]
                batch.clear()
            return
        tokens = [len(request.tokens) for request in batch]
        report.steps.append((0, sum(tokens), time.perf_counter() - began))
        for request, count, vector in zip(batch, tokens, vectors, strict=True):
            outcome = Outcome(FinishReason.STOP, count, 0, 0, vector=vector)
            report.events.append(TokenEvent(request.id, outcome=outcome))
        batch.clear()

    def _vectors(self, batch: Sequence[EmbeddingRequest]) -> list[Floats]:
        """Compute them together, each as a sequence of its own."""
        context, end = self._context, 0
        spans = []
        for sequence, request in enumerate(batch):
            start, end = end, end + len(request.tokens)
            spans.append((start, end))
            context.token[start:end] = np.frombuffer(request.tokens, np.int32)
            context.position[start:end] = np.arange(end - start)
            context.sequence[start:end] = sequence
        context.wanted[:end] = 1
        try:
            context.decode(end)
            if self._pooling is Pooling.RANK:
                return [context.scores(sequence).copy() for sequence in range(len(batch))]
            outputs = context.outputs(end)
            return [_POOLED[self._pooling](outputs[start:end]).copy() for start, end in spans]
        finally:
            context.clear()

    def _end_all(self, batch: Iterable[EmbeddingRequest], error: ServerError, report: StepReport) -> None:
        while True:
            try:
                message = self._inbox.get_nowait()
            except queue.Empty:
                break
            if isinstance(message, Embed):
                for request in message.requests:
                    self._line.add(request)
        ids = [*(request.id for request in batch), *self._line.clear()]
        report.events += [TokenEvent(id, outcome=_lost(error)) for id in ids]
        self._deliver(report)


def _lost(error: ServerError | None) -> Outcome:
    return Outcome(FinishReason.CANCELLED, 0, 0, 0, error)
