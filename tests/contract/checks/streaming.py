"""Streams of chat and completions, chunk by chunk."""

from __future__ import annotations

from typing import Any

from tests.contract.registry import check
from tests.contract.target import HI, Target, constant, form


@check("streaming", "every event is a chunk of chat.completion.chunk, the last one [DONE]")
def chunks(target: Target) -> None:
    for chunk in target.chunks():
        assert chunk["object"] == "chat.completion.chunk"
        assert chunk["model"], "no model"
        assert isinstance(chunk["choices"], list), f"choices {chunk['choices']!r}"


@check("streaming", "one id, one created and one fingerprint for all chunks")
def one_id(target: Target) -> None:
    found = target.chunks()
    heads = {(chunk["id"], chunk["created"], chunk.get("system_fingerprint")) for chunk in found}
    assert len(heads) == 1, f"{len(heads)} heads"
    assert found[0]["id"].startswith("chatcmpl-")
    assert type(found[0]["created"]) is int


@check("streaming", "two streams have two ids")
def different_ids(target: Target) -> None:
    assert target.chunks()[0]["id"] != target.chunks()[0]["id"]


@check("streaming", 'the first delta has the role and content "", and no other has a role')
def role_first(target: Target) -> None:
    first, *others = target.deltas()
    assert first["role"] == "assistant"
    assert first["content"] == ""
    assert not [delta for delta in others if "role" in delta], "a role again"


@check("streaming", "the last chunk of a choice is an empty delta with finish_reason, alone")
def last_chunk(target: Target) -> None:
    choices = [choice for chunk in target.chunks() for choice in chunk["choices"]]
    assert choices[-1]["delta"] == {}
    assert choices[-1]["finish_reason"] in ("stop", "length")
    assert {choice["finish_reason"] for choice in choices[:-1]} == {None}


@check("streaming", "each of n choices has a role first, a finish_reason last, and its index throughout")
def several(target: Target) -> None:
    choices = [choice for chunk in target.chunks(n=3) for choice in chunk["choices"]]
    for index in range(3):
        own = [choice for choice in choices if choice["index"] == index]
        assert own[0]["delta"]["role"] == "assistant"
        assert not [choice for choice in own[1:] if "role" in choice["delta"]]
        assert own[-1]["delta"] == {}
        assert own[-1]["finish_reason"]
        assert not [choice for choice in own[:-1] if choice["finish_reason"]]


@check("streaming", "usage unasked is not sent")
def no_usage(target: Target) -> None:
    assert not [chunk for chunk in target.chunks() if chunk.get("usage") is not None]


@check("streaming", "include_usage: one more chunk with choices [] and the usage, and usage null in the others")
def usage(target: Target) -> None:
    *others, last = target.chunks(stream_options={"include_usage": True})
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == last["usage"]["prompt_tokens"] + last["usage"]["completion_tokens"]
    assert all(chunk["choices"] for chunk in others)
    assert all("usage" in chunk and chunk["usage"] is None for chunk in others), "usage is not null in each chunk"


@check("streaming", "include_usage: false sends none")
def usage_declined(target: Target) -> None:
    assert not [chunk for chunk in target.chunks(stream_options={"include_usage": False}) if chunk.get("usage")]


@check("streaming", "the usage of a stream is that of the whole answer")
def same_usage(target: Target) -> None:
    fields: dict[str, Any] = {"temperature": 0, "response_format": constant("one two three"), "max_tokens": 60}
    whole = target.ask("chat", **fields)["usage"]
    streamed = target.chunks(**fields, stream_options={"include_usage": True})[-1]["usage"]
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert streamed[name] == whole[name], f"{name}: {streamed[name]} streamed, {whole[name]} whole"


@check("streaming", "the deltas join to the whole answer")
def same_text(target: Target) -> None:
    fields: dict[str, Any] = {"temperature": 0, "seed": 1, "max_tokens": 24}
    message = target.ask("chat", **fields)["choices"][0]["message"]
    deltas = target.deltas(**fields)
    for name in ("content", "reasoning_content"):
        joined = "".join(delta.get(name) or "" for delta in deltas)
        assert joined == (message.get(name) or ""), f"{name}: {joined!r:.80} against {message.get(name)!r:.80}"


@check("streaming", "a long answer comes in many chunks, not in one lump")
def many_chunks(target: Target) -> None:
    schema = {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "minItems": 8, "maxItems": 8}
    deltas = target.deltas(response_format=form({"type": "object", "properties": {"all": schema}, "required": ["all"],
                                                 "additionalProperties": False}), max_tokens=200)  # fmt: skip
    pieces = [delta["content"] for delta in deltas if delta.get("content")]
    assert len(pieces) >= 3, f"{len(pieces)} pieces"


@check("streaming", "stream_options without stream is 400")
def options_alone(target: Target) -> None:
    assert target.refused("chat", stream_options={"include_usage": True})["param"] == "stream_options"


@check("streaming", "the client reads a stream")
def client(target: Target) -> None:
    stream = target.openai.chat.completions.create(model=target.model, messages=HI, max_tokens=8, stream=True)
    reasons = [choice.finish_reason for chunk in stream for choice in chunk.choices]
    assert reasons[-1] in ("stop", "length")


@check("streaming", "the client's stream helper ends with the whole completion")
def client_helper(target: Target) -> None:
    options: dict[str, Any] = {"response_format": constant("one two"), "max_tokens": 60}
    with target.openai.chat.completions.stream(
        model=target.model, messages=HI, stream_options={"include_usage": True}, **options
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert kinds[0] == "chunk"
    assert final.choices[0].message.content == '"one two"'
    assert final.usage is not None


@check("streaming", "a completion's chunks have text, an index and a finish_reason at the end")
def completions(target: Target) -> None:
    found = target.chunks("completions")
    assert {chunk["object"] for chunk in found} == {"text_completion"}
    assert len({(chunk["id"], chunk["created"]) for chunk in found}) == 1
    choices = [chunk["choices"][0] for chunk in found]
    assert all(isinstance(choice["text"], str) for choice in choices)
    assert choices[-1]["finish_reason"] in ("stop", "length")
    assert not [choice for choice in choices[:-1] if choice["finish_reason"]]


@check("streaming", "a completion's usage comes when asked for")
def completions_usage(target: Target) -> None:
    last = target.chunks("completions", stream_options={"include_usage": True})[-1]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] >= 1


@check("streaming", "finish_reason is length when max_tokens ends the answer")
def length(target: Target) -> None:
    choice = target.ask("chat", response_format=constant("one two three four five six seven"), max_tokens=3)["choices"][
        0
    ]
    assert choice["finish_reason"] == "length"


@check("streaming", "finish_reason is stop when the answer ends by itself")
def stop(target: Target) -> None:
    choice = target.ask("chat", response_format=constant("one two"), max_tokens=60)["choices"][0]
    assert choice["finish_reason"] == "stop"
    last = [choice for chunk in target.chunks(response_format=constant("one two"), max_tokens=60)
            for choice in chunk["choices"]][-1]  # fmt: skip
    assert last["finish_reason"] == "stop"
