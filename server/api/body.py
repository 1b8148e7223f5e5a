"""The one way from a request's body to a checked model.

    body = await read_body(request, ChatBody)

Media type, JSON (depth, numbers, characters), an object, then pydantic in its strict mode ("1" is no number). What is
wrong becomes a BadRequest whose `param` is the path in the client's own body (`messages[0].content`) and whose message
says what was expected. Top-level parameters that the model does not know are collected, and `guards.Reception` lists
them in `x-ignored-params`; with `x-strict-params: 1` they are refused.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json
from starlette.requests import Request

from server.api.house import house_of
from server.errors import BadRequest, InvalidBody, Problem, UnsupportedMediaType

Body = TypeVar("Body", bound=BaseModel)

INLINE_BYTES = 65_536
"""Larger bodies are parsed on a thread, so that the event loop goes on."""

LARGEST = 2**64
EXPECTED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "none_required": "null",
}
"""What pydantic's kinds of type error say was expected, in JSON's words."""

LENGTHS = {
    "too_short": ("at least", "min_length", "item"),
    "too_long": ("at most", "max_length", "item"),
    "string_too_short": ("at least", "min_length", "character"),
    "string_too_long": ("at most", "max_length", "character"),
}
BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
}
"""How its kinds of bound are said, and where the number stands."""


async def read_body(request: Request, model: type[Body], *, optional: bool = False) -> Body:
    """The request's body as `model`. Raises BadRequest or UnsupportedMediaType.

    With `optional`, no body at all is an empty object.
    """
    data = await request.body()
    if optional and not data:
        return _validate({}, model, strict=False)[0]
    _check_media_type(request)
    depth = house_of(request).settings.limits.json_depth
    strict = request.headers.get("x-strict-params") == "1"
    if len(data) <= INLINE_BYTES:
        body, unknown = _read(data, model, depth, strict)
    else:
        body, unknown = await asyncio.to_thread(_read, data, model, depth, strict)
    if unknown:
        request.scope["state"]["ignored_params"] = unknown
    return body


def _check_media_type(request: Request) -> None:
    sent = request.headers.get("content-type", "")
    kind, *parameters = (part.strip().lower() for part in sent.split(";"))
    charsets = {part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")}
    if kind != "application/json" or not charsets <= {"utf-8", "utf8"}:
        raise UnsupportedMediaType(
            f"The body must be JSON in UTF-8, sent with Content-Type: application/json; found {sent[:100]!r}."
        )


def _read(data: bytes, model: type[Body], depth: int, strict: bool) -> tuple[Body, tuple[str, ...]]:
    return _validate(parse_object(data, depth), model, strict)


def parse_object(data: bytes, depth: int) -> dict[str, Any]:
    """JSON text to a dict, strictly; raises BadRequest."""
    if not data.strip():
        raise BadRequest("The body is empty; a JSON object was expected.")
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        problem = Problem("json_invalid", (), "JSON decode error", {})
        raise InvalidBody(f"The body is not valid JSON: {error}.", (problem,)) from None
    if not isinstance(value, dict):
        raise BadRequest(f"The body must be a JSON object, not {_kind(value)}.")
    _check_tree(value, depth)
    return value


def check_object(data: Mapping[str, Any], model: type[Body], depth: int) -> Body:
    """A body that came some other way than as a request of its own. Raises BadRequest."""
    _check_tree(dict(data), depth)
    return _validate(dict(data), model, strict=False)[0]


def _check_tree(value: dict[str, Any], depth: int) -> None:
    """Level by level, without recursion: how deep, and whether every number is one that we can count with."""
    level: list[Any] = [value]
    for _ in range(depth):
        below: list[Any] = []
        for container in level:
            for item in container.values() if isinstance(container, dict) else container:
                kind = type(item)
                if kind is dict or kind is list:
                    below.append(item)
                elif (kind is float and not math.isfinite(item)) or (kind is int and abs(item) >= LARGEST):
                    raise BadRequest("The body holds a number that is too large to count with.")
        if not below:
            return
        level = below
    raise BadRequest(f"The body is nested too deeply; at most {depth} levels are read.")


def _validate(data: dict[str, Any], model: type[Body], strict: bool) -> tuple[Body, tuple[str, ...]]:
    unknown = tuple(name for name in data if name not in _names(model))
    if strict and unknown:
        raise BadRequest(f"Unknown parameter: {unknown[0][:100]!r}.", param=unknown[0][:100])
    try:
        return model.model_validate(data, strict=True), unknown
    except ValidationError as error:
        raise explain(error.errors(include_url=False), data) from None


@cache
def _names(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(model.model_fields).union(field.alias for field in model.model_fields.values() if field.alias)


def explain(problems: Sequence[ErrorDetails], data: Any) -> InvalidBody:
    """One error for pydantic's list: of the first value that is wrong, the deepest part.

    Where a value may be several things pydantic complains for each; the complaint that reaches deepest is about the
    thing that the client meant, and those at one depth say together what was expected.
    """
    located = [(_path(problem, data), problem) for problem in problems]
    first = located[0][0]
    path = max((path for path, _ in located if path[: len(first)] == first), key=len)
    here = [problem for where, problem in located if where == path]
    name = spell(path)
    all_of_them = [Problem(each["type"], each["loc"], each["msg"], each["input"]) for each in problems]
    return InvalidBody(_sentence(name, here), all_of_them, param=name or None)


def _path(problem: ErrorDetails, body: Any) -> tuple[str | int, ...]:
    """Pydantic's location without the parts that are names of types: only what leads somewhere in the body counts."""
    data = body
    found: list[str | int] = []
    steps = problem["loc"]
    for position, step in enumerate(steps):
        leads = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        if leads:
            data = data[step]
            found.append(step)
        elif problem["type"] == "missing" and position == len(steps) - 1:
            found.append(step)
    return tuple(found)


