"""The Responses API: what is answered, streamed, kept and continued."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import openai
from pydantic import BaseModel

from tests.contract.checks.tools import LAMP_SCHEMA, PAINT_SCHEMA
from tests.contract.registry import Check, check
from tests.contract.target import OMIT, Event, Target, openai_error, raised

AREA = "responses"
PAINT = {"type": "function", "name": "paint_wall", "description": "Paints.", "parameters": PAINT_SCHEMA, "strict": True}
LAMP = {"type": "function", "name": "set-lamp", "description": "Sets.", "parameters": LAMP_SCHEMA, "strict": True}
ENOUGH: dict[str, Any] = {"max_output_tokens": 300, "temperature": 0}


def known(text: str) -> dict[str, Any]:
    """A `text` that lets a model say nothing but this as JSON."""
    schema = {"type": "string", "enum": [text]}
    return {"format": {"type": "json_schema", "name": "answer", "strict": True, "schema": schema}}


SAID = (
    "error", "incomplete_details", "instructions", "max_output_tokens", "metadata", "parallel_tool_calls",
    "previous_response_id", "reasoning", "store", "temperature", "text", "tool_choice", "tools", "top_p", "truncation",
    "usage",
)  # fmt: skip
"""What every response says, null where there is nothing to say."""

KNOWN: dict[str, Any] = {"text": known("one two three"), **ENOUGH}


def _kept(target: Target, **fields: Any) -> dict[str, Any]:
    """A response that the server keeps."""
    return target.ask("responses", **{"store": True, **KNOWN, **fields})


def _text(body: dict[str, Any]) -> str:
    return "".join(part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"])


def _call(body: dict[str, Any]) -> dict[str, Any]:
    calls = [item for item in body["output"] if item["type"] == "function_call"]
    assert calls, f"no call among {[item['type'] for item in body['output']]}"
    call: dict[str, Any] = calls[0]
    return call


@check(AREA, "id, object, status, model, output, usage, and what was asked")
def shape(target: Target) -> None:
    body = target.ask("responses", **KNOWN)
    assert body["id"].startswith("resp_")
    assert body["object"] == "response"
    assert body["status"] == "completed"
    assert body["created_at"] > 1_600_000_000
    assert body["model"]
    for name in SAID:
        assert name in body, f"{name} is missing"
    assert body["error"] is None
    assert body["max_output_tokens"] == 300


@check(AREA, "the output is a message of the assistant with parts of output_text")
def output(target: Target) -> None:
    body = target.ask("responses", **KNOWN)
    message = body["output"][-1]
    assert message["type"] == "message"
    assert message["id"].startswith("msg_")
    assert message["role"] == "assistant"
    assert message["status"] == "completed"
    (part,) = message["content"]
    assert part["type"] == "output_text"
    assert part["annotations"] == []
    assert json.loads(part["text"]) == "one two three"


@check(AREA, "usage has input, output and total tokens with details")
def usage(target: Target) -> None:
    found = target.ask("responses", **KNOWN)["usage"]
    assert found["total_tokens"] == found["input_tokens"] + found["output_tokens"]
    assert "cached_tokens" in found["input_tokens_details"]
    assert "reasoning_tokens" in found["output_tokens_details"]


@check(AREA, "max_output_tokens: incomplete, and the reason")
def incomplete(target: Target) -> None:
    body = target.ask("responses", **{**KNOWN, "max_output_tokens": 2})
    assert body["status"] == "incomplete"
    assert body["incomplete_details"] == {"reason": "max_output_tokens"}
    assert body["output"][-1]["status"] == "incomplete"


@check(AREA, "instructions are a message before the input")
def instructions(target: Target) -> None:
    without = target.ask("responses", **KNOWN)["usage"]["input_tokens"]
    body = target.ask("responses", instructions="Be as brief as you can.", **KNOWN)
    assert body["usage"]["input_tokens"] > without
    assert body["instructions"] == "Be as brief as you can."


@check(AREA, "input is a text or a list of messages, with parts of input_text")
def inputs(target: Target) -> None:
    text = {"type": "input_text", "text": "Say something."}
    forms: list[Any] = [
        "Say something.",
        [{"role": "user", "content": "Say something."}],
        [{"type": "message", "role": "user", "content": [text]}],
    ]
    counts = {target.ask("responses", input=one, **KNOWN)["usage"]["input_tokens"] for one in forms}
    assert len(counts) == 1, f"input tokens {counts}"


@check(AREA, "an assistant's output_text and developer messages are taken as input")
def history(target: Target) -> None:
    said = {"type": "output_text", "text": "Hello.", "annotations": []}
    target.ask("responses", **KNOWN, input=[
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [said]},
        {"role": "user", "content": "Again"},
    ])  # fmt: skip


@check(AREA, "metadata is echoed")
def metadata(target: Target) -> None:
    assert target.ask("responses", metadata={"a": "b"}, **KNOWN)["metadata"] == {"a": "b"}


@check(AREA, "text.format json_schema is enforced and echoed")
def text_format(target: Target) -> None:
    given = {"format": {"type": "json_schema", "name": "paint", "strict": True, "schema": PAINT_SCHEMA}}
    body = target.ask("responses", text=given, **ENOUGH)
    jsonschema.validate(json.loads(_text(body)), PAINT_SCHEMA)
    assert body["text"]["format"]["type"] == "json_schema"
    assert body["text"]["format"]["name"] == "paint"


@check(AREA, "text.format json_object and text are taken; what cannot be enforced is 400")
def text_formats(target: Target) -> None:
    begun = _text(target.ask("responses", text={"format": {"type": "json_object"}}, max_output_tokens=40))
    assert begun.lstrip().startswith("{")
    target.ask("responses", text={"format": {"type": "text"}})
    bad = {"format": {"type": "json_schema", "name": "x", "schema": {"type": "objekt"}}}
    assert (target.refused("responses", text=bad)["param"] or "").startswith("text")


@check(AREA, "top_logprobs with include give the tokens' log-probabilities")
def logprobs(target: Target) -> None:
    body = target.ask("responses", include=["message.output_text.logprobs"], top_logprobs=2, **KNOWN)
    rated = body["output"][-1]["content"][0]["logprobs"]
    assert rated
    assert all(len(one["top_logprobs"]) == 2 for one in rated)
    assert bytes(byte for one in rated for byte in one["bytes"]).decode() == _text(body)


# Streams

FRAME = ["response.created", "response.in_progress"]
MESSAGE = [
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
]
CALL = [
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
]


def _events(target: Target, **fields: Any) -> list[dict[str, Any]]:
    """The data of a streamed response's events, their names and numbers checked."""
    found: list[Event] = target.stream("responses", **fields)
    for number, one in enumerate(found):
        assert one.data != "[DONE]", "[DONE] does not belong into this stream"
        assert one.name == one.data["type"], f"event {one.name!r} holds {one.data['type']!r}"
        assert one.data["sequence_number"] == number, f"{one.data['sequence_number']} at place {number}"
    return [one.data for one in found]


