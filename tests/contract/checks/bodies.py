"""What a request may hold: roles, parameters that do nothing, parameters nobody knows, values that make no sense."""

from __future__ import annotations

from typing import Any

from tests.contract.registry import Check, NotAsked, check
from tests.contract.target import HI, OMIT, Target

SYSTEM = {"content": "Be brief."}


def _prompt_tokens(target: Target, messages: list[Any]) -> int:
    return int(target.ask("chat", messages=messages, max_tokens=1)["usage"]["prompt_tokens"])


@check("roles", "developer is system")
def developer(target: Target) -> None:
    system = [{"role": "system", **SYSTEM}, *HI]
    developer = [{"role": "developer", **SYSTEM}, *HI]
    fields: dict[str, Any] = {"temperature": 0, "max_tokens": 8}
    assert _prompt_tokens(target, system) == _prompt_tokens(target, developer)
    assert target.said(messages=system, **fields) == target.said(messages=developer, **fields)


@check("roles", "content as text parts is their text")
def parts(target: Target) -> None:
    whole = [{"role": "user", "content": "Say something."}]
    cut = [{"role": "user", "content": [{"type": "text", "text": "Say some"}, {"type": "text", "text": "thing."}]}]
    assert target.ask("chat", messages=cut, max_tokens=1)["choices"]
    one = [{"role": "user", "content": [{"type": "text", "text": "Say something."}]}]
    assert _prompt_tokens(target, one) == _prompt_tokens(target, whole)


@check("roles", "a conversation of all roles is taken")
def all_roles(target: Target) -> None:
    call = {"id": "call_9", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    target.ask("chat", messages=[
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi", "name": "Ann"},
        {"role": "assistant", "content": "Hello", "refusal": None, "audio": None},
        {"role": "user", "content": "Look"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_9", "content": "nothing"},
        {"role": "assistant", "content": [{"type": "text", "text": "Nothing."}]},
        {"role": "user", "content": [{"type": "text", "text": "Thanks"}]},
    ])  # fmt: skip


@check("roles", "the answer's message has role, content and refusal: null")
def answer(target: Target) -> None:
    choice = target.ask("chat")["choices"][0]
    assert choice["message"]["role"] == "assistant"
    assert isinstance(choice["message"]["content"], str)
    assert choice["message"]["refusal"] is None
    assert "tool_calls" not in choice["message"]


@check("roles", "a whole answer has id, object, created and model")
def envelope(target: Target) -> None:
    body = target.ask("chat")
    assert body["id"].startswith("chatcmpl-")
    assert body["object"] == "chat.completion"
    assert type(body["created"]) is int
    assert body["model"]


MESSAGES: dict[str, tuple[Any, str]] = {
    "no messages": (OMIT, "messages"),
    "empty messages": ([], "messages"),
    "messages that are a string": ("Hi", "messages"),
    "a message that is a string": (["Hi"], "messages[0]"),
    "a message without a role": ([{"content": "x"}], "messages[0].role"),
    "an unknown role": ([{"role": "king", "content": "x"}], "messages[0].role"),
    "a user's message without content": ([{"role": "user"}], "messages[0]"),
    "a user's message with content: null": ([{"role": "user", "content": None}], "messages[0]"),
    "content that is a number": ([{"role": "user", "content": 3}], "messages[0].content"),
    "an unknown type of part": ([*HI, {"role": "user", "content": [{"type": "smell"}]}], "messages[1].content[0]"),
    "a text part without text": ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0]"),
    "a tool's message without tool_call_id": ([{"role": "tool", "content": "x"}], "messages[0]"),
    "an assistant's message with nothing in it": ([{"role": "assistant"}], "messages[0]"),
    "a call without a function": (
        [{"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function"}]}],
        "messages[0].tool_calls[0]",
    ),
}


def _refuses(area: str, endpoint: str, what: str, fields: dict[str, Any], param: str) -> Check:
    @check(area, f"{what} is 400 and names {param} ({endpoint})")
    def refuses(target: Target) -> None:
        error = target.refused(endpoint, **fields)
        assert (error["param"] or "").startswith(param), f"param {error['param']!r}: {error['message'][:100]}"
        assert error["type"] == "invalid_request_error"
        assert len(error["message"]) > 10

    return refuses


messages = [_refuses("roles", "chat", what, {"messages": given}, param) for what, (given, param) in MESSAGES.items()]

