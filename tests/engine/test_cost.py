"""Schemas and grammars that would cost too much are known before they are prepared."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from server.engine.cost import COMBINATIONS, OPTIONAL, check_cost, without_intersections
from server.errors import BadRequest


def check(schema: Any) -> None:
    check_cost(f"start: %json {json.dumps(schema)} x\nx: %json {{}}")


def any_of(count: int) -> dict[str, Any]:
    return {"anyOf": [{"const": i} for i in range(count)]}


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"enum": list(range(5000))},
        any_of(3000),
        {"allOf": [any_of(30), {"type": "integer"}, any_of(30)]},
        {"allOf": [{"allOf": [{"$ref": "#/$defs/a"}]}, {"type": "integer"}], "$defs": {"a": any_of(2000)}},
        {"properties": {f"p{i}": any_of(50) for i in range(100)}},
        {"properties": {f"p{i}": {} for i in range(OPTIONAL)}},
        {"properties": {f"p{i}": {} for i in range(3 * OPTIONAL)}, "required": [f"p{i}" for i in range(2 * OPTIONAL)]},
        {"$ref": "#", "anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"$ref": "#/$defs/none/or ~1 elsewhere"},
        {"multipleOf": 0.01, "items": [{"multipleOf": 2500}, {"multipleOf": -60}, {"multipleOf": 0}]},
        {"const": {"allOf": "x", "enum": 3, "$ref": [], "properties": 1, "required": 2, "multipleOf": "no"}},
    ],
)
def test_what_is_usual_passes(schema: Any) -> None:
    check(schema)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"allOf": [any_of(35)] * 3}, f"{COMBINATIONS} combinations"),
        ({"allOf": [any_of(40)], "enum": list(range(40))}, "combinations"),
        ({"allOf": [{"$ref": "#/$defs/a"}] * 2, "$defs": {"a": any_of(40)}}, "combinations"),
        ({"$ref": "#/$defs/a~1b", "oneOf": any_of(40)["anyOf"], "$defs": {"a/b": any_of(40)}}, "combinations"),
        ({"items": {"anyOf": [{"allOf": [{"allOf": [any_of(40)]}, any_of(40)]}]}}, "combinations"),
        ({"properties": {f"p{i}": {} for i in range(OPTIONAL + 1)}}, "required"),
        ({"multipleOf": 20_001}, "multipleOf"),
        ({"items": {"multipleOf": 0.0997}, "not": {"multipleOf": 99.1}}, "multipleOf"),
        ({"minimum": -(2**63)}, "below"),
        ({"$defs": {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(3000)}, "$ref": "#/$defs/d0"}, "refers"),
    ],
)
def test_what_costs_too_much_is_refused(schema: Any, words: str) -> None:
    began = time.thread_time()
    with pytest.raises(BadRequest, match=words):
        check(schema)
    assert time.thread_time() - began < 0.5


def test_keywords_are_found_however_they_are_spelled() -> None:
    with pytest.raises(BadRequest, match="multipleOf"):
        check_cost('start: %json {"multiple\\u004ff": 999983}')


@pytest.mark.parametrize(
    ("grammar", "safe"),
    [
        ('start: "a & b ~ c" // & and ~\nx: /d&e\\&~/', 'start: "a \\u0026 b \\u007e c" \nx: /d\\x26e\\x26\\x7e/'),
        ('start: "\\"&" /[/]/ "x"', 'start: "\\"\\u0026" /[/]/ "x"'),
        ('start: %json {"pattern": "a&b\\\\&"}', 'start: %json {"pattern": "a\\u0026b\\\\\\u0026"}'),
    ],
)
def test_signs_that_are_text_are_spelled_out(grammar: str, safe: str) -> None:
    assert without_intersections(grammar) == safe


@pytest.mark.parametrize(
    "grammar", ["A: /a/ & /b/", "A: ~/a/", 'A: "x" & B // "', "A: /[a-z&&[^b]]/", '# "\nA: B & C\n# "']
)
def test_patterns_are_not_taken_together(grammar: str) -> None:
    with pytest.raises(BadRequest, match="bounded"):
        without_intersections(grammar)
