"""Tools: enforced where the client enforces them, so that a weak model will do."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import openai
from pydantic import BaseModel

from tests.contract.registry import Check, check
from tests.contract.target import HI, OMIT, Target

COLOUR = {"type": "string", "enum": ["red", "green", "blue"]}
PAINT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "colours": {"type": "array", "items": COLOUR, "minItems": 6, "maxItems": 6},
        "dry": {"type": "boolean"},
    },
    "required": ["colours", "dry"],
    "additionalProperties": False,
}
LAMP_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"level": {"type": "integer", "enum": [0, 1, 2]}},
    "required": ["level"],
    "additionalProperties": False,
}


def tool(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    function = {"name": name, "description": f"Does {name}.", "parameters": schema, **more}
    return {"type": "function", "function": function}


PAINT = tool("paint_wall", PAINT_SCHEMA, strict=True)
LAMP = tool("set-lamp", LAMP_SCHEMA, strict=True)
BOTH = [PAINT, LAMP]
SCHEMAS = {"paint_wall": PAINT_SCHEMA, "set-lamp": LAMP_SCHEMA}
TWO = [{"role": "user", "content": "Which colour is the wall, and how bright is the lamp?"}]
"""What could be answered with two calls."""

ENOUGH: dict[str, Any] = {"max_tokens": 300, "temperature": 0}


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def _calls(message: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Name and arguments of each call, its shape checked."""
    assert isinstance(message["tool_calls"], list)
    found = []
    for call in message["tool_calls"]:
        assert call["id"].startswith("call_"), f"id {call['id']!r}"
        assert call["type"] == "function"
        assert set(call["function"]) == {"name", "arguments"}, f"{sorted(call['function'])}"
        assert isinstance(call["function"]["arguments"], str), f"arguments are {type(call['function']['arguments'])}"
        arguments = json.loads(call["function"]["arguments"])
        jsonschema.validate(arguments, SCHEMAS[call["function"]["name"]])
        found.append((call["function"]["name"], arguments))
    assert found, "no calls"
    assert len({call["id"] for call in message["tool_calls"]}) == len(found), "ids repeat"
    return found


@check("tools", "tool_choice required: a call is made, and its arguments follow the strict schema")
def required(target: Target) -> None:
    choice = target.ask("chat", tools=BOTH, tool_choice="required", **ENOUGH)["choices"][0]
    _calls(choice["message"])
    assert choice["finish_reason"] == "tool_calls"


@check("tools", "a message with calls has content: null")
def null_content(target: Target) -> None:
    message = target.ask("chat", tools=BOTH, tool_choice="required", **ENOUGH)["choices"][0]["message"]
    assert "content" in message, "the key is missing"
    assert message["content"] is None
    assert message["role"] == "assistant"


def _named(name: str) -> Check:
    @check("tools", f"tool_choice names a tool: that one is called, once ({name})")
    def the_named(target: Target) -> None:
        for seed in range(4):
            fields = {**ENOUGH, "temperature": 1.5, "seed": seed}
            tools = BOTH if seed % 2 else [one for one in BOTH if one["function"]["name"] == name]
            choice = target.ask("chat", messages=TWO, tools=tools, tool_choice=named(name), **fields)["choices"][0]
            called = [called for called, _ in _calls(choice["message"])]
            assert called == [name], f"called {called}"
            assert choice["finish_reason"] in ("tool_calls", "stop")

    return the_named


the_named = [_named(name) for name in SCHEMAS]


@check("tools", "tool_choice required holds at temperature 2 too")
def required_hot(target: Target) -> None:
    for seed in range(3):
        fields = {**ENOUGH, "temperature": 2, "seed": seed}
        _calls(target.ask("chat", tools=BOTH, tool_choice="required", **fields)["choices"][0]["message"])


@check("tools", "tool_choice none: never a call")
def none(target: Target) -> None:
    choice = target.ask("chat", tools=BOTH, tool_choice="none", max_tokens=40)["choices"][0]
    assert not choice["message"].get("tool_calls")
    assert isinstance(choice["message"]["content"], str)
    assert choice["finish_reason"] in ("stop", "length")


@check("tools", "tool_choice auto: text or calls, and finish_reason says which")
def auto(target: Target) -> None:
    for more in ({"tool_choice": "auto"}, {}):
        choice = target.ask("chat", tools=BOTH, max_tokens=60, **more)["choices"][0]
        if choice["finish_reason"] == "tool_calls":
            _calls(choice["message"])
        else:
            assert "content" in choice["message"]


@check("tools", "the tools reach the prompt")
def in_prompt(target: Target) -> None:
    with_tools = target.ask("chat", tools=BOTH, tool_choice="auto", max_tokens=1)["usage"]["prompt_tokens"]
    without = target.ask("chat", max_tokens=1)["usage"]["prompt_tokens"]
    assert with_tools > without, f"{with_tools} tokens with tools, {without} without"