SAMPLED = ("chat", "completions", "responses")
GENERATED = ("chat", "completions")
VALIDATION: list[tuple[tuple[str, ...], str, dict[str, Any], str]] = [
    (("chat", "completions", "embeddings"), "no model", {"model": OMIT}, "model"),
    (("chat", "completions", "responses", "embeddings"), "a model that is a number", {"model": 7}, "model"),
    (SAMPLED, "temperature 2.1", {"temperature": 2.1}, "temperature"),
    (SAMPLED, "temperature −0.1", {"temperature": -0.1}, "temperature"),
    (SAMPLED, "temperature as a string", {"temperature": "1"}, "temperature"),
    (SAMPLED, "temperature true", {"temperature": True}, "temperature"),
    (SAMPLED, "top_p 1.1", {"top_p": 1.1}, "top_p"),
    (SAMPLED, "stream as a string", {"stream": "yes"}, "stream"),
    (GENERATED, "frequency_penalty 2.1", {"frequency_penalty": 2.1}, "frequency_penalty"),
    (GENERATED, "presence_penalty −2.1", {"presence_penalty": -2.1}, "presence_penalty"),
    (GENERATED, "n 0", {"n": 0}, "n"),
    (GENERATED, "n 1000", {"n": 1000}, "n"),
    (GENERATED, "n 1.5", {"n": 1.5}, "n"),
    (GENERATED, "max_tokens −1", {"max_tokens": -1}, "max_tokens"),
    (GENERATED, "max_tokens as a string", {"max_tokens": "8"}, "max_tokens"),
    (("chat",), "max_completion_tokens 0", {"max_completion_tokens": 0}, "max_completion_tokens"),
    (("responses",), "max_output_tokens 0", {"max_output_tokens": 0}, "max_output_tokens"),
    (GENERATED, "a seed of 1.5", {"seed": 1.5}, "seed"),
    (GENERATED, "a seed beyond 64 bits", {"seed": 2**64 + 1}, ""),
    (GENERATED, "stream_options that are a list", {"stream": True, "stream_options": []}, "stream_options"),
    (("chat",), "logprobs that are a number", {"logprobs": 3}, "logprobs"),
    (("completions",), "no prompt", {"prompt": OMIT}, "prompt"),
    (("completions",), "a prompt of nothing", {"prompt": []}, "prompt"),
    (("completions",), "a prompt of mixed kinds", {"prompt": ["a", 1]}, "prompt"),
    (("completions",), "a prompt's token out of the vocabulary", {"prompt": [999_999_999]}, "prompt"),
    (("completions",), "a negative token", {"prompt": [-1]}, "prompt"),
    (("completions",), "best_of below n", {"best_of": 1, "n": 2}, "best_of"),
    (("responses",), "no input", {"input": OMIT}, "input"),
    (("responses",), "input that is a number", {"input": 5}, "input"),
    (("responses",), "an input item of an unknown type", {"input": [{"type": "smell"}]}, "input"),
    (("embeddings",), "no input", {"input": OMIT}, "input"),
    (("embeddings",), "an empty list", {"input": []}, "input"),
    (("embeddings",), "an empty string", {"input": ""}, "input"),
    (("embeddings",), "an encoding_format of hex", {"encoding_format": "hex"}, "encoding_format"),
    (("embeddings",), "dimensions 0", {"dimensions": 0}, "dimensions"),
]
validation = [
    _refuses("validation", endpoint, what, fields, param)
    for endpoints, what, fields, param in VALIDATION
    for endpoint in endpoints
]


@check("validation", "null means unsaid")
def null_is_unsaid(target: Target) -> None:
    names = ("temperature", "top_p", "n", "stop", "seed", "stream", "logit_bias", "user", "tools", "tool_choice",
             "response_format", "frequency_penalty", "logprobs", "top_logprobs", "stream_options")  # fmt: skip
    target.ask("chat", **dict.fromkeys(names))


@check("validation", "the edges of OpenAI's ranges are allowed")
def edges(target: Target) -> None:
    target.ask("chat", temperature=2, top_p=1, frequency_penalty=2, presence_penalty=-2, max_tokens=1)
    target.ask("chat", temperature=0, top_p=0.01, frequency_penalty=-2, presence_penalty=2, max_tokens=1)
    target.ask("chat", logit_bias={"5": 100, "6": -100}, logprobs=True, top_logprobs=20, max_tokens=1)


