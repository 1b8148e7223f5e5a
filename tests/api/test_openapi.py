"""The document and the routes say the same."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from starlette.routing import Route
from starlette.testclient import TestClient

from server.api.docs_page import render
from server.api.house import Endpoint, Socket
from tests.api.conftest import Stage


def documented(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}


def test_every_route_is_documented_and_nothing_else(stage: Stage, stranger: TestClient) -> None:
    assert all(isinstance(route, Endpoint | Socket) for route in stage.app.routes)
    routed = {
        (method, route.path_format)
        for route in stage.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    } | {("GET", route.path_format) for route in stage.app.routes if isinstance(route, Socket)}
    document = stranger.get("/openapi.json").json()
    assert documented(document) == {(method, path) for method, path in routed if method != "HEAD"}


def test_the_document_says_who_may(stranger: TestClient) -> None:
    document = stranger.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["security"] == [{"key": []}]
    paths = document["paths"]
    assert paths["/health"]["get"]["security"] == []
    assert "security" not in paths["/v1/models"]["get"]
    assert paths["/v1/models/{id}/load"]["post"]["x-right"] == "models"
    assert paths["/metrics"]["get"]["x-right"] == "admin"


def test_operations_have_names_of_their_own(stranger: TestClient) -> None:
    document = stranger.get("/openapi.json").json()
    names = [each["operationId"] for operations in document["paths"].values() for each in operations.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"\w+", name) for name in names)


def test_every_reference_leads_somewhere(stranger: TestClient) -> None:
    answer = stranger.get("/openapi.json")
    known = {f"#/components/schemas/{name}" for name in answer.json()["components"]["schemas"]}
    used = set(re.findall(r'"\$ref": ?"([^"]+)"', answer.text))
    assert used
    assert used <= known


def test_path_parameters_are_declared(stranger: TestClient) -> None:
    for path, operations in stranger.get("/openapi.json").json()["paths"].items():
        for operation in operations.values():
            declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_loads_nothing_from_outside(stranger: TestClient) -> None:
    answer = stranger.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = Page(answer.text)
    assert not page.tags & {"script", "style", "img", "iframe"}
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    assert [each for each in page.addresses if not each.startswith("#")] == ["docs.css", "openapi.json"]
    assert stranger.get("/docs.css").headers["content-type"].startswith("text/css")


def test_the_page_shows_every_operation(stranger: TestClient) -> None:
    text = stranger.get("/docs").text
    for path in stranger.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in text
    assert "max_tokens" in text


def test_the_page_shows_text_as_text() -> None:
    operation = {"tags": ["<i>"], "summary": "<script>", "responses": {"200": {"content": {"a": {}}}}}
    document = {"info": {"title": "<b>", "version": "", "description": ""}, "paths": {"/<p>": {"get": operation}}}
    assert not Page(render(document)).tags & {"i", "script", "b", "p>"}
