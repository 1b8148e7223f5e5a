"""The nouns of embeddings and ranking: what a client wants compared, and the numbers that come back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that are each to become a vector."""

    model: str
    """The card's own name, aliases resolved."""
    inputs: tuple[str | tuple[int, ...], ...]
    """Text, or token ids, which are taken as they are."""
    dimensions: int | None = None
    """How many numbers of each vector are wanted; None: all."""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Vectors:
    """A vector of length 1 for each text, one a row, and what they cost."""

    rows: Floats
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Documents that are each to be told how well they answer a query."""

    model: str
    query: str
    documents: tuple[str, ...]
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """How well each document answers, the higher the better, in the documents' order; and what it cost."""

    values: tuple[float, ...]
    prompt_tokens: int