ACCEPTED: dict[str, Any] = {
    "user": "ann",
    "store": False,
    "metadata": {"a": "b"},
    "service_tier": "auto",
    "prediction": {"type": "content", "content": "x"},
    "prompt_cache_key": "k",
    "safety_identifier": "s",
    "verbosity": "low",
    "reasoning_effort": "low",
    "parallel_tool_calls": True,
    "modalities": ["text"],
}


def _accepts(name: str, value: Any) -> Check:
    @check("accepted parameters", f"{name} is known and does no harm")
    def accepts(target: Target) -> None:
        tools = [{"type": "function", "function": {"name": "look"}}] if name == "parallel_tool_calls" else OMIT
        answer = target.send("chat", headers={"x-strict-params": "1"}, tools=tools, **{name: value})
        assert answer.status_code == 200, f"status {answer.status_code}: {answer.text[:200]}"
        assert name not in answer.headers.get("x-ignored-params", "")

    return accepts


accepts = [_accepts(name, value) for name, value in ACCEPTED.items()]

ALL = ("chat", "completions", "responses", "embeddings")


def _unknown(endpoint: str) -> list[Check]:
    @check("unknown parameters", f"they are ignored and listed in x-ignored-params ({endpoint})")
    def listed(target: Target) -> None:
        answer = target.send(endpoint, made_up=1, another_one={"a": 2})
        assert answer.status_code == 200, f"status {answer.status_code}: {answer.text[:200]}"
        names = {name.strip() for name in answer.headers.get("x-ignored-params", "").split(",")}
        assert names == {"made_up", "another_one"}, f"x-ignored-params: {names}"

    @check("unknown parameters", f"x-strict-params: 1 makes them 400, named ({endpoint})")
    def strict(target: Target) -> None:
        assert target.refused(endpoint, headers={"x-strict-params": "1"}, made_up=1)["param"] == "made_up"

    return [listed, strict]


unknown = [one for endpoint in ALL for one in _unknown(endpoint)]


@check("unknown parameters", "without any there is no x-ignored-params")
def none_unknown(target: Target) -> None:
    answer = target.send("chat")
    assert answer.status_code == 200
    assert "x-ignored-params" not in answer.headers


@check("unknown parameters", "streams have the header too")
def unknown_streamed(target: Target) -> None:
    assert target.send("chat", stream=True, made_up=1).headers["x-ignored-params"] == "made_up"


def _too_long(endpoint: str, field: str, make: Any) -> list[Check]:
    def of(stream: bool) -> Check:
        how = "before a stream opens" if stream else "and both numbers stand in the message"

        @check("context overflow", f"a prompt beyond the context is 400 context_length_exceeded, {how} ({endpoint})")
        def too_long(target: Target) -> None:
            words = "word " * (target.context * 2)
            error = target.refused(endpoint, stream=stream, **{field: make(words)})
            assert error["code"] == "context_length_exceeded", f"code {error['code']!r}"
            numbers = [int(part) for part in "".join(c if c.isdigit() else " " for c in error["message"]).split()]
            assert len([number for number in numbers if number >= 16]) >= 2, f"message {error['message']!r:.150}"

        return too_long

    return [of(False), of(True)]


too_long = [
    *_too_long("chat", "messages", lambda words: [{"role": "user", "content": words}]),
    *_too_long("completions", "prompt", str),
    *_too_long("responses", "input", str),
]


@check("context overflow", "an answer that reaches the end of the context ends with length")
def full_context(target: Target) -> None:
    def tokens(count: int) -> int:
        usage = target.ask("completions", prompt=" a b" * count, max_tokens=1)["usage"]
        return int(usage["prompt_tokens"])

    if target.context > 8192:
        raise NotAsked("its context is too long to be filled here")
    each = (tokens(60) - tokens(10)) / 50
    count = int((target.context - 24) / each)
    answer = target.ask("completions", prompt=" a b" * count, max_tokens=OMIT, ignore_eos=True, temperature=0)
    limited = target.ask("completions", prompt=" a b" * count, max_tokens=4096, ignore_eos=True, temperature=0)
    for found in (answer, limited):
        assert found["choices"][0]["finish_reason"] == "length"
        assert found["usage"]["total_tokens"] <= target.context
