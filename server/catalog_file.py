"""What a models.json may say: reads it, holds it to `config/models.schema.json`, and puts what is wrong into words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from server.settings import ROOT

Entry = dict[str, Any]


class CatalogError(Exception):
    """The files cannot be used; one line for each problem: file, model, field and what was expected."""


def read_entries(file: Path) -> dict[str, Entry]:
    """The checked entries of one file, by model name; raises CatalogError with every problem there is."""
    doubles: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> Entry:
        seen: Entry = {}
        for key, value in pairs:
            if key in seen:
                doubles.append(f"{file}: the name {key!r} stands twice in one object; remove or rename one of them")
            seen[key] = _whole(value)
        return seen

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not a number of JSON")

    try:
        tree = json.loads(file.read_text(encoding="utf-8-sig"), object_pairs_hook=unique, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise CatalogError(f"{file}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise CatalogError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    errors = sorted(_validator().iter_errors(tree), key=lambda error: [str(part) for part in error.absolute_path])
    problems = doubles + list(dict.fromkeys(f"{file}: {_explain(error)}" for error in errors))
    if problems:
        raise CatalogError("\n".join(problems))
    return {name: entry for name, entry in tree.items() if name != "$schema"}


def _whole(value: Any) -> Any:
    """4096.0 is an integer to JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


@cache
def schema() -> dict[str, Any]:
    """`config/models.schema.json`."""
    tree: dict[str, Any] = json.loads((ROOT / "config" / "models.schema.json").read_text(encoding="utf-8"))
    return tree


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def without_effect(entry: Entry) -> Iterator[str]:
    """Fields that are accepted and do nothing: unknown ones, and those that only old files have."""
    model, params = schema()["$defs"]["model"]["properties"], schema()["$defs"]["params"]["properties"]
    for prefix, known, given in (("", model, entry), ("params.", params, entry.get("params", {}))):
        for key in given:
            if key not in known:
                yield f"{prefix}{key}: unknown, ignored"
            elif known[key].get("deprecated"):
                yield f"{prefix}{key}: has no effect in this server. {known[key]['description']}"


def _explain(error: ValidationError) -> str:
    """A schema's complaint in one line: model, field, what was expected, what was found."""
    model, *path = [str(part) for part in error.absolute_path] or [""]
    where = f"model {model!r}" if model else "the file"
    if path:
        where += f", {'.'.join(path)}"
    found = json.dumps(error.instance, ensure_ascii=False)
    if len(found) > 60:
        found = found[:57] + "…"
    return f"{where}: {_expected(error)}, found {found}"


_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def _expected(error: ValidationError) -> str:
    rule: Any = error.validator
    bound: Any = error.validator_value
    found: Any = error.instance
    match rule:
        case "type":
            return "expected " + " or ".join(_TYPES[kind] for kind in ([bound] if isinstance(bound, str) else bound))
        case "enum":
            return "expected one of " + ", ".join(json.dumps(value) for value in bound)
        case "required":
            return "expected the field " + ", ".join(repr(name) for name in bound if name not in found)
        case "minLength":
            return "expected a text that is not empty"
        case "maxLength":
            return f"expected at most {bound} characters"
        case "maxItems":
            return f"expected at most {bound} entries"
        case "uniqueItems":
            return "expected each entry only once"
        case "pattern":
            return "expected a URL such as http://host:8000/v1, without a user, a query or a fragment"
        case "minimum":
            return f"expected at least {bound}"
        case "exclusiveMinimum":
            return f"expected more than {bound}"
        case "maximum":
            return f"expected at most {bound}"
        case _:
            return str(error.message)
