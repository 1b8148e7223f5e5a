"""`/docs`: the OpenAPI document as one plain page. No scripts, and nothing from anywhere else but its style sheet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

MOST_DEFAULT = 60


def render(document: dict[str, Any]) -> str:
    """The whole page. Whatever comes out of the document is escaped."""
    info = document["info"]
    sections: dict[str, list[str]] = {}
    # What stands under /v1 first; the sort is stable.
    for path, operations in sorted(document["paths"].items(), key=lambda item: not item[0].startswith("/v1/")):
        for method, operation in operations.items():
            sections.setdefault(operation["tags"][0], []).append(_operation(document, path, method, operation))
    body = "".join(f"<h2 id='{escape(tag)}'>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in sections.items())
    links = " ".join(f"<a href='#{escape(tag)}'>{escape(tag)}</a>" for tag in sections)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        "<meta name=color-scheme content='light dark'>"
        f"<title>{escape(info['title'])}</title><link rel=stylesheet href=docs.css>"
        f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info['description'])}<nav>{links} <a href=openapi.json>openapi.json</a></nav></header>"
        f"<main>{body}</main></html>"
    )


def _operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    right = operation.get("x-right", "any key" if operation.get("security") is None else "open")
    rows = [
        (each["name"], f"string, in the {each['in']}", each.get("required", False), each.get("description", ""))
        for each in operation.get("parameters", ())
    ]
    if "requestBody" in operation:
        for content in operation["requestBody"]["content"].values():
            rows += _fields(document, content.get("schema", {}))
    media = ", ".join(operation["responses"].get("200", {}).get("content", ("a WebSocket",)))
    table = "".join(
        f"<tr><td><code>{escape(name)}</code>{'<b>*</b>' if required else ''}<td>{escape(kind)}<td>{escape(what)}"
        for name, kind, required, what in rows
    )
    return (
        f"<details><summary><span class='{escape(method)}'>{escape(method.upper())}</span> "
        f"<code>{escape(path)}</code> <em>{escape(operation['summary'])}</em>"
        f"<small>{escape(right)}</small></summary>"
        + (f"<p>{escape(operation['description'])}" if "description" in operation else "")
        + (f"<table><tr><th>Parameter<th>Type<th>{table}</table>" if rows else "")
        + f"<p>Answers with <code>{escape(media)}</code>.</details>"
    )


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str, bool, str]]:
    """Name, type, whether required, and what there is to say, for each field of an object."""
    schema = _resolve(document, schema)
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        what = [field["description"]] if "description" in field else []
        if field.get("default") not in (None, ""):
            what.append(f"Default {str(field['default'])[:MOST_DEFAULT]}.")
        yield name, _kind(field), name in required, " ".join(what)


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: "string or list of string", "number, 0 to 2"."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if kinds := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(each) for each in kinds))
    if "enum" in schema:
        return " or ".join(repr(each) for each in schema["enum"])
    if "const" in schema:
        return repr(schema["const"])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{kind}, {low} to {high}"
    return f"{kind}, at least {low}" if low is not None else kind
