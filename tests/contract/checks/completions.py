"""`/v1/completions`, which evaluation harnesses and editors still use."""

from __future__ import annotations

from typing import Any

from tests.contract.registry import check
from tests.contract.target import Target

GREEDY: dict[str, Any] = {"temperature": 0, "max_tokens": 6}


@check("completions", "id, object, created, choices with text, usage")
def shape(target: Target) -> None:
    body = target.ask("completions")
    assert body["id"].startswith("cmpl-")
    assert body["object"] == "text_completion"
    assert set(body["choices"][0]) >= {"text", "index", "logprobs", "finish_reason"}
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


@check("completions", "several prompts are answered in one call, in order, as each alone")
def several_prompts(target: Target) -> None:
    prompts = ["Once upon a time", "Two and two is", "The sea"]
    choices = target.ask("completions", prompt=prompts, **GREEDY)["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2]
    alone = [target.ask("completions", prompt=prompt, **GREEDY)["choices"][0]["text"] for prompt in prompts]
    assert [choice["text"] for choice in choices] == alone


@check("completions", "n choices of each prompt stand together")
def n_of_each(target: Target) -> None:
    choices = target.ask("completions", prompt=["a b c", "d e f"], n=2, **GREEDY)["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2, 3]


@check("completions", "a prompt may be token ids, or lists of them")
def tokens(target: Target) -> None:
    one = target.ask("completions", prompt=[300, 301, 302], **GREEDY)
    assert one["usage"]["prompt_tokens"] == 3
    assert len(target.ask("completions", prompt=[[300, 301], [302, 303]], **GREEDY)["choices"]) == 2


@check("completions", "echo: the prompt stands before the answer")
def echo(target: Target) -> None:
    plain = target.ask("completions", prompt="Once upon", **GREEDY)["choices"][0]["text"]
    assert (
        target.ask("completions", prompt="Once upon", echo=True, **GREEDY)["choices"][0]["text"] == f"Once upon{plain}"
    )


@check("completions", "echo with logprobs rates the prompt's tokens, the first with null")
def echo_logprobs(target: Target) -> None:
    choice = target.ask("completions", prompt="Once upon a time", echo=True, logprobs=1, temperature=0, max_tokens=1)
    rated = choice["choices"][0]["logprobs"]
    assert rated["token_logprobs"][0] is None
    assert all(value <= 0 for value in rated["token_logprobs"][1:])
    assert len(rated["tokens"]) == choice["usage"]["prompt_tokens"] + 1
    assert rated["text_offset"][0] == 0


@check("completions", "best_of gives n of the best")
def best_of(target: Target) -> None:
    answer = target.ask("completions", best_of=3, n=1, temperature=1, max_tokens=4)
    assert len(answer["choices"]) == 1
    assert answer["usage"]["completion_tokens"] <= 12


@check("completions", "without max_tokens at most 16")
def short(target: Target) -> None:
    answer = target.openai.completions.create(model=target.model, prompt="Once upon a time")
    assert answer.usage
    assert answer.usage.completion_tokens <= 16
