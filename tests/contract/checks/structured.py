"""`response_format`: what it promises holds for every answer that ends by itself, at any temperature."""

from __future__ import annotations

import json
from typing import Any, Literal

import jsonschema
from pydantic import BaseModel

from tests.contract.registry import Check, check
from tests.contract.target import HI, OMIT, Target, constant, form

WORD = {"type": "string", "enum": ["red", "green", "blue"]}


def record(**properties: Any) -> dict[str, Any]:
    """A schema of an object with exactly these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


NESTED = record(
    name=WORD,
    tags={"type": "array", "items": WORD, "minItems": 1, "maxItems": 3},
    inner=record(flag={"type": "boolean"}, none={"type": "null"}),
)
LIST = {
    "$ref": "#/$defs/node",
    "$defs": {"node": record(value={"enum": [1, 2]}, next={"anyOf": [{"const": "end"}, {"type": "null"}]})},
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "objects and lists within each other": NESTED,
    "numbers with bounds": record(count={"type": "integer", "minimum": 1, "maximum": 3}),
    "several types": record(either={"anyOf": [{"type": "boolean"}, {"type": "null"}, WORD]}),
    "a reference to $defs": LIST,
    "a pattern": record(code={"type": "string", "pattern": "^[A-C]{2}-[0-9]{3}$"}),
    "a string's length": record(short={"type": "string", "minLength": 2, "maxLength": 4}),
    "constants": record(kind={"const": "fruit"}, version={"const": 3}),
    "a date": record(day={"type": "string", "format": "date"}),
}
ENOUGH: dict[str, Any] = {"max_tokens": 250, "temperature": 0}


def _holds(what: str, schema: dict[str, Any], temperature: float) -> Check:
    how = "greedily" if temperature == 0 else "at temperature 2"

    @check("structured output", f"a strict json_schema is enforced: {what}, {how}")
    def holds(target: Target) -> None:
        fields = {**ENOUGH, "temperature": temperature, "seed": 7}
        choice = target.ask("chat", response_format=form(schema), **fields)["choices"][0]
        assert choice["finish_reason"] == "stop", f"finish_reason {choice['finish_reason']}"
        jsonschema.validate(json.loads(choice["message"]["content"]), schema, format_checker=jsonschema.FormatChecker())

    return holds


holds = [_holds(what, schema, temperature) for what, schema in SCHEMAS.items() for temperature in (0, 2)]


@check("structured output", "a json_schema that is not called strict is followed as well")
def not_strict(target: Target) -> None:
    given = {"type": "json_schema", "json_schema": {"name": "answer", "schema": NESTED}}
    jsonschema.validate(json.loads(target.said(response_format=given, **ENOUGH)), NESTED)


@check("structured output", "properties come in the schema's order")
def order(target: Target) -> None:
    schema = record(zebra=WORD, apple=WORD, mango=WORD)
    assert list(json.loads(target.said(response_format=form(schema), **ENOUGH))) == ["zebra", "apple", "mango"]


@check("structured output", "constants with quotes, backslashes, line feeds and other scripts come as they are")
def escapes(target: Target) -> None:
    text = 'a "quoted" \\ back\nslash\ttab \u2028 → 日本語 🎉'
    assert json.loads(target.said(response_format=constant(text), **ENOUGH)) == text


@check("structured output", "json_object: an object from the first character on")
def json_object(target: Target) -> None:
    choice = target.ask("chat", response_format={"type": "json_object"}, max_tokens=120)["choices"][0]
    text = choice["message"]["content"]
    assert text.lstrip().startswith("{"), f"{text!r:.60}"
    if choice["finish_reason"] == "stop":
        assert isinstance(json.loads(text), dict)


@check("structured output", "text: as without")
def plain(target: Target) -> None:
    fields: dict[str, Any] = {"temperature": 0, "max_tokens": 8}
    assert target.said(response_format={"type": "text"}, **fields) == target.said(**fields)


@check("structured output", "the fragments of a stream join into the JSON")
def streamed(target: Target) -> None:
    text = "".join(delta.get("content") or "" for delta in target.deltas(response_format=form(NESTED), **ENOUGH))
    jsonschema.validate(json.loads(text), NESTED)


@check("structured output", "each of n choices follows the schema")
def several(target: Target) -> None:
    fields = {**ENOUGH, "temperature": 1.5}
    choices = target.ask("chat", response_format=form(NESTED), n=3, **fields)["choices"]
    assert len(choices) == 3
    for choice in choices:
        jsonschema.validate(json.loads(choice["message"]["content"]), NESTED)


@check("structured output", "an answer cut by max_tokens says length, and its text begins the JSON")
def cut(target: Target) -> None:
    choice = target.ask("chat", response_format=form(record(word={"const": "abcdefgh" * 4})), max_tokens=4)["choices"][
        0
    ]
    assert choice["finish_reason"] == "length"
    assert '{"word":"abcdefgh'.startswith("".join(choice["message"]["content"].split())[:10])


REFUSED: dict[str, tuple[Any, str]] = {
    "an unknown type": ({"type": "xml"}, "response_format"),
    "no object": ("json", "response_format"),
    "json_schema without one": ({"type": "json_schema"}, "response_format"),
    "json_schema without a schema's object": (
        {"type": "json_schema", "json_schema": {"name": "x", "schema": "no"}},
        "response_format",
    ),
    "a schema with an unknown type": (form({"type": "objekt"}), "response_format"),
    "a schema with a reference to nowhere": (form({"$ref": "#/$defs/none"}), "response_format"),
    "a schema that cannot be enforced (not)": (form(record(x={"not": {"type": "string"}})), "response_format"),
    "a schema that nothing satisfies": (
        form(record(x={"allOf": [{"type": "string"}, {"type": "integer"}]})),
        "response_format",
    ),
    "a broken pattern": (form(record(x={"type": "string", "pattern": "(["})), "response_format"),
}


def _refuses(what: str, given: Any, param: str) -> Check:
    @check("structured output", f"{what} is 400, never free text")
    def refuses(target: Target) -> None:
        found = target.refused("chat", response_format=given)["param"]
        assert (found or "").startswith(param), f"param {found!r}"

    return refuses


refuses = [_refuses(what, *rest) for what, rest in REFUSED.items()]


@check("structured output", "a schema nested 40 deep is refused or answered, and the server lives")
def deep(target: Target) -> None:
    schema: dict[str, Any] = {"type": "boolean"}
    for _ in range(40):
        schema = {"anyOf": [schema]}
    answer = target.send("chat", response_format=form(schema), max_tokens=2)
    assert answer.status_code in (200, 400), f"status {answer.status_code}"
    target.ask("chat", response_format=OMIT)


EXTREMES: list[Any] = [
    {"type": "integer", "enum": [-(2**63), 2**63 - 1]},
    {"type": "integer", "minimum": -1e300},
    {"type": "number", "maximum": 1e300},
    {"type": "integer", "multipleOf": 999_983},
    {"type": "string", "minLength": 1_000_000},
    {"type": "array", "items": {"type": "null"}, "minItems": 1_000_000},
    {"type": "string", "pattern": "(a?){200}a{200}"},
    {"required": [["x" + "µ" * 60]]},
    {"required": [["µ" * 60]]},
]
"""Schemas that have ended a server, or kept it busy."""


@check("structured output", "a schema at the edge of what can be counted is refused or answered, and the server lives")
def extremes(target: Target) -> None:
    for schema in EXTREMES:
        answer = target.send("chat", response_format=form(record(x=schema)), max_tokens=2)
        assert answer.status_code in (200, 400), f"status {answer.status_code} for {schema}: {answer.text[:100]}"
    target.ask("chat")


class Wall(BaseModel):
    """A wall to be painted."""

    colour: Literal["red", "green"]
    dry: bool


@check("structured output", "the client's parse gives an object of the asked class")
def client_parse(target: Target) -> None:
    completion = target.openai.chat.completions.parse(
        model=target.model, messages=HI, response_format=Wall, max_tokens=200, temperature=0
    )
    assert isinstance(completion.choices[0].message.parsed, Wall)


@check("structured output", "the client's stream helper parses too")
def client_stream(target: Target) -> None:
    with target.openai.chat.completions.stream(
        model=target.model, messages=HI, response_format=Wall, max_tokens=200, temperature=0
    ) as stream:
        final = stream.get_final_completion()
    assert isinstance(final.choices[0].message.parsed, Wall)
