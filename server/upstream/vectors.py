"""Vectors and scores by models behind URLs."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from server.catalog import Catalog, ModelCard, Upstream
from server.chat.vectors import Floats, Ranking, Scores, Texts, Vectors
from server.engine.uses import Use, uses_behind_url
from server.errors import BadRequest, UpstreamFailed
from server.upstream.client import Client, read_json
from server.upstream.counting import Counters
from server.upstream.places import Place
from server.upstream.reaching import Reach
from server.upstream.reading import read_usage


class UpstreamEmbeddings:
    """The door for vectors to models behind URLs; see Embeddings."""

    def __init__(self, catalog: Catalog, client: Client, reach: Reach, counters: Counters) -> None:
        self._catalog = catalog
        self._client = client
        self._reach = reach
        self._counters = counters

    async def embed(self, texts: Texts) -> Vectors:
        """By `/embeddings` there; see Embeddings."""
        card = self._card(texts.model, Use.EMBEDDINGS)
        inputs = [one if isinstance(one, str) else list(one) for one in texts.inputs]
        body: dict[str, Any] = {"input": inputs, "encoding_format": "base64"}
        if texts.dimensions is not None:
            body["dimensions"] = texts.dimensions
        answer = await self._ask(card, texts.owner, "/embeddings", body)
        rows = await asyncio.to_thread(_rows, answer, len(inputs))
        return Vectors(rows, await self._cost(card, answer, [one for one in texts.inputs if isinstance(one, str)]))

    async def rank(self, ranking: Ranking) -> Scores:
        """By `/rerank` there; see Embeddings."""
        card = self._card(ranking.model, Use.RERANK)
        body = {"query": ranking.query, "documents": list(ranking.documents)}
        answer = await self._ask(card, ranking.owner, "/rerank", body)
        values = _by_index(answer.get("results"), len(ranking.documents), "relevance_score")
        if not all(isinstance(value, int | float) and np.isfinite(value) for value in values):
            raise UpstreamFailed("The server behind this model sent scores that are no numbers.")
        return Scores(tuple(map(float, values)), await self._cost(card, answer, [ranking.query, *ranking.documents]))

    def close(self) -> None:
        """The connections are the client's, and closed with it."""

    def _card(self, model: str, use: Use) -> ModelCard:
        card = self._catalog.get(model)
        uses_behind_url(card).check(card.name, use)
        return card

    async def _ask(self, card: ModelCard, owner: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        upstream = card.upstream
        if upstream is None:  # its card was edited while it was asked
            raise BadRequest("This model lives behind no URL any more. Try again.", param="model")

        @asynccontextmanager
        async def start(place: Place) -> AsyncIterator[Any]:
            yield await self._whole(place.url + path, {"model": upstream.model, **body}, upstream)

        async with self._reach.reach(card, upstream, owner, start) as answer:
            if not isinstance(answer, dict):
                raise UpstreamFailed("The server behind this model did not answer with an object.")
            return answer

    async def _whole(self, url: str, body: dict[str, Any], upstream: Upstream) -> Any:
        try:
            async with (
                asyncio.timeout(upstream.first_token_seconds),
                self._client.post(url, body, upstream, streams=False) as response,
            ):
                return await read_json(response)
        except TimeoutError:
            raise UpstreamFailed(
                f"The server behind this model did not answer in {upstream.first_token_seconds:g} s."
            ) from None

    async def _cost(self, card: ModelCard, answer: dict[str, Any], texts: list[str]) -> int:
        usage = answer.get("usage")
        if isinstance(usage, dict) and (found := read_usage(usage).prompt_tokens or _total(usage)):
            return found
        counter = self._counters.of(card.upstream) if card.upstream is not None else None
        return await asyncio.to_thread(lambda: sum(counter.text(text)[0] for text in texts)) if counter else 0


def _total(usage: dict[str, Any]) -> int:
    return read_usage({"prompt_tokens": usage.get("total_tokens")}).prompt_tokens


def _by_index(entries: Any, count: int, name: str) -> list[Any]:
    """What each entry says under a name, in the order of their indices."""
    found: dict[int, Any] = {}
    for at, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            index = entry.get("index", at)
            found[index if isinstance(index, int) else -1] = entry.get(name)
    if sorted(found) != list(range(count)):
        raise UpstreamFailed(f"The server behind this model answered {len(found)} texts of {count}.")
    return [found[index] for index in range(count)]


def _rows(answer: dict[str, Any], count: int) -> Floats:
    """The vectors, each of length 1."""
    try:
        rows = np.stack([_row(value) for value in _by_index(answer.get("data"), count, "embedding")])
    except (ValueError, TypeError, binascii.Error) as error:
        raise UpstreamFailed("The server behind this model sent vectors that cannot be read.") from error
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise UpstreamFailed("The server behind this model sent vectors that cannot be read.")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit


def _row(value: Any) -> Floats:
    if isinstance(value, str):
        return np.frombuffer(base64.b64decode(value, validate=True), "<f4").astype(np.float32)
    return np.asarray(value, np.float32)
