"""What comes next in one answer: a token drawn from the logits, and those that must follow it."""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

from server.engine.constraint import Guide
from server.engine.llama import Context
from server.engine.request import Drawn, Sequence
from server.engine.sampling import Sampler
from server.engine.thinking import Clock
from server.engine.vocabulary import Vocabulary
from server.errors import ServerError


class Drawer:
    """Draws the tokens of one answer: freely, or of what its grammar allows. Used by one thread at a time.

    What must follow is not drawn: tokens that the grammar forces, and those that close a thought that has taken too
    long. They come with the token before them, and the next step computes them in one go.
    """

    def __init__(self, sequence: Sequence, vocabulary: Vocabulary, context: Context, guide: Guide | None) -> None:
        request = sequence.request
        self._sequence = sequence
        self._vocabulary = vocabulary
        self._context = context
        self._guide = guide
        self._clock = Clock(request.thinking) if request.thinking is not None else None
        # A forced token has no probability to tell: who asked for them has every token drawn.
        self._forces = guide is not None and request.logprobs is None
        self._sampler = Sampler(request.sampling, vocabulary, context.cells, biased=guide is None)
        self._sampler.recall(request.prompt)
        self._bias: npt.NDArray[np.float32] | None = None
        if guide is not None and request.sampling.logit_bias:
            tokens, values = zip(*request.sampling.logit_bias, strict=True)
            self._bias = np.zeros(vocabulary.size, np.float32)
            np.add.at(self._bias, list(tokens), values)
        self._ends = np.array(sorted(vocabulary.ends), np.intp)
        # A draw that is not taken must leave no trace.
        self._guesses = guide is not None and self._bias is None and not self._sampler.remembers

    def draw(self, row: int) -> Drawn:
        """The next tokens, from a row of the step's logits. Never raises: what goes wrong is this answer's alone."""
        try:
            return self._draw(row)
        except ServerError as error:
            return Drawn((), error=error)

    def _draw(self, row: int) -> Drawn:
        if self._guide is None and self._clock is None:
            return Drawn((self._context.sample(self._sampler.handle, row),))
        room = self._sequence.most - self._sequence.generated
        tokens = self._following(room)
        sampled = not tokens
        if sampled:
            token = self._pick(row)
            if token in self._vocabulary.ends:
                return Drawn((token,))
            self._note(token)
            tokens = [token]
            tokens += self._following(room - 1)
        complete = self._guide is not None and self._guide.complete
        return Drawn(tuple(tokens), sampled, complete)

    def _pick(self, row: int) -> int:
        if self._guide is None:
            return self._context.sample(self._sampler.handle, row)
        mask = self._guide.mask()
        if self._sequence.request.sampling.ignore_eos:
            going_on = mask.copy()
            going_on[self._ends] = False
            mask = going_on if going_on.any() else mask
        if self._guesses and np.count_nonzero(mask) > mask.size // 2:
            # Nearly anything goes: draw freely, which C does faster, and draw again among the allowed where that was
            # not. A token is as likely then as among the allowed alone, but for where the chain cuts off the tail.
            token = self._context.sample(self._sampler.handle, row)
            if mask[token]:
                return token
        allowed = np.flatnonzero(mask)
        logits = self._context.logits(row)[allowed]
        if self._bias is not None:
            logits += self._bias[allowed]
        return self._sampler.pick(allowed, logits)

    def _following(self, room: int) -> list[int]:
        """What must come now, no more than `room`; noted already."""
        found: list[int] = []
        while room > len(found):
            tokens: list[int] = []
            if self._clock is not None and self._clock.due and self._permits(self._clock.ends):
                tokens = list(self._clock.ends)
            elif self._forces and self._guide is not None and not self._guide.complete:
                tokens = self._guide.forced()
            if not tokens:
                break
            for token in tokens[: room - len(found)]:
                self._note(token)
                self._sampler.accept(token)
                found.append(token)
        return found

    def _permits(self, tokens: array[int]) -> bool:
        return self._guide is None or self._guide.permits(tokens)

    def _note(self, token: int) -> None:
        if self._guide is not None:
            self._guide.take(token)
        if self._clock is not None:
            self._clock.take(self._vocabulary.shown(token))

    def close(self) -> None:
        """Free the sampler."""
        self._sampler.close()
