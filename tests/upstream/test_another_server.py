"""A second server of ours with the demo model, used through a first one, by every route that leads to a model."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx
import openai
import pytest
import pytest_asyncio
from tokenizers import Tokenizer, models, pre_tokenizers

from server.settings import ROOT
from tests.api.served import KEY, Served, events, serving_models
from tests.upstream.elsewhere import in_front

DEMO = ROOT / "data" / "demo" / "demo.gguf"
HELLO: Any = [{"role": "user", "content": "My cat is called Mira. What is my cat called?"}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@dataclass
class Pair:
    """Both servers."""

    far: Served
    near: httpx.AsyncClient

    @property
    def url(self) -> str:
        return str(self.near.base_url)

    async def both(self, path: str, **body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What each says to the same."""
        answers = [await http.post(path, json={"model": "demo", **body}) for http in (self.far.http, self.near)]
        for answer in answers:
            assert answer.status_code == 200, answer.text
        return answers[0].json(), answers[1].json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    patch = pytest.MonkeyPatch()
    patch.setenv("FAR_KEY", KEY)
    folder = tmp_path_factory.mktemp("far")
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1, "b": 2}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    near = tmp_path_factory.mktemp("near")
    tokenizer.save(str(near / "words.json"))
    entries = {"demo": {"params": {"model": "demo.gguf"}, "embeddings": True, "rerank": True}}
    async with serving_models(folder, entries, [DEMO]) as far:
        entry = {"backend": "openai", "base_url": f"{far.url}/v1", "embeddings": True, "rerank": True}
        upstream = {"model": "demo", "keyVariable": "FAR_KEY"}
        cards = {
            "demo": {**entry, "upstream": upstream},
            "counted": {**entry, "upstream": {**upstream, "tokenizer": "words.json"}},
            "gone": {**entry, "upstream": {**upstream, "model": "nowhere"}},
        }
        async with in_front(near, cards) as http:
            yield Pair(far, http)
    patch.undo()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_chat_is_the_same_whole_and_streamed(pair: Pair) -> None:
    there, here = await pair.both("/v1/chat/completions", messages=HELLO, temperature=0)
    assert here["choices"][0] == there["choices"][0]
    assert here["choices"][0]["message"]["content"] == "Your cat is called Mira."
    assert {name: here["usage"][name] for name in ("prompt_tokens", "completion_tokens")} == {
        name: there["usage"][name] for name in ("prompt_tokens", "completion_tokens")
    }
    async with openai.AsyncOpenAI(base_url=f"{pair.url}/v1", api_key=KEY, max_retries=0) as client:
        options: Any = {"include_usage": True}
        stream = await client.chat.completions.create(
            model="demo", messages=HELLO, temperature=0, stream=True, stream_options=options
        )
        chunks = [chunk async for chunk in stream]
    assert (
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Your cat is called Mira."
    )
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == there["usage"]["completion_tokens"]


