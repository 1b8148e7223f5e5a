"""LiteLLM: chat, streams, tool calls, structured output, the Responses API."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.clients.wall import QUESTION, Wall
from tests.contract.target import Target

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else importing it fetches a price list
litellm = pytest.importorskip("litellm", reason="litellm is not installed: it is in the dependency group 'clients'")


def ask(target: Target, **fields: Any) -> Any:
    return litellm.completion(
        model=f"openai/{target.model}",
        api_base=target.base_url,
        api_key=target.key,
        messages=[{"role": "user", "content": QUESTION}],
        temperature=0,
        max_tokens=200,
        num_retries=0,
        **fields,
    )


def test_chat(target: Target) -> None:
    answer = ask(target)
    assert isinstance(answer.choices[0].message.content, str)
    assert answer.usage.completion_tokens > 0


def test_stream(target: Target) -> None:
    chunks = list(ask(target, stream=True, stream_options={"include_usage": True}))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == ask(target).choices[0].message.content
    assert litellm.stream_chunk_builder(chunks).choices[0].finish_reason in ("stop", "length")


@pytest.mark.parametrize("stream", [False, True])
def test_tool_call(target: Target, stream: bool) -> None:
    tool = {"type": "function", "function": {"name": "paint", "parameters": Wall.model_json_schema()}}
    choice = {"type": "function", "function": {"name": "paint"}}
    answer = ask(target, tools=[tool], tool_choice=choice, stream=stream)
    if stream:
        answer = litellm.stream_chunk_builder(list(answer))
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.name == "paint"
    Wall.model_validate_json(call.function.arguments)


def test_structured_output(target: Target) -> None:
    Wall.model_validate_json(ask(target, response_format=Wall).choices[0].message.content)


def test_an_unknown_model_is_not_found(target: Target) -> None:
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(
            model="openai/nobody",
            api_base=target.base_url,
            api_key=target.key,
            messages=[{"role": "user", "content": "x"}],
            num_retries=0,
        )
