"""What an answer's text must look like, as a rule of llguidance's Lark: a schema, a pattern, choices, a grammar.

JSON is written as calls of tools are: on one line, with a space after commas and colons. What cannot be enforced is
refused; nothing is passed over in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from server.chat.messages import Form
from server.chat.tool_formats.grammar import SPACED, Grammar, Thought, Tokens, Wanted
from server.engine.constraint import lark_of_gbnf, lark_of_regex
from server.engine.cost import without_intersections
from server.engine.request import Constraint
from server.errors import BadRequest
from server.settings import LimitsSection

_OPTIONS = "x-guidance"
"""Where llguidance reads options, among them to pass over what it cannot enforce: those are ours to say."""


def check(form: Form, limits: LimitsSection) -> None:
    """Raise BadRequest for a form that is larger or deeper than the limits allow."""
    text = form.value if isinstance(form.value, str) else json.dumps(form.value, ensure_ascii=False)
    size = len(text.encode())
    if size > limits.schema_bytes:
        raise BadRequest(
            f"{form.param} takes {size} bytes: expected at most {limits.schema_bytes}. Simplify it.", param=form.param
        )
    level: list[Any] = [form.value]
    for _ in range(limits.schema_depth + 1):
        level = [part for each in level if isinstance(each, dict | list) for part in _parts(each)]
        if not level:
            return
    raise BadRequest(
        f"{form.param} is nested too deeply: expected at most {limits.schema_depth} levels. "
        "A part can stand in $defs and be referred to.",
        param=form.param,
    )


def _parts(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def rule(form: Form) -> str:
    """The body of a Lark rule for texts of this form. Raises BadRequest for one that cannot be read."""
    try:
        return _RULES[form.kind](form.value)
    except BadRequest as error:
        raise BadRequest(error.message, param=form.param) from None


def constrain(form: Form, thought: Thought | None = None, tokens: Tokens | None = None) -> Constraint:
    """For answers of this form and nothing else, which may think first if there is a `thought`."""
    return Constraint(Grammar(Wanted((), thought=thought, form=rule(form)), tokens).form())


def _schema(value: Any) -> str:
    schema = ({} if value else {"not": {}}) if isinstance(value, bool) else value
    return f"%json {json.dumps({**schema, _OPTIONS: SPACED})}"


def _object(_: Any) -> str:
    return _schema({"type": "object"})


def _choice(value: Any) -> str:
    return " | ".join(json.dumps(text, ensure_ascii=False) for text in value)


def _lark(value: Any) -> str:
    return f"%lark {{\n{without_intersections(value)}\n}}"


_RULES: dict[str, Callable[[Any], str]] = {
    "json_object": _object,
    "json_schema": _schema,
    "regex": lark_of_regex,
    "choice": _choice,
    "lark": _lark,
    "gbnf": lambda value: _lark(lark_of_gbnf(value)),
}
