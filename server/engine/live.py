"""A loaded model as the event loop sees it: requests go in, mailboxes fill with what comes back.

Owns the waiting line's limits and the times that metrics are made of. Everything here runs on the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from server.engine.embedder import Embed
from server.engine.host import Loaded, Plan, ThreadHost
from server.engine.loop import Cancel, StepReport, Submit
from server.engine.request import EmbeddingRequest, FinishReason, GenerationRequest, Outcome, TokenEvent
from server.engine.room import Taken
from server.errors import EngineDied, ServerError, TooManyRequests
from server.telemetry import ModelMetrics


@dataclass(slots=True, eq=False)
class Mailbox:
    """The events of the requests that were opened together, in the order in which they came. One reader."""

    owner: str
    entered: float
    open: set[str] = field(default_factory=set)
    """Requests that have not had their outcome."""
    waiting: bool = True
    """Nothing of it has been let in yet."""
    cached: dict[str, int] = field(default_factory=dict)
    """Prompt tokens of each request that was let in, that it found computed."""
    last: dict[str, float] = field(default_factory=dict)
    """When each request last got something."""
    _events: list[TokenEvent] = field(default_factory=list)
    _reader: asyncio.Future[None] | None = None

    def put(self, event: TokenEvent) -> None:
        """Add an event and wake the reader."""
        self._events.append(event)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def take(self) -> list[TokenEvent]:
        """All events since the last call; waits for one if there is none."""
        if not self._events:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
            self._reader = None
        events, self._events = self._events, []
        return events


class LiveModel:
    """A model that is loaded and running. `enter` the line, `start` requests, read their mailbox, `close` it."""

    def __init__(
        self,
        host: ThreadHost,
        facts: Loaded,
        taken: Taken,
        fingerprint: str,
        metrics: ModelMetrics,
        waiting: int,
        waiting_per_owner: int,
        on_death: Callable[[EngineDied], None],
    ) -> None:
        self._host = host
        self._metrics = metrics
        self._most_waiting = waiting
        self._most_waiting_per_owner = waiting_per_owner
        self._on_death = on_death
        self._boxes: dict[str, Mailbox] = {}
        self._line: Counter[str] = Counter()
        self._dead: EngineDied | None = None
        self.facts = facts
        self.taken = taken
        self.plan: Plan = host.plan
        self.fingerprint = fingerprint
        self.running = 0
        self.held: Mapping[str, int] = {}
        """Cells of the pool by owner, as they were a moment ago."""
        self._counts: dict[bool, tuple[int, int]] = {}
        """Running and waiting, of the embedder (True) and of the loop."""

    @property
    def context(self) -> int:
        """Tokens that one request may use."""
        return min(self.plan.context, self.facts.cells)

    @property
    def waiting(self) -> int:
        """Calls of which nothing has been let in yet."""
        return self._line.total()

    @property
    def busy(self) -> bool:
        """Whether any request is waiting or running."""
        return bool(self._boxes)

    def enter(self, owner: str) -> Mailbox:
        """Take a place in the waiting line, before any work is done for a call. TooManyRequests when it is full.

        Whoever enters calls `close` in the end.
        """
        if self._dead is not None:
            raise self._dead
        # Who finds a free slot does not wait, though it is let in only at the next step.
        free = max(0, self.plan.options.slots - self.running)
        if self._line.total() >= self._most_waiting + free:
            raise TooManyRequests(
                f"{self._most_waiting} requests are waiting for this model already. Try again in a moment.",
                retry_after=self._patience(),
            )
        if self._line[owner] >= self._most_waiting_per_owner + free:
            raise TooManyRequests(
                f"{self._most_waiting_per_owner} requests of this key are waiting already. Try again in a moment.",
                retry_after=self._patience(),
            )
        self._line[owner] += 1
        return Mailbox(owner, time.perf_counter())

    def start(self, box: Mailbox, requests: list[GenerationRequest]) -> None:
        """Start the requests of a call that has entered."""
        self._open(box, Submit(tuple(requests)))

    def embed(self, box: Mailbox, requests: list[EmbeddingRequest]) -> None:
        """Start a call that has entered and wants vectors: each request's only event is its outcome."""
        self._open(box, Embed(tuple(requests)))

    def _open(self, box: Mailbox, message: Submit | Embed) -> None:
        if self._dead is not None:
            raise self._dead
        box.open.update(request.id for request in message.requests)
        self._boxes.update(dict.fromkeys(box.open, box))
        self._host.post(message)

    def _patience(self) -> float:
        """A guess at when the line will be shorter: a second, and more when many wait."""
        return 1.0 + self._line.total() / 32

    def end(self, id: str) -> None:
        """One request of a call has said enough. Its outcome comes like any other."""
        if self._dead is None:
            self._host.post(Cancel((id,), None))

    def close(self, box: Mailbox, error: ServerError | None = None) -> None:
        """Nobody reads this mailbox any more (or, with `error`, is to read only that): end what has not ended."""
        if box.open and self._dead is None:
            self._host.post(Cancel(tuple(box.open), error))
        if error is None:
            for id in box.open:
                self._boxes.pop(id, None)
            box.open.clear()
            self._let_in(box, None)

    def close_all(self, error: ServerError) -> None:
        """End every request with this error."""
        for box in set(self._boxes.values()):
            self.close(box, error)

    def _let_in(self, box: Mailbox, now: float | None) -> None:
        if box.waiting:
            box.waiting = False
            self._line[box.owner] -= 1
            if not self._line[box.owner]:
                del self._line[box.owner]
            if now is not None:
                self._metrics.waited(now - box.entered)

    def receive(self, report: StepReport) -> None:
        """A step is done: fill the mailboxes, count."""
        now = time.perf_counter()
        for id, cached in report.admitted.items():
            if box := self._boxes.get(id):
                box.cached[id] = cached
                self._let_in(box, now)
        gaps: list[float] = []
        for event in report.events:
            box = self._boxes.get(event.id)
            if box is not None:
                self._hand_over(box, event, now, gaps)
        self._counts[report.vectors] = (report.running, report.waiting)
        self.running, waiting = map(sum, zip(*self._counts.values(), strict=True))
        metrics = self._metrics
        for generating, prompt, seconds in report.steps:
            metrics.step(generating, prompt, seconds)
        if gaps:
            metrics.gaps(gaps)
        if report.preempted:
            metrics.preempted(report.preempted)
        if not report.vectors:
            metrics.cells(report.cells, self.facts.cells)
        if report.held is not None:
            self.held = report.held
        metrics.queue(self.running, waiting)
        if report.died is not None:
            self._bury(report.died)

    def _bury(self, died: EngineDied) -> None:
        """It has ended unexpectedly: tell also those who were with the other of two that share a model."""
        self._dead = died
        lost = Outcome(FinishReason.CANCELLED, 0, 0, 0, died)
        for id, box in self._boxes.items():
            box.open.discard(id)
            self._let_in(box, None)
            box.put(TokenEvent(id, outcome=lost))
        self._boxes.clear()
        self._on_death(died)

    def _hand_over(self, box: Mailbox, event: TokenEvent, now: float, gaps: list[float]) -> None:
        before = box.last.get(event.id)
        if before is not None:
            gaps.append(now - before)
        elif event.parts:
            self._metrics.first_token(now - box.entered)
        box.last[event.id] = now
        if event.outcome is not None:
            del self._boxes[event.id]
            box.open.discard(event.id)
            self._let_in(box, None)
            outcome = event.outcome
            self._metrics.tokens(outcome.prompt_tokens, outcome.cached_tokens, outcome.generated_tokens)
        box.put(event)

    async def stop(self, error: ServerError, *, at_once: bool = False) -> None:
        """End everything with `error` and free the model."""
        self._dead = self._dead or EngineDied("This model has just been unloaded. Try again.")
        await self._host.stop(error, at_once=at_once)
