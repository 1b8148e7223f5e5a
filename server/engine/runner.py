"""A StepPlan becomes one `llama_decode`, and its logits become tokens. Owns the samplers of the running sequences."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from server.engine.constraint import Grammars
from server.engine.drawing import Drawer
from server.engine.llama import Bytes, Context
from server.engine.prefix_cache import Cut, Forget, Operation, Restore, Save, Share
from server.engine.request import Chunk, Drawn, Sequence, StepPlan, TokenLogprob
from server.engine.rows import RowBatches
from server.engine.vocabulary import Vocabulary
from server.errors import ServerError

_WORTH_SPREADING = 1_000_000
"""Logits to look at in one step before it pays to sample on two threads."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step brought: to each chunk that draws, in order; and the seconds it took."""

    drawn: list[Drawn]
    logprobs: dict[int, TokenLogprob]
    """By position in `drawn`, for those who asked."""
    rated: dict[str, list[TokenLogprob]]
    """Of the next tokens of prompts, by request."""
    seconds: float


class Runner:
    """Carries out plans on one context. Used by one thread."""

    def __init__(self, vocabulary: Vocabulary, context: Context, threads: int, grammars: Grammars) -> None:
        self._vocabulary = vocabulary
        self._context = context
        self._grammars = grammars
        self._rows = RowBatches(context)
        self._drawers: dict[str, Drawer] = {}
        self._stored: dict[int, Bytes] = {}
        """Copies of sequences that left the pool, by the key the plan gave them."""
        self._helpers = ThreadPoolExecutor(threads - 1, "sampling") if threads > 1 else None
        self._parts = threads

    def run(self, plan: StepPlan) -> StepResult:
        """Change the cache as planned, compute the chunks, draw the tokens. ServerError when the step was lost."""
        began = time.perf_counter()
        self.carry_out(plan.operations)
        # Rows of images first: the logits of the tokens are there until the next batch.
        self._rows.compute([chunk for chunk in plan.chunks if chunk.image is not None])
        chunks = [chunk for chunk in plan.chunks if chunk.image is None]
        count, rows = self._fill(chunks)
        if count:
            self._context.decode(count)
        drawing = [chunk.sequence for chunk in chunks if chunk.draws]
        drawn = self._draw(drawing, rows)
        logprobs = self._logprobs(drawing, rows, drawn)
        rated = self._rated(chunks)
        return StepResult(drawn, logprobs, rated, time.perf_counter() - began)

    def carry_out(self, operations: list[Operation]) -> None:
        """Change the cache, in this order. ServerError when it could not be done: the cache is in doubt then."""
        for operation in operations:
            self._operate(operation)

    def _operate(self, operation: Operation) -> None:
        context = self._context
        match operation:
            case Cut(slot, positions):
                if not context.cut(slot, positions):
                    raise ServerError("This model's memory could not drop the end of a sequence.")
            case Share(source, target, positions):
                context.share(source, target, positions)
            case Save(slot, key):
                self._stored[key] = context.save(slot)
            case Restore(key, slot):
                if not context.restore(slot, self._stored[key]):
                    raise ServerError("A stored sequence could not be restored.")
            case Forget(key):
                del self._stored[key]

    def _fill(self, chunks: list[Chunk]) -> tuple[int, list[int]]:
        """Write the chunks, of tokens, into the batch; its size, and the rows whose logits are wanted."""
        context = self._context
        at = 0
        rows = []
        for chunk in chunks:
            slot, position = chunk.sequence.slot, chunk.sequence.position(chunk.start)
            assert slot is not None
            if chunk.count == 1:
                context.token[at] = chunk.sequence.tokens[chunk.start]
                context.position[at] = position
                context.sequence[at] = slot.id
                context.wanted[at] = chunk.draws
                at += 1
            else:
                end = at + chunk.count
                context.token[at:end] = np.frombuffer(chunk.sequence.tokens, np.int32)[
                    chunk.start : chunk.start + chunk.count
                ]
                context.position[at:end] = np.arange(position, position + chunk.count)
                context.sequence[at:end] = slot.id
                context.wanted[at:end] = 0
                context.wanted[end - 1] = chunk.draws
                at = end
            if chunk.rates:
                first, rates = at - chunk.count, chunk.rates
                context.wanted[first + rates.start : first + rates.stop] = 1
            if chunk.draws:
                rows.append(at - 1)
        return at, rows

    def _drawer(self, sequence: Sequence) -> Drawer | ServerError:
        drawer = self._drawers.get(sequence.request.id)
        if drawer is None:
            constraint = sequence.request.constraint
            try:
                guide = None if constraint is None else self._grammars.guide(constraint)
            except ServerError as error:
                return error
            drawer = Drawer(sequence, self._vocabulary, self._context, guide)
            self._drawers[sequence.request.id] = drawer
        return drawer

    def _draw(self, sequences: list[Sequence], rows: list[int]) -> list[Drawn]:
        drawers = [self._drawer(sequence) for sequence in sequences]
        work = list(zip(drawers, rows, strict=True))
        if self._helpers is None or len(work) < 2 or len(work) * self._vocabulary.size < _WORTH_SPREADING:
            return self._draw_some(work)
        self._context.logits(rows[0])  # puts the outputs in order once, before several threads read them
        size = -(-len(work) // self._parts)
        others = [self._helpers.submit(self._draw_some, work[at : at + size]) for at in range(size, len(work), size)]
        drawn = self._draw_some(work[:size])
        for other in others:
            drawn += other.result()
        return drawn

    def _draw_some(self, work: list[tuple[Drawer | ServerError, int]]) -> list[Drawn]:
        return [
            Drawn((), error=drawer) if isinstance(drawer, ServerError) else drawer.draw(row) for drawer, row in work
        ]

    def _logprobs(self, sequences: list[Sequence], rows: list[int], drawn: list[Drawn]) -> dict[int, TokenLogprob]:
        """From the raw logits, which drawing leaves as they are; for those who asked."""
        result = {}
        for i, (sequence, row) in enumerate(zip(sequences, rows, strict=True)):
            count = sequence.request.logprobs
            if count is None or not drawn[i].tokens or not drawn[i].sampled:
                continue
            result[i] = self._rate(drawn[i].tokens[0], row, count)
        return result

    def _rated(self, chunks: list[Chunk]) -> dict[str, list[TokenLogprob]]:
        """The log-probabilities of prompts' tokens that follow those just computed. The logits are not kept."""
        found: dict[str, list[TokenLogprob]] = {}
        at = 0
        for chunk in chunks:
            request = chunk.sequence.request
            if chunk.sequence.rates:
                rated = []
                if not (chunk.sequence.rated or request.rates_from):
                    first = request.prompt[0]
                    rated.append(TokenLogprob(first, self._vocabulary.label(first), math.nan))
                for offset in chunk.rates:
                    token = request.prompt[chunk.start + offset + 1]
                    rated.append(self._rate(token, at + offset, request.logprobs or 0))
                found[request.id] = rated
            at += chunk.count
        return found

    def _rate(self, token: int, row: int, count: int) -> TokenLogprob:
        label = self._vocabulary.label
        logits = self._context.logits(row).astype(np.float64)
        top = logits.max()
        logprobs = logits - (top + np.log(np.exp(logits - top).sum()))
        candidates = np.argpartition(-logprobs, count)[:count]
        best = candidates[np.argsort(-logprobs[candidates], kind="stable")]
        return TokenLogprob(
            token,
            label(token),
            float(logprobs[token]),
            tuple((int(other), label(int(other)), float(logprobs[other])) for other in best),
        )

    def warm_up(self) -> None:
        """Compute one token and forget it, so that the first request does not pay for what is made on first use."""
        self._context.token[0] = max(self._vocabulary.bos, 0)
        self._context.position[0] = self._context.sequence[0] = self._context.wanted[0] = 0
        self._context.decode(1)
        self._context.clear()

    def forget(self, sequence: Sequence) -> None:
        """A sequence has ended: free its sampler."""
        if drawer := self._drawers.pop(sequence.request.id, None):
            drawer.close()

    def reset(self) -> None:
        """Forget every sequence and empty the cache."""
        for drawer in self._drawers.values():
            drawer.close()
        self._drawers.clear()
        self._stored.clear()
        self._context.clear()

    def close(self) -> None:
        """Free the samplers and their threads; the context is its owner's."""
        self.reset()
        if self._helpers is not None:
            self._helpers.shutdown()
