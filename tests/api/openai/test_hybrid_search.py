"""Search by words and vectors together, over real models of random weights: the plumbing, not the quality."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from server.search.vectors import VectorFiles
from tests.api.served import Served, serving_models
from tests.search import documents

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = {"threads": 1, "cells": 512, "ctxSize": 512}
ENTRIES = {
    "bert": {"params": {"model": "bert.gguf", **SMALL}},
    "ranker": {"params": {"model": "ranker.gguf", **SMALL}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("hybrid")
    files = [model_file("bert"), model_file("ranker")]
    search = {"search__embedding_model": "bert", "search__rerank_model": "ranker"}
    async with serving_models(folder, ENTRIES, files, **search) as one:
        yield one


async def filled(house: Served, *names: str) -> str:
    client = house.openai()
    store = await client.vector_stores.create()
    for name in names:
        file = await client.files.create(file=(name, documents.MAKERS[name]()), purpose="assistants")
        made = await client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
        assert made.status == "completed", made.last_error
    return store.id


async def search(house: Served, store: str, query: str, **ranking: Any) -> Any:
    body = {"query": query, "ranking_options": ranking}
    return (await house.http.post(f"/v1/vector_stores/{store}/search", json=body)).json()


async def test_every_way_says_what_it_is(house: Served) -> None:
    store = await filled(house, "notes.md")
    words = {"embedding_weight": 0, "text_weight": 1}
    vectors = {"embedding_weight": 1, "text_weight": 0}
    for options, how in (
        ({}, {"retrieval": "hybrid", "reranked": True}),
        ({"ranker": "none"}, {"retrieval": "hybrid", "reranked": False}),
        ({"ranker": "none", "hybrid_search": words}, {"retrieval": "full_text", "reranked": False}),
        ({"ranker": "none", "hybrid_search": vectors}, {"retrieval": "vectors", "reranked": False}),
    ):
        found = await search(house, store, "Who keeps the spare keys?", **options)
        assert found["llm_api"] == how
        assert found["data"]
        scores = [each["score"] for each in found["data"]]
        assert scores == sorted(scores, reverse=True)


async def test_the_passage_itself_is_the_nearest(house: Served) -> None:
    store = await filled(house, "notes.md", "print.pdf")
    for heading, text in documents.SECTIONS:
        found = await search(
            house,
            store,
            f"{heading}\n{text}",
            ranker="none",
            hybrid_search={"embedding_weight": 1, "text_weight": 0},
        )
        assert text.split(".")[0] in found["data"][0]["content"][0]["text"]


async def test_vectors_go_with_their_document(house: Served, tmp_path: Path) -> None:
    client = house.openai()
    store = await filled(house, "notes.txt")
    folder = next(path for path in Path(str(tmp_path.parent)).glob("hybrid*/var/vectors"))
    before = {path.name for path in folder.iterdir()}
    await client.vector_stores.delete(store)
    after = {path.name for path in folder.iterdir()}
    assert len(before - after) == 1


async def test_the_nearest_are_found_exactly(tmp_path: Path) -> None:
    vectors = VectorFiles(tmp_path / "vectors")
    random = np.random.default_rng(1)
    rows = {name: random.standard_normal((size, 8), dtype=np.float32) for name, size in (("a", 30), ("b", 1), ("c", 7))}
    for name, each in rows.items():
        with vectors.writing(name) as writer:
            writer.append(each[: len(each) // 2])
            writer.append(each[len(each) // 2 :])
    queries = random.standard_normal((3, 8), dtype=np.float32)
    found = vectors.nearest(["a", "b", "gone", "c"], queries, 5)
    for query, places in zip(queries, found, strict=True):
        every = [(name, at) for name, each in rows.items() for at in range(len(each))]
        best = sorted(every, key=lambda place: -float(rows[place[0]][place[1]] @ query))[:5]
        assert places == best
    assert vectors.nearest(["a"], queries[:, :4], 5) == [[], [], []]
    vectors.remove(["a", "gone"])
    assert vectors.nearest(["a"], queries, 5) == [[], [], []]

    def broken_off() -> None:
        with vectors.writing("half") as writer:
            writer.append(queries)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert vectors.nearest(["half"], queries, 5) == [[], [], []]
