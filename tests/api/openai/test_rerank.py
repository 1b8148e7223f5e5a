"""Ranking, over real models, in the shape that Jina's and Cohere's clients read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.served import Served, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = {"threads": 1, "cells": 512, "ctxSize": 512}
ENTRIES = {
    "ranker": {"params": {"model": "ranker.gguf", **SMALL}},
    "likeness": {"params": {"model": "bert.gguf", **SMALL}, "rerank": True},
    "both": {"params": {"model": "tiny.gguf", **SMALL}, "embeddings": "last", "rerank": True},
    "bert": {"params": {"model": "bert.gguf", **SMALL}},
    "writes": {"params": {"model": "tiny.gguf", **SMALL}},
}
QUERY = "who sits on the mat?"
DOCUMENTS = ["a dog", "the cat is sitting on the mat", "Hello, World!", "123 and the rest of it"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> AsyncIterator[Served]:
    files = [model_file(kind) for kind in ("bert", "tiny", "ranker")]
    async with serving_models(tmp_path_factory.mktemp("ranking"), ENTRIES, files, limits__inputs=100) as one:
        yield one


async def rank(house: Served, path: str = "/v1/rerank", **fields: Any) -> httpx.Response:
    body = {"model": "ranker", "query": QUERY, "documents": DOCUMENTS, **fields}
    return await house.http.post(path, json=body)


def scores(response: httpx.Response) -> dict[int, float]:
    assert response.status_code == 200, response.text
    return {one["index"]: one["relevance_score"] for one in response.json()["results"]}


@pytest.mark.parametrize("model", ["ranker", "likeness", "both"])
async def test_the_best_come_first_and_scores_do_not_depend_on_company(house: Served, model: str) -> None:
    response = await rank(house, model=model)
    body, found = response.json(), scores(response)
    assert body["model"] == model
    assert sorted(found) == [0, 1, 2, 3]
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert len({round(score, 4) for score in found.values()}) == 4
    low = 0 if model == "ranker" else -1
    assert all(low < score < 1 for score in found.values())
    for index, document in enumerate(DOCUMENTS):
        alone = scores(await rank(house, model=model, documents=[document]))
        assert abs(alone[0] - found[index]) < 1e-3


async def test_jinas_shape(house: Served) -> None:
    body = (await rank(house, top_n=2)).json()
    assert len(body["results"]) == 2
    assert all(one["document"] == {"text": DOCUMENTS[one["index"]]} for one in body["results"])
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] > 20
    bare = (await rank(house, "/rerank", return_documents=False)).json()
    assert all(set(one) == {"index", "relevance_score"} for one in bare["results"])


async def test_coheres_shape(house: Served) -> None:
    body = (
        await rank(house, "/v2/rerank", documents=[{"text": text, "id": "x"} for text in DOCUMENTS], top_n=9)
    ).json()
    assert [set(one) for one in body["results"]] == [{"index", "relevance_score"}] * 4
    assert body["meta"]["api_version"]["version"] == "2"
    assert body["meta"]["tokens"]["input_tokens"] == body["usage"]["total_tokens"]
    assert body["id"]
    shown = (await rank(house, "/v2/rerank", return_documents=True)).json()
    assert {one["document"]["text"] for one in shown["results"]} == set(DOCUMENTS)


async def test_likeness_is_the_cosine_of_embeddings(house: Served) -> None:
    answer = await house.openai().embeddings.create(model="likeness", input=[QUERY, *DOCUMENTS])
    query, *documents = [one.embedding for one in answer.data]
    found = scores(await rank(house, model="likeness"))
    for index, document in enumerate(documents):
        assert abs(sum(a * b for a, b in zip(query, document, strict=True)) - found[index]) < 1e-3
    itself = scores(await rank(house, model="likeness", documents=[*DOCUMENTS, QUERY]))
    assert next(iter(itself)) == len(DOCUMENTS)
    assert itself[len(DOCUMENTS)] > 0.999


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({"query": ""}, "query", "at least 1 character"),
        ({"query": None}, "query", "a string"),
        ({"documents": []}, "documents", "at least 1 item"),
        ({"documents": ["a", 5]}, "documents[1]", "expected a string or an object"),
        ({"documents": [{"body": "a"}]}, "documents[0].text", "Missing"),
        ({"documents": ["a", ""]}, "documents[1]", "empty"),
        ({"documents": ["x"] * 101}, "documents", "at most 100"),
        ({"documents": ["short", "x y " * 400]}, "documents[1]", "256 tokens"),
        ({"top_n": 0}, "top_n", "at least 1"),
        ({"return_documents": 1}, "return_documents", "true or false"),
        ({"model": "writes"}, "model", '"rerank": true'),
        ({"model": "bert"}, "model", '"rerank": true'),
        ({"model": "likeness", "query": "x y " * 400}, "query", "256 tokens"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    house: Served, fields: dict[str, Any], param: str, said: str
) -> None:
    response = await rank(house, **fields)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param)
    assert said in error["message"]


async def test_unknown_models_and_embeddings_of_a_ranking_model(house: Served) -> None:
    assert (await rank(house, model="nobody")).status_code == 404
    response = await house.http.post("/v1/embeddings", json={"model": "ranker", "input": "x"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "model")


async def test_many_at_once(house: Served) -> None:
    alone = scores(await rank(house))
    for found in await asyncio.gather(*(rank(house) for _ in range(20))):
        assert all(abs(scores(found)[index] - alone[index]) < 1e-3 for index in alone)
