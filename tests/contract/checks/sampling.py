"""What is drawn and told of it: n, seeds, lengths, biases, log-probabilities."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.contract.registry import check
from tests.contract.target import Target, constant

HOT: dict[str, Any] = {"temperature": 1.5, "top_p": 1, "max_tokens": 16}
RATED: dict[str, Any] = {
    "logprobs": True,
    "temperature": 0,
    "response_format": constant("one two three"),
    "max_tokens": 60,
}


@check("n, seed, lengths", "n: so many choices, with their indices")
def several(target: Target) -> None:
    choices = target.ask("chat", n=3)["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2]


@check("n, seed, lengths", "n: the prompt counts once in usage, the answers together")
def prompt_once(target: Target) -> None:
    fields: dict[str, Any] = {"response_format": constant("one two three"), "max_tokens": 60, "temperature": 0}
    one = target.ask("chat", **fields)["usage"]
    three = target.ask("chat", n=3, **fields)["usage"]
    assert three["prompt_tokens"] == one["prompt_tokens"]
    assert three["completion_tokens"] == 3 * one["completion_tokens"]


@check("n, seed, lengths", "usage: the total is the sum, and cached_tokens are among the prompt's")
def sums(target: Target) -> None:
    usage = target.ask("chat")["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert 0 <= usage["prompt_tokens_details"]["cached_tokens"] <= usage["prompt_tokens"]


@check("n, seed, lengths", "one seed, one text; another seed, another")
def seeds(target: Target) -> None:
    assert target.said(seed=11, **HOT) == target.said(seed=11, **HOT)
    assert len({target.said(seed=seed, **{**HOT, "temperature": 2}) for seed in range(6)}) > 1, "six seeds, one text"


@check("n, seed, lengths", "a seed is the request's own: company does not change the text")
def seed_in_company(target: Target) -> None:
    alone = target.said(seed=5, **HOT)
    with ThreadPoolExecutor(6) as pool:
        texts = list(pool.map(lambda seed: target.said(seed=seed, **HOT), [1, 2, 5, 3, 4, 5]))
    assert texts[2] == texts[5] == alone


@check("n, seed, lengths", "system_fingerprint is a text, the same for the same model")
def fingerprint(target: Target) -> None:
    first, second = (target.ask("chat")["system_fingerprint"] for _ in range(2))
    assert isinstance(first, str)
    assert first
    assert first == second


@check("n, seed, lengths", "max_tokens bounds completion_tokens")
def max_tokens(target: Target) -> None:
    for most in (1, 5):
        choice = target.ask("chat", max_tokens=most, response_format=constant("one two three four five six seven"))
        assert choice["usage"]["completion_tokens"] == most
        assert choice["choices"][0]["finish_reason"] == "length"


@check("n, seed, lengths", "max_completion_tokens does the same, and wins over max_tokens")
def max_completion_tokens(target: Target) -> None:
    fields: dict[str, Any] = {"response_format": constant("one two three four five six seven")}
    assert target.ask("chat", max_tokens=50, max_completion_tokens=2, **fields)["usage"]["completion_tokens"] == 2
    assert target.ask("chat", max_tokens=2, max_completion_tokens=3, **fields)["usage"]["completion_tokens"] == 3


@check("logit_bias", "a bias of 100 makes a token the only one")
def bias(target: Target) -> None:
    choice = target.ask("chat", logit_bias={"300": 100}, temperature=1, max_tokens=6, logprobs=True)["choices"][0]
    words = {tuple(one["bytes"]) for one in choice["logprobs"]["content"]}
    assert len(words) <= 1, f"{len(words)} different tokens"


@check("logit_bias", "a bias of −100 bans a token")
def ban(target: Target) -> None:
    fields: dict[str, Any] = {"temperature": 1, "max_tokens": 6, "logprobs": True, "seed": 1}
    forced = target.ask("chat", logit_bias={"300": 100}, **fields)["choices"][0]["logprobs"]["content"]
    free = target.ask("chat", logit_bias={"300": -100}, **fields)["choices"][0]["logprobs"]["content"]
    assert not {tuple(one["bytes"]) for one in forced} & {tuple(one["bytes"]) for one in free}


@check("logit_bias", "an id out of the vocabulary is 400")
def bias_out_of_range(target: Target) -> None:
    for token in ("999999999", "-1"):
        assert (target.refused("chat", logit_bias={token: 1})["param"] or "").startswith("logit_bias")


@check("logit_bias", "a value beyond ±100 is 400")
def bias_too_large(target: Target) -> None:
    for value in (101, -101):
        assert (target.refused("chat", logit_bias={"5": value})["param"] or "").startswith("logit_bias")


@check("logit_bias", "a name that is no number is 400")
def bias_of_a_word(target: Target) -> None:
    assert (target.refused("chat", logit_bias={"word": 1})["param"] or "").startswith("logit_bias")


def _content(target: Target, **fields: Any) -> list[dict[str, Any]]:
    choice = target.ask("chat", **{**RATED, **fields})["choices"][0]
    content: list[dict[str, Any]] = choice["logprobs"]["content"]
    return content


@check("logprobs", "each token has token, logprob, bytes and top_logprobs, and refusal is null")
def logprobs_shape(target: Target) -> None:
    logprobs = target.ask("chat", **RATED)["choices"][0]["logprobs"]
    assert logprobs["refusal"] is None
    for one in logprobs["content"]:
        assert set(one) == {"token", "logprob", "bytes", "top_logprobs"}, f"{sorted(one)}"
        assert isinstance(one["token"], str)
        assert one["logprob"] <= 0
        assert all(type(byte) is int and 0 <= byte < 256 for byte in one["bytes"])
        assert one["top_logprobs"] == []


@check("logprobs", "the bytes of the tokens are the text")
def logprobs_bytes(target: Target) -> None:
    choice = target.ask("chat", **RATED)["choices"][0]
    data = bytes(byte for one in choice["logprobs"]["content"] for byte in one["bytes"])
    assert data.decode() == choice["message"]["content"]


@check("logprobs", "the bytes of tokens that hold parts of characters are the text too")
def logprobs_parts(target: Target) -> None:
    choice = target.ask("chat", **{**RATED, "response_format": constant("日本語 👋🏽")})["choices"][0]
    data = bytes(byte for one in choice["logprobs"]["content"] for byte in one["bytes"])
    assert data.decode() == choice["message"]["content"]


@check("logprobs", "top_logprobs: as many as asked for, best first, together no more than 1")
def top_logprobs(target: Target) -> None:
    for one in _content(target, top_logprobs=4):
        best = [each["logprob"] for each in one["top_logprobs"]]
        assert len(best) == 4
        assert best == sorted(best, reverse=True)
        assert sum(map(math.exp, best)) < 1.001
        assert all(set(each) == {"token", "logprob", "bytes"} for each in one["top_logprobs"])


@check("logprobs", "greedily the drawn token is the best one, with its own logprob")
def greedy_is_best(target: Target) -> None:
    choice = target.ask("chat", logprobs=True, top_logprobs=1, temperature=0, max_tokens=6)["choices"][0]
    for one in choice["logprobs"]["content"]:
        assert one["top_logprobs"][0]["bytes"] == one["bytes"]
        assert abs(one["top_logprobs"][0]["logprob"] - one["logprob"]) < 1e-6


@check("logprobs", "unasked they are null")
def no_logprobs(target: Target) -> None:
    assert target.ask("chat")["choices"][0]["logprobs"] is None
    assert not [choice for chunk in target.chunks() for choice in chunk["choices"] if choice.get("logprobs")]


@check("logprobs", "a stream's are those of the whole answer")
def logprobs_streamed(target: Target) -> None:
    whole = _content(target)
    choices = [choice for chunk in target.chunks(**RATED) for choice in chunk["choices"]]
    streamed = [one for choice in choices if choice.get("logprobs") for one in choice["logprobs"]["content"]]
    assert [one["bytes"] for one in streamed] == [one["bytes"] for one in whole]
    assert all(math.isclose(a["logprob"], b["logprob"], abs_tol=0.1) for a, b in zip(streamed, whole, strict=True))


@check("logprobs", "top_logprobs without logprobs is 400")
def top_alone(target: Target) -> None:
    assert target.refused("chat", top_logprobs=2)["param"] == "top_logprobs"


@check("logprobs", "top_logprobs beyond 20 is 400")
def top_too_many(target: Target) -> None:
    assert target.refused("chat", logprobs=True, top_logprobs=21)["param"] == "top_logprobs"


@check("logprobs", "completions have the older shape, chat has not")
def legacy_logprobs(target: Target) -> None:
    choice = target.ask("completions", logprobs=2, temperature=0)["choices"][0]
    found = choice["logprobs"]
    assert set(found) == {"tokens", "token_logprobs", "top_logprobs", "text_offset"}, f"{sorted(found)}"
    assert len({len(found[name]) for name in found}) == 1, "lists of different lengths"
    assert all(isinstance(best, dict) for best in found["top_logprobs"])
    assert found["text_offset"] == sorted(found["text_offset"])
    assert "tokens" not in target.ask("chat", **RATED)["choices"][0]["logprobs"]