def _types(found: list[dict[str, Any]]) -> list[str]:
    """The types in order, repeated deltas once."""
    types = [one["type"] for one in found]
    return [kind for at, kind in enumerate(types) if at == 0 or types[at - 1] != kind or not kind.endswith("delta")]


STREAM = "responses stream"


@check(STREAM, "the events of a message in their order, each with its name and sequence_number from 0")
def order(target: Target) -> None:
    assert _types(_events(target, **KNOWN)) == [*FRAME, *MESSAGE, "response.completed"]


@check(STREAM, "every event of a part has item_id, output_index and content_index")
def places(target: Target) -> None:
    found = _events(target, **KNOWN)
    item = next(one for one in found if one["type"] == "response.output_item.added")
    assert item["output_index"] == 0
    for one in found:
        if one["type"].startswith(("response.content_part", "response.output_text")):
            places = (one["item_id"], one["output_index"], one["content_index"])
            assert places == (item["item"]["id"], 0, 0), f"{one['type']}: {places}"


@check(STREAM, "the deltas join to what is done, and to the response at the end")
def joined(target: Target) -> None:
    found = _by_type(_events(target, **KNOWN))
    text = "".join(one["delta"] for one in found["response.output_text.delta"])
    assert text == found["response.output_text.done"][0]["text"]
    assert text == found["response.content_part.done"][0]["part"]["text"]
    assert text == _text(found["response.completed"][0]["response"])
    assert json.loads(text) == "one two three"