async def test_calls_forms_and_log_probabilities_pass(pair: Pair) -> None:
    ask = [{"role": "user", "content": "What is the weather in Lindhaven?"}]
    _, here = await pair.both("/v1/chat/completions", messages=ask, tools=[TOOL], temperature=0)
    (call,) = here["choices"][0]["message"]["tool_calls"]
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (
        "get_weather",
        {"city": "Lindhaven"},
    )
    name = {"type": "string", "maxLength": 9}
    schema = {"type": "object", "properties": {"name": name}, "required": ["name"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    _, here = await pair.both("/v1/chat/completions", messages=HELLO, response_format=form, max_tokens=40)
    assert list(json.loads(here["choices"][0]["message"]["content"])) == ["name"]
    _, here = await pair.both("/v1/chat/completions", messages=HELLO, guided_choice=["yes", "no"])
    assert here["choices"][0]["message"]["content"] in ("yes", "no")
    for held in (
        {"type": "regex", "pattern": "[ab]{7}"},
        {"type": "grammar", "grammar": "start: /[ab]{7}/"},
        {"type": "grammar", "grammar": "root ::= [ab]{7}", "syntax": "gbnf"},
    ):
        _, here = await pair.both("/v1/chat/completions", messages=HELLO, response_format=held)
        assert re.fullmatch("[ab]{7}", here["choices"][0]["message"]["content"])
    there, here = await pair.both("/v1/chat/completions", messages=HELLO, temperature=0, logprobs=True, top_logprobs=2)
    assert here["choices"][0]["logprobs"] == there["choices"][0]["logprobs"]


async def test_several_choices_and_plain_prompts_pass(pair: Pair) -> None:
    _, here = await pair.both("/v1/chat/completions", messages=HELLO, n=3, max_tokens=5)
    assert [choice["index"] for choice in here["choices"]] == [0, 1, 2]
    there, here = await pair.both(
        "/v1/completions", prompt=["Hello", "My name"], max_tokens=4, temperature=0, logprobs=1
    )
    assert here["choices"] == there["choices"]


async def test_other_faces_and_kept_responses_work(pair: Pair) -> None:
    async with anthropic.AsyncAnthropic(base_url=pair.url, api_key=KEY, max_retries=0) as client:
        message = await client.messages.create(
            model="demo", max_tokens=30, messages=HELLO, extra_body={"temperature": 0}
        )
        counted = await client.messages.count_tokens(model="demo", messages=HELLO)
    assert message.content[0].type == "text"
    assert message.content[0].text == "Your cat is called Mira."
    assert counted.model_dump()["estimate_margin"] == 0.3
    assert 0.7 * message.usage.input_tokens <= counted.input_tokens / (1 - 0.3)
    async with openai.AsyncOpenAI(base_url=f"{pair.url}/v1", api_key=KEY, max_retries=0) as theirs:
        first = await theirs.responses.create(model="demo", input="My cat is called Mira.", temperature=0)
        then = await theirs.responses.create(
            model="demo", input="What is my cat called?", previous_response_id=first.id, temperature=0
        )
    assert "Mira" in then.output_text


async def test_an_answer_goes_on_from_the_assistants_words(pair: Pair) -> None:
    begun = [*HELLO, {"role": "assistant", "content": "Your cat is"}]
    there, here = await pair.both("/v1/messages", messages=begun, max_tokens=20, temperature=0)
    assert here["content"][0]["text"] == there["content"][0]["text"] == " called Mira."
    there, here = await pair.both(
        "/v1/chat/completions", messages=begun, continue_final_message=True, add_generation_prompt=False, temperature=0
    )
    assert here["choices"][0]["message"] == there["choices"][0]["message"]
    assert here["choices"][0]["message"]["content"] == " called Mira."


async def test_vectors_and_ranks_are_the_same(pair: Pair) -> None:
    there, here = await pair.both("/v1/embeddings", input=["a cat", "a dog"])
    for one, other in zip(there["data"], here["data"], strict=True):
        assert other["embedding"] == pytest.approx(one["embedding"], abs=1e-4)
    assert here["usage"] == there["usage"]
    there, here = await pair.both("/v1/rerank", query="cat", documents=["a cat", "a dog"])
    assert [one["index"] for one in here["results"]] == [one["index"] for one in there["results"]]


async def test_what_is_wrong_with_a_request_is_told_as_there(pair: Pair) -> None:
    long = [{"role": "user", "content": "word " * 20_000}]
    for http in (pair.far.http, pair.near):
        answer = await http.post("/v1/chat/completions", json={"model": "demo", "messages": long})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "context_length_exceeded")
    answer = await pair.near.post("/v1/chat/completions", json={"model": "gone", "messages": HELLO})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_refused")
    answer = await pair.near.post(
        "/v1/completions", json={"model": "demo", "prompt": "x", "echo": True, "logprobs": 1, "max_tokens": 1}
    )
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "echo")


async def test_tokens_are_counted_where_there_is_a_tokenizer(pair: Pair) -> None:
    answer = await pair.near.post("/tokenize", json={"model": "counted", "content": "a b c", "with_pieces": True})
    assert answer.json()["tokens"] == [{"id": 1, "piece": "a"}, {"id": 2, "piece": "b"}, {"id": 0, "piece": "<unk>"}]
    assert (await pair.near.post("/detokenize", json={"model": "counted", "tokens": [9]})).status_code == 400
    refused = await pair.near.post("/tokenize", json={"model": "demo", "content": "a b c"})
    assert (refused.status_code, "no tokenizer" in refused.json()["error"]["message"]) == (400, True)
    assert (await pair.near.post("/apply-template", json={"model": "demo", "messages": HELLO})).status_code == 400
    counted = await pair.near.post("/v1/responses/input_tokens", json={"model": "counted", "input": "a b"})
    assert counted.json() == {"object": "response.input_tokens", "input_tokens": 9, "estimate_margin": 0.1}


async def test_it_is_listed_like_any_other_and_has_nothing_to_load(pair: Pair) -> None:
    listed = {one["id"]: one["llm_api"] for one in (await pair.near.get("/v1/models")).json()["data"]}
    assert (listed["demo"]["state"], listed["demo"]["capabilities"]) == ("ready", ["text", "embeddings", "rerank"])
    assert (await pair.near.post("/v1/models/demo/load")).status_code == 200
    assert (await pair.near.post("/v1/models/demo/unload")).status_code == 200
    assert (await pair.near.get("/v1/models/demo/estimate")).status_code == 400


async def test_an_answer_can_be_stopped(pair: Pair) -> None:
    body = {"model": "demo", "messages": HELLO, "stream": True, "ignore_eos": True, "max_tokens": 4000}
    async with pair.near.stream("POST", "/v1/chat/completions", json=body) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        assert (await pair.near.delete(f"/v1/requests/{stream.headers['x-request-id']}")).status_code == 200
        assert "request_stopped" in [line async for line in lines if line][-1]
    async with asyncio.timeout(5):
        while (await pair.far.http.get("/v1/requests")).json()["data"]:
            pass


async def test_a_client_that_leaves_frees_the_model_there(pair: Pair) -> None:
    body = {"model": "demo", "messages": HELLO, "stream": True, "ignore_eos": True, "max_tokens": 4000}
    async with pair.near.stream("POST", "/v1/chat/completions", json=body) as stream:
        await anext(stream.aiter_lines())
        assert len((await pair.far.http.get("/v1/requests")).json()["data"]) == 1
    async with asyncio.timeout(5):
        while (await pair.far.http.get("/v1/requests")).json()["data"]:
            pass
    assert events((await pair.near.post("/v1/chat/completions", json={**body, "max_tokens": 2})).text)[-1] == "[DONE]"
