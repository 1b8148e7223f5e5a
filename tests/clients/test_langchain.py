"""LangChain: chat, streams, tool calls, structured output, embeddings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.wall import QUESTION, Wall
from tests.contract.target import Target

langchain = pytest.importorskip(
    "langchain_openai", reason="langchain-openai is not installed: it is in the dependency group 'clients'"
)


@pytest.fixture
def model(target: Target) -> Any:
    return langchain.ChatOpenAI(
        base_url=target.base_url,
        api_key=target.key,
        model=target.model,
        temperature=0,
        max_tokens=200,
        stream_usage=True,
    )


def test_chat(model: Any) -> None:
    answer = model.invoke(QUESTION)
    assert isinstance(answer.content, str)
    assert answer.usage_metadata["output_tokens"] > 0
    assert answer.response_metadata["finish_reason"] in ("stop", "length")


def test_stream(model: Any) -> None:
    pieces = list(model.stream(QUESTION))
    assert "".join(piece.content for piece in pieces) == model.invoke(QUESTION).content
    assert sum(piece.usage_metadata["output_tokens"] for piece in pieces if piece.usage_metadata) > 0


def test_tool_call(model: Any) -> None:
    (call,) = model.bind_tools([Wall], tool_choice="Wall").invoke(QUESTION).tool_calls
    assert call["name"] == "Wall"
    Wall.model_validate(call["args"])


def test_streamed_tool_call(model: Any) -> None:
    whole = None
    for piece in model.bind_tools([Wall], tool_choice="required", parallel_tool_calls=False).stream(QUESTION):
        whole = piece if whole is None else whole + piece
    assert whole is not None
    Wall.model_validate(whole.tool_calls[0]["args"])


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_structured_output(model: Any, method: str) -> None:
    assert isinstance(model.with_structured_output(Wall, method=method).invoke(QUESTION), Wall)


def test_responses(target: Target) -> None:
    model = langchain.ChatOpenAI(
        base_url=target.base_url, api_key=target.key, model=target.model, max_tokens=200, use_responses_api=True
    )
    assert model.invoke(QUESTION).response_metadata["status"] in ("completed", "incomplete")
    assert isinstance(model.with_structured_output(Wall).invoke(QUESTION), Wall)


def test_embeddings(target: Target) -> None:
    model = langchain.OpenAIEmbeddings(
        base_url=target.base_url, api_key=target.key, model=target.embedding_model, check_embedding_ctx_length=False
    )
    one, two = model.embed_documents(["A cat.", "The sea."])
    assert len(one) == len(two) == len(model.embed_query("A cat."))
