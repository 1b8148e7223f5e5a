"""Which door a model is behind: that of this machine, or that to other servers. The card says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from server.catalog import Catalog
from server.chat.backend import Answer, Backend, Embeddings, Token
from server.chat.messages import Turn
from server.chat.vectors import Ranking, Scores, Texts, Vectors
from server.chat.written import Written
from server.settings import Settings
from server.telemetry import Metrics
from server.upstream.answering import UpstreamBackend
from server.upstream.client import Client
from server.upstream.counting import Counters
from server.upstream.reaching import Reach
from server.upstream.vectors import UpstreamEmbeddings


class Router:
    """A door that opens the right one; see Backend."""

    def __init__(self, catalog: Catalog, local: Backend, upstream: Backend) -> None:
        self._catalog = catalog
        self._local = local
        self._upstream = upstream

    def open(self, turn: Turn) -> AbstractAsyncContextManager[Answer]:
        return self._of(turn.model).open(turn)

    async def write(self, turn: Turn) -> Sequence[Written]:
        return await self._of(turn.model).write(turn)

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> Sequence[Token]:
        return await self._of(model).tokenize(model, text, start=start, special=special, owner=owner)

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> Sequence[Token]:
        return await self._of(model).label(model, tokens, owner=owner)

    async def count(self, model: str, texts: Sequence[str], *, owner: str) -> Sequence[int]:
        return await self._of(model).count(model, texts, owner=owner)

    async def context(self, model: str, *, owner: str) -> int:
        return await self._of(model).context(model, owner=owner)

    def close(self) -> None:
        self._local.close()
        self._upstream.close()

    def _of(self, model: str) -> Backend:
        return self._local if self._catalog.get(model).upstream is None else self._upstream


class VectorRouter:
    """The same for vectors and scores; see Embeddings."""

    def __init__(self, catalog: Catalog, local: Embeddings, upstream: Embeddings) -> None:
        self._catalog = catalog
        self._local = local
        self._upstream = upstream

    async def embed(self, texts: Texts) -> Vectors:
        return await self._of(texts.model).embed(texts)

    async def rank(self, ranking: Ranking) -> Scores:
        return await self._of(ranking.model).rank(ranking)

    def close(self) -> None:
        self._local.close()
        self._upstream.close()

    def _of(self, model: str) -> Embeddings:
        return self._local if self._catalog.get(model).upstream is None else self._upstream


class Upstreams:
    """The way to all other servers. `close` it in the event loop that used it."""

    def __init__(self, catalog: Catalog, settings: Settings, metrics: Metrics) -> None:
        self._catalog = catalog
        self._metrics = metrics
        self._client = Client()
        self._reach = Reach(settings.limits, metrics)
        self._counters = Counters()
        """For both doors, as a tokenizer takes memory."""

    def beside(self, local: Backend) -> Backend:
        """A door to models of this machine, `local`, and to those behind URLs."""
        elsewhere = UpstreamBackend(self._catalog, self._client, self._reach, self._counters, self._metrics)
        return Router(self._catalog, local, elsewhere)

    def beside_vectors(self, local: Embeddings) -> Embeddings:
        """The same for vectors."""
        elsewhere = UpstreamEmbeddings(self._catalog, self._client, self._reach, self._counters)
        return VectorRouter(self._catalog, local, elsewhere)

    async def close(self) -> None:
        await self._client.close()
