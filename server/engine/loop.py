"""The one thread that owns one loaded model.

    inbox ──► scheduler.plan ──► runner.run ──► scheduler.commit ──► Writer ──► StepReport ──► deliver
      ▲                                                                                          │
      └── Submit, Cancel, Stop: messages are the only way in          one call a step, whatever the number of tokens

Everything mutable in here belongs to this thread. Every request it was given ends in exactly one Outcome.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server.engine.detokenizer import Detokenizer
from server.engine.pace import Pace
from server.engine.request import (
    Drawn,
    FinishReason,
    GenerationRequest,
    Outcome,
    Sequence,
    StepPlan,
    TokenEvent,
    TokenLogprob,
)
from server.engine.runner import Runner
from server.engine.scheduler import Scheduler
from server.engine.vocabulary import Vocabulary
from server.errors import EngineDied, ServerError

log = logging.getLogger(__name__)

_TOGETHER_SECONDS = 0.008
"""What steps bring within so short a time is delivered together: nobody reads faster, and every delivery takes time
from the next step where cores are few. First tokens and outcomes are not held up.
"""

_COUNTED_SECONDS = 1.0
"""How often it is counted whose cells are in use, while there is work; besides, when it begins and ends."""

_QUIET_SECONDS = 1.0
"""After so long without work the books are audited once."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Take these requests, all or none."""

    requests: tuple[GenerationRequest, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """End these requests now; `error` is what whoever listens is told."""

    ids: tuple[str, ...]
    error: ServerError | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """End everything that is left with this error, and the thread."""

    error: ServerError


Message = Submit | Cancel | Stop


@dataclass(slots=True)
class StepReport:
    """What a step brought, or a few quick ones, for the other side of the house."""

    events: list[TokenEvent] = field(default_factory=list)
    admitted: dict[str, int] = field(default_factory=dict)
    """Requests that have left the waiting line for the first time; prompt tokens of each that were found computed."""
    steps: list[tuple[int, int, float]] = field(default_factory=list)
    """Generating sequences, prompt tokens and seconds of each."""
    urgent: bool = False
    """Holds what must not wait: a first token, an outcome."""
    preempted: int = 0
    running: int = 0
    waiting: int = 0
    cells: int = 0
    """Cells that hold something."""
    held: dict[str, int] | None = None
    """Those cells by owner. None: they were counted a moment ago."""
    vectors: bool = False
    """It tells of the embedder, whose counts stand beside the loop's."""
    died: EngineDied | None = None
    """Set on the last report of a thread that ended unexpectedly."""


class Writer:
    """One answer in the making: tokens in, events out, and when it ends."""

    def __init__(self, sequence: Sequence, vocabulary: Vocabulary) -> None:
        self._sequence = sequence
        self._vocabulary = vocabulary
        self._bytes = vocabulary.shown if sequence.request.shows_control else vocabulary.piece
        self._text = Detokenizer(sequence.request.stop)
        self._logprobs: list[TokenLogprob] = []
        self._rated: list[TokenLogprob] = []
        self._parts: list[str] = []
        """What each token since the last event added to the text."""
        self._brought = 0
        """Tokens of the last event."""
        self._written = 0

    def write(self, drawn: Drawn, logprob: TokenLogprob | None) -> TokenEvent | None:
        """The event that these tokens make, if they make one; the answer's last one has the outcome."""
        reason = None if self._sequence.most else FinishReason.LENGTH
        last = len(drawn.tokens) - 1
        for at, token in enumerate(drawn.tokens):
            if reason is not None:
                break
            reason = self._take(token, None if at else logprob, complete=drawn.complete and at == last)
        outcome = None if reason is None else self.outcome(reason)
        if drawn.error is not None and outcome is None:
            outcome = self.outcome(FinishReason.CANCELLED, drawn.error)
        return self._event(outcome) if outcome is not None or any(self._parts) else None

    def rate(self, tokens: list[TokenLogprob]) -> None:
        """The next tokens of the prompt, rated; told with the answer's first event."""
        self._rated += tokens

    @property
    def first(self) -> bool:
        """Whether nothing has gone out but what the last event brought."""
        return self._written <= self._brought

    def _take(self, token: int, logprob: TokenLogprob | None, *, complete: bool) -> FinishReason | None:
        """One more token; why the answer ends with it, if it does."""
        ended = token in self._vocabulary.ends
        text = "" if ended else self._text.feed(self._bytes(token))
        # Who has a prompt rated counts on an entry for the token after it, whichever that is.
        rates = self._sequence.request.rates_from is not None
        if logprob is not None and (rates or not (ended or self._text.stopped)):
            self._logprobs.append(logprob)
        self._written += 1
        reason = None
        if ended or complete or self._text.stopped:
            reason = FinishReason.STOP
        elif self._written >= self._sequence.most:
            reason = FinishReason.LENGTH
        if reason is not None and not self._text.stopped:
            text += self._text.finish()
        self._parts.append(text)
        return reason

    def _event(self, outcome: Outcome | None) -> TokenEvent:
        """All since the last event."""
        id = self._sequence.request.id
        event = TokenEvent(id, tuple(self._parts), tuple(self._logprobs), tuple(self._rated), outcome)
        self._brought = len(self._parts)
        self._parts.clear()
        self._logprobs.clear()
        self._rated.clear()
        return event

    def outcome(self, reason: FinishReason, error: ServerError | None = None) -> Outcome:
        """How it ended and what it cost."""
        sequence = self._sequence
        return Outcome(reason, len(sequence.request.prompt), sequence.cached, self._written, error, self._text.stop)


class Loop:
    """The loop itself, run by the thread that loaded the model. Other threads only `post`."""

    def __init__(
        self,
        scheduler: Scheduler,
        runner: Runner,
        vocabulary: Vocabulary,
        pace: Pace,
        context: int,
        deliver: Callable[[StepReport], None],
    ) -> None:
        """`context`: tokens one request may use. `deliver` is called from this thread, once a step at most."""
        self._scheduler = scheduler
        self._runner = runner
        self._vocabulary = vocabulary
        self._pace = pace
        self._context = context
        self._deliver = deliver
        self._writers: dict[str, Writer] = {}
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._stop: Stop | None = None
        self._delivered = 0.0
        self._counted = 0.0

    def post(self, message: Message) -> None:
        """Hand a message to the loop; from any thread, never blocks."""
        self._inbox.put(message)

    def run(self) -> None:
        """Until a Stop comes. An unexpected error ends every request with EngineDied and is reported, not raised."""
        report = StepReport()
        try:
            while self._stop is None:
                self._read(report)
                if self._stop is None and not self._scheduler.idle:
                    self._step(report)
                if self._due(report):
                    self._send(report)
                    report = StepReport()
            self._end_all(self._stop.error, report)
        except Exception:
            log.exception("The thread of a model ended unexpectedly")
            died = EngineDied("The engine of this model ended unexpectedly. The next request loads it anew.")
            report.died = died
            self._end_all(died, report)

    def _read(self, report: StepReport) -> None:
        """Take what is in the inbox; wait for something when there is nothing else to do."""
        while True:
            try:
                if self._scheduler.idle and not report.events and self._stop is None:
                    message = self._wait()
                else:
                    message = self._inbox.get_nowait()
            except queue.Empty:
                return
            match message:
                case Submit(requests):
                    for request in requests:
                        sequence = self._scheduler.add(request)
                        room = self._context - len(request.prompt)
                        sequence.most = room if request.max_tokens is None else min(request.max_tokens, room)
                        self._writers[request.id] = Writer(sequence, self._vocabulary)
                case Cancel(ids, error):
                    for id in ids:
                        self._cancel(id, error, report)
                case Stop():
                    self._stop = message
                    return

    def _wait(self) -> Message:
        tidied = False
        while self._inbox.empty() and (operations := self._scheduler.tidy()):
            self._runner.carry_out(operations)
            tidied = True
        if tidied:  # what was told last counted cells that are free now
            self._send(StepReport())
        try:
            return self._inbox.get(timeout=_QUIET_SECONDS)
        except queue.Empty:
            self._scheduler.check_integrity()
            return self._inbox.get()

    def _cancel(self, id: str, error: ServerError | None, report: StepReport) -> None:
        sequence = self._scheduler.cancel(id)
        if sequence is not None:
            self._runner.forget(sequence)
            outcome = self._writers.pop(id).outcome(FinishReason.CANCELLED, error)
            report.events.append(TokenEvent(id, outcome=outcome))
            report.urgent = True

    def _step(self, report: StepReport) -> None:
        plan = self._scheduler.plan(self._pace.budget)
        report.admitted |= {s.request.id: s.cached for s in plan.admitted if s.generated == 0}
        report.preempted += len(plan.preempted)
        if not plan.chunks:
            return
        try:
            result = self._runner.run(plan)
        except ServerError as error:
            self._read(report)
            if self._stop is not None:  # it was interrupted, and everybody is told why by the end
                return
            log.error("A step of %d tokens was lost: %s", plan.generating + plan.prompt, error.message)
            self._lose_all(error, report)
            return
        if not result.rated:  # what such a step took says little about others
            self._pace.learn(plan.generating, plan.prompt, result.seconds)
        for id, tokens in result.rated.items():
            self._writers[id].rate(tokens)
        self._write(plan, result.drawn, result.logprobs, report)
        report.steps.append((plan.generating, plan.prompt, result.seconds))

    def _write(self, plan: StepPlan, drawn: list[Drawn], logprobs: dict[int, TokenLogprob], report: StepReport) -> None:
        for i, sequence in enumerate(self._scheduler.commit(plan, [one.tokens for one in drawn])):
            id = sequence.request.id
            writer = self._writers[id]
            event = writer.write(drawn[i], logprobs.get(i))
            if event is None:
                continue
            report.events.append(event)
            report.urgent |= event.outcome is not None or writer.first
            if event.outcome is not None:
                del self._writers[id]
                self._scheduler.finish(sequence)
                self._runner.forget(sequence)

    def _lose_all(self, error: ServerError, report: StepReport) -> None:
        """The cache is in doubt: start from an empty one, and tell everybody who was here."""
        for sequence in self._scheduler.abandon():
            outcome = self._writers.pop(sequence.request.id).outcome(FinishReason.CANCELLED, error)
            report.events.append(TokenEvent(sequence.request.id, outcome=outcome))
        report.urgent = True
        self._runner.reset()

    def _end_all(self, error: ServerError, report: StepReport) -> None:
        for id, writer in self._writers.items():
            report.events.append(TokenEvent(id, outcome=writer.outcome(FinishReason.CANCELLED, error)))
        self._writers.clear()
        while True:
            try:
                message = self._inbox.get_nowait()
            except queue.Empty:
                break
            if isinstance(message, Submit):
                lost = Outcome(FinishReason.CANCELLED, 0, 0, 0, error)
                report.events += [TokenEvent(request.id, outcome=lost) for request in message.requests]
        self._deliver(report)

    def _due(self, report: StepReport) -> bool:
        """Whether the report has something to say, and it is time."""
        if not (report.events or report.steps or report.admitted or report.preempted):
            return False
        return report.urgent or self._scheduler.idle or time.perf_counter() - self._delivered >= _TOGETHER_SECONDS

    def _send(self, report: StepReport) -> None:
        report.running = len(self._scheduler.running)
        report.waiting = len(self._scheduler.waiting)
        report.cells = self._scheduler.cache.total - self._scheduler.cache.free
        self._delivered = time.perf_counter()
        idle = self._scheduler.idle
        if idle or self._delivered - self._counted >= _COUNTED_SECONDS:
            report.held = self._scheduler.cache.held()
            self._counted = 0.0 if idle else self._delivered
        self._deliver(report)