def _streamed(target: Target, **fields: Any) -> tuple[list[dict[str, Any]], str]:
    """The pieces of calls in a stream, and how it ended."""
    choices = [choice for chunk in target.chunks(**fields) for choice in chunk["choices"]]
    pieces = [piece for choice in choices for piece in choice["delta"].get("tool_calls") or ()]
    assert choices[-1]["delta"] == {}, f"the last delta is {choices[-1]['delta']!r:.80}"
    return pieces, choices[-1]["finish_reason"]


@check("tool deltas", 'the first has index, id, type, name and arguments ""')
def first_piece(target: Target) -> None:
    pieces, _ = _streamed(target, tools=BOTH, tool_choice="required", **ENOUGH)
    assert set(pieces[0]) == {"index", "id", "type", "function"}, f"{sorted(pieces[0])}"
    assert pieces[0]["index"] == 0
    assert pieces[0]["id"].startswith("call_")
    assert pieces[0]["type"] == "function"
    assert pieces[0]["function"]["name"] in SCHEMAS
    assert pieces[0]["function"]["arguments"] == ""


@check("tool deltas", "the following ones have index and a fragment of arguments, nothing else")
def following_pieces(target: Target) -> None:
    pieces, _ = _streamed(target, tools=[PAINT], tool_choice=named("paint_wall"), **ENOUGH)
    fragments = [piece for piece in pieces if "id" not in piece]
    assert all(set(piece) == {"index", "function"} for piece in fragments)
    assert all(set(piece["function"]) == {"arguments"} for piece in fragments)
    assert all(isinstance(piece["function"]["arguments"], str) for piece in fragments)


@check("tool deltas", "arguments come in fragments, not in one lump, and join into valid JSON")
def fragments(target: Target) -> None:
    pieces, finish = _streamed(target, tools=[PAINT], tool_choice=named("paint_wall"), **ENOUGH)
    own = [piece["function"]["arguments"] for piece in pieces if piece["index"] == 0]
    assert len([fragment for fragment in own if fragment]) >= 3, f"{len(own)} fragments"
    jsonschema.validate(json.loads("".join(own)), PAINT_SCHEMA)
    assert finish in ("tool_calls", "stop")


@check("tool deltas", "the calls of an answer have indices 0, 1, 2 … in order, each with an id of its own")
def indices(target: Target) -> None:
    pieces, finish = _streamed(target, tools=BOTH, tool_choice="required", **ENOUGH)
    numbers = [piece["index"] for piece in pieces]
    heads = [piece for piece in pieces if "id" in piece]
    assert numbers == sorted(numbers)
    assert [piece["index"] for piece in heads] == list(range(len(heads)))
    assert len({piece["id"] for piece in heads}) == len(heads)
    assert finish == "tool_calls"


@check("tool deltas", "the role comes first, once, and no content comes with the calls")
def role_with_calls(target: Target) -> None:
    first, *others = target.deltas(tools=BOTH, tool_choice="required", **ENOUGH)
    assert first["role"] == "assistant"
    assert not [delta for delta in others if "role" in delta]
    assert not "".join(delta.get("content") or "" for delta in [first, *others])


@check("tool deltas", "streamed calls are those of the whole answer")
def same_calls(target: Target) -> None:
    fields: dict[str, Any] = {"tools": [PAINT], "tool_choice": named("paint_wall"), **ENOUGH}
    call = target.ask("chat", **fields)["choices"][0]["message"]["tool_calls"][0]
    pieces, _ = _streamed(target, **fields)
    joined = "".join(piece["function"].get("arguments", "") for piece in pieces if piece["index"] == 0)
    assert json.loads(joined) == json.loads(call["function"]["arguments"])


@check("tools", "parallel_tool_calls false: one call and no more")
def not_parallel(target: Target) -> None:
    message = target.ask("chat", tools=BOTH, tool_choice="required", parallel_tool_calls=False, **ENOUGH)["choices"][0]
    assert len(_calls(message["message"])) == 1


@check("tools", "n choices each make their own calls")
def several(target: Target) -> None:
    choices = target.ask("chat", tools=BOTH, tool_choice="required", n=2, **ENOUGH)["choices"]
    ids = [call["id"] for choice in choices for call in choice["message"]["tool_calls"]]
    assert all(_calls(choice["message"]) for choice in choices)
    assert len(set(ids)) == len(ids)


@check("tools", "arguments hold what a schema's constants hold: quotes, backslashes, line feeds, other scripts")
def escapes(target: Target) -> None:
    text = 'a "quoted" \\ back\nslash → 日本 🎉'
    schema = {"type": "object", "properties": {"text": {"const": text}}, "required": ["text"],
              "additionalProperties": False}  # fmt: skip
    answer = target.ask("chat", tools=[tool("say", schema, strict=True)], tool_choice=named("say"), **ENOUGH)
    arguments = answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"text": text}