def spell(path: Sequence[str | int]) -> str:
    """("messages", 0, "content") → messages[0].content"""
    name = ""
    for step in path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name[:200]


def _sentence(name: str, problems: Sequence[ErrorDetails]) -> str:
    what = f"Invalid {name!r}" if name else "Invalid body"
    first = problems[0]
    kind, facts = first["type"], first.get("ctx", {})
    types = dict.fromkeys(EXPECTED[each["type"]] for each in problems if each["type"] in EXPECTED)
    if kind == "missing":
        return f"Missing required parameter: {name!r}."
    if kind in EXPECTED:
        return f"{what}: expected {' or '.join(types)}, found {_kind(first['input'])}."
    if kind == "union_tag_invalid":
        return f"{what}: expected a {facts['discriminator']} of {facts['expected_tags']}, found {facts['tag']!r:.60}."
    if kind == "union_tag_not_found":
        return f"{what}: expected an object with a {facts['discriminator']}, found {_kind(first['input'])}."
    if kind in LENGTHS:
        bound, fact, unit = LENGTHS[kind]
        plural = "" if facts[fact] == 1 else "s"
        return f"{what}: expected {bound} {facts[fact]} {unit}{plural}, found {len(first['input'])}."
    if kind in BOUNDS:
        bound, fact = BOUNDS[kind]
        return f"{what}: expected {bound} {facts[fact]:g}, found {_kind(first['input'], show=True)}."
    said = first["msg"].removeprefix("Value error, ").rstrip(".")
    if said.startswith("Input should be "):
        return f"{what}: expected {said.removeprefix('Input should be ')}, found {_kind(first['input'], show=True)}."
    return f"{what}: {said}."


def _kind(value: Any, show: bool = False) -> str:
    """What a value is, in JSON's words; with `show` the value itself where it is short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value) if show and len(value) <= 60 else "a string"
    if isinstance(value, int | float):
        return repr(value) if show else "a number"
    return "an object" if isinstance(value, dict) else "a list"
