"""Anthropic's Messages API, judged by the `anthropic` client and by the wire."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx
import jsonschema

from tests.contract.checks.tools import LAMP_SCHEMA, PAINT_SCHEMA
from tests.contract.registry import Check, NotAsked, check
from tests.contract.target import HI, OMIT, Event, Target, events, raised

AREA = "Anthropic messages"
PAINT = {"name": "paint_wall", "description": "Paints.", "input_schema": PAINT_SCHEMA}
LAMP = {"name": "set-lamp", "description": "Sets.", "input_schema": LAMP_SCHEMA}
SCHEMAS = {"paint_wall": PAINT_SCHEMA, "set-lamp": LAMP_SCHEMA}
CALLED: dict[str, Any] = {"tools": [PAINT, LAMP], "tool_choice": {"type": "any"}, "max_tokens": 300, "temperature": 0}


def _send(target: Target, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    """With the key where Anthropic's clients put it."""
    sent = {"anthropic-version": "2023-06-01", **({"x-api-key": target.key} if headers is None else headers)}
    url, body = f"{target.base_url}/messages", target.body("messages", **fields)
    return httpx.post(url, json=body, headers=sent, timeout=target.timeout)


def _ask(target: Target, **fields: Any) -> dict[str, Any]:
    answer = _send(target, **fields)
    assert answer.status_code == 200, f"status {answer.status_code}: {answer.text[:200]}"
    body: dict[str, Any] = answer.json()
    return body


def _prompt(target: Target, **fields: Any) -> int:
    """Tokens of the prompt; `input_tokens` leaves those out that the cache held."""
    usage = _ask(target, max_tokens=1, **fields)["usage"]
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(usage.get(part) or 0 for part in parts)


def _error(answer: httpx.Response, status: int, kind: str) -> str:
    """The message of an error in Anthropic's shape."""
    assert answer.status_code == status, f"status {answer.status_code}, expected {status}: {answer.text[:200]}"
    body = answer.json()
    assert body["type"] == "error", f"{str(body)[:100]}"
    assert body["error"]["type"] == kind, f"type {body['error']['type']!r}"
    assert body["error"]["message"]
    return str(body["error"]["message"])


@check(AREA, "id, type, role, content blocks, model, stop_reason, stop_sequence, usage")
def shape(target: Target) -> None:
    body = _ask(target)
    assert body["id"].startswith("msg_")
    assert (body["type"], body["role"]) == ("message", "assistant")
    assert isinstance(body["content"], list)
    assert all(block["type"] in ("text", "thinking") for block in body["content"])
    assert body["model"]
    assert body["stop_reason"] in ("end_turn", "max_tokens")
    assert body["stop_sequence"] is None
    assert body["usage"]["input_tokens"] > 0
    assert body["usage"]["output_tokens"] > 0


@check(AREA, "stop_reason is max_tokens when they end the answer")
def max_tokens(target: Target) -> None:
    body = _ask(target, max_tokens=1)
    assert body["usage"]["output_tokens"] == 1
    assert body["stop_reason"] == "max_tokens"


@check(AREA, "stop_sequences: stop_reason stop_sequence, and which it was; not in the text")
def stop_sequence(target: Target) -> None:
    fields: dict[str, Any] = {"temperature": 0, "max_tokens": 32}
    text = "".join(block.get("text", "") for block in _ask(target, **fields)["content"])
    found = next(
        (text[at : at + 2] for at in range(len(text) - 2) if text[at : at + 2].isascii() and text[at].isalpha()), None
    )
    if found is None:
        raise NotAsked("the model says nothing in ASCII")
    body = _ask(target, stop_sequences=["\u2603", found], **fields)
    assert (body["stop_reason"], body["stop_sequence"]) == ("stop_sequence", found)
    assert "".join(block.get("text", "") for block in body["content"]) == text[: text.index(found)]


@check(AREA, "system as a text and as blocks is one prompt")
def system(target: Target) -> None:
    without = _prompt(target)
    text = _prompt(target, system="Be brief.")
    blocks = _prompt(target, system=[{"type": "text", "text": "Be brief."}])
    assert text == blocks > without


@check(AREA, "content as a text and as blocks is one prompt; cache_control is taken")
def blocks(target: Target) -> None:
    block = {"type": "text", "text": HI[0]["content"], "cache_control": {"type": "ephemeral"}}
    one = _prompt(target)
    two = _prompt(target, messages=[{"role": "user", "content": [block]}])
    assert one == two


