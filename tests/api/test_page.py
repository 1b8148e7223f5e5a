"""The page's files: served to everybody, small, and with nothing in them that could come from elsewhere."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from server.api.auth import OPEN, WEB

FILES = sorted(file for file in WEB.rglob("*") if file.is_file())
MOST_BYTES = 150_000


def test_the_page_answers_everybody_under_a_strict_policy(stranger: TestClient) -> None:
    answer = stranger.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert '<script type="module" src="web/app.js">' in answer.text


def test_every_part_has_its_type_and_is_only_sent_again_when_it_changed(stranger: TestClient) -> None:
    for path in sorted(path for path in OPEN if path.startswith("/web/")):
        answer = stranger.get(path)
        assert answer.headers["content-type"].split(";")[0] in (
            "text/javascript",
            "text/css",
            "text/html",
            "image/svg+xml",
        )
        again = stranger.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


NO_PARTS = ("nothing.js", "../settings.py", "%2e%2e/settings.py", "views/")


def test_what_is_not_a_part_is_behind_the_key(stranger: TestClient) -> None:
    assert {name: stranger.get(f"/web/{name}").status_code for name in NO_PARTS} == dict.fromkeys(NO_PARTS, 401)


def test_what_is_not_a_part_is_not_there(client: TestClient) -> None:
    assert {name: client.get(f"/web/{name}").status_code for name in NO_PARTS} == dict.fromkeys(NO_PARTS, 404)


def test_the_page_is_small() -> None:
    assert sum(file.stat().st_size for file in FILES) < MOST_BYTES


def test_nothing_in_the_page_parses_text_as_markup_or_comes_from_outside() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            file
        )
        assert not re.search(r"""(src|href|import|url\()\s*=?\s*["'(]*https?:""", text), file
        if file.suffix == ".html":
            assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", text), file


def test_who_asks(client: TestClient) -> None:
    me = client.get("/v1/me").json()
    assert me["object"] == "key"
    assert "chat" in me["rights"]


def test_errors_are_remembered_for_their_own_key(client: TestClient) -> None:
    failed = client.get("/v1/models/nowhere")
    client.get("/v1/models", headers={"authorization": "Bearer nobody.knows-this"})
    first = client.get("/v1/errors").json()["data"][0]
    assert first["request_id"] == failed.headers["x-request-id"]
    assert (first["status"], first["path"]) == (404, "/v1/models/nowhere")
    assert "nowhere" in first["message"]
