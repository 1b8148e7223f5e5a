"""Errors in the shape that the asking client reads."""

from __future__ import annotations

import json

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from server.api.faces import OPENAI, Face, Faces, bearer_key
from server.errors import Draining, MethodNotAllowed, ModelNotFound, ServerError, TooManyRequests, Unauthorized
from tests.api.conftest import MakeStage, Stage, client_of


def scope(path: str, *headers: tuple[bytes, bytes]) -> dict[str, object]:
    return {"type": "http", "path": path, "headers": list(headers), "query_string": b""}


OTHER = Face(
    "other",
    owns=lambda path, scope: path.startswith(("/old", "/v1")),
    find_key=lambda scope: None,
    render=lambda error, request_id: PlainTextResponse(error.message, error.status),
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/old/ask", "other"),
        ("//old//ask/", "other"),
        ("/v1/chat/completions", "openai"),
        ("/v1", "openai"),
        ("/v1/", "openai"),
        ("//v1/models", "openai"),
        ("/elsewhere", "openai"),
        ("/", "openai"),
    ],
)
def test_v1_is_never_a_dialects(path: str, name: str) -> None:
    assert Faces([OTHER]).of(scope(path)).name == name


def test_the_servers_own_faces_may_lie_below_v1() -> None:
    faces = Faces(own=[OTHER])
    assert [faces.of(scope(path)).name for path in ("/v1/x", "/old", "/new")] == ["other", "other", "openai"]


@pytest.mark.parametrize(
    "error",
    [
        ServerError("A bug."),
        ModelNotFound("x", ["y"]),
        Unauthorized("No."),
        MethodNotAllowed("No.", allow="GET"),
        Draining("Later."),
    ],
)
def test_openais_error_has_four_keys_always(error: ServerError) -> None:
    answer = OPENAI.render(error, "req_1")
    body = json.loads(bytes(answer.body))["error"]
    assert list(body) == ["message", "type", "param", "code"]
    assert answer.status_code == error.status
    assert body["code"] is None or isinstance(body["code"], str)


def test_when_to_try_again_is_whole_seconds_and_at_least_one() -> None:
    soon = OPENAI.render(TooManyRequests("Busy.", retry_after=0.2), "")
    assert (soon.headers["retry-after"], soon.headers["retry-after-ms"]) == ("1", "200")
    later = OPENAI.render(TooManyRequests("Busy.", retry_after=2.1), "")
    assert (later.headers["retry-after"], later.headers["retry-after-ms"]) == ("3", "2100")


def test_headers_that_belong_to_an_error() -> None:
    assert OPENAI.render(Unauthorized("No."), "").headers["www-authenticate"] == "Bearer"
    assert OPENAI.render(MethodNotAllowed("No.", allow="GET, HEAD"), "").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([(b"authorization", b"Bearer a.b")], "a.b"),
        ([(b"authorization", b"BEARER a.b")], "a.b"),
        ([(b"x-api-key", b"a.b")], "a.b"),
        ([(b"authorization", b"Bearer first"), (b"authorization", b"Bearer second")], "first"),
        ([(b"authorization", b"a.b")], None),
        ([(b"authorization", b"Bearer")], None),
        ([], None),
    ],
)
def test_where_the_key_stands(headers: list[tuple[bytes, bytes]], found: str | None) -> None:
    assert bearer_key(scope("/", *headers)) == found


def test_a_refusal_has_the_shape_of_its_path(stranger: TestClient) -> None:
    assert stranger.get("/ping").text == "Unauthorized"
    assert stranger.get("/v1/models").json()["error"]["code"] == "invalid_api_key"


def test_a_dialect_that_is_off_has_no_face(make_stage: MakeStage) -> None:
    stage = make_stage({"dialects.llm_api.enabled": False})
    with client_of(stage, None) as client:
        assert client.get("/ping").json()["error"]["code"] == "invalid_api_key"
    with client_of(stage) as client:
        assert client.get("/ping").status_code == 404
        assert client.get("/models").json()["object"] == "list"


def test_an_unknown_route_is_404_in_openais_shape(client: TestClient) -> None:
    answer = client.get("/v1/no%0Awhere")
    assert answer.status_code == 404
    assert answer.json() == {
        "error": {
            "message": "There is no GET /v1/no%0Awhere. /docs lists what there is.",
            "type": "invalid_request_error",
            "param": None,
            "code": "not_found",
        }
    }


def test_a_wrong_method_is_405_and_names_the_right_ones(client: TestClient) -> None:
    answer = client.delete("/v1/models")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.json()["error"]["code"] == "method_not_allowed"
    assert client.get("/v1/chat/completions").headers["allow"] == "POST"


def test_a_bug_is_500_without_its_inside(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    def explode() -> None:
        raise RuntimeError("secret inside")

    stage.pool.statuses = explode  # type: ignore[method-assign, assignment]
    with client_of(stage) as client:
        answer = client.get("/v1/models", headers={"x-request-id": "find-me"})
    assert answer.status_code == 500
    assert "find-me" in answer.json()["error"]["message"]
    assert "secret" not in answer.text
    assert "secret inside" in caplog.text
