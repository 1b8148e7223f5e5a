"""What a grammar's JSON schemas would cost to prepare, judged before llguidance sees them. Pure.

llguidance bounds nearly all it does. What is refused here is what it was seen to spend seconds on, or not to survive.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from server.errors import BadRequest

MULTIPLE = 20_000
"""Numbers that must be multiples of one this large take some 0.1 s and 15 MB to prepare; of 500,000, over a second and
130 MB. What several ask together counts as the least that satisfies all.
"""

LEAST = -9.2e18
"""The lowest number in a schema: a whole one within a thousand of the least of 64 bits ends the process."""

_FAR_BELOW = re.compile(r"-\d{19}|-[\d.]+[eE]")
"""What a number below LEAST looks like; not all that look so are."""

OPTIONAL = 1000
"""Members of one object that may be left out: preparing them takes the square of their number, 3 s for 7,500."""

COMBINATIONS = 1000
"""Ways to choose one of each, where parts with alternatives must hold together: each becomes a rule of its own, and
40,000 take over 2 s.
"""

_MANY = 10**9


def check_cost(grammar: str) -> None:
    """Raise BadRequest for JSON schemas in a grammar that llguidance cannot bear."""
    check_multiples(grammar)
    check_least(grammar)
    for schema in _schemas(grammar, json.JSONDecoder()):
        try:
            _Alternatives(schema).check()
        except RecursionError:
            raise BadRequest("A schema refers from one part to the next too many times to be enforced.") from None


class _Alternatives:
    """Counts the alternatives within one schema, and how many combinations `allOf` makes of them."""

    def __init__(self, schema: Any) -> None:
        self._root = schema
        self._known: dict[int, int] = {}
        """By the identity of a part, which lives as long as the root; 1 while it is being counted."""

    def check(self) -> None:
        for part in _values(self._root):
            if isinstance(part, dict):
                self._count(part)
                self._check_members(part)

    def _check_members(self, part: dict[str, Any]) -> None:
        members, required = part.get("properties"), part.get("required")
        if not isinstance(members, dict) or len(members) <= OPTIONAL:
            return
        needed = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
        if len(members.keys() - needed) > OPTIONAL:
            raise BadRequest(
                f"A schema's properties can be enforced where at most {OPTIONAL} of them may be left out: "
                "name more of them in required."
            )

    def _count(self, part: Any) -> int:
        if not isinstance(part, dict):
            return 1
        if id(part) in self._known:
            return self._known[id(part)]
        self._known[id(part)] = 1
        factors = [factor for factor in self._factors(part) if factor > 1]
        total = min(math.prod(factors), _MANY)
        if len(factors) > 1 and total > COMBINATIONS:
            raise BadRequest(
                f"Where allOf, anyOf, oneOf and enum must hold together, a schema may have {COMBINATIONS} combinations "
                "of their alternatives; this one has more."
            )
        self._known[id(part)] = total
        return total

    def _factors(self, part: dict[str, Any]) -> Iterator[int]:
        if isinstance(part.get("enum"), list):
            yield len(part["enum"])
        for keyword in ("anyOf", "oneOf"):
            if isinstance(part.get(keyword), list):
                yield min(sum(map(self._count, part[keyword])), _MANY)
        if isinstance(part.get("allOf"), list):
            yield from map(self._count, part["allOf"])
        if isinstance(part.get("$ref"), str):
            yield self._count(self._target(part["$ref"]))

    def _target(self, reference: str) -> Any:
        """What a reference within the schema points to; None where it leads nowhere."""
        if not reference.startswith("#"):
            return None
        found = self._root
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        return found


def check_least(grammar: str) -> None:
    """Raise BadRequest for numbers at the lower end of 64 bits or beyond."""
    if _FAR_BELOW.search(grammar) is None:
        return
    for schema in _schemas(grammar, json.JSONDecoder()):
        if any(isinstance(value, int | float) and value < LEAST for value in _values(schema)):
            raise BadRequest(f"A schema holds a number below {LEAST:g}, which cannot be enforced.")


def check_multiples(grammar: str) -> None:
    """Raise BadRequest for `multipleOf` in a grammar's JSON schemas that would take seconds to prepare."""
    if "multipleOf" not in grammar and "\\u" not in grammar:
        return
    together = 1
    for schema in _schemas(grammar, json.JSONDecoder(parse_float=str, parse_int=str)):
        for value in _values(schema):
            multiple = value.get("multipleOf") if isinstance(value, dict) else None
            together = math.lcm(together, _digits(multiple) if isinstance(multiple, str) else 1)
            if together > MULTIPLE:
                raise BadRequest(
                    f"multipleOf is too hard to enforce: the numbers of one schema may have a least common multiple, "
                    f"without trailing zeros, of at most {MULTIPLE}."
                )


def _schemas(grammar: str, decoder: json.JSONDecoder) -> Iterator[Any]:
    """The JSON schemas that stand in a grammar."""
    for found in re.finditer(r"%json\s*", grammar):
        try:
            schema, _ = decoder.raw_decode(grammar, found.end())
        except (ValueError, RecursionError):
            continue  # llguidance has its own words for it
        yield schema


def _values(schema: Any) -> Iterator[Any]:
    """Every value of a schema, however deep."""
    left: list[Any] = [schema]
    while left:
        value = left.pop()
        yield value
        left += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _digits(number: str) -> int:
    """The significant digits of a number; 1 where there are none."""
    mantissa = re.split("[eE]", number)[0].replace(".", "").strip("-0")
    return int(mantissa[:30]) if mantissa.isdigit() else 1


# Grammars that clients write

_LITERAL = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/(?:\\.|[^/\\\n])+/')
_SIGN = re.compile(r"\\.|[&~]")


def without_intersections(grammar: str) -> str:
    """A client's Lark, refused where it takes patterns together by `&`, or their complement by `~`: whether any text
    is left takes longer to find out than anybody waits, and nothing bounds it.

    Where these signs are text they are written as escapes, so that none is left, whatever was taken for text.
    """
    safe = _LITERAL.sub(_escaped, grammar)
    if found := re.search("[&~]", safe):
        raise BadRequest(f"A grammar may not use {found[0]!r} on patterns: that cannot be bounded in time.")
    return safe


def _escaped(literal: re.Match[str]) -> str:
    text = literal[0]
    if text.startswith("//"):
        return ""
    escape = "\\u{:04x}" if text.startswith('"') else "\\x{:02x}"
    if text.startswith("/") and ("&&" in text or "~~" in text):
        return text  # sets of characters taken together: told like the rest

    def spelled(sign: re.Match[str]) -> str:
        return escape.format(ord(sign[0][-1])) if sign[0][-1] in "&~" else sign[0]

    return _SIGN.sub(spelled, text)
