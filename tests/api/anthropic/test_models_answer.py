"""Anthropic's client talks to real models: whole and streamed, calls that are enforced, thoughts, prefixes, counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anthropic
import pytest
import pytest_asyncio

from scripts.make_model import GREETING, chain_model
from tests.api.served import KEY, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = {"ctxSize": 2048, "cells": 4096, "threads": 1, "temperature": 0}
HI: list[Any] = [{"role": "user", "content": "Hi"}]
LONG: list[Any] = [{"role": "user", "content": "Please tell me who you are. " * 5}]
WEATHER: Any = {
    "name": "weather",
    "description": "Tells the weather.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"enum": ["Bern", "Malmö"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
        "required": ["city", "days"],
        "additionalProperties": False,
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(
    tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]
) -> AsyncIterator[anthropic.AsyncAnthropic]:
    thinker = tmp_path_factory.mktemp("thinker") / "thinker.gguf"
    chain_model(thinker, text="<think>\nHm, so.</think>\nYes!")
    files = [model_file("greeting"), model_file("tiny"), thinker]
    entries = {file.stem: {"params": {"model": file.name, **SMALL}} for file in files}
    async with (
        serving_models(tmp_path_factory.mktemp("models"), entries, files) as served,
        anthropic.AsyncAnthropic(base_url=served.url, api_key=KEY, max_retries=0, timeout=30) as one,
    ):
        yield one


async def test_a_message_whole_and_streamed(client: anthropic.AsyncAnthropic) -> None:
    fields: dict[str, Any] = {"model": "greeting", "max_tokens": 200, "messages": LONG}
    whole: Any = await client.messages.create(**fields)
    assert (whole.content[0].text, whole.stop_reason) == (GREETING, "end_turn")
    counted = await client.messages.count_tokens(model="greeting", messages=LONG)
    assert whole.usage.input_tokens == counted.input_tokens
    async with client.messages.stream(**fields) as stream:
        starts = [event.message.usage async for event in stream if event.type == "message_start"]
        streamed: Any = await stream.get_final_message()
    assert streamed.content[0].text == GREETING
    assert streamed.usage.output_tokens == whole.usage.output_tokens
    assert (streamed.usage.input_tokens, streamed.usage.cache_read_input_tokens) == (1, counted.input_tokens - 1)
    assert starts[0].cache_read_input_tokens == counted.input_tokens - 1


async def test_why_it_stopped(client: anthropic.AsyncAnthropic) -> None:
    short = await client.messages.create(model="greeting", max_tokens=2, messages=HI)
    assert short.stop_reason == "max_tokens"
    fields: dict[str, Any] = {
        "model": "greeting",
        "max_tokens": 200,
        "messages": HI,
        "stop_sequences": ["never", "tiny"],
    }
    stopped: Any = await client.messages.create(**fields)
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "tiny")
    assert stopped.content[0].text == GREETING[: GREETING.index("tiny")]
    async with client.messages.stream(**fields) as stream:
        assert (await stream.get_final_message()).stop_sequence == "tiny"


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "weather"}])
async def test_a_call_that_is_asked_for_is_made_and_answered(client: anthropic.AsyncAnthropic, choice: Any) -> None:
    other = {**WEATHER, "name": "weather_again"}
    fields: dict[str, Any] = {"model": "tiny", "max_tokens": 200, "tools": [WEATHER, other]}
    forced = {**fields, "tool_choice": {**choice, "disable_parallel_tool_use": True}}
    async with client.messages.stream(messages=HI, **forced) as stream:
        message: Any = await stream.get_final_message()
    (call,) = [block for block in message.content if block.type == "tool_use"]
    assert message.stop_reason == "tool_use"
    assert call.name in ("weather", choice.get("name", "weather_again"))
    assert call.input["city"] in ("Bern", "Malmö")
    assert 1 <= call.input["days"] <= 9
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Rain."}
    said = [*HI, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    answer = await client.messages.create(messages=said, **{**fields, "max_tokens": 5})
    assert answer.usage.output_tokens <= 5


async def test_thoughts(client: anthropic.AsyncAnthropic) -> None:
    fields: dict[str, Any] = {"model": "thinker", "max_tokens": 100, "messages": HI}
    async with client.messages.stream(thinking={"type": "enabled", "budget_tokens": 50}, **fields) as stream:
        message: Any = await stream.get_final_message()
    thought, text = message.content
    assert (thought.thinking, text.text) == ("Hm, so.", "Yes!")
    assert message.usage.output_tokens_details.thinking_tokens > 0
    plain: Any = await client.messages.create(**fields)
    assert [(block.type, block.text) for block in plain.content] == [("text", "Yes!")]


async def test_an_answer_goes_on_from_the_assistants_words(client: anthropic.AsyncAnthropic) -> None:
    said = [*HI, {"role": "assistant", "content": "I would say: <|im_end|>"}]
    message: Any = await client.messages.create(model="greeting", max_tokens=100, messages=said)
    assert message.content[0].text == GREETING
    counted = await client.messages.count_tokens(model="greeting", messages=said)
    assert counted.input_tokens == message.usage.input_tokens + message.usage.cache_read_input_tokens


async def test_what_does_not_fit_is_counted_and_refused(client: anthropic.AsyncAnthropic) -> None:
    said: list[Any] = [{"role": "user", "content": "far too long " * 800}]
    assert (await client.messages.count_tokens(model="greeting", messages=said)).input_tokens > 2048
    with pytest.raises(anthropic.BadRequestError, match="context is 2048"):
        await client.messages.create(model="greeting", max_tokens=9, messages=said)
