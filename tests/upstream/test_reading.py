"""What other servers send is read as they mean it, and nothing they send ends in a bug of ours."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from server.chat.messages import CallPiece, Delta, Usage
from server.engine.request import FinishReason
from server.errors import (
    BadRequest,
    ContextLengthExceeded,
    ServerError,
    TooManyRequests,
    Unavailable,
    UpstreamFailed,
    UpstreamRefused,
)
from server.upstream.reading import Reader
from server.upstream.refusals import in_stream, refusal


def chunk(delta: Any = None, index: int = 0, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta or {}, "finish_reason": finish, **more}]}


def test_thoughts_text_and_the_end_come_as_deltas() -> None:
    reader = Reader(1, chat=True)
    assert reader.read(chunk({"role": "assistant", "content": ""})) == []
    assert reader.read(chunk({"reasoning_content": "hm"})) == [Delta(0, reasoning="hm")]
    assert reader.read(chunk({"reasoning": "so"})) == [Delta(0, reasoning="so")]
    assert reader.read(chunk({"content": "Hi"}, finish="length")) == [
        Delta(0, "Hi"),
        Delta(0, finish=FinishReason.LENGTH),
    ]
    assert reader.ended
    assert (reader.said.text, reader.thought.text) == ("Hi", "hmso")
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    assert reader.read({"choices": [], "usage": usage}) == []
    assert reader.usage == Usage(9, 4, 5, 2)


def test_calls_are_told_as_calls_begin_and_go_on() -> None:
    reader = Reader(1, chat=True)
    first = {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}}
    more = {"index": 0, "id": "call_a", "function": {"name": "f", "arguments": '{"x"'}}
    second = {"index": 1, "function": {"name": "g", "arguments": "{}"}}
    assert reader.read(chunk({"tool_calls": [first]})) == [Delta(0, call=CallPiece(0, "call_a", "f", ""))]
    assert reader.read(chunk({"tool_calls": [more]})) == [Delta(0, call=CallPiece(0, arguments='{"x"'))]
    (delta,) = reader.read(chunk({"tool_calls": [second]}))
    assert delta.call is not None
    assert (delta.call.number, delta.call.name, delta.call.arguments) == (1, "g", "{}")
    assert delta.call.id.startswith("call_")
    assert reader.read(chunk(finish="tool_calls")) == [Delta(0, finish=FinishReason.TOOL_CALLS)]


def test_an_answer_that_calls_ends_with_calls_whatever_is_said_of_its_end() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    for said, meant in (("stop", FinishReason.TOOL_CALLS), ("length", FinishReason.LENGTH)):
        reader = Reader(2, chat=True)
        assert reader.read(chunk({"tool_calls": [call]}, finish=said))[-1] == Delta(0, finish=meant)
        assert reader.read(chunk({}, index=1, finish="stop")) == [Delta(1, finish=FinishReason.STOP)]


@pytest.mark.parametrize("number", [{}, {"index": None}, {"index": 0}])
def test_calls_that_are_not_numbered_are_told_apart_by_their_ids(number: dict[str, Any]) -> None:
    def call(id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
        return {**number, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}

    reader = Reader(1, chat=True)
    told = reader.read(chunk({"tool_calls": [call("a", "f", '{"x"'), call(None, None, ": 1}"), call("b", "f", "{")]}))
    told += reader.read(chunk({"tool_calls": [call("b", "f", '"y": 2}')]}))
    assert [delta.call for delta in told] == [
        CallPiece(0, "a", "f", '{"x"'),
        CallPiece(0, arguments=": 1}"),
        CallPiece(1, "b", "f", "{"),
        CallPiece(1, arguments='"y": 2}'),
    ]


def test_each_name_begins_a_call_where_there_are_neither_numbers_nor_ids() -> None:
    calls = [{"function": {"name": name, "arguments": "{}"}} for name in ("f", "f", "g")]
    told = [delta.call for delta in Reader(1, chat=True).read(chunk({"tool_calls": calls}))]
    assert [(call.number, call.name, call.arguments) for call in told if call] == [
        (0, "f", "{}"),
        (1, "f", "{}"),
        (2, "g", "{}"),
    ]
    assert len({call.id for call in told if call}) == 3


def test_log_probabilities_go_with_their_text() -> None:
    rated = {
        "content": [{"token": "H", "bytes": [72], "logprob": -0.5, "top_logprobs": [{"token": "X", "logprob": -2.0}]}]
    }
    (delta,) = Reader(1, chat=True).read(chunk({"content": "H"}, logprobs=rated))
    (token,) = delta.logprobs
    assert (token.data, token.logprob, token.top) == (b"H", -0.5, ((-1, b"X", -2.0),))
    plain = {"tokens": ["H"], "token_logprobs": [-0.5], "top_logprobs": [{"H": -0.5, "X": -2}]}
    (delta,) = Reader(1, chat=False).read({"choices": [{"index": 0, "text": "H", "logprobs": plain}]})
    (token,) = delta.logprobs
    assert [text for _, text, _ in token.top] == [b"H", b"X"]


def test_what_comes_after_a_choices_end_is_not_told() -> None:
    reader = Reader(2, chat=True)
    reader.read(chunk({"content": "a"}, finish="stop"))
    assert reader.read(chunk({"content": "more"}, finish="stop")) == []
    assert not reader.ended
    with pytest.raises(UpstreamFailed):
        reader.read(chunk({"content": "x"}, index=2))


def test_nothing_that_is_sent_is_a_bug_of_ours() -> None:
    luck = random.Random(5)
    values = [None, True, -1, 0, 1, 1e308, float("nan"), "", "x", "\ud800", [], {}, [None], {"index": None}]

    def spoilt(value: Any) -> Any:
        if luck.random() < 0.15:
            return luck.choice(values)
        if isinstance(value, dict):
            return {name: spoilt(inner) for name, inner in value.items()}
        return [spoilt(inner) for inner in value] if isinstance(value, list) else value

    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    rated = {"content": [{"token": "H", "bytes": [72], "logprob": -1, "top_logprobs": [{"token": "X", "logprob": -2}]}]}
    plain = {"tokens": ["H"], "token_logprobs": [-1], "top_logprobs": [{"X": -2}]}
    whole = {
        "choices": [{"index": 0, "text": "t", "delta": {"content": "c", "reasoning": "r", "tool_calls": [call]}}],
        "usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}},
    }
    for turn in range(3000):
        whole["choices"][0]["logprobs"] = luck.choice([rated, plain])  # type: ignore[index]
        try:
            for delta in Reader(1, chat=turn % 2 == 0).read(spoilt(whole)):
                (delta.content + delta.reasoning).encode()
        except ServerError:
            pass


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "bad n", "param": "n"}}, BadRequest),
        (422, {"detail": "no"}, BadRequest),
        (401, {"error": {"message": "who?"}}, UpstreamRefused),
        (404, {"error": "no such model"}, UpstreamRefused),
        (302, {}, UpstreamRefused),
        (429, {"error": {"message": "slow down"}}, TooManyRequests),
        (503, {"error": {"message": "loading"}}, Unavailable),
        (500, "<html>oops", UpstreamFailed),
        (502, [], UpstreamFailed),
        (418, None, UpstreamFailed),
    ],
)
def test_statuses_are_told_as_what_they_are_to_our_clients(status: int, body: Any, kind: type[ServerError]) -> None:
    found = refusal(status, {"retry-after": "7"}, json.dumps(body).encode())
    assert type(found) is kind
    if status in (429, 503):
        assert found.retry_after == 7


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the prompt).",
        "This model's context is 4096 tokens, and one of them must be left for the answer; the prompt is 5000 tokens.",
    ],
)
def test_a_prompt_that_is_too_long_is_one_here_too(words: str) -> None:
    found = in_stream({"message": words, "type": "invalid_request_error", "code": "context_length_exceeded"})
    assert isinstance(found, ContextLengthExceeded)
    assert (found.context, found.prompt_tokens, found.message) == (4096, 5000, words)


@pytest.mark.parametrize(
    ("error", "numbers"),
    [
        ({"message": "Your input exceeds the context window.", "code": "context_length_exceeded"}, (0, 0)),
        (
            {"message": "It is too large", "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 8192},
            (9000, 8192),
        ),
        ({"message": "x", "type": "exceed_context_size_error", "n_prompt_tokens": "9", "n_ctx": None}, (0, 0)),
    ],
)
def test_a_prompt_that_is_too_long_needs_no_numbers_where_the_code_says_so(
    error: dict[str, Any], numbers: tuple[int, int]
) -> None:
    for found in (
        refusal(400, {}, json.dumps({"error": error}).encode()),
        in_stream({**error, "code": error.get("code", 400)}),
    ):
        assert isinstance(found, ContextLengthExceeded)
        assert (found.message, found.prompt_tokens, found.context) == (error["message"], *numbers)


def test_a_refusal_that_is_nested_without_end_is_one_all_the_same() -> None:
    assert isinstance(refusal(500, {}, b"[" * 60_000), UpstreamFailed)
