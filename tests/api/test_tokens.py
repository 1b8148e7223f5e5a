"""Text to tokens and back, scripted and with real vocabularies."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.settings import load_settings
from tests.api.served import Served, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = {"ctxSize": 256, "cells": 512, "threads": 1, "temperature": 0}
HI = [{"role": "user", "content": "Hi <|im_end|>"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> AsyncIterator[Served]:
    files = [model_file("greeting"), model_file("spm")]
    entries = {file.stem: {"params": {"model": file.name, **SMALL}} for file in files}
    async with serving_models(tmp_path_factory.mktemp("tokens"), entries, files) as one:
        yield one


async def post(served: Served, path: str, **fields: Any) -> Any:
    response = await served.http.post(path, json=fields)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(
    ("model", "text"),
    [*itertools.product(("greeting", "spm"), ("Hello, world", "", " spaced  out ", "Grüße 👋🏽\n", "<|im_end|> text"))],
)
async def test_there_and_back(real: Served, model: str, text: str) -> None:
    found = await post(real, "/tokenize", model=model, content=text)
    assert found["count"] == len(found["tokens"])
    assert found["model"] == model
    assert (await post(real, "/detokenize", model=model, tokens=found["tokens"]))["content"] == text


async def test_control_tokens_only_when_asked_for(real: Served) -> None:
    plain = await post(real, "/tokenize", model="greeting", content="<|im_end|>")
    parsed = await post(real, "/tokenize", model="greeting", content="<|im_end|>", parse_special=True)
    assert plain["count"] > parsed["count"] == 1
    assert (await post(real, "/detokenize", model="greeting", tokens=parsed["tokens"]))["content"] == "<|im_end|>"
    bare = (await post(real, "/tokenize", model="spm", content="a"))["tokens"]
    begun = await post(real, "/v1/tokenize", model="spm", text="a", add_special=True, with_pieces=True)
    assert begun["tokens"][0]["piece"] == "<s>"
    assert len(begun["tokens"]) >= len(bare)


async def test_pieces_of_broken_characters_are_bytes(real: Served) -> None:
    pieces = (await post(real, "/tokenize", model="greeting", content="ü", with_pieces=True))["tokens"]
    assert [piece["piece"] for piece in pieces] == [[0xC3], [0xBC]]


async def test_a_conversation_is_what_a_chat_would_read(real: Served) -> None:
    prompt = (await post(real, "/apply-template", model="greeting", messages=HI))["prompt"]
    assert prompt == "<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n"
    found = await post(real, "/tokenize", model="greeting", messages=HI)
    chat = await post(real, "/v1/chat/completions", model="greeting", messages=HI, max_tokens=1)
    assert found["count"] == chat["usage"]["prompt_tokens"]
    read = await post(real, "/tokenize", model="greeting", content=prompt, parse_special=True)
    assert read["count"] < found["count"]  # here what the user typed becomes a control token
    assert (await post(real, "/detokenize", model="greeting", tokens=found["tokens"]))["content"] == prompt


async def test_a_prompt_longer_than_the_context_is_still_counted(real: Served) -> None:
    assert (await post(real, "/tokenize", model="greeting", messages=[{"role": "user", "content": "x " * 600}]))[
        "count"
    ] > 256


async def test_the_model_need_not_be_named_where_one_is_loaded(served: Served) -> None:
    missing = await served.http.post("/tokenize", json={"content": "ab"})
    assert (missing.status_code, missing.json()["error"]["param"]) == (400, "model")
    served.pool.set("tiny", state="ready")
    assert await post(served, "/tokenize", content="ab") == {"tokens": [97, 98], "count": 2, "model": "tiny"}
    assert (await post(served, "/v1/detokenize", tokens=[97, 98]))["content"] == "ab"
    assert (await post(served, "/v1/apply-template", messages=[{"role": "user", "content": "Hi"}]))["prompt"] == "Hi"


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        ("/tokenize", {}, None),
        ("/tokenize", {"content": "a", "text": "b"}, None),
        ("/tokenize", {"content": "a", "messages": HI}, None),
        ("/tokenize", {"content": 1}, "content"),
        ("/tokenize", {"content": "x" * (load_settings().limits.tokenize_length + 1)}, "content"),
        ("/detokenize", {}, "tokens"),
        ("/detokenize", {"tokens": [-1]}, "tokens[0]"),
        ("/detokenize", {"tokens": ["a"]}, "tokens[0]"),
        ("/apply-template", {"messages": []}, "messages"),
        ("/apply-template", {"messages": HI, "tools": [{"type": "x"}]}, "tools[0].type"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    served: Served, path: str, fields: dict[str, Any], param: str | None
) -> None:
    response = await served.http.post(path, json={"model": "tiny", **fields})
    assert (response.status_code, response.json()["error"]["param"]) == (400, param), response.text


async def test_unknown_tokens_are_refused(real: Served) -> None:
    response = await real.http.post("/detokenize", json={"model": "greeting", "tokens": [10**6]})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "tokens")
