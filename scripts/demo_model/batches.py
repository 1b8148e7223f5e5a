"""Conversations as arrays of tokens: batches of rows of one length, made by processes beside the training."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from types import TracebackType

import numpy as np

from demo_model import rendering
from demo_model.corpus.conversation import Conversation
from demo_model.corpus.draw import Draw, Split
from demo_model.shape import Array
from demo_model.tokenizer import Tokenizer

Skill = Callable[[Draw], Conversation]
Mixture = Mapping[str, tuple[float, Skill]]
"""Skills by name, each with its weight: by how often it is drawn, measured against the others."""

LENGTHS = (96, 128, 160, 192, 256, 320, 384, 512, 768, 1024, 1536)
"""The lengths of rows. A conversation is padded to the next of them; a longer one than the last is left out."""

_QUEUED = 12
"""Steps that are made ahead."""


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation: its tokens, and which of them are to be learned."""

    skill: str
    tokens: list[int]
    learned: list[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one length. `places` count through all rows: where a token is to be foretold, `targets`: which one."""

    tokens: Array
    places: Array
    targets: Array
    skills: tuple[str, ...]

    @property
    def size(self) -> int:
        """Tokens, padding included."""
        return int(self.tokens.size)

    def rows(self) -> Array:
        """The row of each target."""
        return np.asarray(self.places // self.tokens.shape[1])


Step = list[Batch]
"""What one change of the weights is computed from."""


def row(conversation: Conversation, tokenizer: Tokenizer, *, last_only: bool = False) -> Row:
    """A conversation as tokens, of which those of all answers are learned, or of the last one only. Answers are
    tokenized apart from what stands before, since a server does so too.
    """
    tokens: list[int] = []
    learned: list[int] = []
    for text, is_answer in rendering.pieces(conversation):
        ids = tokenizer.encode(text)
        if is_answer:
            learned = [] if last_only else learned
            learned += range(len(tokens), len(tokens) + len(ids))
        tokens += ids
    return Row(conversation.skill, tokens, learned)


def batch(rows: Sequence[Row], length: int, padding: int) -> Batch:
    """Rows that are no longer than that, padded at their end."""
    tokens = np.full((len(rows), length), padding, np.int64)
    places: list[int] = []
    targets: list[int] = []
    for at, one in enumerate(rows):
        tokens[at, : len(one.tokens)] = one.tokens
        places += [at * length + place - 1 for place in one.learned]
        targets += [one.tokens[place] for place in one.learned]
    return Batch(tokens, np.array(places), np.array(targets), tuple(one.skill for one in rows))


def conversations(mixture: Mixture, seed: str, split: Split = "train") -> Iterator[Conversation]:
    """Without end; the same for the same seed."""
    names = list(mixture)
    weights = list(itertools.accumulate(mixture[name][0] for name in names))
    for number in itertools.count():
        draw = Draw(f"{seed} {number}", split)
        name = draw.random.choices(names, cum_weights=weights)[0]
        yield mixture[name][1](draw)


def steps(
    mixture: Mixture, tokenizer: Tokenizer, seed: str, *, batches: int = 4, tokens: int = 4096, split: Split = "train"
) -> Iterator[Step]:
    """Without end: so many batches of about so many tokens each, of various lengths as they fill up."""
    waiting: dict[int, list[Row]] = {length: [] for length in LENGTHS}
    step: Step = []
    for conversation in conversations(mixture, seed, split):
        one = row(conversation, tokenizer)
        length = next((length for length in LENGTHS if length >= len(one.tokens)), None)
        if length is None:
            continue
        waiting[length].append(one)
        if len(waiting[length]) >= max(1, tokens // length):
            step.append(batch(waiting[length], length, tokenizer.padding))
            waiting[length] = []
        if len(step) == batches:
            yield step
            step = []


class Producers:
    """Processes that make steps, each from a seed of its own, and put them on one queue."""

    def __init__(self, make: Callable[[str], Iterator[Step]], seed: str, processes: int = 1) -> None:
        """`make` gives the steps for a seed; it travels to the processes, so it is a function that they can import."""
        context = multiprocessing.get_context("spawn")
        self._steps: Queue[Step] = context.Queue(_QUEUED)
        self._processes = [
            context.Process(target=_produce, args=(make, f"{seed} {number}", self._steps), daemon=True)
            for number in range(processes)
        ]

    def __enter__(self) -> Producers:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def next(self) -> Step:
        """The next step; fails if a process that should make it has ended."""
        while True:
            try:
                return self._steps.get(timeout=5)
            except queue.Empty:
                if not all(process.is_alive() for process in self._processes):
                    raise RuntimeError("a process that makes conversations has ended, see its message above") from None


def sorted_batches(rows: Sequence[Row], padding: int, tokens: int = 4096) -> list[Batch]:
    """All these rows, those of like length together."""
    found: list[Batch] = []
    waiting: list[Row] = []
    for one in sorted(rows, key=lambda one: len(one.tokens)):
        if (len(waiting) + 1) * len(one.tokens) > tokens and waiting:
            found.append(batch(waiting, len(waiting[-1].tokens), padding))
            waiting = []
        waiting.append(one)
    return [*found, batch(waiting, len(waiting[-1].tokens), padding)] if waiting else found


def _produce(make: Callable[[str], Iterator[Step]], seed: str, steps: Queue[Step]) -> None:
    if hasattr(os, "nice"):
        os.nice(5)
    for step in make(seed):
        steps.put(step)