@check(AREA, "tool_choice any: a tool_use block with id, name and input as an object")
def tool_use(target: Target) -> None:
    body = _ask(target, **CALLED)
    assert body["stop_reason"] == "tool_use"
    uses = [block for block in body["content"] if block["type"] == "tool_use"]
    assert uses
    for block in uses:
        assert block["id"]
        assert isinstance(block["input"], dict)
        jsonschema.validate(block["input"], SCHEMAS[block["name"]])


@check(AREA, "tool_choice tool: that one is called")
def tool_named(target: Target) -> None:
    for name in SCHEMAS:
        body = _ask(target, **{**CALLED, "tool_choice": {"type": "tool", "name": name}})
        called = [block["name"] for block in body["content"] if block["type"] == "tool_use"]
        assert called == [name], f"called {called}"


@check(AREA, "disable_parallel_tool_use: one call")
def one_tool(target: Target) -> None:
    body = _ask(target, **{**CALLED, "tool_choice": {"type": "any", "disable_parallel_tool_use": True}})
    assert len([block for block in body["content"] if block["type"] == "tool_use"]) == 1


@check(AREA, "tool_choice none and auto never force a call")
def tool_free(target: Target) -> None:
    body = _ask(target, **{**CALLED, "tool_choice": {"type": "none"}, "max_tokens": 16})
    assert not [block for block in body["content"] if block["type"] == "tool_use"]
    assert _ask(target, **{**CALLED, "tool_choice": {"type": "auto"}, "max_tokens": 16})["content"] is not None


