"""The Responses API, as the official client and a raw socket see it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from server.chat.messages import CallPiece, Delta, Form, Message, Tool, ToolCall, ToolChoice, Turn, Usage
from server.engine.request import FinishReason
from server.errors import ContextLengthExceeded, EngineDied, ModelLoadFailed, ServerError
from tests.api.scripted import LENGTH, ScriptedBackend, Step, logprob, say
from tests.api.served import OTHER_KEY, Served, events, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "Tells it.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
DEEP: Any = {}
for _ in range(40):
    DEEP = {"type": "array", "items": DEEP}
CALLS: list[Step] = [
    Delta(0, call=CallPiece(0, "call_a", "weather")),
    Delta(0, call=CallPiece(0, arguments='{"city"')),
    Delta(0, call=CallPiece(0, arguments=': "Rome"}')),
    Delta(0, call=CallPiece(1, "call_b", "weather", "{}")),
    Delta(0, finish=FinishReason.TOOL_CALLS),
]


async def create(served: Served, **fields: Any) -> Any:
    return await served.openai().responses.create(**{"model": "tiny", "input": "Hi", **fields})


async def post(served: Served, **fields: Any) -> httpx.Response:
    return await served.http.post("/v1/responses", json={"model": "tiny", "input": "Hi", **fields})


async def told(served: Served, **fields: Any) -> list[dict[str, Any]]:
    """The events on the wire; each says its type twice, and they are numbered without a gap."""
    response = await post(served, stream=True, **fields)
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response.text)
    names = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    assert names == [each["type"] for each in found]
    assert [each["sequence_number"] for each in found] == list(range(len(found)))
    return found


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [each["type"].removeprefix("response.") for each in found]


async def test_whole_answer(served: Served) -> None:
    served.backend.usage = Usage(7, 5, cached_tokens=3, reasoning_tokens=2)
    response = await create(served)
    assert response.id.startswith("resp_")
    assert (response.object, response.status, response.model) == ("response", "completed", "tiny")
    assert response.output_text == "Hello world"
    (message,) = response.output
    assert (message.type, message.role, message.status, message.id[:4]) == ("message", "assistant", "completed", "msg_")
    assert message.content[0].annotations == []
    assert response.created_at <= response.completed_at
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (7, 5, 12)
    assert usage.input_tokens_details.cached_tokens == 3
    assert usage.output_tokens_details.reasoning_tokens == 2
    assert served.backend.turn.messages == (Message("user", "Hi"),)


async def test_what_was_asked_for_is_echoed(served: Served) -> None:
    asked = {
        "instructions": "Be brief.",
        "max_output_tokens": 50,
        "max_tool_calls": 3,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "reasoning": {"effort": "low", "summary": "auto"},
        "safety_identifier": "s",
        "service_tier": "flex",
        "store": False,
        "temperature": 0.5,
        "text": {"format": {"type": "json_object"}, "verbosity": "low"},
        "tool_choice": {"type": "function", "name": "weather"},
        "tools": [{**WEATHER, "strict": False}],
        "top_logprobs": 2,
        "top_p": 0.75,
        "truncation": "auto",
        "user": "u",
    }
    answer = (await post(served, **asked)).json()
    assert {name: answer[name] for name in asked} == asked
    plain = (await post(served)).json()
    assert {name: plain[name] for name in ("instructions", "conversation", "previous_response_id", "error")} == {
        "instructions": None,
        "conversation": None,
        "previous_response_id": None,
        "error": None,
    }
    assert plain["text"]["format"] == {"type": "text"}
    assert (plain["tool_choice"], plain["tools"], plain["parallel_tool_calls"]) == ("auto", [], True)
    assert (plain["store"], plain["truncation"], plain["metadata"]) == (True, "disabled", {})
    assert plain["temperature"] == 0.25  # the card's


async def test_fields_become_the_turn(served: Served) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    await create(
        served,
        instructions="Be brief.",
        max_output_tokens=50,
        temperature=0.5,
        text={"format": {"type": "json_schema", "name": "n", "schema": schema}},
        tools=[{**WEATHER, "strict": False}],
        tool_choice={"type": "function", "name": "weather"},
        parallel_tool_calls=False,
        reasoning={"effort": "none"},
        include=["message.output_text.logprobs"],
        top_logprobs=3,
    )
    turn = served.backend.turn
    assert turn.messages == (Message("system", "Be brief."), Message("user", "Hi"))
    assert (turn.max_tokens, turn.sampling.temperature, turn.logprobs) == (50, 0.5, 3)
    assert turn.form == Form("json_schema", schema, "text.format.schema")
    assert turn.template_kwargs["enable_thinking"] is False
    assert turn.thinking_budget == 0
    assert turn.tools == (Tool("weather", "Tells it.", WEATHER["parameters"]),)  # type: ignore[arg-type]
    assert turn.tool_choice == ToolChoice("required", "weather")
    assert not turn.parallel_calls
    assert turn.owner == "key1"


async def test_tools_that_are_allowed(served: Served) -> None:
    other = {**WEATHER, "name": "other"}
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "other"}]}
    await create(served, tools=[WEATHER, other], tool_choice=choice)
    turn = served.backend.turn
    assert ([tool.name for tool in turn.tools], turn.tool_choice) == (["other"], ToolChoice("required"))
    assert turn.tools[0].strict


async def test_items_become_the_turn(served: Served) -> None:
    await create(
        served,
        input=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]},
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Let me see.", "annotations": []}],
            },
            {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": "{}"},
            {"type": "function_call", "call_id": "call_2", "name": "sub", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "3"},
            {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "4"}]},
            {"role": "assistant", "content": "Three and four"},
            {"role": "user", "content": "Thanks"},
        ],
    )
    calls = (ToolCall("call_1", "add", "{}"), ToolCall("call_2", "sub", "{}"))
    assert served.backend.turn.messages == (
        Message("system", "Be brief."),
        Message("user", "ab"),
        Message("assistant", "Let me see.", reasoning="Hm", tool_calls=calls),
        Message("tool", "3", name="add", tool_call_id="call_1"),
        Message("tool", "4", name="sub", tool_call_id="call_2"),
        Message("assistant", "Three and four"),
        Message("user", "Thanks"),
    )


async def test_events_of_a_text(served: Served) -> None:
    found = await told(served)
    assert kinds(found) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    created, progress, added, part, first, second, done, part_done, item_done, completed = found
    assert created["response"] == progress["response"]
    assert (created["response"]["status"], created["response"]["output"]) == ("in_progress", [])
    item = added["item"]
    assert (item["status"], item["content"]) == ("in_progress", [])
    assert part["part"] == {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    assert (first["delta"], second["delta"], done["text"]) == ("Hello", " world", "Hello world")
    for each in (part, first, second, done, part_done):
        assert (each["item_id"], each["output_index"], each["content_index"]) == (item["id"], 0, 0)
    assert part_done["part"]["text"] == "Hello world"
    assert item_done["item"] == {**item, "status": "completed", "content": [part_done["part"]]}
    assert completed["response"]["output"] == [item_done["item"]]
    assert completed["response"]["id"] == created["response"]["id"]
    assert completed["response"]["usage"]["total_tokens"] == 9


async def test_events_of_calls(served: Served) -> None:
    served.backend.steps = CALLS
    found = await told(served, tools=[WEATHER])
    assert kinds(found)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    item = found[2]["item"]
    assert (item["type"], item["call_id"], item["name"], item["arguments"]) == (
        "function_call",
        "call_a",
        "weather",
        "",
    )
    assert [each["delta"] for each in found[3:5]] == ['{"city"', ': "Rome"}']
    assert (found[5]["name"], found[5]["arguments"]) == ("weather", '{"city": "Rome"}')
    assert {each["item_id"] for each in found[3:6]} == {item["id"]}
    assert [each["output_index"] for each in found[2:-1]] == [0] * 5 + [1] * 4
    output = found[-1]["response"]["output"]
    assert [(each["call_id"], each["arguments"], each["status"]) for each in output] == [
        ("call_a", '{"city": "Rome"}', "completed"),
        ("call_b", "{}", "completed"),
    ]


@pytest.mark.parametrize(
    ("asked", "begun", "delta", "done", "ended", "where"),
    [
        (None, "content_part.added", "reasoning_text.delta", "reasoning_text.done", "content_part.done", "content"),
        (
            "auto",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "summary",
        ),
    ],
)
async def test_events_of_thoughts(
    served: Served, asked: str | None, begun: str, delta: str, done: str, ended: str, where: str
) -> None:
    served.backend.steps = [Delta(0, reasoning="Hm"), Delta(0, reasoning="m."), *say("Yes")]
    found = await told(served, reasoning={"summary": asked})
    thought = ["output_item.added", begun, delta, delta, done, ended, "output_item.done"]
    assert kinds(found)[2:10] == [*thought, "output_item.added"]
    assert [each["delta"] for each in found[4:6]] == ["Hm", "m."]
    assert found[6]["text"] == found[7]["part"]["text"] == "Hmm."
    reasoning, message = found[-1]["response"]["output"]
    assert (reasoning["type"], reasoning[where][0]["text"]) == ("reasoning", "Hmm.")
    assert message["content"][0]["text"] == "Yes"
    assert found[9]["output_index"] == 1


async def test_the_whole_is_the_fold_of_the_stream(served: Served) -> None:
    served.backend.steps = [Delta(0, reasoning="Hm"), Delta(0, "Let me see."), *CALLS]

    def without_chance(response: dict[str, Any]) -> Any:
        names = ("id", "created_at", "completed_at", "output")
        rest = {name: value for name, value in response.items() if name not in names}
        return rest, [{**item, "id": item["id"][:3]} for item in response["output"]]

    whole = (await post(served)).json()
    streamed = (await told(served))[-1]["response"]
    assert without_chance(whole) == without_chance(streamed)


async def test_an_answer_of_nothing(served: Served) -> None:
    served.backend.steps = say()
    response = await create(served)
    assert (response.status, response.output_text, len(response.output)) == ("completed", "", 1)


async def test_an_answer_that_was_too_long(served: Served) -> None:
    served.backend.steps = say("Hello", finish=LENGTH)
    found = await told(served, max_output_tokens=1)
    assert found[-1]["type"] == "response.incomplete"
    response = found[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert response["output"][0]["status"] == "incomplete"
    assert (await create(served)).incomplete_details.reason == "max_output_tokens"


async def test_logprobs(served: Served) -> None:
    served.backend.steps = [
        Delta(0, "He", logprobs=(logprob("He", -0.25, [("He", -0.25), ("Ha", -1.5)]),)),
        Delta(0, finish=FinishReason.STOP),
    ]
    found = await told(served, include=["message.output_text.logprobs"], top_logprobs=2)
    delta = next(each for each in found if each["type"] == "response.output_text.delta")
    rated = found[-1]["response"]["output"][0]["content"][0]["logprobs"]
    assert rated == delta["logprobs"]
    assert (rated[0]["token"], rated[0]["bytes"], len(rated[0]["top_logprobs"])) == ("He", [72, 101], 2)
    await create(served)
    assert served.backend.turn.logprobs is None


class Answer(BaseModel):
    city: str


async def test_the_clients_helpers(served: Served) -> None:
    served.backend.steps = say('{"city"', ': "Rome"}')
    client = served.openai()
    parsed = await client.responses.parse(model="tiny", input="Hi", text_format=Answer)
    assert parsed.output_parsed == Answer(city="Rome")
    assert served.backend.turn.form is not None
    assert served.backend.turn.form.kind == "json_schema"
    async with client.responses.stream(model="tiny", input="Hi", text_format=Answer) as stream:
        texts = [each.snapshot async for each in stream if each.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    assert texts == ['{"city"', '{"city": "Rome"}']
    assert final.output_parsed == Answer(city="Rome")
    served.backend.steps = [Delta(0, reasoning="Hm"), *CALLS]
    async with client.responses.stream(model="tiny", input="Hi", tools=[WEATHER]) as stream:  # type: ignore[list-item]
        final = await stream.get_final_response()
    assert [item.type for item in final.output] == ["reasoning", "function_call", "function_call"]


async def test_what_was_kept(served: Served) -> None:
    client = served.openai()
    response = await create(served, instructions="Be brief.", metadata={"a": "b"})
    assert await client.responses.retrieve(response.id) == response
    listed = await client.responses.input_items.list(response.id)
    assert [item.content[0].text for item in listed.data] == ["Hi"]  # type: ignore[union-attr]
    await client.responses.delete(response.id)
    for ask in (client.responses.retrieve, client.responses.delete, client.responses.input_items.list):
        with pytest.raises(openai.NotFoundError):
            await ask(response.id)


async def test_what_was_not_to_be_kept(served: Served) -> None:
    response = await create(served, store=False)
    with pytest.raises(openai.NotFoundError):
        await served.openai().responses.retrieve(response.id)
    with pytest.raises(openai.NotFoundError):
        await create(served, previous_response_id=response.id)


async def test_another_keys_response_is_none(served: Served) -> None:
    response = await create(served)
    stranger = openai.AsyncOpenAI(base_url=served.url + "/v1", api_key=OTHER_KEY, max_retries=0)
    asked = [
        stranger.responses.retrieve(response.id),
        stranger.responses.delete(response.id),
        stranger.responses.cancel(response.id),
        stranger.responses.create(model="tiny", input="Hi", previous_response_id=response.id),
        stranger.responses.create(model="tiny", input=[{"type": "item_reference", "id": response.output[0].id}]),
    ]
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(answer, openai.NotFoundError)


async def test_input_items_in_pages(served: Served) -> None:
    given = [{"role": "user", "content": str(number), "id": f"msg_{number}"} for number in range(5)]
    response = await create(served, input=given)
    items = served.openai().responses.input_items
    page = await items.list(response.id, limit=2)
    assert ([item.id for item in page.data], page.has_more) == (["msg_4", "msg_3"], True)
    assert [item.id async for item in items.list(response.id, limit=2)] == [f"msg_{at}" for at in (4, 3, 2, 1, 0)]
    listed = (
        await served.http.get(f"/v1/responses/{response.id}/input_items?order=asc&after=msg_1&before=msg_4")
    ).json()
    assert (listed["first_id"], listed["last_id"], listed["has_more"]) == ("msg_2", "msg_3", False)
    for query in ("limit=0", "limit=101", "limit=x", "order=up", "after=nobody"):
        refused = await served.http.get(f"/v1/responses/{response.id}/input_items?{query}")
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, query.partition("=")[0])


async def test_a_chain(served: Served) -> None:
    served.backend.steps = CALLS
    first = await create(served, instructions="Be brief.", tools=[WEATHER])
    served.backend.steps = say("Warm")
    outputs = [{"type": "function_call_output", "call_id": f"call_{name}", "output": name} for name in "ab"]
    second = await create(served, input=outputs, previous_response_id=first.id)
    assert second.previous_response_id == first.id
    third = await create(served, input="And now?", previous_response_id=second.id, instructions="Be long.")
    assert served.backend.turn.messages == (
        Message("system", "Be long."),
        Message("user", "Hi"),
        Message(
            "assistant",
            "",
            tool_calls=(ToolCall("call_a", "weather", '{"city": "Rome"}'), ToolCall("call_b", "weather", "{}")),
        ),
        Message("tool", "a", name="weather", tool_call_id="call_a"),
        Message("tool", "b", name="weather", tool_call_id="call_b"),
        Message("assistant", "Warm"),
        Message("user", "And now?"),
    )
    listed = await served.openai().responses.input_items.list(third.id)
    assert len(listed.data) == 1
    await served.openai().responses.delete(second.id)
    with pytest.raises(openai.BadRequestError, match="deleted"):
        await create(served, previous_response_id=third.id)


async def test_an_item_by_its_id(served: Served) -> None:
    first = await create(served)
    await create(served, input=[{"type": "item_reference", "id": first.output[0].id}, {"role": "user", "content": "x"}])
    assert served.backend.turn.messages == (Message("assistant", "Hello world"), Message("user", "x"))


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        first = await create(served)
    async with serving(tmp_path) as served:
        assert await served.openai().responses.retrieve(first.id) == first
        await create(served, input="Again", previous_response_id=first.id)
        assert len(served.backend.turn.messages) == 3


async def test_counting_what_would_be_read(served: Served) -> None:
    first = await create(served, input="one two")
    count = served.openai().responses.input_tokens.count
    asked: dict[str, Any] = {"model": "tiny", "input": "three", "instructions": "four"}
    assert (await count(**asked)).input_tokens == 2
    assert (await count(**asked, previous_response_id=first.id)).input_tokens == 6


async def test_events_are_told_again(served: Served) -> None:
    served.backend.steps = [Delta(0, reasoning="Hm"), Delta(0, "Let me", logprobs=(logprob("Let me"),)), *CALLS]
    live = await told(served)
    response = live[-1]["response"]
    again = events((await served.http.get(f"/v1/responses/{response['id']}?stream=true")).text)
    assert [each["sequence_number"] for each in again] == list(range(len(again)))
    deltas = "function_call_arguments.delta"
    assert kinds(again) == [each for at, each in enumerate(kinds(live)) if not each == kinds(live)[at - 1] == deltas]
    assert again[-1]["response"] == response
    added = [each["item"]["id"] for each in again if each["type"] == "response.output_item.added"]
    assert added == [item["id"] for item in response["output"]]
    done = [each["item"] for each in again if each["type"] == "response.output_item.done"]
    assert done == response["output"]
    part = events((await served.http.get(f"/v1/responses/{response['id']}?stream=true&starting_after=3")).text)
    assert part == again[4:]
    async with served.openai().responses.stream(response_id=response["id"]) as stream:
        assert (await stream.get_final_response()).id == response["id"]


async def test_cancelling_before_the_first_word(served: Served) -> None:
    served.backend.steps = [asyncio.Event(), *say("never")]
    client = served.openai()
    async with await client.responses.create(model="tiny", input="Hi", stream=True) as stream:
        created = await anext(aiter(stream))
        assert created.type == "response.created"
        assert (await client.responses.retrieve(created.response.id)).status == "in_progress"
        cancelled = await client.responses.cancel(created.response.id)
        *_, last = [each async for each in stream]
    assert (last.type, cancelled.status, cancelled.output) == ("response.incomplete", "cancelled", [])


async def test_cancelling(served: Served) -> None:
    served.backend.steps = [Delta(0, "Hel"), asyncio.Event(), *say("lo")]
    client = served.openai()
    stream = await create(served, stream=True)
    seen = []
    async for each in stream:
        seen.append(each)
        if each.type == "response.created":
            running = await client.responses.retrieve(each.response.id)
            assert running.status == "in_progress"
            with pytest.raises(openai.BadRequestError):
                await client.responses.retrieve(each.response.id, stream=True)
        if each.type == "response.output_text.delta":
            cancelling = asyncio.create_task(client.responses.cancel(running.id))
    cancelled = await cancelling
    assert (cancelled.status, cancelled.output_text) == ("cancelled", "Hel")
    assert (seen[-1].type, seen[-1].response.status) == ("response.incomplete", "cancelled")
    assert seen[-1].response.output[0].status == "incomplete"
    assert await client.responses.retrieve(running.id) == cancelled == await client.responses.cancel(running.id)
    served.backend.steps = say("Hello")
    done = await create(served)
    with pytest.raises(openai.BadRequestError, match="completed"):
        await client.responses.cancel(done.id)
    with pytest.raises(openai.NotFoundError):
        await client.responses.cancel("resp_nobody")


async def test_stopping_it_as_a_request(served: Served) -> None:
    served.backend.steps = [Delta(0, "Hel"), asyncio.Event(), *say("lo")]
    stream = await create(served, stream=True, extra_headers={"x-request-id": "mine"})
    async for each in stream:
        if each.type == "response.output_text.delta":
            stopping = asyncio.create_task(served.http.delete("/v1/requests/mine"))
    assert (await stopping).status_code == 200
    assert (each.type, each.response.status) == ("response.incomplete", "cancelled")
    kept = await served.openai().responses.retrieve(each.response.id)
    assert (kept.status, kept.output_text) == ("cancelled", "Hel")


async def test_a_client_that_leaves(served: Served) -> None:
    served.backend.steps = [Delta(0, "Hel"), asyncio.Event(), *say("lo")]
    body = {"model": "tiny", "input": "Hi", "stream": True}
    async with served.raw("POST", "/v1/responses", body) as raw:
        text = (await raw.until(b'"delta":"Hel"')).decode()
    await asyncio.wait_for(served.backend.cancelled.wait(), 5)
    id = json.loads(next(line for line in text.splitlines() if line.startswith("data: ")).removeprefix("data: "))
    id = id["response"]["id"]
    kept = (await served.http.get(f"/v1/responses/{id}")).json()
    assert (kept["status"], kept["output"][0]["content"][0]["text"]) == ("cancelled", "Hel")
    assert kept["output"][0]["status"] == "incomplete"


async def test_an_answer_that_breaks(served: Served) -> None:
    served.backend.steps = [Delta(0, "Hel"), EngineDied("The engine died.")]
    found = await told(served)
    assert kinds(found)[-3:] == ["output_item.done", "error", "failed"]
    error, failed = found[-2:]
    assert (error["code"], error["message"], error["param"]) == ("engine_died", "The engine died.", None)
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": "server_error", "message": "The engine died."}
    kept = (await served.http.get(f"/v1/responses/{failed['response']['id']}")).json()
    assert kept == failed["response"]
    again = events((await served.http.get(f"/v1/responses/{kept['id']}?stream=true")).text)
    assert kinds(again)[-2:] == ["error", "failed"]
    assert (await post(served)).status_code == 503


async def test_a_bug_is_told_too(served: Served) -> None:
    served.backend.steps = [Delta(0, "Hel"), RuntimeError("bug")]
    found = await told(served)
    assert kinds(found)[-2:] == ["error", "failed"]
    assert "bug" not in found[-2]["message"]
    kept = (await served.http.get(f"/v1/responses/{found[0]['response']['id']}")).json()
    assert kept["status"] == "failed"


async def test_what_breaks_before_its_first_word_keeps_its_status(served: Served) -> None:
    served.backend.steps = [EngineDied("The engine died.")]
    refused = await post(served)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "engine_died")


async def test_what_breaks_in_a_stream_before_its_first_word_is_told_there(served: Served) -> None:
    served.backend.steps = [EngineDied("The engine died.")]
    found = await told(served)
    assert kinds(found) == ["created", "in_progress", "error", "failed"]
    assert (found[2]["code"], found[3]["response"]["output"]) == ("engine_died", [])


@pytest.mark.parametrize("stream", [False, True])
async def test_what_fails_first_keeps_its_status(served: Served, stream: bool) -> None:
    served.backend.refusal = ModelLoadFailed("The file is broken.")
    refused = await post(served, stream=stream)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_load_failed")


class Narrow:
    """Steps of a model that takes so many words."""

    def __init__(self, words: int) -> None:
        self.words = words

    def refusal(self, turn: Turn) -> ServerError | None:
        found = sum(len(message.content.split()) for message in turn.messages)
        return ContextLengthExceeded(found, self.words) if found >= self.words else None

    def __call__(self, turn: Turn) -> list[Step]:
        return say("ok")


@pytest.fixture
def narrow(served: Served, monkeypatch: pytest.MonkeyPatch) -> Narrow:
    steps = Narrow(40)
    opening = ScriptedBackend.open

    def open(self: ScriptedBackend, turn: Turn) -> Any:
        self.refusal = steps.refusal(turn)
        return opening(self, turn)

    monkeypatch.setattr(ScriptedBackend, "open", open)
    served.backend.steps = steps
    return steps


async def test_truncation(served: Served, narrow: Narrow) -> None:
    history = [
        {"role": role, "content": f"{role} {number} " + "word " * 5}
        for number in range(6)
        for role in ("user", "assistant")
    ]
    given = [*history, {"role": "user", "content": "The question"}]
    with pytest.raises(openai.BadRequestError) as caught:
        await create(served, input=given)
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "input")
    response = await create(served, input=given, truncation="auto", instructions="Be brief.")
    assert response.output_text == "ok"
    first, second, *_, last = served.backend.turn.messages
    assert (first, last.content) == (Message("system", "Be brief."), "The question")
    assert second.role == "user"
    assert 10 < sum(len(message.content.split()) for message in served.backend.turn.messages) < 40
    listed = await served.openai().responses.input_items.list(response.id, limit=100)
    assert len(listed.data) == len(given)


async def test_truncation_of_one_long_errand(served: Served, narrow: Narrow) -> None:
    given: list[dict[str, Any]] = [{"role": "user", "content": "The task"}]
    for number in range(6):
        given.append({"type": "function_call", "call_id": f"call_{number}", "name": "f", "arguments": "{}"})
        given.append({"type": "function_call_output", "call_id": f"call_{number}", "output": "word " * 10})
    await create(served, input=given, truncation="auto")
    messages = served.backend.turn.messages
    assert messages[0].content == "The task"
    assert messages[1].tool_calls[0].id == messages[2].tool_call_id
    assert messages[-1].tool_call_id == "call_5"
    with pytest.raises(openai.BadRequestError, match="context"):
        await create(served, input="word " * 100, truncation="auto")


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({"input": None}, "input", "Missing"),
        ({"input": []}, "input", "empty"),
        ({"input": 5}, "input", "expected a string or a list"),
        ({"input": [{"type": "web_search_call", "id": "ws_1"}]}, "input[0]", "web_search_call"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role", "user"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]", "data: URL"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0].content[0]", "input_text"),
        ({"input": [{"type": "function_call_output", "call_id": "no", "output": "x"}]}, "input", "call_id 'no'"),
        ({"input": [{"type": "item_reference", "id": "a b"}]}, "input[0].id", "pattern"),
        ({"background": True, "store": False}, "background", "background"),
        ({"prompt": {"id": "p"}}, "prompt", "prompts"),
        ({"tools": [{"type": "web_search"}]}, "tools[0]", "'file_search'"),
        ({"tools": [{"type": "nonsense"}]}, "tools[0]", "nonsense"),
        ({"tools": [WEATHER, WEATHER]}, "tools[1].name", "weather"),
        ({"tool_choice": "required"}, "tool_choice", "no tools"),
        ({"tool_choice": {"type": "function", "name": "no"}, "tools": [WEATHER]}, "tool_choice.name", "'no'"),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice", "web_search"),
        ({"max_output_tokens": 0}, "max_output_tokens", "at least 1"),
        ({"temperature": 3}, "temperature", "at most 2"),
        ({"top_logprobs": 21}, "top_logprobs", "at most 20"),
        ({"include": ["nothing"]}, "include[0]", "message.output_text.logprobs"),
        ({"truncation": "perhaps"}, "truncation", "auto"),
        ({"metadata": {"a": "b" * 513}}, "metadata.a", "512"),
        ({"metadata": {str(number): "" for number in range(17)}}, "metadata", "16"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema", "Missing"),
        ({"text": {"format": {"type": "json_schema", "name": "n", "schema": DEEP}}}, "text.format.schema", "deep"),
        ({"stream_options": {}}, "stream_options", "stream"),
        ({"previous_response_id": "resp_1", "conversation": "conv_1"}, "previous_response_id", "one of them"),
    ],
)
async def test_what_is_refused(served: Served, fields: dict[str, Any], param: str, said: str) -> None:
    refused = await post(served, **fields)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (400, param), error
    assert said in error["message"]
    assert served.backend.turns == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"previous_response_id": "resp_no"}, "previous_response_id"), ({"conversation": "conv_no"}, "conversation")],
)
async def test_what_is_not_there(served: Served, fields: dict[str, Any], param: str) -> None:
    refused = await post(served, **fields)
    assert (refused.status_code, refused.json()["error"]["param"]) == (404, param)
