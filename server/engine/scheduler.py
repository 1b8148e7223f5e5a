"""Who computes what in the next step. A pure state machine: no clock, no thread, no model.

    add ──► waiting ──plan──► running ──commit──► running … ──finish──► (gone; its cells stay resident)
               ▲                 │
               └───preempted─────┘        cancel takes a sequence out of either state

There is no prefill phase and no decode phase: a step moves each sequence's `computed` toward its `total`. Sequences
that answer always take part with one token; what the budget leaves is shared among the prompts, and the answers whose
grammar forced more than one, by priority, within a priority between owners by what each has been served, within an
owner by age.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from server.engine.prefix_cache import Match, Operation, PrefixCache, common_prefix
from server.engine.request import Chunk, GenerationRequest, Sequence, StepPlan

HEADROOM = 64
"""Cells beyond its prompt that must be there for a sequence to be let in."""

TIDIED_AT_ONCE = 256
"""Idle cells after which enough was stored at once: each takes some 0.05 ms of a small model where they lie scattered.
All of them go in the end: attention looks at the pool up to its last cell in use, at every step."""

WORTH_WAITING = 16
"""Tokens that a prefix being computed by another must save before a sequence waits for it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The room there is: cells of the pool, sequences at once, tokens in a step."""

    cells: int
    slots: int
    batch: int
    reuse: bool = True
    """False for memories that cannot drop a suffix: then no prefix is ever shared."""
    store: int = 0
    """Tokens whose cells may be kept outside the pool."""
    outputs: int = 2**31
    """Tokens of a step whose logits can be had; at least one for each slot."""
    answers: int = 2**31
    """Sequences that one step answers at most; the others take part in the next."""
    grids: bool = False
    """Whether the rows of images may share positions."""


class Scheduler:
    """Owns the sequences of one model and, through its PrefixCache, the books of its cells."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cache = self._empty_cache()
        self.waiting: dict[str, Sequence] = {}
        self.running: dict[str, Sequence] = {}
        self._served: dict[str, float] = {}
        """Tokens computed for each owner that has work here."""
        self._arrivals = 0

    def _empty_cache(self) -> PrefixCache:
        return PrefixCache(self.limits.cells, self.limits.slots, self.limits.store, grids=self.limits.grids)

    def add(self, request: GenerationRequest) -> Sequence:
        """Take a request. Its prompt must leave one cell of the pool for the answer."""
        if not 0 < len(request.prompt) < self.limits.cells:
            raise ValueError(f"a prompt of {len(request.prompt)} tokens in a pool of {self.limits.cells} cells")
        self._arrivals += 1
        sequence = Sequence(request, self._arrivals, request.prompt[:])
        self.waiting[request.id] = sequence
        # A newcomer starts level with the least served, not with a credit for the time it was away.
        floor = min((self._served[s.request.owner] for s in self._all() if s is not sequence), default=0.0)
        self._served[request.owner] = max(self._served.get(request.owner, 0.0), floor)
        return sequence

    def _all(self) -> Iterator[Sequence]:
        yield from self.running.values()
        yield from self.waiting.values()

    def cancel(self, id: str) -> Sequence | None:
        """Take a sequence out, wherever it is. What it has computed stays resident."""
        sequence = self.waiting.pop(id, None)
        if sequence is None and id in self.running:
            sequence = self.running[id]
            self.finish(sequence)
        elif sequence is not None:
            self._forget_owner(sequence.request.owner)
        return sequence

    def finish(self, sequence: Sequence, *, keep: bool = True) -> None:
        """A running sequence has ended. `keep` False: its cells are in doubt and must not be used again."""
        del self.running[sequence.request.id]
        self._leave_slot(sequence, keep=keep and self.limits.reuse)
        self._forget_owner(sequence.request.owner)

    def _leave_slot(self, sequence: Sequence, *, keep: bool) -> None:
        if sequence.slot is not None:
            length = sequence.whole(sequence.computed) if keep else None
            self.cache.release(sequence.slot, keep=keep, length=length)
            sequence.slot = None

    def _forget_owner(self, owner: str) -> None:
        if not any(sequence.request.owner == owner for sequence in self._all()):
            self._served.pop(owner, None)

    @property
    def idle(self) -> bool:
        """Nothing to do until somebody adds a request."""
        return not (self.waiting or self.running)

    # The step

    def plan(self, prompt_budget: Callable[[int, bool], int]) -> StepPlan:
        """The next step. `prompt_budget` says how many prompt tokens may join so many generating sequences, of which
        any is read along or none.
        """
        plan = StepPlan()
        counts: dict[Sequence, int] = {}
        self._plan_generating(plan, counts)
        room = self.limits.batch - plan.generating
        if plan.generating:
            streams = any(sequence.request.streams for sequence in counts)
            room = min(room, prompt_budget(plan.generating, streams))
        self._plan_prompts(plan, counts, room)
        if not counts and self.running:  # prompts that share too few cells: let the oldest go on alone
            self._preempt_newest(plan)
        plan.chunks = [
            Chunk(
                sequence,
                sequence.computed,
                count,
                draws=count == sequence.pending,
                image=sequence.image_at(sequence.computed),
            )
            for sequence, count in counts.items()
        ]
        plan.operations = self.tidy() if plan.chunks else self._operations()
        return plan

    def tidy(self) -> list[Operation]:
        """Store some of the idle prefixes, if that is called for; what is to be done for it. Also while all is idle."""
        before = self.cache.idle
        while self.limits.store and self.cache.resident and before - self.cache.idle < TIDIED_AT_ONCE:
            self.cache.evict()
        return self._operations()

    def _operations(self) -> list[Operation]:
        operations, self.cache.operations = self.cache.operations, []
        return operations

    def _plan_generating(self, plan: StepPlan, counts: dict[Sequence, int]) -> None:
        """Every sequence that answers takes part with a token; when cells are short, evict, then preempt.

        Where they are too many for one step they take turns: of one owner, first who waited longest.
        """
        ready = [sequence for sequence in self.running.values() if sequence.answers]
        most = min(self.limits.batch, self.limits.answers)
        if len(ready) > most:
            ready.sort(key=lambda sequence: self._served[sequence.request.owner])
            del ready[most:]
            for sequence in ready:
                self.running[sequence.request.id] = self.running.pop(sequence.request.id)
        while self.cache.free < len(ready):
            if not self.cache.evict():
                victim = self._preempt_newest(plan)
                if victim in ready:
                    ready.remove(victim)
        for sequence in ready:
            self._put(counts, sequence, 1)
            plan.generating += 1

    def _preempt_newest(self, plan: StepPlan) -> Sequence:
        """The newest of the lowest priority gives up its cells, keeps its tokens, and computes them again later."""
        sequence = max(self.running.values(), key=lambda s: (-s.request.priority, s.arrival))
        del self.running[sequence.request.id]
        self._leave_slot(sequence, keep=self.limits.reuse)  # the newest resident: stored, or given up, after all others
        self.waiting[sequence.request.id] = sequence
        plan.preempted.append(sequence)
        return sequence

    def _plan_prompts(self, plan: StepPlan, counts: dict[Sequence, int], room: int) -> None:
        left = {sequence: sequence.pending - counts.get(sequence, 0) for sequence in self.running.values()}
        candidates = [one for one, count in left.items() if count and (one in counts or not one.answers)]
        candidates += [sequence for sequence in self.waiting.values() if not self._still_waits(sequence)]
        reserved = sum(left.values())
        admitting = not plan.preempted  # who was just pushed out must not be overtaken by a newcomer
        outputs = self.limits.outputs - len(counts)
        while room > 0 and candidates:
            sequence = min(candidates, key=self._order)
            candidates.remove(sequence)
            if sequence not in counts and not outputs:
                continue
            if sequence.slot is None:
                admitting = admitting and self._fits(sequence, reserved)
                if not admitting:
                    candidates = [other for other in candidates if other.slot is not None]
                    continue
                if not self._admit(sequence, plan):
                    continue
                left[sequence] = sequence.pending
                reserved += sequence.pending
            most = min(left[sequence], room)
            if sequence.rates:  # each of its tokens has an output, but one is left for each of the others
                most = min(most, max(1, outputs - sum(other.slot is not None for other in candidates)))
            count = self._make_room_for(sequence, counts.get(sequence, 0), most, first=not plan.prompt)
            if count:
                outputs -= count if sequence.rates else int(sequence not in counts)
                self._put(counts, sequence, count)
                plan.prompt += count
                room -= count
                reserved -= count

    def _order(self, sequence: Sequence) -> tuple[int, float, int]:
        return (-sequence.request.priority, self._served[sequence.request.owner], sequence.arrival)

    def _still_waits(self, sequence: Sequence) -> bool:
        """Whether the prefix it waits for is still on its way."""
        if sequence.waits_for is None:
            return False
        leader, length = sequence.waits_for
        if leader.slot is not None and leader.computed < length:
            return True
        sequence.waits_for = None
        return False

    def _fits(self, sequence: Sequence, reserved: int) -> bool:
        """Whether there is room for its tokens and some of its answer, beside what others are still to compute."""
        if not self.cache.has_slot:
            return False
        match = self._match(sequence)
        need = sequence.total + min(HEADROOM, self.limits.cells - sequence.total)
        if match.slot is not None:
            need -= self.cache.busy_among(match.slot, match.length)
        return need <= self.cache.available - reserved or not self.running

    def _match(self, sequence: Sequence, *, stored: bool = True) -> Match:
        # The last token is always computed: its logits are what the first drawn token comes from.
        if not self.limits.reuse:
            return Match(None, 0)
        limit = sequence.rated if sequence.rates else sequence.total - 1
        match = self.cache.match(sequence.tokens, sequence.request.scope, limit, stored=stored)
        length = sequence.whole(match.length)
        return match._replace(length=length) if length else Match(None, 0)

    def _admit(self, sequence: Sequence, plan: StepPlan) -> bool:
        """Let it in with the longest prefix there is, or have it wait for a longer one that is being computed."""
        match = self._match(sequence)
        if match.stored is not None and not self.cache.can_restore(match.stored):
            match = self._match(sequence, stored=False)
        leader = self._leader(sequence, match.length) if self.limits.reuse and not sequence.rates else None
        if leader is not None:
            sequence.waits_for = leader
            return False
        del self.waiting[sequence.request.id]
        request = sequence.request
        sequence.slot = self.cache.open(sequence.tokens, request.scope, match, request.owner)
        self.running[sequence.request.id] = sequence
        if not sequence.admitted:
            sequence.cached = min(match.length, len(sequence.request.prompt))
            sequence.admitted = True
        plan.admitted.append(sequence)
        return True

    def _leader(self, sequence: Sequence, found: int) -> tuple[Sequence, int] | None:
        """A running sequence that is about to compute a longer prefix of this one than `found`."""
        best: tuple[Sequence, int] | None = None
        for other in self.running.values():
            if other.pending <= 1 or other.request.scope != sequence.request.scope:
                continue
            if other.request.priority < sequence.request.priority:
                continue
            shared = common_prefix(sequence.tokens, other.tokens, sequence.total - 1)
            if shared >= found + WORTH_WAITING and shared > other.computed and (best is None or shared > best[1]):
                best = (other, shared)
        return best

    def _make_room_for(self, sequence: Sequence, planned: int, most: int, *, first: bool) -> int:
        """Free cells for at most so many of its next tokens, beyond those `planned`, that are of one kind: tokens, or
        rows of an image. Rows that must be computed in one go are all taken by who comes `first` in a step.
        """
        at = sequence.computed + planned
        image = sequence.image_at(at)
        if image is None:
            border = min((one.start for one in sequence.request.images if one.start > at), default=sequence.total)
            return self._make_room(min(most, border - at))
        rows = image.end - at
        if not image.rows.whole:
            return self._make_room(min(most, rows))
        return rows if (rows <= most or first) and self._make_room(rows) == rows else 0

    def _make_room(self, count: int) -> int:
        """Free cells for a prompt, evicting but never preempting; how many of `count` there are."""
        while self.cache.free < count and self.cache.evict():
            pass
        return min(count, self.cache.free)

    def _put(self, counts: dict[Sequence, int], sequence: Sequence, count: int) -> None:
        """Have `count` more of its tokens computed in this step."""
        assert sequence.slot is not None
        self.cache.extend(sequence.slot, count)
        counts[sequence] = counts.get(sequence, 0) + count
        self._served[sequence.request.owner] += count

    def commit(self, plan: StepPlan, drawn: Iterable[Iterable[int]]) -> list[Sequence]:
        """The step was computed; `drawn` are the tokens that each chunk that draws brings, in order: the one that was
        drawn and those that must follow it. Whose they are.
        """
        results = []
        tokens = iter(drawn)
        for chunk in plan.chunks:
            sequence = chunk.sequence
            if sequence.slot is None:
                raise AssertionError(f"{sequence.request.id} lost its slot during a step")
            sequence.slot.computed += chunk.count
            if sequence.rates:
                sequence.rated = max(sequence.rated, sequence.slot.computed)
            if chunk.draws:
                sequence.tokens.extend(next(tokens))
                sequence.forced = max(0, sequence.pending - 1)
                results.append(sequence)
        return results

    def abandon(self) -> list[Sequence]:
        """The step failed: every sequence is let go and no cell is trusted any more. Who is to be told."""
        sequences = [*self.running.values(), *self.waiting.values()]
        for sequence in sequences:
            sequence.slot = None
        self.running.clear()
        self.waiting.clear()
        self._served.clear()
        self.cache = self._empty_cache()
        return sequences

    def check_integrity(self) -> None:
        """Raise AssertionError when a sequence is in two states or the cache's books do not add up."""
        self.cache.check_integrity()
        if self.running.keys() & self.waiting.keys():
            raise AssertionError("a sequence waits and runs at once")
        for sequence in self.running.values():
            slot = sequence.slot
            if slot is None or self.cache.running.get(slot.id) is not slot or slot.tokens is not sequence.tokens:
                raise AssertionError(f"{sequence.request.id} runs without its slot")
            if not 0 <= sequence.forced < max(1, sequence.generated):
                raise AssertionError(f"{sequence.request.id} was forced to more tokens than it has")
        for sequence in self.waiting.values():
            if sequence.slot is not None:
                raise AssertionError(f"{sequence.request.id} waits and holds a slot")
        if len(self.cache.running) != len(self.running):
            raise AssertionError("a slot is held by nobody")
        owners = {sequence.request.owner for sequence in self._all()}
        if owners != set(self._served):
            raise AssertionError("the owners served are not those that have work")