@check(AREA, "a tool_use and its tool_result can be sent back")
def tool_result(target: Target) -> None:
    body = _ask(target, **CALLED)
    uses = [block for block in body["content"] if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": block["id"], "content": "done"} for block in uses]
    messages = [*HI, {"role": "assistant", "content": body["content"]}, {"role": "user", "content": results}]
    again = _ask(target, tools=[PAINT, LAMP], tool_choice={"type": "none"}, messages=messages)
    assert again["stop_reason"] in ("end_turn", "max_tokens")


def _events(target: Target, **fields: Any) -> list[dict[str, Any]]:
    """The events of a streamed message but pings, their names checked."""
    headers = {"x-api-key": target.key, "anthropic-version": "2023-06-01"}
    answer = _send(target, headers=headers, stream=True, **fields)
    assert answer.status_code == 200, f"status {answer.status_code}: {answer.text[:200]}"
    found: list[Event] = list(events(answer.content.decode()))
    for one in found:
        assert one.data != "[DONE]", "[DONE] does not belong into this stream"
        assert one.name == one.data["type"], f"event {one.name!r} holds {one.data['type']!r}"
    return [one.data for one in found if one.name != "ping"]


STREAM = "Anthropic messages stream"


@check(STREAM, "message_start, blocks with their deltas, message_delta, message_stop")
def order(target: Target) -> None:
    found = _events(target)
    kinds = [one["type"] for one in found]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert kinds[1] == "content_block_start"
    assert set(kinds[2:-3]) <= {"content_block_delta", "content_block_start", "content_block_stop"}
    assert kinds[-3] == "content_block_stop"


@check(STREAM, "message_start holds an empty message with its id and input tokens")
def start(target: Target) -> None:
    message = _events(target)[0]["message"]
    assert message["id"].startswith("msg_")
    assert (message["type"], message["role"], message["content"]) == ("message", "assistant", [])
    assert (message["stop_reason"], message["stop_sequence"]) == (None, None)
    assert message["usage"]["input_tokens"] > 0


@check(STREAM, "blocks are numbered from 0, each started, filled and stopped before the next")
def block_order(target: Target) -> None:
    at, opened = -1, False
    for one in _events(target, **CALLED):
        if one["type"] == "content_block_start":
            at, opened = at + 1, True
            assert one["index"] == at
        elif one["type"] == "content_block_delta":
            assert opened
            assert one["index"] == at
        elif one["type"] == "content_block_stop":
            assert one["index"] == at
            opened = False
    assert at >= 0
    assert not opened


@check(STREAM, "message_delta tells stop_reason and the output tokens")
def end(target: Target) -> None:
    last = _events(target, max_tokens=3)[-2]
    assert last["delta"]["stop_reason"] in ("max_tokens", "end_turn")
    assert "stop_sequence" in last["delta"]
    assert 0 < last["usage"]["output_tokens"] <= 3


@check(STREAM, "a tool's input comes as fragments of JSON, more than one")
def input_fragments(target: Target) -> None:
    found = _events(target, **{**CALLED, "tool_choice": {"type": "tool", "name": "paint_wall"}})
    begun = next(
        one for one in found if one["type"] == "content_block_start" and one["content_block"]["type"] == "tool_use"
    )
    assert begun["content_block"]["input"] == {}
    assert begun["content_block"]["name"] == "paint_wall"
    deltas = [one["delta"] for one in found if one["type"] == "content_block_delta" and one["index"] == begun["index"]]
    assert {delta["type"] for delta in deltas} == {"input_json_delta"}
    assert len([delta for delta in deltas if delta["partial_json"]]) >= 3
    jsonschema.validate(json.loads("".join(delta["partial_json"] for delta in deltas)), PAINT_SCHEMA)
    assert found[-2]["delta"]["stop_reason"] == "tool_use"


@check(STREAM, "the client's stream helper ends with the message")
def client_stream(target: Target) -> None:
    with target.anthropic.messages.stream(model=target.model, messages=HI, max_tokens=8) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == "".join(block.text for block in final.content if block.type == "text")
    assert final.stop_reason in ("end_turn", "max_tokens")


@check(STREAM, "what fails before it begins keeps its status")
def refused_stream(target: Target) -> None:
    _error(_send(target, stream=True, model="no-such-model"), 404, "not_found_error")


@check(AREA, "the client creates a message")
def client(target: Target) -> None:
    message = target.anthropic.messages.create(model=target.model, messages=HI, max_tokens=8)
    assert message.stop_reason in ("end_turn", "max_tokens")
    assert message.usage.output_tokens > 0


@check(AREA, "the client counts tokens, as many as the answer's usage says")
def count_tokens(target: Target) -> None:
    counted = target.anthropic.messages.count_tokens(model=target.model, messages=HI, system="Be brief.")
    assert counted.input_tokens == _prompt(target, system="Be brief.")


@check(AREA, "count_tokens counts tools")
def count_tools(target: Target) -> None:
    without = target.anthropic.messages.count_tokens(model=target.model, messages=HI).input_tokens
    tools: Any = [PAINT]
    assert target.anthropic.messages.count_tokens(model=target.model, messages=HI, tools=tools).input_tokens > without


@check(AREA, "no key or a wrong one is 401 authentication_error, in Anthropic's shape")
def authentication(target: Target) -> None:
    _error(_send(target, headers={}), 401, "authentication_error")
    _error(_send(target, headers={"x-api-key": "sk-wrong.key"}), 401, "authentication_error")
    create = target.anthropic.with_options(api_key="sk-wrong.key").messages.create
    raised(anthropic.AuthenticationError, lambda: create(model="x", messages=HI, max_tokens=1))


@check(AREA, "a bearer key is taken as well")
def bearer(target: Target) -> None:
    assert _send(target, headers=Target.bearer(target.key)).status_code == 200


@check(AREA, "an unknown model is 404 not_found_error")
def unknown_model(target: Target) -> None:
    _error(_send(target, model="no-such-model"), 404, "not_found_error")


@check(AREA, "a prompt beyond the context is 400 invalid_request_error")
def too_long(target: Target) -> None:
    messages = [{"role": "user", "content": "word " * (2 * target.context)}]
    _error(_send(target, messages=messages), 400, "invalid_request_error")


@check(AREA, "every answer has request-id")
def request_id(target: Target) -> None:
    for answer in (_send(target), _send(target, messages=[])):
        assert answer.headers.get("request-id"), "no request-id"


REFUSED: dict[str, dict[str, Any]] = {
    "no max_tokens": {"max_tokens": OMIT},
    "max_tokens 0": {"max_tokens": 0},
    "no messages": {"messages": OMIT},
    "empty messages": {"messages": []},
    "an unknown role": {"messages": [{"role": "king", "content": "x"}]},
    "an unknown type of block": {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
    "temperature 1.5": {"temperature": 1.5},
    "temperature as a string": {"temperature": "1"},
    "stop_sequences that are a string": {"stop_sequences": "x"},
    "a tool without a schema": {"tools": [{"name": "x"}]},
    "tool_choice any without tools": {"tool_choice": {"type": "any"}},
    "tool_choice of a tool there is not": {"tools": [LAMP], "tool_choice": {"type": "tool", "name": "x"}},
    "tool_choice of an unknown type": {"tools": [LAMP], "tool_choice": {"type": "maybe"}},
    "a model that is a number": {"model": 3},
}


def _refuses(what: str, fields: dict[str, Any]) -> Check:
    @check(AREA, f"{what} is 400 invalid_request_error")
    def refuses(target: Target) -> None:
        _error(_send(target, **fields), 400, "invalid_request_error")

    return refuses


refuses = [_refuses(what, fields) for what, fields in REFUSED.items()]


@check(AREA, "unknown parameters are listed in x-ignored-params")
def unknown_parameters(target: Target) -> None:
    answer = _send(target, made_up=1)
    assert answer.status_code == 200
    assert answer.headers.get("x-ignored-params") == "made_up"
