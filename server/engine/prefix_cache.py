"""Which sequence holds which tokens: the books of the unified cache. Pure; llama.cpp follows its operations.

A *slot* is one of llama.cpp's sequence ids with the tokens that are computed in it. A *cell* holds one token of the
shared pool; a fork lets two slots hold the same cells, and a cell is free again when no slot holds it:

    slot 3   [ system prompt ........ | question of A ... | answer ...      ]   held by a running sequence
    slot 7   [ system prompt ........ | question of B ]                         resident: nobody runs on it
               └ shared cells, counted once

A resident slot stays until its cells or its id are needed; the one used longest ago goes first. It is not lost at once:
where there is memory for it, it is *stored* outside the pool, and a later prompt that begins like it has it restored,
which is far cheaper than computing it again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from server.engine.pictures import positions_of


class Cut(NamedTuple):
    """Drop what a slot holds beyond so many positions."""

    slot: int
    positions: int


class Share(NamedTuple):
    """Let `target` hold the cells of the first `positions` of `source` too."""

    source: int
    target: int
    positions: int


class Save(NamedTuple):
    """Keep a copy of what a slot holds, outside the pool."""

    slot: int
    key: int


class Restore(NamedTuple):
    """Put such a copy into an empty slot."""

    key: int
    slot: int


class Forget(NamedTuple):
    """Throw such a copy away."""

    key: int


Operation = Cut | Share | Save | Restore | Forget

WORTH_STORING = 32
"""Tokens below which a slot is dropped rather than stored."""


@dataclass(slots=True, eq=False)
class Slot:
    """A sequence id of llama.cpp. `tokens` may run ahead of what is computed; `cells` never does."""

    id: int
    tokens: array[int] = field(default_factory=lambda: array("i"))
    cells: array[int] = field(default_factory=lambda: array("i"))
    """One for each token that is computed or will be by the step in planning."""
    computed: int = 0
    scope: str = ""
    owner: str = ""
    """Who runs on it, or ran last."""
    running: bool = False
    used: int = 0
    """When it was last of use, in ticks of the cache."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A computed prefix outside the pool."""

    key: int
    tokens: array[int]
    scope: str


class Match(NamedTuple):
    """The longest computed prefix found, and who has it: a slot, or else the store."""

    slot: Slot | None
    length: int
    stored: Stored | None = None


def common_prefix(one: array[int], other: array[int], limit: int) -> int:
    """How many of the first `limit` tokens are equal in both."""
    limit = min(limit, len(one), len(other))
    if limit <= 0 or one[0] != other[0]:
        return 0
    differs = np.frombuffer(one, np.int32, limit) != np.frombuffer(other, np.int32, limit)
    first = int(differs.argmax())
    return first if differs[first] else limit


