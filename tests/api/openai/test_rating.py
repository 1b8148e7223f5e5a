"""Completions over real models: prompts that are rated, as evaluations ask for it; and what stands before a suffix."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from scripts.make_model import TokenType, byte_level_vocabulary, chain_model, cut
from tests.api.served import Served, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = "return 1"
VOCABULARY = byte_level_vocabulary()
SMALL = {"ctxSize": 512, "cells": 1024, "threads": 1, "temperature": 0, "slots": 4, "batchSize": 64}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("rating")
    for name in ("prefix", "suffix", "middle"):
        VOCABULARY.add(f"<|fim_{name}|>", TokenType.CONTROL)
    chain_model(folder / "code.gguf", text=CODE, vocabulary=VOCABULARY)
    files = [model_file("tiny"), model_file("spm"), folder / "code.gguf"]
    entries = {file.stem: {"params": {"model": file.name, **SMALL}} for file in files}
    async with serving_models(tmp_path_factory.mktemp("served"), entries, files, limits__prompt_logprobs=3000) as one:
        yield one


async def complete(served: Served, **fields: Any) -> Any:
    response = await served.http.post("/v1/completions", json={"model": "tiny", **fields})
    assert response.status_code == 200, response.text
    return response.json()


async def tokens_of(served: Served, model: str, text: str) -> list[int]:
    tokens: list[int] = (await served.http.post("/tokenize", json={"model": model, "content": text})).json()["tokens"]
    return tokens


async def test_a_continuation_is_as_likely_as_when_it_was_drawn(real: Served) -> None:
    """What lm-eval does: it sends token ids, context and continuation, and sums up what they are given."""
    context = await tokens_of(real, "tiny", "the cat sat on the mat " * 10)
    drawn = (await complete(real, prompt=context, max_tokens=20, logprobs=1, ignore_eos=True))["choices"][0]["logprobs"]
    text = "".join(drawn["tokens"])
    continuation = await tokens_of(real, "tiny", text)
    rated = (await complete(real, prompt=[context + continuation], max_tokens=1, logprobs=1, echo=True, seed=1))[
        "choices"
    ][0]["logprobs"]
    assert len(rated["tokens"]) == len(context) + len(continuation) + 1
    assert (rated["token_logprobs"][0], rated["top_logprobs"][0]) == (None, None)
    if rated["tokens"][len(context) : -1] == drawn["tokens"]:
        found = rated["token_logprobs"][len(context) : -1]
        assert found == pytest.approx(drawn["token_logprobs"], abs=0.05)
    greedy = [max(top, key=top.get) for top in rated["top_logprobs"][len(context) : -1]]
    assert greedy[0] == drawn["tokens"][0]


async def test_the_token_after_the_prompt_is_told_though_it_ends_the_answer(real: Served) -> None:
    last = cut(CODE, taken=(b"\n",))[-1]
    prompt = [VOCABULARY.token(b"x"), VOCABULARY.token(last)]
    answer = await complete(real, model="code", prompt=prompt, max_tokens=1, logprobs=1, echo=True)
    choice = answer["choices"][0]
    assert choice["text"] == "x" + last.decode()
    assert choice["logprobs"]["tokens"] == ["x", last.decode(), "<|im_end|>"]


async def test_rating_takes_nothing_from_the_cache_and_may_leave_the_answer_out(real: Served) -> None:
    prompt = "a prompt that comes twice " * 4
    first = await complete(real, prompt=prompt, max_tokens=1)
    again = await complete(real, prompt=prompt, max_tokens=0, echo=True, logprobs=0)
    assert again["usage"]["prompt_tokens"] == first["usage"]["prompt_tokens"]
    assert again["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
    assert again["usage"]["completion_tokens"] == 0
    (choice,) = again["choices"]
    assert (choice["text"], choice["finish_reason"]) == (prompt, "length")
    assert len(choice["logprobs"]["tokens"]) == again["usage"]["prompt_tokens"]


async def test_a_start_token_that_nobody_wrote_is_not_told(real: Served) -> None:
    answer = await complete(real, model="spm", prompt="Hi", max_tokens=0, echo=True, logprobs=1)
    rated = answer["choices"][0]["logprobs"]
    assert "<s>" not in rated["tokens"]
    assert None not in rated["token_logprobs"]
    assert answer["usage"]["prompt_tokens"] == len(rated["tokens"]) + 1


async def test_too_many_log_probabilities_are_refused(real: Served) -> None:
    body = {"model": "tiny", "prompt": ["x y z " * 40] * 8, "echo": True, "logprobs": 5, "max_tokens": 0}
    response = await real.http.post("/v1/completions", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "prompt")
    assert "3000" in response.json()["error"]["message"]


async def test_a_prompt_with_a_suffix_is_filled_in(real: Served) -> None:
    prompt, suffix = "def one():\n    ", "\n\ndef two(): pass"
    answer = await complete(real, model="code", prompt=prompt, suffix=suffix, max_tokens=20)
    assert answer["choices"][0]["text"] == CODE
    parts = [await tokens_of(real, "code", text) for text in (prompt, suffix)]
    assert answer["usage"]["prompt_tokens"] == sum(map(len, parts)) + 3


async def test_a_model_that_cannot_fill_in_says_so(real: Served) -> None:
    response = await real.http.post("/v1/completions", json={"model": "tiny", "prompt": "a", "suffix": "b"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "suffix")


async def test_the_best_of_several_is_the_likeliest(real: Served) -> None:
    fields = {"prompt": "Once", "max_tokens": 4, "temperature": 1.5, "seed": 7, "ignore_eos": True}
    each = (await complete(real, n=4, logprobs=0, **fields))["choices"]
    best = (await complete(real, best_of=4, **fields))["choices"]
    means = [sum(one["logprobs"]["token_logprobs"]) for one in each]
    assert [one["text"] for one in best] == [each[means.index(max(means))]["text"]]