def _by_type(found: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        kinds.setdefault(one["type"], []).append(one)
    return kinds


@check(STREAM, "one id throughout; in_progress with no output first, completed with usage last")
def life(target: Target) -> None:
    found = _events(target, **KNOWN)
    states = [one["response"] for one in found if "response" in one]
    assert len({state["id"] for state in states}) == 1
    assert (states[0]["status"], states[0]["output"], states[0]["usage"]) == ("in_progress", [], None)
    assert states[-1]["status"] == "completed"
    assert states[-1]["usage"]["output_tokens"] > 0


@check(STREAM, "an answer cut by max_output_tokens ends with response.incomplete")
def incomplete_stream(target: Target) -> None:
    last = _events(target, **{**KNOWN, "max_output_tokens": 2})[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


@check(STREAM, "the events of a function call: arguments in deltas, whole when done")
def call_stream(target: Target) -> None:
    found = _events(target, tools=[PAINT], tool_choice="required", parallel_tool_calls=False, **ENOUGH)
    kinds = [kind for kind in _types(found) if "reasoning" not in kind]
    assert kinds == [*FRAME, *CALL, "response.completed"]
    by_type = _by_type(found)
    added = by_type["response.output_item.added"][0]
    assert added["item"]["type"] == "function_call"
    assert added["item"]["name"] == "paint_wall"
    assert added["item"]["call_id"].startswith("call_")
    deltas = by_type["response.function_call_arguments.delta"]
    assert len(deltas) >= 3, f"{len(deltas)} fragments"
    assert {(one["item_id"], one["output_index"]) for one in deltas} == {(added["item"]["id"], added["output_index"])}
    joined = "".join(one["delta"] for one in deltas)
    assert joined == by_type["response.function_call_arguments.done"][0]["arguments"]
    assert joined == by_type["response.output_item.done"][0]["item"]["arguments"]
    jsonschema.validate(json.loads(joined), PAINT_SCHEMA)


@check(STREAM, "the client's stream helper reads it and ends with the response")
def client_stream(target: Target) -> None:
    options: dict[str, Any] = {"text": known("one two"), "max_output_tokens": 60, "store": False}
    with target.openai.responses.stream(model=target.model, input="Hi", **options) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert final.usage


@check(STREAM, "what fails before it begins keeps its status")
def refused_stream(target: Target) -> None:
    target.refused("responses", stream=True, temperature=9)
    assert target.refused("responses", stream=True, status=404, model="no-such-model")["code"] == "model_not_found"


# Tools


@check(AREA, "tool_choice required: a function_call item with call_id, name and arguments as a string")
def function_call(target: Target) -> None:
    call = _call(target.ask("responses", tools=[PAINT, LAMP], tool_choice="required", **ENOUGH))
    assert call["call_id"].startswith("call_")
    assert call["id"]
    assert call["status"] == "completed"
    schema = {"paint_wall": PAINT_SCHEMA, "set-lamp": LAMP_SCHEMA}[call["name"]]
    jsonschema.validate(json.loads(call["arguments"]), schema)


@check(AREA, "tool_choice names a function: that one is called")
def function_named(target: Target) -> None:
    choice = {"type": "function", "name": "set-lamp"}
    body = target.ask("responses", tools=[PAINT, LAMP], tool_choice=choice, **ENOUGH)
    assert _call(body)["name"] == "set-lamp"
    assert len([item for item in body["output"] if item["type"] == "function_call"]) == 1, "called more than once"
    assert body["tool_choice"] == choice
    assert [tool["name"] for tool in body["tools"]] == ["paint_wall", "set-lamp"]


@check(AREA, "a call and its function_call_output can be sent back")
def function_output(target: Target) -> None:
    call = _call(target.ask("responses", tools=[LAMP], tool_choice="required", **ENOUGH))
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "done"}
    body = target.ask(
        "responses", tools=[LAMP], tool_choice="none", input=[{"role": "user", "content": "x"}, call, result]
    )
    assert body["output"][-1]["type"] == "message"


@check(AREA, "a function_call_output goes on from previous_response_id")
def function_output_after(target: Target) -> None:
    first = target.ask("responses", tools=[LAMP], tool_choice="required", store=True, **ENOUGH)
    result = {"type": "function_call_output", "call_id": _call(first)["call_id"], "output": "done"}
    target.ask("responses", previous_response_id=first["id"], input=[result], tools=[LAMP], tool_choice="none")


# What is kept


@check("responses store", "what was stored can be retrieved as it was")
def retrieve(target: Target) -> None:
    body = _kept(target)
    found = target.http.get(f"/responses/{body['id']}").json()
    for name in ("id", "object", "status", "output", "usage", "model", "created_at"):
        assert found[name] == body[name], f"{name} differs"
    assert target.openai.responses.retrieve(body["id"]).output_text == _text(body)


@check("responses store", "a streamed one is kept too")
def retrieve_streamed(target: Target) -> None:
    last = _events(target, store=True, **KNOWN)[-1]["response"]
    assert target.http.get(f"/responses/{last['id']}").json()["output"] == last["output"]


@check("responses store", "store: false keeps nothing")
def not_kept(target: Target) -> None:
    body = target.ask("responses", store=False, **KNOWN)
    assert body["store"] is False
    openai_error(target.http.get(f"/responses/{body['id']}"), 404)


@check("responses store", "what is deleted is gone")
def delete(target: Target) -> None:
    body = _kept(target)
    answer = target.http.delete(f"/responses/{body['id']}")
    assert answer.status_code == 200
    assert answer.json()["id"] == body["id"]
    assert answer.json()["deleted"] is True
    openai_error(target.http.get(f"/responses/{body['id']}"), 404)
    openai_error(target.http.delete(f"/responses/{body['id']}"), 404)


@check("responses store", "an unknown id is 404")
def unknown(target: Target) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("POST", "/cancel")):
        openai_error(target.http.request(method, f"/responses/resp_nothing{path}"), 404)