class PrefixCache:
    """The slots and cells of one context. Every change is also noted in `operations`, in the order to carry out."""

    def __init__(self, cells: int, slots: int, store: int = 0, *, grids: bool = False) -> None:
        """`store`: tokens for which there is room outside the pool. `grids`: the rows of images may share positions."""
        self.total = cells
        self._grids = grids
        self.stored: dict[int, Stored] = {}
        """By key, the least recently used first."""
        self._store = store
        self._keys = 0
        self.operations: list[Operation] = []
        self.resident: dict[int, Slot] = {}
        """Slots that nobody runs on, the least recently used first."""
        self.running: dict[int, Slot] = {}
        self._idle_ids = list(range(slots - 1, -1, -1))
        self._free = list(range(cells - 1, -1, -1))
        # How many slots hold each cell, and how many running ones do.
        self._holders: npt.NDArray[np.int32] = np.zeros(cells, np.int32)
        self._runners: npt.NDArray[np.int32] = np.zeros(cells, np.int32)
        self._busy = 0
        self._tick = 0

    @property
    def free(self) -> int:
        """Cells that nobody holds."""
        return len(self._free)

    @property
    def available(self) -> int:
        """Cells that are free or would be if every resident slot went."""
        return self.total - self._busy

    @property
    def idle(self) -> int:
        """Cells that only resident slots hold."""
        return self.total - self._busy - len(self._free)

    @property
    def has_slot(self) -> bool:
        """Whether a sequence id is idle or can be made so."""
        return bool(self._idle_ids or self.resident)

    def held(self) -> dict[str, int]:
        """Cells by owner. A shared one counts once: for whoever runs on it rather than for who ran."""
        counts: Counter[str] = Counter()
        uncounted = np.ones(self.total, np.bool_)
        for slot in (*self.running.values(), *self.resident.values()):
            cells = _view(slot.cells)
            counts[slot.owner] += int(np.count_nonzero(uncounted[cells]))
            uncounted[cells] = False
        return dict(counts)

    def match(self, tokens: array[int], scope: str, limit: int, *, stored: bool = True) -> Match:
        """The longest prefix of `tokens`, at most `limit`, that is computed in any slot of `scope`, or `stored`.

        Of equals, a resident slot that holds nothing else is best: it can be taken over as it is.
        """
        best, length = None, 0
        for slot in (*self.running.values(), *self.resident.values()):
            reach = min(slot.computed, limit)
            # Only a slot that agrees where the best so far ends can be better.
            if (
                slot.scope != scope
                or reach < max(length, 1)
                or (length and slot.tokens[length - 1] != tokens[length - 1])
            ):
                continue
            found = common_prefix(tokens, slot.tokens, reach)
            if found > length or (found and found == length and slot.computed == found and not slot.running):
                best, length = slot, found
        better = None
        for candidate in self.stored.values() if stored else ():
            if candidate.scope == scope and len(candidate.tokens) >= length + WORTH_STORING:
                found = common_prefix(tokens, candidate.tokens, limit)
                if found >= length + WORTH_STORING:
                    better, length = candidate, found
        return Match(best, length) if better is None else Match(None, length, better)

    def can_restore(self, stored: Stored) -> bool:
        """Make room for all of it, and a slot; False when that cannot be had, or took its own place in the store."""
        self.stored[stored.key] = self.stored.pop(stored.key)
        while (len(self._free) < len(stored.tokens) or not self._idle_ids) and self.evict():
            pass
        return len(self._free) >= len(stored.tokens) and bool(self._idle_ids) and stored.key in self.stored

    def busy_among(self, slot: Slot, length: int) -> int:
        """How many of the first `length` cells of `slot` are held by running sequences."""
        return int(np.count_nonzero(self._runners[_view(slot.cells, length)]))

    def open(self, tokens: array[int], scope: str, match: Match, owner: str = "") -> Slot:
        """A slot to run on, with the matched prefix in it. `has_slot` must hold."""
        source, length, stored = match
        if source is not None and not source.running and (source.computed == length or self._only_choice(source)):
            slot = self._take(source, length)
        else:
            if source is not None:
                self._touch(source)
            slot = Slot(self._idle_ids.pop() if self._idle_ids else self._evict_other_than(source))
            if source is not None:
                self._share(source, slot, length)
            if stored is not None:
                self._restore(stored, slot, length)
        slot.tokens, slot.scope, slot.owner, slot.running = tokens, scope, owner, True
        self.running[slot.id] = slot
        return slot

    def _only_choice(self, source: Slot) -> bool:
        return not self._idle_ids and len(self.resident) == 1 and source.id in self.resident

    def _take(self, slot: Slot, length: int) -> Slot:
        del self.resident[slot.id]
        self.cut(slot, length)
        self._count_running(slot, +1)
        return slot

    def _share(self, source: Slot, target: Slot, length: int) -> None:
        target.cells = source.cells[:length]
        target.computed = length
        self._holders[_view(target.cells)] += 1
        self._count_running(target, +1)
        self.operations.append(Share(source.id, target.id, self._positions(source.tokens, length)))

    def _positions(self, tokens: array[int], length: int) -> int:
        """Where llama.cpp, which counts in positions, finds the token at `length`."""
        return positions_of(tokens, length) if self._grids else length

    def _restore(self, stored: Stored, slot: Slot, length: int) -> None:
        """All of it comes back at first, so there must be cells for all of it."""
        self.operations.append(Restore(stored.key, slot.id))
        self.extend(slot, len(stored.tokens), running=False)
        slot.tokens, slot.computed = stored.tokens, len(stored.tokens)
        if length == slot.computed:  # what runs now begins with all of it, and will be stored in its place
            self._forget(stored)
        else:
            self.stored[stored.key] = self.stored.pop(stored.key)
            self.cut(slot, length)
        self._count_running(slot, +1)

    def _count_running(self, slot: Slot, change: int) -> None:
        cells = _view(slot.cells)
        counts = self._runners[cells] + change
        self._runners[cells] = counts
        self._busy += change * int(np.count_nonzero(counts == (1 if change > 0 else 0)))

    def extend(self, slot: Slot, count: int, *, running: bool = True) -> None:
        """Give a slot `count` more cells, which must be free."""
        taken = self._free[-count:]
        if len(taken) < count:
            raise AssertionError(f"{count} cells were asked for and {len(taken)} are free")
        del self._free[-count:]
        slot.cells.extend(taken)
        self._busy += count * running
        if count == 1:
            self._holders[taken[0]], self._runners[taken[0]] = 1, running
        else:
            self._holders[taken], self._runners[taken] = 1, running

    def cut(self, slot: Slot, length: int) -> None:
        """Let a slot that nobody runs on drop what it holds beyond `length`."""
        if length < len(slot.cells):
            gone = _view(slot.cells)[length:]
            self._holders[gone] -= 1
            self._free.extend(gone[self._holders[gone] == 0].tolist())
            del gone
            del slot.cells[length:]
            slot.computed = length
            self.operations.append(Cut(slot.id, self._positions(slot.tokens, length)))

    def release(self, slot: Slot, *, keep: bool = True, length: int | None = None) -> None:
        """Nobody runs on this slot any more. It stays resident, at most `length` tokens of it, or goes at once if
        `keep` is False.
        """
        del self.running[slot.id]
        self._count_running(slot, -1)
        slot.running = False
        # There may be more: cells of a step that was planned and not computed.
        self.cut(slot, slot.computed if length is None else min(length, slot.computed))
        slot.tokens = slot.tokens[: slot.computed]
        if keep and slot.computed:
            self._touch(slot)
            self.resident[slot.id] = slot
        else:
            self._drop(slot)

    def _touch(self, slot: Slot) -> None:
        self._tick += 1
        slot.used = self._tick
        if slot.id in self.resident:
            self.resident[slot.id] = self.resident.pop(slot.id)

    def _drop(self, slot: Slot) -> None:
        self.cut(slot, 0)
        self._idle_ids.append(slot.id)

    def evict(self) -> bool:
        """Take the resident slot that was used longest ago out of the pool; False when there is none."""
        for slot in self.resident.values():
            self._retire(slot)
            return True
        return False

    def _evict_other_than(self, kept: Slot | None) -> int:
        self._retire(next(slot for slot in self.resident.values() if slot is not kept))
        return self._idle_ids.pop()

    def _retire(self, slot: Slot) -> None:
        """Store a resident slot if that is worth it and there is room; its cells and its id are free then."""
        del self.resident[slot.id]
        if WORTH_STORING <= slot.computed <= self._store and not self._is_stored(slot):
            while sum(len(stored.tokens) for stored in self.stored.values()) + slot.computed > self._store:
                self._forget(next(iter(self.stored.values())))
            self._keys += 1
            self.stored[self._keys] = Stored(self._keys, slot.tokens[: slot.computed], slot.scope)
            self.operations.append(Save(slot.id, self._keys))
        self._drop(slot)

    def _is_stored(self, slot: Slot) -> bool:
        """Whether the store has all of it. What it has of it that ends earlier is thrown away: this goes further."""
        for stored in list(self.stored.values()):
            shared = common_prefix(stored.tokens, slot.tokens, slot.computed) if stored.scope == slot.scope else 0
            if shared == slot.computed:
                self.stored[stored.key] = self.stored.pop(stored.key)
                return True
            if shared == len(stored.tokens):
                self._forget(stored)
        return False

    def _forget(self, stored: Stored) -> None:
        del self.stored[stored.key]
        self.operations.append(Forget(stored.key))

    def check_integrity(self) -> None:
        """Raise AssertionError when the books do not add up."""
        holders, runners = np.zeros_like(self._holders), np.zeros_like(self._runners)
        for slot in (*self.running.values(), *self.resident.values()):
            cells = _view(slot.cells)
            if len(np.unique(cells)) != len(cells):
                raise AssertionError(f"slot {slot.id} holds a cell twice")
            if slot.computed > len(cells) or slot.computed > len(slot.tokens):
                raise AssertionError(f"slot {slot.id} has {slot.computed} computed tokens in {len(cells)} cells")
            if not slot.running and slot.computed != len(cells):
                raise AssertionError(f"resident slot {slot.id} holds cells that are not computed")
            holders[cells] += 1
            runners[cells] += slot.running
        if not (np.array_equal(holders, self._holders) and np.array_equal(runners, self._runners)):
            raise AssertionError("the cells' holders are miscounted")
        if self._busy != int(np.count_nonzero(runners)):
            raise AssertionError(f"{self._busy} cells are said to be busy, {int(np.count_nonzero(runners))} are")
        if sorted(self._free) != np.flatnonzero(holders == 0).tolist():
            raise AssertionError("the free cells are not those that nobody holds")
        if sum(len(stored.tokens) for stored in self.stored.values()) > self._store:
            raise AssertionError("more is stored than there is room for")
        ids = [*self.running, *self.resident, *self._idle_ids]
        if len(ids) != len(set(ids)):
            raise AssertionError("a sequence id is in two places")


def _view(cells: array[int], length: int | None = None) -> npt.NDArray[np.int32]:
    """The cells as an array over the same memory: the list cannot grow while it lives."""
    count = len(cells) if length is None else length
    return np.frombuffer(cells, np.int32, count) if count else np.empty(0, np.int32)
