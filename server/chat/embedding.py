"""The door for vectors: texts go in, vectors or scores come out, by a model of this machine.

    Texts, Ranking ──► token ids ──► engine ──► events ──► Vectors, Scores

Leaving early, by cancellation or an error, takes what has not been computed out of the line.
"""

from __future__ import annotations

import asyncio
import itertools
import weakref
from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import numpy as np

from server.catalog import Catalog
from server.chat.pairing import Pairing
from server.chat.vectors import Floats, Ranking, Scores, Texts, Vectors
from server.engine.deep_thread import deep_executor
from server.engine.host import VectorFacts
from server.engine.live import LiveModel, Mailbox
from server.engine.pool import Pool
from server.engine.request import EmbeddingRequest
from server.engine.uses import Pooling, Use
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest, ContextLengthExceeded, ModelNotLoaded, Unavailable

T = TypeVar("T")


class LocalEmbeddings:
    """Makes vectors and scores with the models of a pool; see Embeddings."""

    def __init__(self, pool: Pool, catalog: Catalog) -> None:
        self._pool = pool
        self._catalog = catalog
        self._numbers = itertools.count(1)
        self._writers = deep_executor("texts", threads=2)
        self._pairings: weakref.WeakKeyDictionary[LiveModel, Pairing] = weakref.WeakKeyDictionary()

    async def embed(self, texts: Texts) -> Vectors:
        """Load the model if need be, check every input, compute; see Embeddings."""
        async with self._entered(texts.model, Use.EMBEDDINGS, texts.owner) as (live, box):
            facts = _facts(live)
            if texts.dimensions is not None and texts.dimensions > facts.width:
                raise BadRequest(
                    f"dimensions is {texts.dimensions}: this model's embeddings have {facts.width}; expected at most "
                    "that.",
                    param="dimensions",
                )
            names = _names("input", len(texts.inputs))
            tokens = await self._deep(lambda: _tokens(live.facts.vocabulary, texts.inputs, names))
            rows = await self._compute(live, box, tokens, names)
        return Vectors(_of_length_one(rows[:, : texts.dimensions]), sum(map(len, tokens)))

    async def rank(self, ranking: Ranking) -> Scores:
        """Each document's relevance, by the model's own head or by the likeness of vectors; see Embeddings."""
        async with self._entered(ranking.model, Use.RERANK, ranking.owner) as (live, box):
            if live.plan.uses.pooling is Pooling.RANK:
                return await self._by_head(live, box, ranking)
            names = ["query", *_names("documents", len(ranking.documents), one=False)]
            texts = (ranking.query, *ranking.documents)
            tokens = await self._deep(lambda: _tokens(live.facts.vocabulary, texts, names))
            rows = _of_length_one(await self._compute(live, box, tokens, names))
        return Scores(tuple((rows[1:] @ rows[0]).tolist()), sum(map(len, tokens)))

    def close(self) -> None:
        """End the threads that cut texts into tokens."""
        self._writers.shutdown(wait=False, cancel_futures=True)

    async def _by_head(self, live: LiveModel, box: Mailbox, ranking: Ranking) -> Scores:
        width = _facts(live).width
        if width not in _RELEVANCE:
            raise BadRequest(
                f"This model sorts texts into {width} classes; it does not say how well one answers another.",
                param="model",
            )

        def pair() -> list[array[int]]:
            pairing = self._pairings.get(live)
            if pairing is None:
                pairing = self._pairings[live] = Pairing(live.facts.vocabulary, _facts(live).rank_template)
            return pairing.tokens(ranking.query, ranking.documents)

        tokens = await self._deep(pair)
        rows = await self._compute(live, box, tokens, _names("documents", len(tokens), one=False))
        return Scores(tuple(_RELEVANCE[width](rows).tolist()), sum(map(len, tokens)))

    @asynccontextmanager
    async def _entered(self, model: str, use: Use, owner: str) -> AsyncIterator[tuple[LiveModel, Mailbox]]:
        """The model with a place in its line."""
        async with self._pool.lease(self._catalog.get(model).name, use) as live:
            box = live.enter(owner)
            try:
                yield live, box
            finally:
                live.close(box)

    async def _deep(self, work: Callable[[], T]) -> T:
        """On a thread with a deep stack, since text of any length passes through C."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, work)

    async def _compute(
        self, live: LiveModel, box: Mailbox, tokens: Sequence[array[int]], names: Sequence[str]
    ) -> Floats:
        """What the model makes of each, as rows. `names` say where in the request each came from."""
        most = _facts(live).context
        for one, name in zip(tokens, names, strict=True):
            if len(one) > most:
                raise ContextLengthExceeded(len(one), most, param=name, answered=False)
        requests = [EmbeddingRequest(f"v{next(self._numbers)}", one, box.owner) for one in tokens]
        rows = {request.id: np.empty(0, np.float32) for request in requests}
        live.embed(box, requests)
        left = len(rows)
        while left:
            for event in await box.take():
                outcome = event.outcome
                if outcome is None:
                    continue
                if outcome.error is not None:
                    raise outcome.error
                assert outcome.vector is not None
                rows[event.id] = outcome.vector
                left -= 1
        found = np.stack(list(rows.values()))
        if not np.isfinite(found).all():
            at = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
            raise Unavailable(f"What the model made of {names[at]} is no number; its file may be damaged.")
        return found


def _facts(live: LiveModel) -> VectorFacts:
    facts = live.facts.vectors
    if facts is None:
        raise ModelNotLoaded("This model was loaded before its card allowed embeddings. Try again when it is idle.")
    return facts


def _names(field: str, count: int, *, one: bool = True) -> list[str]:
    """What an error calls each part of a request; `one`: a single part is called by the field's name."""
    return [field] if one and count == 1 else [f"{field}[{at}]" for at in range(count)]


def _tokens(vocabulary: Vocabulary, texts: Sequence[str | tuple[int, ...]], names: Sequence[str]) -> list[array[int]]:
    """Text with the start and end that the model wants; ids as they are."""
    found = []
    for text, name in zip(texts, names, strict=True):
        if isinstance(text, str):
            found.append(vocabulary.tokenize(text, special=False, first=True))
        else:
            found.append(vocabulary.check(text, name))
        if not found[-1]:
            raise BadRequest(f"{name} is empty, and nothing can be said of nothing.", param=name)
    return found


def _of_length_one(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit


_RELEVANCE: dict[int, Callable[[Floats], Floats]] = {
    1: lambda rows: ((1 + np.tanh(rows[:, 0] / 2)) / 2).astype(np.float32),
    2: lambda rows: rows[:, 0],
}
"""From a model's outputs to 0…1, by how many there are: one is a logit; of two, llama.cpp has made the chances of "yes"
and "no".
"""