@check("responses store", "the input items are listed, newest first unless asked, and page by page")
def input_items(target: Target) -> None:
    given = [{"role": "user", "content": text} for text in ("first", "second", "third")]
    body = _kept(target, input=given)
    page = target.http.get(f"/responses/{body['id']}/input_items").json()
    assert page["object"] == "list"
    assert [item["content"][0]["text"] for item in page["data"]] == ["third", "second", "first"]
    assert all(item["id"] and item["type"] == "message" and item["role"] == "user" for item in page["data"])
    assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
    assert page["has_more"] is False
    listed = target.openai.responses.input_items.list(body["id"], order="asc", limit=1)
    assert len(listed.data) == 1
    assert [item.content[0].text for item in listed] == ["first", "second", "third"]  # type: ignore[union-attr]


@check("responses store", "previous_response_id: what was said before is in the prompt")
def previous(target: Target) -> None:
    first = _kept(target, input="My cat is called Mira.")
    alone = target.ask("responses", input="What is it called?", **KNOWN)["usage"]["input_tokens"]
    second = _kept(target, input="What is it called?", previous_response_id=first["id"])
    assert second["previous_response_id"] == first["id"]
    assert second["usage"]["input_tokens"] > alone + 5
    third = _kept(target, input="Sure?", previous_response_id=second["id"])
    assert third["usage"]["input_tokens"] > second["usage"]["input_tokens"]


@check("responses store", "instructions are not carried over")
def instructions_stay(target: Target) -> None:
    plain = _kept(target)
    instructed = _kept(target, instructions="Be as brief as ever you can, please, and say no word too many.")
    fields: dict[str, Any] = {"input": "On.", **KNOWN}
    counts = {
        target.ask("responses", previous_response_id=one["id"], **fields)["usage"]["input_tokens"]
        for one in (plain, instructed)
    }
    assert len(counts) == 1, f"input tokens {counts}"


@check("responses store", "an unknown previous_response_id is refused, and named")
def unknown_previous(target: Target) -> None:
    answer = target.send("responses", previous_response_id="resp_nothing")
    assert answer.status_code in (400, 404), f"status {answer.status_code}"
    assert openai_error(answer, answer.status_code)["param"] == "previous_response_id"


@check("responses store", "one that is not in the background cannot be cancelled: 400")
def cancel(target: Target) -> None:
    openai_error(target.http.post(f"/responses/{_kept(target)['id']}/cancel"), 400)


@check("responses store", "another key's response is 404")
def not_mine(target: Target) -> None:
    other = Target.bearer(target.needs("other_key"))
    path = f"/responses/{_kept(target)['id']}"
    openai_error(target.http.get(path, headers=other), 404)
    openai_error(target.http.delete(path, headers=other), 404)
    openai_error(target.http.get(f"{path}/input_items", headers=other), 404)


@check("responses store", "previous_response_id and conversation together are 400")
def both(target: Target) -> None:
    target.refused("responses", previous_response_id="resp_1", conversation="conv_1")


# Conversations


@check("conversations", "created with items and metadata, retrieved, changed, deleted")
def conversation(target: Target) -> None:
    client = target.openai.conversations
    made = client.create(metadata={"a": "b"}, items=[{"type": "message", "role": "user", "content": "Hi"}])
    assert made.id.startswith("conv_")
    assert made.object == "conversation"
    assert made.metadata == {"a": "b"}
    assert client.retrieve(made.id).id == made.id
    assert client.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert client.delete(made.id).deleted
    openai_error(target.http.get(f"/conversations/{made.id}"), 404)


