"""Without a key nobody gets past the few open paths, however they spell the others."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from server.api.auth import OPEN
from tests.api.conftest import MakeStage, Run, Stage, client_of, key

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def closed_paths(stage: Stage) -> list[str]:
    paths = {route.path for route in stage.app.routes if isinstance(route, Route)}
    return sorted(re.sub(r"{\w+(:\w+)?}", "tiny", path) for path in paths - OPEN)


def test_every_route_but_the_open_ones_is_closed_for_every_method(stage: Stage, stranger: TestClient) -> None:
    paths = closed_paths(stage)
    assert "/v1/chat/completions" in paths
    assert "/metrics" in paths
    found = {(method, path): stranger.request(method, path).status_code for path in paths for method in METHODS}
    assert {status for (_, path), status in found.items() if path.startswith("/api")} == {403}  # as FastAPI says it
    assert {call: status for call, status in found.items() if status != 401 and not call[1].startswith("/api")} == {}


def test_the_open_paths_are_routes_and_answer_everybody(stage: Stage, stranger: TestClient) -> None:
    routed = [route for route in stage.app.routes if isinstance(route, Route)]
    assert [path for path in OPEN if not any(route.path_regex.fullmatch(path) for route in routed)] == []
    assert {path: stranger.get(path, follow_redirects=False).status_code for path in OPEN} == dict.fromkeys(OPEN, 200)


SPELLINGS = (
    "//v1/models",
    "/v1//models",
    "/v1/models/",
    "/v1/./models",
    "/v1/../v1/models",
    "/health/../v1/models",
    "/health/..%2fv1/models",
    "/health%2f..%2fv1%2fmodels",
    "/docs/%2e%2e/v1/models",
    "/health;/v1/models",
    "/health%00",
    "/health%0a",
    "/Health",
    "/HEALTH",
    "/V1/MODELS",
    "/v1/models?x=/health",
    "/%76%31/models",
    "/v1%2Fmodels",
    "/ping",
    "/nothing",
    "/health/x",
    "/openapi.json/x",
    "/%ff",
    "/v1/models#/health",
    "http://127.0.0.1/v1/models",
    "*",
)


async def test_no_spelling_of_a_path_gets_through(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        for spelling in SPELLINGS:
            for method in ("GET", "POST", "OPTIONS"):
                request = f"{method} {spelling} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                answer = await running.send(request.encode())
                assert answer.split(b" ", 2)[1] in (b"401", b"400"), (method, spelling, answer)
                assert b"tiny" not in answer


def test_what_a_key_may_not_see_is_not_told_apart_from_what_is_not_there(stranger: TestClient) -> None:
    there, missing = stranger.get("/v1/models/tiny"), stranger.get("/v1/nowhere")
    assert there.json() == missing.json()
    assert there.json()["error"]["code"] == "invalid_api_key"
    assert there.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer boss.secret"},
        {"authorization": "bearer  boss.secret "},
        {"x-api-key": "boss.secret"},
        {"authorization": "Basic abc", "x-api-key": "boss.secret"},
    ],
)
def test_a_key_is_found_where_openai_and_anthropic_clients_put_it(
    stranger: TestClient, headers: dict[str, str]
) -> None:
    assert stranger.get("/v1/models", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer boss.wrong"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "boss.secret"},
        {"authorization": "Basic boss.secret"},
        {"x-api-key": ""},
        {"cookie": "key=boss.secret"},
    ],
)
def test_anything_else_is_no_key(stranger: TestClient, headers: dict[str, str]) -> None:
    assert stranger.get("/v1/models", headers=headers).status_code == 401
    assert stranger.get("/v1/models?authKey=boss.secret", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("chatter", "GET", "/v1/models", 200),
        ("chatter", "POST", "/v1/models/tiny/load", 403),
        ("chatter", "GET", "/metrics", 403),
        ("keeper", "POST", "/v1/models/tiny/load", 200),
        ("keeper", "GET", "/metrics", 403),
        ("boss", "GET", "/metrics", 200),
    ],
)
def test_a_route_says_which_right_it_needs(stage: Stage, who: str, method: str, path: str, status: int) -> None:
    with client_of(stage, who) as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "missing_right"


def test_the_right_is_asked_for_before_the_body_is_read(stage: Stage) -> None:
    stage.keys.keys["nobody"] = key("nobody")
    with client_of(stage, "nobody") as client:
        assert client.post("/v1/chat/completions", content=b"not json").status_code == 403


def test_a_keyless_dialect_acts_as_its_key_on_its_own_paths_only(make_stage: MakeStage) -> None:
    stage = make_stage({"dialects.llm_api.keyless": "chatter"})
    with client_of(stage, None) as client:
        assert client.get("/ping").status_code == 200
        assert client.get("/ping?authKey=nonsense").status_code == 401
        assert client.get("/v1/models").status_code == 401
        assert client.post("/loadModel", json={"model": "tiny"}).status_code == 403
        stage.keys.revoke("chatter")
        assert client.get("/ping").status_code == 401


def test_a_keyless_dialect_without_its_key_is_closed(make_stage: MakeStage) -> None:
    with client_of(make_stage({"dialects.llm_api.keyless": "gone"}), None) as client:
        assert client.get("/ping").status_code == 401


def test_a_websocket_is_not_a_way_in(stranger: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect("/v1/models"):
        pass


def test_the_host_is_looked_at_before_the_key(stranger: TestClient) -> None:
    assert stranger.get("/v1/models", headers={"host": "evil.example"}).status_code == 421
