"""Chat completions, as the official client and a raw socket see them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import openai
import pytest

from server.chat.messages import Delta, Message, ToolCall, Usage
from server.engine.request import FinishReason, TokenLogprob
from server.errors import BadRequest, ContextLengthExceeded, EngineDied, ModelLoadFailed, TooManyRequests
from tests.api.scripted import LENGTH, ScriptedBackend, logprob, say
from tests.api.served import KEY, Served, events, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

HI = [{"role": "user", "content": "Hi"}]


async def create(served: Served, **fields: Any) -> Any:
    return await served.openai().chat.completions.create(**{"model": "tiny", "messages": HI, **fields})


async def test_whole_answer(served: Served) -> None:
    served.backend.usage = Usage(7, 5, cached_tokens=3, reasoning_tokens=2)
    answer = await create(served)
    assert answer.object == "chat.completion"
    assert answer.id.startswith("chatcmpl-")
    assert answer.model == "tiny"
    assert answer.system_fingerprint == "fp_scripted"
    (choice,) = answer.choices
    assert (choice.index, choice.message.role, choice.message.content) == (0, "assistant", "Hello world")
    assert choice.finish_reason == "stop"
    assert choice.logprobs is None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (7, 5, 12)
    assert answer.usage.prompt_tokens_details.cached_tokens == 3
    assert answer.usage.completion_tokens_details.reasoning_tokens == 2


async def test_synchronous_client(served: Served) -> None:
    client = openai.OpenAI(base_url=served.url + "/v1", api_key=KEY, max_retries=0)

    def ask() -> list[str]:
        stream = client.chat.completions.create(model="tiny", messages=HI, stream=True)  # type: ignore[arg-type]
        return [chunk.choices[0].delta.content or "" for chunk in stream]

    assert "".join(await asyncio.to_thread(ask)) == "Hello world"


async def test_without_v1(served: Served) -> None:
    answer = await served.openai("").chat.completions.create(model="tiny", messages=HI)  # type: ignore[arg-type]
    assert answer.choices[0].message.content == "Hello world"


async def test_stream_on_the_wire(served: Served) -> None:
    response = await served.chat(model="tiny", messages=HI, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    *chunks, done = events(response.text)
    assert done == "[DONE]"
    assert len({(c["id"], c["created"], c["model"], c["object"], c["system_fingerprint"]) for c in chunks}) == 1
    assert chunks[0]["object"] == "chat.completion.chunk"
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert [c["choices"][0]["delta"] for c in chunks[1:]] == [{"content": "Hello"}, {"content": " world"}, {}]
    assert [c["choices"][0]["finish_reason"] for c in chunks] == [None, None, None, "stop"]
    assert all("usage" not in chunk for chunk in chunks)


async def test_stream_with_usage(served: Served) -> None:
    stream = await create(served, stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert all("usage" in chunk.model_fields_set for chunk in chunks[:-1])
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 9


async def test_several_choices(served: Served) -> None:
    served.backend.steps = [
        Delta(0, "a"),
        Delta(1, "b"),
        Delta(1, "B"),
        Delta(1, finish=FinishReason.STOP),
        Delta(0, "A"),
        Delta(0, finish=LENGTH),
    ]
    answer = await create(served, n=2)
    assert [(c.index, c.message.content, c.finish_reason) for c in answer.choices] == [
        (0, "aA", "length"),
        (1, "bB", "stop"),
    ]
    assert served.backend.turn.n == 2
    texts, roles = {0: "", 1: ""}, []
    async for chunk in await create(served, n=2, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            roles += [choice.index] if choice.delta.role else []
    assert texts == {0: "aA", 1: "bB"}
    assert roles == [0, 1]


async def test_reasoning(served: Served) -> None:
    served.backend.steps = [Delta(0, reasoning="Hm"), Delta(0, reasoning="m."), *say("Yes")]
    message = (await create(served)).choices[0].message
    assert (message.content, message.reasoning_content) == ("Yes", "Hmm.")
    deltas = [chunk.choices[0].delta async for chunk in await create(served, stream=True)]
    assert [d.reasoning_content for d in deltas if hasattr(d, "reasoning_content")] == ["Hm", "m."]
    assert "".join(d.content or "" for d in deltas) == "Yes"


async def test_logprobs(served: Served) -> None:
    half = "🙂".encode()[:2]
    served.backend.steps = [
        Delta(0, "He", logprobs=(logprob("He", -0.25, [("He", -0.25), ("Ha", -1.5)]),)),
        Delta(0, "", logprobs=(TokenLogprob(5, half, float("-inf")),)),
        Delta(0, finish=FinishReason.STOP),
    ]
    answer = await create(served, logprobs=True, top_logprobs=2)
    first, second = answer.choices[0].logprobs.content
    assert (first.token, first.logprob, first.bytes) == ("He", -0.25, [72, 101])
    assert [(each.token, each.logprob) for each in first.top_logprobs] == [("He", -0.25), ("Ha", -1.5)]
    assert (second.token, second.bytes, second.logprob) == ("bytes:\\xf0\\x9f", list(half), -9999.0)
    assert answer.choices[0].logprobs.refusal is None
    assert served.backend.turn.logprobs == 2
    chunks = [chunk async for chunk in await create(served, logprobs=True, stream=True)]
    found = [token.token for chunk in chunks if (given := chunk.choices[0].logprobs) for token in given.content]
    assert found == ["He", "bytes:\\xf0\\x9f"]
    assert served.backend.turn.logprobs == 0


async def test_text_is_kept_as_it_is(served: Served) -> None:
    text = ['Zeile\n"zwei"', "\u2028 \x00 \\u0041", "🙂é\r\n\r\ndata: [DONE]\n\n"]
    served.backend.steps = say(*text)
    assert (await create(served)).choices[0].message.content == "".join(text)
    pieces = [chunk.choices[0].delta.content async for chunk in await create(served, stream=True)]
    assert [piece for piece in pieces if piece] == text


async def test_messages_become_the_turn(served: Served) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    await create(
        served,
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": "Ann"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "3", "tool_call_id": "call_1"},
            {"role": "assistant", "content": "Three", "reasoning_content": "1+2"},
        ],
    )
    assert served.backend.turn.messages == (
        Message("system", "Be brief."),
        Message("user", "ab", name="Ann"),
        Message("assistant", "", tool_calls=(ToolCall("call_1", "add", "{}"),)),
        Message("tool", "3", tool_call_id="call_1"),
        Message("assistant", "Three", reasoning="1+2"),
    )
    assert served.backend.turn.owner


async def test_sampling_fields(served: Served) -> None:
    extra = {
        "top_k": 5, "min_p": 0.1, "typical_p": 0.9, "repetition_penalty": 1.1, "repeat_last_n": 32,
        "dry_multiplier": 0.8, "dry_base": 2, "dry_allowed_length": 3, "dry_penalty_last_n": 9,
        "dry_sequence_breakers": ["x"], "xtc_probability": 0.5, "xtc_threshold": 0.2, "top_n_sigma": 1.5,
        "ignore_eos": True,
    }  # fmt: skip
    await create(
        served,
        temperature=0,
        top_p=1,
        frequency_penalty=0.5,
        presence_penalty=-0.5,
        seed=42,
        logit_bias={"7": -100, "9": 1.5},
        stop=["a", "b"],
        max_tokens=3,
        max_completion_tokens=4,
        extra_body=extra,
    )
    turn = served.backend.turn
    for name, value in extra.items():
        found = getattr(turn.sampling, {"repetition_penalty": "repeat_penalty"}.get(name, name))
        assert found == (tuple(value) if isinstance(value, list) else value), name
    assert (turn.sampling.temperature, turn.sampling.top_p, turn.sampling.seed) == (0, 1, 42)
    assert (turn.sampling.frequency_penalty, turn.sampling.presence_penalty) == (0.5, -0.5)
    assert turn.sampling.logit_bias == ((7, -100.0), (9, 1.5))
    assert (turn.stop, turn.max_tokens) == (("a", "b"), 4)


async def test_the_card_decides_what_the_client_does_not(served: Served) -> None:
    await create(served, model="small")
    turn = served.backend.turn
    assert turn.model == "tiny"
    assert (turn.sampling.temperature, turn.sampling.top_k) == (0.25, 7)
    await create(served, temperature=1.5, stop="end")
    turn = served.backend.turn
    assert (turn.sampling.temperature, turn.sampling.top_k, turn.stop) == (1.5, 7, ("end",))


async def test_accepted_without_effect(served: Served) -> None:
    response = await served.chat(
        model="tiny",
        messages=HI,
        user="ann",
        store=True,
        metadata={"a": "b"},
        service_tier="auto",
        prediction={"type": "content", "content": "x"},
        prompt_cache_key="k",
        safety_identifier="s",
        verbosity="low",
        reasoning_effort="high",
        parallel_tool_calls=False,
        modalities=["text"],
        response_format={"type": "text"},
        tools=[{"type": "function", "function": {"name": "f"}}],
        tool_choice="none",
        temperature=None,
        stop=None,
        mirostat=2,
    )
    assert response.status_code == 200
    assert response.headers["x-ignored-params"] == "mirostat"
    strict = await served.http.post(
        "/v1/chat/completions",
        json={"model": "tiny", "messages": HI, "mirostat": 2},
        headers={"x-strict-params": "1"},
    )
    assert (strict.status_code, strict.json()["error"]["param"]) == (400, "mirostat")


BEGUN = [*HI, {"role": "assistant", "content": "The answer is ("}]
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "assistant"}]}, "messages[0]"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages[0].content[0].image_url.url"),
        ({"model": None}, "model"),
        ({"model": 7}, "model"),
        ({"temperature": 2.01}, "temperature"),
        ({"temperature": -0.01}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": 1.1}, "top_p"),
        ({"frequency_penalty": 2.1}, "frequency_penalty"),
        ({"presence_penalty": -2.1}, "presence_penalty"),
        ({"n": 0}, "n"),
        ({"n": 9}, "n"),
        ({"n": 1.5}, "n"),
        ({"seed": 1.5}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stop": ""}, "stop"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"stop": ["x" * 257]}, "stop"),
        ({"stop": [1]}, "stop[0]"),
        ({"logit_bias": {"x": 1}}, "logit_bias"),
        ({"logit_bias": {"-1": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias.1"),
        ({"logit_bias": {str(i): 1 for i in range(1025)}}, "logit_bias"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"logprobs": 2}, "logprobs"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"modalities": ["audio"]}, "modalities[0]"),
        ({"top_k": 1.5}, "top_k"),
        ({"min_p": 2}, "min_p"),
        ({"repeat_last_n": 2**18 + 1}, "repeat_last_n"),
        ({"dry_penalty_last_n": 2**31 - 1}, "dry_penalty_last_n"),
        ({"continue_final_message": True}, "messages"),
        ({"continue_final_message": 1}, "continue_final_message"),
        ({"messages": BEGUN, "continue_final_message": True, "add_generation_prompt": True}, "add_generation_prompt"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(served: Served, fields: dict[str, Any], param: str) -> None:
    response = await served.chat(**{"model": "tiny", "messages": HI, **fields})
    error = response.json()["error"]
    assert response.status_code == 400, error
    assert sorted(error) == ["code", "message", "param", "type"]
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert len(error["message"]) > 20
    assert served.backend.turns == []


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 2},
        {"n": 8},
        {"stop": ["x" * 256] * 16},
        {"stop": []},
        {"tools": []},
        {"logprobs": True, "top_logprobs": 20},
        {"logit_bias": {str(i): -100 for i in range(1024)}},
        {"seed": -1},
    ],
)
async def test_the_edge_is_allowed(served: Served, fields: dict[str, Any]) -> None:
    served.backend.steps = lambda turn: [step for index in range(turn.n) for step in say("x", index=index)]
    assert (await served.chat(**{"model": "tiny", "messages": HI, **fields})).status_code == 200


async def test_missing_parts_and_unknown_models(served: Served) -> None:
    missing = await served.chat(messages=HI)
    assert (missing.status_code, missing.json()["error"]["param"]) == (400, "model")
    with pytest.raises(openai.NotFoundError) as raised:
        await create(served, model="NotNeeded")
    assert (raised.value.code, raised.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ContextLengthExceeded(5000, 2048), 400, "context_length_exceeded"),
        (BadRequest("Out of the vocabulary.", param="logit_bias"), 400, None),
        (TooManyRequests("The line is full."), 429, "too_many_requests"),
        (ModelLoadFailed("The file is cut short."), 503, "model_load_failed"),
    ],
)
async def test_what_fails_first_keeps_its_status(
    served: Served, stream: bool, error: Any, status: int, code: Any
) -> None:
    served.backend.refusal = error
    response = await served.chat(model="tiny", messages=HI, stream=stream)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert ("retry-after" in response.headers) == (status in (429, 503))


async def test_failing_before_the_first_delta_keeps_its_status(served: Served) -> None:
    served.backend.steps = [EngineDied("It died.")]
    assert (await served.chat(model="tiny", messages=HI, stream=True)).status_code == 503


async def test_error_in_a_stream(served: Served) -> None:
    served.backend.steps = [Delta(0, "Hel"), EngineDied("It died.")]
    response = await served.chat(model="tiny", messages=HI, stream=True)
    assert response.status_code == 200
    last = events(response.text)[-1]
    assert last == {
        "error": {"message": "It died.", "type": "service_unavailable", "param": None, "code": "engine_died"}
    }
    with pytest.raises(openai.APIError, match="It died"):
        async for _ in await create(served, stream=True):
            pass
    assert (await served.chat(model="tiny", messages=HI)).status_code == 503


async def test_a_bug_in_a_stream_tells_nothing_inner(served: Served) -> None:
    served.backend.steps = [Delta(0, "Hel"), RuntimeError("inner secret")]
    response = await served.chat(model="tiny", messages=HI, stream=True)
    assert events(response.text)[-1]["error"]["type"] == "server_error"
    assert "secret" not in response.text


async def test_waiting_for_a_load_shows_life(tmp_path: Path) -> None:
    gate = asyncio.Event()
    slow = {"models__load_wait_seconds": 0.02, "server__heartbeat_seconds": 0.02}
    async with serving(tmp_path, ScriptedBackend(gate=gate), **slow) as served:
        body = {"model": "tiny", "messages": HI, "stream": True}
        async with served.raw("POST", "/v1/chat/completions", body) as raw:
            head = await raw.until(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            for _ in range(3):
                assert (await raw.until(b"\n\n")).endswith(b": waiting\n\n")
            gate.set()
            await raw.until(b"Hello")
            await raw.until(b"data: [DONE]\n\n")


async def test_a_load_that_fails_late_is_told_in_the_stream(tmp_path: Path) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend(gate=gate, refusal=ModelLoadFailed("The file is cut short."))
    body = {"model": "tiny", "messages": HI, "stream": True}
    async with (
        serving(tmp_path, backend, models__load_wait_seconds=0.01) as served,
        served.raw("POST", "/v1/chat/completions", body) as raw,
    ):
        await raw.until(b": waiting\n\n")
        gate.set()
        assert b"model_load_failed" in await raw.until(b"\r\n0\r\n\r\n")


async def test_a_whole_answer_just_waits_for_the_load(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with serving(tmp_path, ScriptedBackend(gate=gate), models__load_wait_seconds=0) as served:
        asked = asyncio.create_task(served.chat(model="tiny", messages=HI))
        await served.backend.entered.wait()
        gate.set()
        assert (await asked).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("stage", ["loading", "queued", "generating"])
async def test_a_client_that_leaves_ends_its_answer(served: Served, stream: bool, stage: str) -> None:
    never = asyncio.Event()
    served.backend.gate = never if stage == "loading" else None
    served.backend.steps = [never] if stage == "queued" else [Delta(0, "Hel"), never]
    async with served.raw("POST", "/v1/chat/completions", {"model": "tiny", "messages": HI, "stream": stream}) as raw:
        await served.backend.entered.wait()
        if stream and stage == "generating":
            await raw.until(b"Hel")
    async with asyncio.timeout(5):
        await served.backend.cancelled.wait()


async def test_a_client_that_reads_nothing_is_dropped(tmp_path: Path) -> None:
    flood = [Delta(0, "x" * 100_000) for _ in range(500)]
    async with serving(tmp_path, ScriptedBackend(steps=flood), limits__slow_reader_seconds=0.05) as served:
        async with served.raw("POST", "/v1/chat/completions", {"model": "tiny", "messages": HI, "stream": True}):
            async with asyncio.timeout(5):
                await served.backend.cancelled.wait()
        served.backend.steps = say("Hello")
        assert (await served.chat(model="tiny", messages=HI)).status_code == 200


async def test_template_arguments_reach_the_template(served: Served) -> None:
    await create(served, extra_body={"chat_template_kwargs": {"enable_thinking": False}})
    assert json.dumps(served.backend.turn.template_kwargs) == '{"enable_thinking": false}'


@pytest.mark.parametrize("said", [{}, {"add_generation_prompt": False}])
async def test_an_answer_goes_on_from_the_assistants_words(served: Served, said: dict[str, Any]) -> None:
    answer = await served.chat(model="tiny", messages=BEGUN, continue_final_message=True, **said)
    assert (answer.status_code, answer.headers.get("x-ignored-params")) == (200, None)
    assert served.backend.turn.continues
    assert served.backend.turn.messages[-1] == Message("assistant", "The answer is (")
    await served.chat(model="tiny", messages=BEGUN)
    assert not served.backend.turn.continues