@check("conversations", "items are added, listed, retrieved, deleted")
def items(target: Target) -> None:
    client = target.openai.conversations
    made = client.create()
    added = client.items.create(made.id, items=[{"type": "message", "role": "user", "content": text} for text in "abc"])
    assert len(added.data) == 3
    assert [item.content[0].text for item in client.items.list(made.id, order="asc")] == ["a", "b", "c"]  # type: ignore[union-attr]
    middle = added.data[1].id
    assert middle
    assert client.items.retrieve(middle, conversation_id=made.id).id == middle
    client.items.delete(middle, conversation_id=made.id)
    assert [item.content[0].text for item in client.items.list(made.id, order="asc")] == ["a", "c"]  # type: ignore[union-attr]


@check("conversations", "a response reads the conversation, and adds its input and output to it")
def in_conversation(target: Target) -> None:
    made = target.openai.conversations.create(items=[{"type": "message", "role": "user", "content": "My cat is Mira."}])
    alone = target.ask("responses", input="Whose cat?", **KNOWN)["usage"]["input_tokens"]
    body = _kept(target, input="Whose cat?", conversation=made.id)
    assert body["conversation"] == {"id": made.id}
    assert body["usage"]["input_tokens"] > alone
    kinds = [item.type for item in target.openai.conversations.items.list(made.id, order="asc")]
    assert kinds == ["message"] * 3, f"{kinds}"
    again = _kept(target, input="Sure?", conversation={"id": made.id})
    assert again["usage"]["input_tokens"] > body["usage"]["input_tokens"]


@check("conversations", "an unknown one is 404, for a response too")
def unknown_conversation(target: Target) -> None:
    openai_error(target.http.get("/conversations/conv_nothing"), 404)
    answer = target.send("responses", conversation="conv_nothing")
    assert answer.status_code in (400, 404), f"status {answer.status_code}"


@check("conversations", "another key's is 404")
def not_my_conversation(target: Target) -> None:
    other = Target.bearer(target.needs("other_key"))
    made = target.openai.conversations.create()
    openai_error(target.http.get(f"/conversations/{made.id}", headers=other), 404)
    openai_error(target.http.get(f"/conversations/{made.id}/items", headers=other), 404)


# The client, and what is refused


class Answer(BaseModel):
    """Yes or no."""

    yes: bool


@check(AREA, "the client's parse gives an object of the asked class")
def client_parse(target: Target) -> None:
    body = target.openai.responses.parse(
        model=target.model, input="Yes?", text_format=Answer, max_output_tokens=100, temperature=0, store=False
    )
    assert isinstance(body.output_parsed, Answer)


@check(AREA, "the client raises BadRequestError with the parameter")
def client_error(target: Target) -> None:
    create = target.openai.responses.create
    error = raised(openai.BadRequestError, lambda: create(model=target.model, input="x", temperature=9))
    assert error.param == "temperature"


ORPHAN = {"type": "function_call_output", "call_id": "call_0", "output": "x"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown type of part": ({"input": [{"role": "user", "content": [{"type": "smell"}]}]}, "input[0].content[0]"),
    "an unknown role": ({"input": [{"role": "king", "content": "x"}]}, "input[0]"),
    "a tool of an unknown type": ({"tools": [{"type": "magic"}]}, "tools[0]"),
    "a function without a name": ({"tools": [{"type": "function"}]}, "tools[0]"),
    "tool_choice required without tools": ({"tool_choice": "required"}, "tool_choice"),
    "tool_choice of a function there is not": (
        {"tools": [LAMP], "tool_choice": {"type": "function", "name": "x"}},
        "tool_choice",
    ),
    "an output of an unknown call": ({"input": [ORPHAN]}, "input"),
    "an unknown value to include": ({"include": ["everything"]}, "include"),
    "truncation of an unknown kind": ({"truncation": "somewhat"}, "truncation"),
    "instructions that are a number": ({"instructions": 3}, "instructions"),
    "metadata that is a list": ({"metadata": []}, "metadata"),
}  # fmt: skip


def _refuses(what: str, fields: dict[str, Any], param: str) -> Check:
    @check(AREA, f"{what} is 400 and names {param}")
    def refuses(target: Target) -> None:
        found = target.refused("responses", **{"tools": OMIT, **fields})["param"]
        assert (found or "").startswith(param), f"param {found!r}"

    return refuses


refuses = [_refuses(what, *rest) for what, rest in REFUSED.items()]
