"""The OpenAPI document, made from the routes themselves: what is not routed is not in it, and the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from server import __version__
from server.api.auth import OPEN
from server.api.house import Endpoint, Socket

REF = "#/components/schemas/{model}"
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}

WRONG = {
    "description": "What went wrong.",
    "content": {"application/json": {"schema": {"$ref": REF.format(model="Error")}}},
}


def document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """OpenAPI 3.1. Of two endpoints with one method and path the first is described, as it is asked first."""
    endpoints = [route for route in routes if isinstance(route, Endpoint)]
    models = {model for each in endpoints for model in (each.body, each.answer) if model is not None}
    ordered = sorted(models, key=lambda model: (model.__name__, model.__module__))
    found, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=REF)
    references = {model: found[model, "validation"] for model in ordered}
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        operation = _operation(each, references)
        paths.setdefault(each.path_format, {}).setdefault(each.method.lower(), operation)
    for socket in (route for route in routes if isinstance(route, Socket)):
        paths.setdefault(socket.path_format, {}).setdefault("get", _socket(socket))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "llm-api",
            "version": __version__,
            "description": "An OpenAI-compatible inference server for the machine it runs on.",
        },
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas.get("$defs", {}), "Error": ERROR},
        },
    }


def _operation(endpoint: Endpoint, references: dict[type[BaseModel], Any]) -> dict[str, Any]:
    answer = {"schema": references[endpoint.answer]} if endpoint.answer else {}
    content = {endpoint.media: answer}
    if endpoint.body is not None and "stream" in endpoint.body.model_fields:
        content["text/event-stream"] = {}
    operation: dict[str, Any] = {
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "operationId": _name(endpoint),
        "responses": {"200": {"description": "The answer.", "content": content}, "default": WRONG},
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = {"content": {endpoint.takes: {"schema": references[endpoint.body]}}}
    if endpoint.path in OPEN:
        operation["security"] = []
    elif endpoint.needs is not None:
        operation["x-right"] = endpoint.needs
    return operation


def _socket(socket: Socket) -> dict[str, Any]:
    """OpenAPI has no words for a WebSocket: it is the GET that asks for one."""
    operation: dict[str, Any] = {
        "tags": [socket.tag],
        "summary": socket.summary,
        "description": socket.description,
        "operationId": _name(socket),
        "responses": {"101": {"description": "A WebSocket, with JSON in texts."}, "default": WRONG},
    }
    if parameters := _in_path(socket):
        operation["parameters"] = parameters
    if socket.needs is not None:
        operation["x-right"] = socket.needs
    return operation


def _in_path(route: Endpoint | Socket) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.param_convertors
    ]


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    text = {"type": "string"}
    in_query = [
        {"name": name, "in": "query", "description": what, "schema": text} for name, what in endpoint.query.items()
    ]
    return _in_path(endpoint) + in_query


def _name(endpoint: Endpoint | Socket) -> str:
    """Unique among the operations, and fit for a generated client's method."""
    words = "".join(letter if letter.isalnum() else " " for letter in endpoint.path_format).split()
    return "_".join([endpoint.method.lower(), *(words or ["root"])])
