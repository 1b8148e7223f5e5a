"""Embeddings, over real models: the `openai` client gets vectors, or is told what is wrong."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import pytest_asyncio

from tests.api.served import Served, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = {"threads": 1, "cells": 512, "ctxSize": 512}
ENTRIES = {
    "bert": {"params": {"model": "bert.gguf", **SMALL}, "aliases": ["text-embedding-3-small"]},
    "causal": {"params": {"model": "embedder.gguf", **SMALL}},
    "both": {"params": {"model": "tiny.gguf", **SMALL}, "embeddings": True},
    "writes": {"params": {"model": "tiny.gguf", **SMALL}},
    "ranker": {"params": {"model": "ranker.gguf", **SMALL}},
    "absent": {"params": {"model": "absent.gguf", **SMALL}},
}
TEXTS = ["the cat is sitting on the mat", "a dog", "Hello, World! 123 and the rest of it"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> AsyncIterator[Served]:
    files = [model_file(kind) for kind in ("bert", "embedder", "tiny", "ranker")]
    async with serving_models(tmp_path_factory.mktemp("vectors"), ENTRIES, files, limits__inputs=300) as one:
        yield one


async def embed(house: Served, **fields: Any) -> httpx.Response:
    return await house.http.post("/v1/embeddings", json={"model": "bert", "input": "a dog", **fields})


def vectors(body: Any) -> np.ndarray:
    return np.array([one["embedding"] for one in body["data"]], np.float32)


@pytest.mark.parametrize("model", ["bert", "causal", "both"])
async def test_the_client_gets_unit_vectors_the_same_in_company_and_alone(house: Served, model: str) -> None:
    answer = await house.openai().embeddings.create(model=model, input=TEXTS)
    assert (answer.object, answer.model) == ("list", model)
    assert [(one.object, one.index) for one in answer.data] == [("embedding", index) for index in range(3)]
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 10
    for text, one in zip(TEXTS, answer.data, strict=True):
        assert abs(np.linalg.norm(one.embedding) - 1) < 1e-5
        alone = await house.openai().embeddings.create(model=model, input=text)
        assert float(np.dot(alone.data[0].embedding, one.embedding)) > 0.999
    assert abs(float(np.dot(answer.data[0].embedding, answer.data[1].embedding))) < 0.9


async def test_floats_and_base64_are_the_same_numbers(house: Served) -> None:
    client = house.openai()
    as_floats = (await client.embeddings.create(model="bert", input="a dog", encoding_format="float")).data[0]
    as_base64 = (await client.embeddings.create(model="bert", input="a dog", encoding_format="base64")).data[0]
    decoded = np.frombuffer(base64.b64decode(str(as_base64.embedding)), "<f4")
    assert np.array_equal(decoded, np.array(as_floats.embedding, np.float32))
    assert len(decoded) == 64


async def test_fewer_dimensions_are_the_first_ones_made_one_long_again(house: Served) -> None:
    whole = vectors((await embed(house)).json())[0]
    short = vectors((await embed(house, dimensions=16)).json())[0]
    assert np.allclose(short, whole[:16] / np.linalg.norm(whole[:16]), atol=1e-6)
    assert np.allclose(vectors((await embed(house, dimensions=64)).json())[0], whole, atol=1e-6)


async def test_token_ids_are_taken_as_they_are(house: Served) -> None:
    text = vectors((await embed(house, model="causal", input=["A", "B"])).json())
    ids = vectors((await embed(house, model="causal", input=[[65], [66]])).json())
    assert np.allclose(text, ids, atol=1e-5)
    one = (await embed(house, model="causal", input=[32, 33])).json()
    assert (len(one["data"]), one["usage"]["prompt_tokens"]) == (1, 2)


async def test_the_path_without_v1_and_names_of_others(house: Served) -> None:
    answer = await house.openai("").embeddings.create(model="text-embedding-3-small", input="x", user="me")
    assert answer.model == "bert"


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({"input": []}, "input", "at least one text"),
        ({"input": ""}, "input", "empty"),
        ({"input": ["a", ""]}, "input[1]", "empty"),
        ({"input": [[1], []]}, "input[1]", "at least 1 item"),
        ({"input": None}, "input", "a list of token ids"),
        ({"input": [1, "a"]}, "input[1]", "expected an integer"),
        ({"input": [-1]}, "input[0]", "at least 0"),
        ({"input": ["x"] * 301}, "input", "at most 300"),
        ({"input": [99999]}, "input", "Token ids"),
        ({"input": [[1], [99999]]}, "input[1]", "Token ids"),
        ({"dimensions": 0}, "dimensions", "at least 1"),
        ({"dimensions": 65}, "dimensions", "64"),
        ({"encoding_format": "int8"}, "encoding_format", "'float' or 'base64'"),
        ({"model": 5}, "model", "expected a string"),
        ({"model": "writes"}, "model", '"embeddings": true'),
        ({"model": "ranker"}, "model", "/v1/rerank"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    house: Served, fields: dict[str, Any], param: str, said: str
) -> None:
    response = await embed(house, **fields)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param)
    assert said in error["message"]


async def test_models_that_are_not_there(house: Served) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        await house.openai().embeddings.create(model="nobody", input="x")
    assert raised.value.code == "model_not_found"
    response = await embed(house, model="absent")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "model_load_failed")


@pytest.mark.parametrize(("model", "context"), [("bert", 256), ("causal", 512)])
async def test_a_text_beyond_the_context_is_refused_with_both_numbers(house: Served, model: str, context: int) -> None:
    response = await embed(house, model=model, input=["short", "x y " * 400])
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "context_length_exceeded", "input[1]")
    assert f" {context} tokens" in error["message"]
    assert "input[1] is" in error["message"]
    assert (await embed(house, model=model)).status_code == 200


async def test_a_model_for_embeddings_writes_no_text(house: Served) -> None:
    with pytest.raises(openai.BadRequestError, match="makes embeddings and writes no text"):
        await house.openai().chat.completions.create(model="bert", messages=[{"role": "user", "content": "Hi"}])
    with pytest.raises(openai.BadRequestError, match="only ranks documents"):
        await house.openai().completions.create(model="ranker", prompt="Hi")


async def test_a_model_that_may_do_both_does_both_at_once(house: Served) -> None:
    client = house.openai()
    writing = client.completions.create(
        model="both", prompt="Once", max_tokens=40, temperature=0, extra_body={"ignore_eos": True}
    )
    answer, *found = await asyncio.gather(
        writing, *(client.embeddings.create(model="both", input=TEXTS) for _ in range(5))
    )
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 40
    first = [one.embedding for one in found[0].data]
    assert all(np.allclose([one.embedding for one in other.data], first, atol=1e-3) for other in found)


async def test_many_at_once_get_their_own_vectors(house: Served) -> None:
    client = house.openai()
    texts = [f"number {n} is the one " * (n % 7 + 1) for n in range(40)]
    together = await client.embeddings.create(model="bert", input=texts)
    found = await asyncio.gather(*(client.embeddings.create(model="bert", input=text) for text in texts[:20]))
    for one, other in zip(found, together.data, strict=False):
        assert float(np.dot(one.data[0].embedding, other.embedding)) > 0.999


async def test_a_client_that_leaves_frees_the_model(house: Served) -> None:
    body = {"model": "bert", "input": ["the same again " * 12] * 300}
    async with house.raw("GET", "/v1/status") as states:

        async def until(running: bool) -> None:
            while True:
                block = (await states.until(b"\n\n")).decode()
                if "data: " not in block:
                    continue
                state = json.loads(block[block.index("data: ") + 6 :])["states"]["bert"]
                if bool(state["running"] or state["waiting"]) == running:
                    return

        async with house.raw("POST", "/v1/embeddings", body):
            await until(running=True)
        await until(running=False)
    assert (await embed(house)).status_code == 200


async def test_what_models_are_for_is_shown(house: Served) -> None:
    models = (await house.openai().models.list()).data
    assert {model.id: model.model_extra["llm_api"]["capabilities"] for model in models if model.model_extra} == {
        "bert": ["embeddings"],
        "causal": ["embeddings"],
        "both": ["text", "embeddings"],
        "writes": ["text"],
        "ranker": ["rerank"],
        "absent": None,
    }


async def test_tokens_are_counted(house: Served) -> None:
    used = (await embed(house)).json()["usage"]["prompt_tokens"]
    before = await _prompt_tokens(house)
    await embed(house)
    assert await _prompt_tokens(house) == before + used


async def _prompt_tokens(house: Served) -> float:
    text = (await house.http.get("/metrics")).text
    return next(
        float(line.split()[-1])
        for line in text.splitlines()
        if line.startswith('llm_prompt_tokens_total{model="bert"}')
    )
