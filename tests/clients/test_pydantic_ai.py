"""Pydantic AI: agents over chat and over responses, whose outputs are text, tool calls and objects."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.clients.wall import QUESTION, Wall
from tests.contract.target import Target

pydantic_ai = pytest.importorskip(
    "pydantic_ai",
    reason="pydantic-ai-slim[openai] is not installed: it is in the dependency group 'client-pydantic-ai'",
)


@pytest.fixture(params=["OpenAIChatModel", "OpenAIResponsesModel"])
def model(target: Target, request: pytest.FixtureRequest) -> Any:
    from pydantic_ai.models import openai
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=target.base_url, api_key=target.key)
    return getattr(openai, request.param)(
        target.model, provider=provider, settings={"max_tokens": 200, "temperature": 0}
    )


def agent(model: Any, **options: Any) -> Any:
    return pydantic_ai.Agent(model, retries=0, **options)


def test_chat(model: Any) -> None:
    answer = agent(model).run_sync(QUESTION)
    assert isinstance(answer.output, str)
    assert answer.usage.output_tokens > 0


def test_stream(model: Any) -> None:
    async def read() -> str:
        text = ""
        async with agent(model).run_stream(QUESTION) as answer:
            async for piece in answer.stream_text(delta=True):
                text += piece
        return text

    assert asyncio.run(read()) == agent(model).run_sync(QUESTION).output


def test_tool_call(model: Any) -> None:
    assert isinstance(agent(model, output_type=pydantic_ai.ToolOutput(Wall)).run_sync(QUESTION).output, Wall)


def test_structured_output(model: Any) -> None:
    assert isinstance(agent(model, output_type=pydantic_ai.NativeOutput(Wall)).run_sync(QUESTION).output, Wall)
