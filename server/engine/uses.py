"""What a model is for: writing text, turning text into vectors, saying how well a document answers a query.

The file says what it was made for, its card may allow more. Known before anything is loaded, from header and card.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.catalog import ModelCard
from server.engine.gguf import read_header
from server.errors import BadRequest, ModelLoadFailed


class Use(enum.StrEnum):
    """What a request wants of a model, in the words that lists of models show."""

    TEXT = "text"
    EMBEDDINGS = "embeddings"
    RERANK = "rerank"


class Pooling(enum.IntEnum):
    """How the outputs of all tokens become one, numbered as in GGUF and llama.cpp."""

    MEAN = 1
    CLS = 2
    LAST = 3
    RANK = 4
    """A head of the model's own makes a score of them."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What one model can be asked for."""

    writes: bool = True
    pooling: Pooling | None = None
    """None: it makes no vectors."""
    by_cosine: bool = False
    """Whether documents may be ranked by their vectors' likeness to the query's."""

    @property
    def all(self) -> tuple[Use, ...]:
        return tuple(use for use in Use if self.allow(use))

    def allow(self, use: Use) -> bool:
        """Whether the model may be used so."""
        ranks = self.pooling is Pooling.RANK
        embeds = self.pooling is not None and not ranks
        return {Use.TEXT: self.writes, Use.EMBEDDINGS: embeds, Use.RERANK: ranks or (embeds and self.by_cosine)}[use]

    def check(self, name: str, use: Use) -> None:
        """Raises BadRequest, which says what the model is for and what would have to be done."""
        if not self.allow(use):
            raise BadRequest(f"{_IS[self._made_for].format(name=repr(name))} {_INSTEAD[use]}", param="model")

    @property
    def _made_for(self) -> Use:
        if self.writes:
            return Use.TEXT
        return Use.RERANK if self.pooling is Pooling.RANK else Use.EMBEDDINGS


_IS = {
    Use.TEXT: "The model {name} writes text.",
    Use.EMBEDDINGS: "The model {name} makes embeddings and writes no text.",
    Use.RERANK: "The model {name} only ranks documents, at /v1/rerank.",
}
_INSTEAD = {
    Use.TEXT: "Name a model that writes text; GET /v1/models shows what each is for.",
    Use.EMBEDDINGS: 'Name a model made for embeddings, or allow them with "embeddings": true in the card of one that '
    "writes text.",
    Use.RERANK: 'Name a model made for ranking, or allow ranking by embeddings with "rerank": true in this one\'s card '
    '(and "embeddings": true if it writes text).',
}


class Kind(Protocol):
    """What of a file's header says what it is for."""

    @property
    def causal(self) -> bool: ...

    @property
    def pooling(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Seen:
    """The little that is kept of a header."""

    causal: bool
    pooling: int


class Kinds:
    """The kinds of the files that were looked at, so that a header is read once. From any thread."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[tuple[int, int], Kind]] = {}

    def of(self, file: Path) -> Kind:
        """Raises ModelLoadFailed."""
        try:
            status = file.stat()
        except OSError as error:
            raise ModelLoadFailed(f"The model file {file.name!r} cannot be read: {error.strerror}.") from error
        stamp = status.st_size, status.st_mtime_ns
        known = self._seen.get(file)
        if known is None or known[0] != stamp:
            header = read_header(file)
            known = self._seen[file] = stamp, _Seen(header.causal, header.pooling)
        return known[1]


def uses_behind_url(card: ModelCard) -> Uses:
    """What a model behind a URL is for: as its card says, whatever the other end can do."""
    return Uses(True, Pooling.MEAN if card.embeddings else None, card.rerank)


def uses_of(card: ModelCard, header: Kind) -> Uses:
    """What a model is for, by its file and its card."""
    made_for = Pooling(header.pooling) if header.pooling else None
    named = Pooling[card.embeddings.upper()] if isinstance(card.embeddings, str) else None
    if made_for is not None or not header.causal:
        return Uses(False, named or made_for or Pooling.MEAN, card.rerank)
    if card.embeddings:
        return Uses(True, named or Pooling.MEAN, card.rerank)
    return Uses()
