"""From a question to the passages that answer it: by words and, where a model makes vectors, by meaning.

Each way puts passages in an order; the orders are fused by the reciprocals of the ranks, so that neither way's scores
need mean anything to the other. A model that rates passages may then put the best ones in its own order.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from server.catalog import Catalog
from server.chat.backend import Embeddings
from server.chat.vectors import Ranking, Texts
from server.search.indexing import spoken
from server.search.vectors import VectorIndex
from server.settings import SearchSection
from server.store.documents import Documents, Place, StoredPassage

Method = Literal["full_text", "vectors", "hybrid"]

CANDIDATES = 50
"""Passages that each way brings for each query."""
RERANKED = 30
"""Of them, those that a rating model reads."""
_DAMPING = 60
"""Of the ranks: how much the first is worth more than the next ones. The number is the usual one."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for."""

    queries: tuple[str, ...]
    limit: int
    text_weight: float = 1.0
    vector_weight: float = 1.0
    rerank: bool = True
    least: float = 0.0
    """The score that a passage must have."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. `score`: 0 to 1, of the rating model; without one, 1 is first by every way."""

    passage: StoredPassage
    score: float


@dataclass(frozen=True, slots=True)
class Findings:
    """The best passages, and how they were found."""

    hits: tuple[Hit, ...]
    method: Method
    reranked: bool


class Retriever:
    """Finds passages."""

    def __init__(
        self,
        settings: SearchSection,
        catalog: Catalog,
        embeddings: Embeddings,
        documents: Documents,
        vectors: VectorIndex,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._embeddings = embeddings
        self._documents = documents
        self._vectors = vectors

    async def find(self, owner: str, question: Question, documents: tuple[str, ...]) -> Findings:
        """The passages of these documents that answer it best. Raises what the models raise."""
        by_vectors = await self._by_vectors(owner, question, documents) if question.vector_weight else None
        by_words: list[list[Place]] = []
        if question.text_weight or by_vectors is None:
            by_words = [await self._documents.search(documents, query, CANDIDATES) for query in question.queries]
        ways = ((by_words, question.text_weight or 1.0), (by_vectors or [], question.vector_weight))
        fused = _fused(ways)
        method: Method = "full_text" if by_vectors is None else "hybrid" if by_words else "vectors"
        reranks = question.rerank and bool(self._settings.rerank_model)
        best = fused[: max(RERANKED, question.limit) if reranks else question.limit]
        scores = dict(best)
        found = await self._documents.passages([place for place, _ in best])
        hits = [Hit(passage, scores[passage.document, passage.position]) for passage in found]
        if reranks and hits:
            hits = await self._reranked(owner, question, hits)
        kept = tuple(hit for hit in hits if hit.score >= question.least)
        return Findings(kept[: question.limit], method, reranks)

    async def _by_vectors(self, owner: str, question: Question, documents: tuple[str, ...]) -> list[list[Place]] | None:
        """None: no document has vectors of the model that is configured now."""
        if not self._settings.embedding_model:
            return None
        model = self._catalog.get(self._settings.embedding_model).name
        embedded = await self._documents.embedded(documents, model)
        if not embedded:
            return None
        made = await self._embeddings.embed(Texts(model, question.queries, owner=owner))
        return await asyncio.to_thread(self._vectors.nearest, embedded, made.rows, CANDIDATES)

    async def _reranked(self, owner: str, question: Question, hits: Sequence[Hit]) -> list[Hit]:
        model = self._catalog.get(self._settings.rerank_model).name
        texts = tuple(spoken(hit.passage.heading, hit.passage.text) for hit in hits)
        rated = await self._embeddings.rank(Ranking(model, "\n".join(question.queries), texts, owner))
        scored = [Hit(hit.passage, value) for hit, value in zip(hits, rated.values, strict=True)]
        return sorted(scored, key=lambda hit: -hit.score)


def _fused(ways: Sequence[tuple[Sequence[Sequence[Place]], float]]) -> list[tuple[Place, float]]:
    """Places with their scores, the best first. 1: first in every order that there is."""
    points: defaultdict[Place, float] = defaultdict(float)
    most = 0.0
    for orders, weight in ways:
        for order in orders:
            most += weight / (_DAMPING + 1)
            for rank, place in enumerate(order, 1):
                points[place] += weight / (_DAMPING + rank)
    return sorted(((place, value / most) for place, value in points.items()), key=lambda one: (-one[1], one[0]))
