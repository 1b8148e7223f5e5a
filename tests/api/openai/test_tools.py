"""Tools in chats: as the `openai` client sees calls, and with real models that are held to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import openai
import pytest
import pytest_asyncio

from scripts.make_model import chain_model
from server.chat.messages import Message, ToolCall, ToolChoice, Turn
from tests.api.scripted import Step, say, write
from tests.api.served import Served, events, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="module")

HI = [{"role": "user", "content": "Weather in Paris?"}]
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 12},
        "days": {"type": "integer", "minimum": 0, "maximum": 9},
    },
    "required": ["city", "days"],
}


def function(name: str = "get_weather", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "The weather.", "parameters": SCHEMA, **more}


def tool(name: str = "get_weather", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": function(name, **more)}


CALL = '{"name": "get_weather", "arguments": {"city": "Paris", "days": 2}}'
TEXT = [
    "Let me",
    " see.\n<tool_",
    'call>\n{"name": "get_',
    'weather", "argu',
    'ments": {"city": "Pa',
    'ris", "days": 2}}',
]
ENDED = [*TEXT, "\n</tool_call>"]
BOTH = [*ENDED, '\n<tool_call>{"name": "now", "arguments": {}}</tool_call>']


def script(*texts: str) -> Callable[[Turn], list[Step]]:
    return lambda turn: write(turn, *texts)


async def create(served: Served, **fields: Any) -> Any:
    given = {"model": "tiny", "messages": HI, "tools": [tool(), tool("now")], **fields}
    return await served.openai().chat.completions.create(**given)


# What calls look like


async def test_a_message_with_calls(served: Served) -> None:
    served.backend.steps = script(*BOTH)
    (choice,) = (await create(served)).choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Let me see."
    first, second = choice.message.tool_calls
    assert (first.type, first.function.name) == ("function", "get_weather")
    assert json.loads(first.function.arguments) == {"city": "Paris", "days": 2}
    assert (second.function.name, second.function.arguments) == ("now", "{}")
    assert first.id.startswith("call_")
    assert first.id != second.id


async def test_without_words_the_content_is_null(served: Served) -> None:
    served.backend.steps = script(f"<tool_call>{CALL}</tool_call>")
    response = await served.chat(model="tiny", messages=HI, tools=[tool()])
    message = response.json()["choices"][0]["message"]
    assert message["content"] is None
    assert list(message["tool_calls"][0]) == ["id", "type", "function"]
    assert "function_call" not in message


async def test_a_stream_of_calls_on_the_wire(served: Served) -> None:
    served.backend.steps = script(*BOTH)
    response = await served.chat(model="tiny", messages=HI, tools=[tool(), tool("now")], stream=True)
    *chunks, done = events(response.text)
    assert done == "[DONE]"
    choices = [chunk["choices"][0] for chunk in chunks]
    deltas = [choice["delta"] for choice in choices]
    assert deltas[0] == {"role": "assistant", "content": "", "refusal": None}
    assert [delta["content"] for delta in deltas[1:] if "content" in delta] == ["Let me", " see."]
    calls = [delta["tool_calls"] for delta in deltas if "tool_calls" in delta]
    assert all(len(pieces) == 1 for pieces in calls)
    first, *rest = [pieces[0] for pieces in calls]
    id = first["id"]
    assert first == {"index": 0, "id": id, "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    fragments = [piece for piece in rest if piece["index"] == 0]
    assert fragments == [
        {"index": 0, "function": {"arguments": '{"city": "Pa'}},
        {"index": 0, "function": {"arguments": 'ris", "days": 2}'}},
    ]
    second, arguments = [piece for piece in rest if piece["index"] == 1]
    assert second["function"] == {"name": "now", "arguments": ""}
    assert arguments == {"index": 1, "function": {"arguments": "{}"}}
    assert choices[-1]["delta"] == {}
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["tool_calls"]


async def test_the_client_s_own_accumulator_puts_them_together(served: Served) -> None:
    served.backend.steps = script(*BOTH)
    client = served.openai()
    async with client.chat.completions.stream(model="tiny", messages=HI, tools=[tool(), tool("now")]) as stream:  # type: ignore[arg-type, list-item]
        found = [event async for event in stream]
        message = (await stream.get_final_completion()).choices[0].message
    assert message.tool_calls is not None
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Paris", "days": 2}
    assert [event.type for event in found].count("tool_calls.function.arguments.done") == 2


async def test_a_thought_comes_before_calls(served: Served) -> None:
    served.backend.steps = script("<think>Hm.</think>\n\n", f"<tool_call>{CALL}</tool_call>")
    message = (await create(served)).choices[0].message
    assert (message.reasoning_content, message.content) == ("Hm.", None)
    assert message.tool_calls[0].function.name == "get_weather"


async def test_the_shape_from_before_tools(served: Served) -> None:
    served.backend.steps = script(f"<tool_call>{CALL}</tool_call>")
    asked = {"model": "tiny", "messages": HI, "functions": [function()]}
    (choice,) = (await served.openai().chat.completions.create(**asked)).choices  # type: ignore[call-overload]
    assert choice.finish_reason == "function_call"
    assert choice.message.content is None
    assert choice.message.function_call.name == "get_weather"
    assert json.loads(choice.message.function_call.arguments) == {"city": "Paris", "days": 2}
    assert choice.message.tool_calls is None
    assert served.backend.turn.parallel_calls is False
    response = await served.chat(**asked, stream=True)
    deltas = [chunk["choices"][0]["delta"] for chunk in events(response.text)[:-1]]
    calls = [delta["function_call"] for delta in deltas if delta.get("function_call")]
    assert calls == [
        {"name": "get_weather", "arguments": ""},
        {"arguments": '{"city": "Paris", "days": 2}'},
    ]
    assert '"finish_reason":"function_call"' in response.text


# What is asked


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ({}, ToolChoice("auto")),
        ({"tool_choice": "auto"}, ToolChoice("auto")),
        ({"tool_choice": "none"}, ToolChoice("none")),
        ({"tool_choice": "required"}, ToolChoice("required")),
        ({"tool_choice": {"type": "function", "function": {"name": "now"}}}, ToolChoice("required", "now")),
    ],
)
async def test_the_choice_reaches_the_turn(served: Served, said: dict[str, Any], choice: ToolChoice) -> None:
    await create(served, **said)
    assert served.backend.turn.tool_choice == choice
    assert [each.name for each in served.backend.turn.tools] == ["get_weather", "now"]
    assert served.backend.turn.tools[0].parameters == SCHEMA
    assert served.backend.turn.parallel_calls


async def test_only_some_tools_may_be_allowed(served: Served) -> None:
    tools = [{"type": "function", "function": {"name": "now"}}]
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": tools}}
    await create(served, tool_choice=allowed, parallel_tool_calls=False)
    turn = served.backend.turn
    assert ([each.name for each in turn.tools], turn.tool_choice.mode) == (["now"], "required")
    assert not turn.parallel_calls


async def test_strict_and_bare_tools(served: Served) -> None:
    await create(served, tools=[tool(strict=True), {"type": "function", "function": {"name": "bare"}}])
    strict, bare = served.backend.turn.tools
    assert (strict.strict, bare.strict) == (True, False)
    assert bare.parameters == {"type": "object", "properties": {}}


async def test_functions_of_old_are_tools(served: Served) -> None:
    served.backend.steps = say("Fine.")
    made = {"name": "get_weather", "arguments": "{}"}
    response = await served.chat(
        model="tiny",
        functions=[function()],
        function_call={"name": "get_weather"},
        messages=[
            *HI,
            {"role": "assistant", "content": None, "function_call": made},
            {"role": "function", "name": "get_weather", "content": "rain"},
        ],
    )
    assert response.status_code == 200, response.text
    turn = served.backend.turn
    assert turn.tool_choice == ToolChoice("required", "get_weather")
    _, called, result = turn.messages
    (call,) = called.tool_calls
    assert (call.name, call.arguments) == ("get_weather", "{}")
    assert result == Message("tool", "rain", name="get_weather", tool_call_id=call.id)


async def test_a_conversation_with_calls(served: Served) -> None:
    calls = [{"id": id, "type": "function", "function": {"name": "now", "arguments": "{}"}} for id in ("a", "b")]
    await create(
        served,
        messages=[
            *HI,
            {"role": "assistant", "tool_calls": calls},
            {"role": "tool", "tool_call_id": "b", "content": "2"},
            {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "1"}]},
        ],
    )
    assert served.backend.turn.messages[1:] == (
        Message("assistant", "", tool_calls=(ToolCall("a", "now", "{}"), ToolCall("b", "now", "{}"))),
        Message("tool", "2", tool_call_id="b"),
        Message("tool", "1", tool_call_id="a"),
    )


MADE = {"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
CALLED = {"role": "assistant", "tool_calls": [MADE]}
NAMED = {"type": "function", "function": {"name": "f"}}
GIVEN = {"role": "tool", "tool_call_id": "a", "content": "x"}
DEEP: dict[str, Any] = {"type": "string"}
for _ in range(16):
    DEEP = {"type": "object", "properties": {"a": DEEP}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [tool(), tool()]}, "tools[1].function.name"),
        ({"tools": [tool("")]}, "tools[0].function.name"),
        ({"tools": [tool("no way")]}, "tools[0].function.name"),
        ({"tools": [tool("x" * 65)]}, "tools[0].function.name"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"function": function()}]}, "tools[0].type"),
        ({"tools": [{"type": "oven"}]}, "tools[0].type"),
        ({"tools": [tool(parameters=[])]}, "tools[0].function.parameters"),
        ({"tools": [tool(parameters={"type": "string"})]}, "tools[0].function.parameters"),
        ({"tools": [tool(parameters=DEEP)]}, "tools[0].function.parameters"),
        ({"tools": [tool(parameters={"title": "x" * 65536})]}, "tools[0].function.parameters"),
        ({"tools": [tool(f"t{number}") for number in range(129)]}, "tools"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": NAMED}, "tool_choice"),
        ({"tools": [tool()], "tool_choice": "always"}, "tool_choice"),
        ({"tools": [tool()], "tool_choice": NAMED}, "tool_choice.function.name"),
        ({"tools": [tool()], "tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"tools": [tool()], "parallel_tool_calls": "no"}, "parallel_tool_calls"),
        ({"functions": [function()], "tools": [tool()]}, "tools"),
        ({"functions": [function(), function()]}, "functions[1].name"),
        ({"functions": [function()], "function_call": {"name": "f"}}, "function_call.name"),
        ({"function_call": {"name": "f"}}, "function_call"),
        ({"messages": [*HI, CALLED]}, "messages[1]"),
        ({"messages": [*HI, CALLED, *HI]}, "messages[1]"),
        ({"messages": [*HI, GIVEN]}, "messages[1].tool_call_id"),
        ({"messages": [*HI, CALLED, GIVEN, GIVEN]}, "messages[3].tool_call_id"),
        ({"messages": [*HI, CALLED, {**GIVEN, "tool_call_id": "b"}]}, "messages[2].tool_call_id"),
        ({"messages": [*HI, {"role": "function", "name": "f", "content": "x"}]}, "messages[1].name"),
        ({"messages": [*HI, {"role": "function", "content": "x"}]}, "messages[1]"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(served: Served, fields: dict[str, Any], param: str) -> None:
    response = await served.chat(**{"model": "tiny", "messages": HI, **fields})
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert served.backend.turns == []


async def test_the_edge_is_allowed(served: Served) -> None:
    tools = [tool(f"t{number}", parameters=DEEP["properties"]["a"]) for number in range(127)]
    response = await served.chat(model="tiny", messages=HI, tools=[*tools, tool("x" * 64)])
    assert response.status_code == 200, response.text


# Real models


SMALL = {"threads": 1, "cells": 4096, "ctxSize": 2048, "temperature": 0}
ENTRIES = {
    "caller": {"params": {"model": "caller.gguf", **SMALL}},
    "random": {"params": {"model": "tiny.gguf", **SMALL, "temperature": 1}},
    "native": {"params": {"model": "tiny.gguf", **SMALL}, "toolFormat": "glm"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("tools")
    chain_model(folder / "caller.gguf", text="I look. <tool_call>")
    files = [model_file("tiny"), folder / "caller.gguf"]
    served = tmp_path_factory.mktemp("tools-served")
    async with serving_models(served, ENTRIES, files) as one:
        yield one


async def ask(house: Served, model: str, **fields: Any) -> Any:
    given = {"model": model, "messages": HI, "tools": [tool(), tool("now")], "max_tokens": 200, "seed": 1, **fields}
    return (await house.openai().chat.completions.create(**given)).choices[0]


async def test_a_model_s_call_is_told(house: Served) -> None:
    fields: dict[str, Any] = {"tools": [tool("now", parameters={"type": "object", "properties": {}})]}
    choice = await ask(house, "caller", **fields, parallel_tool_calls=False)
    assert (choice.message.content, choice.finish_reason) == ("I look.", "tool_calls")
    (call,) = choice.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("now", "{}")
    plain = await ask(house, "caller", **fields, tool_choice="none")
    assert (plain.message.content, plain.finish_reason) == ("I look. <tool_call>", "stop")
    assert plain.message.tool_calls is None


PLACES = {
    "type": "object",
    "properties": {"city": {"enum": ["Rome", "Paris"]}, "days": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["city", "days"],
}


@pytest.mark.parametrize("model", ["random", "native"])
async def test_random_weights_are_held_to_a_valid_call(house: Served, model: str) -> None:
    for name in ("get_weather", "now"):
        choice = await ask(
            house,
            model,
            tool_choice={"type": "function", "function": {"name": name}},
            parallel_tool_calls=False,
            tools=[tool(parameters=PLACES), tool("now", parameters={"type": "object", "properties": {}})],
        )
        assert choice.finish_reason == "tool_calls"
        (call,) = choice.message.tool_calls
        assert call.function.name == name
        assert set(json.loads(call.function.arguments)) == ({"city", "days"} if name == "get_weather" else set())


async def test_a_strict_tool_that_cannot_be_enforced_is_refused(house: Served) -> None:
    odd = {"type": "object", "properties": {"to": {"not": {"const": "x"}}}}
    with pytest.raises(openai.BadRequestError) as raised:
        await ask(house, "random", tools=[tool("odd", parameters=odd, strict=True)])
    assert raised.value.param == "tools[0]"
