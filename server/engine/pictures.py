"""Images as a prompt holds them: rows of numbers, which a projector made, where tokens would stand. Pure.

A row has an id, as a token has, but below zero. Rows with the same id come from the same image, so the books tell
images apart as they tell texts apart: what begins with the same ids begins with the same words and images.

Most models give each row a position of its own. Where they lie in a grid (M-RoPE), an image of 20 by 10 rows takes up
20 positions; a row's id says whether it takes one.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

AXES = 4
"""Numbers of a position in a grid: time, row, column, and one that models seen so far leave at 0."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a projector made of an image, or of a part of one."""

    number: int
    """No other image of this model has it."""
    count: int
    span: int
    """Positions that it takes up; at most `count`."""
    whole: bool = False
    """Whether its rows see each other, also those that come later: they are computed in one go then."""
    data: npt.NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """One row each; None where they were only counted."""
    places: npt.NDArray[np.int32] | None = field(default=None, compare=False, repr=False)
    """Where they lie in a grid, and what of that moves with the image's own position: shape (2, AXES, count)."""

    def ids(self) -> array[int]:
        """What stands for its rows among a prompt's tokens."""
        return array("i", [-1 - 2 * self.number] * self.span + [-2 - 2 * self.number] * (self.count - self.span))


Picture = tuple["array[int] | Rows", ...]
"""An image as a model reads it: rows, and the tokens that it wants around or between them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows in a prompt."""

    start: int
    """Index of the first one among the prompt's tokens."""
    rows: Rows

    @property
    def end(self) -> int:
        return self.start + self.rows.count

    def positions(self, first: int, count: int, position: int) -> npt.NDArray[np.int32]:
        """Those of `count` rows from index `first` on, if the image stands at `position`; an axis each in a grid."""
        at = first - self.start
        if self.rows.places is None:
            return np.arange(position + at, position + at + count, dtype=np.int32)
        places = self.rows.places[:, :, at : at + count]
        found: npt.NDArray[np.int32] = places[0] + places[1] * np.int32(position)
        return found


def positions_of(tokens: array[int], length: int) -> int:
    """How many positions the first `length` tokens take up; they must not end within an image."""
    ids = np.frombuffer(tokens, np.int32, length) if length else np.empty(0, np.int32)
    return length - int(np.count_nonzero((ids < 0) & (ids % 2 == 0)))