@check("tools", "a tool without parameters can be called")
def no_parameters(target: Target) -> None:
    bare = {"type": "function", "function": {"name": "ring_bell"}}
    message = target.ask("chat", tools=[bare], tool_choice=named("ring_bell"), **ENOUGH)["choices"][0]["message"]
    assert message["tool_calls"][0]["function"]["name"] == "ring_bell"


CALL = {"id": "call_1", "type": "function", "function": {"name": "set-lamp", "arguments": '{"level": 1}'}}
HISTORY: list[Any] = [
    *HI,
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "done"},
]


@check("tools", "a call and its result can be sent back")
def round_trip(target: Target) -> None:
    answer = target.ask("chat", messages=HISTORY, tools=BOTH, tool_choice="none")
    assert answer["choices"][0]["message"]["role"] == "assistant"


@check("tools", "a message of the assistant with calls may leave its content out")
def content_left_out(target: Target) -> None:
    target.ask("chat", messages=[*HI, {"role": "assistant", "tool_calls": [CALL]}, HISTORY[-1]])


@check("tools", "a tool's result may be a list of text parts")
def parts_as_result(target: Target) -> None:
    result = {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "done"}]}
    target.ask("chat", messages=[*HISTORY[:-1], result], tools=BOTH, tool_choice="none")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "tool_choice required without tools": ({"tools": OMIT, "tool_choice": "required"}, "tool_choice"),
    "tool_choice that names no tool there is": ({"tool_choice": named("nobody")}, "tool_choice"),
    "tool_choice of an unknown word": ({"tool_choice": "perhaps"}, "tool_choice"),
    "tool_choice that is a number": ({"tool_choice": 3}, "tool_choice"),
    "tools that are no list": ({"tools": PAINT}, "tools"),
    "a tool without a function": ({"tools": [{"type": "function"}]}, "tools[0]"),
    "a tool without a name": ({"tools": [{"type": "function", "function": {}}]}, "tools[0]"),
    "a tool of an unknown type": ({"tools": [{"type": "magic", "function": {"name": "x"}}]}, "tools[0]"),
    "a tool's name with spaces": ({"tools": [tool("a b", LAMP_SCHEMA)]}, "tools[0]"),
    "parameters that are no schema": ({"tools": [tool("x", {"type": "objekt"}, strict=True)],
                                       "tool_choice": named("x")}, "tools[0]"),
    "parameters that are a string": ({"tools": [{"type": "function", "function": {"name": "x", "parameters": "no"}}]},
                                     "tools[0]"),
    "two tools of one name": ({"tools": [PAINT, PAINT]}, "tools"),
    "parallel_tool_calls that is a string": ({"parallel_tool_calls": "no"}, "parallel_tool_calls"),
}  # fmt: skip


def _refuses(what: str, fields: dict[str, Any], param: str) -> Check:
    @check("tools", f"{what} is 400")
    def refuses(target: Target) -> None:
        found = target.refused("chat", **{"tools": BOTH, **fields})["param"]
        assert (found or "").startswith(param), f"param {found!r}"

    return refuses


refuses = [_refuses(what, *rest) for what, rest in REFUSED.items()]


@check("tools", "functions and function_call, the older form, are answered in the older form")
def functions(target: Target) -> None:
    answer = target.ask(
        "chat", functions=[PAINT["function"]], function_call={"name": "paint_wall"}, **ENOUGH
    )["choices"][0]  # fmt: skip
    assert answer["message"]["function_call"]["name"] == "paint_wall"
    jsonschema.validate(json.loads(answer["message"]["function_call"]["arguments"]), PAINT_SCHEMA)


class Lamp(BaseModel):
    """How bright the lamp is to be."""

    on: bool


@check("tools", "the client's parse gives the arguments as an object of the tool's class")
def client_parse(target: Target) -> None:
    completion = target.openai.chat.completions.parse(
        model=target.model,
        messages=HI,
        tools=[openai.pydantic_function_tool(Lamp)],
        tool_choice={"type": "function", "function": {"name": "Lamp"}},
        max_tokens=100,
    )
    calls = completion.choices[0].message.tool_calls
    assert calls
    assert isinstance(calls[0].function.parsed_arguments, Lamp)


@check("tools", "the client's stream helper sees a call's arguments grow and end")
def client_stream(target: Target) -> None:
    with target.openai.chat.completions.stream(
        model=target.model,
        messages=HI,
        tools=[PAINT],  # type: ignore[list-item]
        tool_choice={"type": "function", "function": {"name": "paint_wall"}},
        max_tokens=300,
    ) as stream:
        kinds = [event.type for event in stream]
    assert "tool_calls.function.arguments.delta" in kinds
    assert kinds.count("tool_calls.function.arguments.done") == 1
