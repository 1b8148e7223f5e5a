"""What a model thinks before it speaks. Asked of a model that begins every answer with a thought."""

from __future__ import annotations

from typing import Any

from tests.contract.registry import check
from tests.contract.target import Target


def _thinking(target: Target, **fields: Any) -> dict[str, Any]:
    return {"model": target.needs("reasoning_model"), "max_tokens": 60, "temperature": 0, **fields}


@check("reasoning", "the thought is reasoning_content in the message, not in content")
def in_message(target: Target) -> None:
    message = target.ask("chat", **_thinking(target))["choices"][0]["message"]
    assert message["reasoning_content"]
    assert "<think>" not in (message["content"] or "")
    assert "</think>" not in (message["content"] or "")


@check("reasoning", "it comes as reasoning_content in deltas, before the content")
def in_deltas(target: Target) -> None:
    deltas = target.deltas(**_thinking(target))
    kinds = [
        "thought" if delta.get("reasoning_content") else "content" if delta.get("content") else "" for delta in deltas
    ]
    said = [kind for kind in kinds if kind]
    assert "thought" in said
    assert said == sorted(said, reverse=True), "a thought after content"


@check("reasoning", "it is counted in completion_tokens_details.reasoning_tokens, which completion_tokens include")
def counted(target: Target) -> None:
    usage = target.ask("chat", **_thinking(target))["usage"]
    assert 0 < usage["completion_tokens_details"]["reasoning_tokens"] <= usage["completion_tokens"]


@check("reasoning", "usage has reasoning_tokens for a model that does not think as well")
def zero(target: Target) -> None:
    assert target.ask("chat")["usage"]["completion_tokens_details"]["reasoning_tokens"] >= 0


@check("reasoning", "the thought can be sent back with its message")
def sent_back(target: Target) -> None:
    said = {"role": "assistant", "content": "Three.", "reasoning_content": "1 + 2"}
    target.ask("chat", messages=[{"role": "user", "content": "1 + 2?"}, said, {"role": "user", "content": "Sure?"}])


@check("reasoning", "the thought is a reasoning item in a response's output, before the message")
def in_response(target: Target) -> None:
    body = target.ask("responses", model=target.needs("reasoning_model"), max_output_tokens=60, temperature=0)
    assert body["output"][0]["type"] == "reasoning"
    assert body["usage"]["output_tokens_details"]["reasoning_tokens"] > 0


@check("reasoning", "the thought is a thinking block in an Anthropic message")
def in_anthropic_message(target: Target) -> None:
    fields = _thinking(target, thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2000)
    headers = {"x-api-key": target.key, "anthropic-version": "2023-06-01"}
    answer = target.send("messages", headers=headers, **fields)
    assert answer.status_code == 200, f"status {answer.status_code}: {answer.text[:200]}"
    assert answer.json()["content"][0]["type"] == "thinking"
