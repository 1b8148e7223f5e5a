"""A body is read strictly, and what is wrong with it is said in the client's own terms."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from server.api.body import INLINE_BYTES, explain, parse_object, read_body, spell
from server.api.house import Endpoint
from server.errors import BadRequest
from tests.api.conftest import MakeStage, client_of


class Text(BaseModel):
    type: Literal["text"]
    text: str


class Image(BaseModel):
    type: Literal["image_url"]
    image_url: dict[str, str]


class Said(BaseModel):
    role: Literal["user", "system"]
    content: str | list[Annotated[Text | Image, Field(discriminator="type")]] | None = None


class Asked(BaseModel):
    messages: list[Said] = Field(min_length=1)
    temperature: float | None = Field(None, ge=0, le=2)
    stop: str | list[str] | None = None
    n: int = Field(1, ge=1, le=8)
    stream: bool | None = None
    name: str | None = Field(None, max_length=4)
    renamed: int | None = Field(None, alias="from")


GOOD: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def client(make_stage: MakeStage) -> Iterator[TestClient]:
    async def read(request: Request) -> Response:
        return JSONResponse((await read_body(request, Asked)).model_dump())

    stage = make_stage()
    stage.app.router.routes.insert(0, Endpoint("POST", "/v1/read", read, summary="", tag="", body=Asked))
    with client_of(stage) as client:
        yield client


def refusal(client: TestClient, body: Any, **more: Any) -> tuple[int, str | None, str]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json", **more}
    answer = client.post("/v1/read", content=content, headers=headers)
    error = answer.json()["error"]
    return answer.status_code, error["param"], error["message"]


def said(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({}, "messages", "Missing required parameter: 'messages'."),
        ({"messages": 5}, "messages", "expected a list, found a number"),
        ({"messages": None}, "messages", "expected a list, found null"),
        ({"messages": []}, "messages", "expected at least 1 item, found 0"),
        ({"messages": ["x"]}, "messages[0]", "expected an object, found a string"),
        ({"messages": [{"role": "judge"}]}, "messages[0].role", "expected 'user' or 'system', found 'judge'"),
        ({"messages": [{}]}, "messages[0].role", "Missing required parameter"),
        (said(5), "messages[0].content", "expected a string or a list, found a number"),
        (said([{"type": "text"}]), "messages[0].content[0].text", "Missing required parameter"),
        (said([{"type": "text", "text": 4}]), "messages[0].content[0].text", "expected a string, found a number"),
        (said([{"type": "song"}]), "messages[0].content[0]", "'text', 'image_url', found 'song'"),
        (said([{}]), "messages[0].content[0]", "expected an object with a 'type', found an object"),
        (said([{"type": "image_url", "image_url": 4}]), "messages[0].content[0].image_url", "expected an object"),
        (said([{"type": "image_url"}]), "messages[0].content[0].image_url", "Missing required parameter"),
        ({**GOOD, "temperature": 9}, "temperature", "expected at most 2, found 9"),
        ({**GOOD, "temperature": "1"}, "temperature", "expected a number, found a string"),
        ({**GOOD, "temperature": True}, "temperature", "expected a number, found true"),
        ({**GOOD, "n": 1.5}, "n", "expected an integer, found a number"),
        ({**GOOD, "n": "1"}, "n", "expected an integer, found a string"),
        ({**GOOD, "stream": "yes"}, "stream", "expected true or false, found a string"),
        ({**GOOD, "stop": ["a", 1]}, "stop[1]", "expected a string, found a number"),
        ({**GOOD, "name": "12345"}, "name", "expected at most 4 characters, found 5"),
        ({**GOOD, "from": "x"}, "from", "expected an integer, found a string"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_expected_is_said(
    client: TestClient, body: Any, param: str, message: str
) -> None:
    status, found, text = refusal(client, body)
    assert (status, found) == (400, param)
    assert message in text


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "not valid JSON"),
        (b"{'a': 1}", "not valid JSON"),
        (b'{"a": 1} {"b": 2}', "not valid JSON"),
        (b"[]", "not a list"),
        (b"null", "not null"),
        (b'"text"', "not a string"),
        (b"5", "not a number"),
        (b'{"temperature": NaN}', "not valid JSON"),
        (b'{"temperature": Infinity}', "not valid JSON"),
        (b'{"temperature": -Infinity}', "not valid JSON"),
        (b'{"temperature": 1e999}', "too large"),
        (b'{"deep": [{"down": -1e999}]}', "too large"),
        (b'{"n": %s}' % (b"9" * 30), "too large"),
        (b'{"n": %s}' % (b"9" * 10_000), "out of range"),
        (b'{"name": "\\ud800"}', "not valid JSON"),
        (b'{"name": "\\udc00x"}', "not valid JSON"),
        (b'{"name": "\xff"}', "not valid JSON"),
        (b'{"name": "\xed\xa0\x80"}', "not valid JSON"),
        (b'{"name": "a\nb"}', "not valid JSON"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        ('{"name": "x"}'.encode("utf-16"), "not valid JSON"),
    ],
)
def test_only_strict_json_objects_are_read(client: TestClient, body: bytes, message: str) -> None:
    status, param, text = refusal(client, body)
    assert (status, param) == (400, None)
    assert message in text


def nested(depth: int) -> bytes:
    """An object that is `depth` levels deep, itself included."""
    return b'{"x": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_depth_is_bounded_at_the_edge() -> None:
    assert parse_object(nested(100), 100)
    with pytest.raises(BadRequest, match="at most 100 levels"):
        parse_object(nested(101), 100)
    with pytest.raises(BadRequest):
        parse_object(nested(1_000_000), 100)


def test_hostile_numbers_are_refused_quickly() -> None:
    began = time.perf_counter()
    with pytest.raises(BadRequest):
        parse_object(b'{"n": ' + b"9" * 5_000_000 + b"}", 100)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx", "application/json; charset=latin-1"],
)
def test_other_media_types_are_415(client: TestClient, kind: str) -> None:
    answer = client.post("/v1/read", content=json.dumps(GOOD), headers={"content-type": kind})
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_media_type"


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "application/json; charset=UTF-8"])
def test_json_by_any_of_its_names_is_read(client: TestClient, kind: str) -> None:
    answer = client.post("/v1/read", content=json.dumps(GOOD), headers={"content-type": kind})
    assert answer.status_code == 200


def test_unknown_parameters_are_listed_on_the_answer(client: TestClient) -> None:
    answer = client.post("/v1/read", json={**GOOD, "top_z": 1, "fr\r\nx": 2, "from": 3})
    assert answer.status_code == 200
    assert answer.headers["x-ignored-params"] == "top_z, fr%0D%0Ax"
    assert "x-ignored-params" not in client.post("/v1/read", json=GOOD).headers


def test_a_thousand_unknown_parameters_do_not_burst_the_header(client: TestClient) -> None:
    answer = client.post("/v1/read", json={**GOOD, **{f"{number}" * 100: 1 for number in range(1000)}})
    assert answer.status_code == 200
    assert len(answer.headers["x-ignored-params"]) < 4000


def test_strict_params_refuses_them(client: TestClient) -> None:
    status, param, message = refusal(client, {**GOOD, "top_z": 1}, **{"x-strict-params": "1"})
    assert (status, param) == (400, "top_z")
    assert "top_z" in message
    assert client.post("/v1/read", json=GOOD, headers={"x-strict-params": "1"}).status_code == 200


def test_a_large_body_is_read_like_a_small_one(client: TestClient) -> None:
    long = "ä" * INLINE_BYTES
    answer = client.post("/v1/read", json={**said(long), "odd": 1})
    assert answer.json()["messages"][0]["content"] == long
    assert answer.headers["x-ignored-params"] == "odd"
    assert refusal(client, {**said(long), "n": "1"})[1] == "n"


def test_an_optional_body_may_be_missing_but_not_wrong(make_stage: MakeStage) -> None:
    class Wish(BaseModel):
        force: bool = False

    async def read(request: Request) -> Response:
        return JSONResponse((await read_body(request, Wish, optional=True)).model_dump())

    stage = make_stage()
    stage.app.router.routes.insert(0, Endpoint("POST", "/v1/wish", read, summary="", tag="", body=Wish))
    with client_of(stage) as client:
        assert client.post("/v1/wish").json() == {"force": False}
        assert client.post("/v1/wish", json={"force": True}).json() == {"force": True}
        assert client.post("/v1/wish", json={"force": 1}).status_code == 400
        assert client.post("/v1/wish", content=b"force=1").status_code == 415


def test_paths_are_spelt_as_openai_spells_them() -> None:
    assert spell(("messages", 0, "content", 2, "text")) == "messages[0].content[2].text"
    assert spell(()) == ""


def test_a_check_of_the_whole_names_no_part() -> None:
    problem: Any = {"type": "value_error", "loc": (), "msg": "Value error, a or b must be given", "input": {}}
    error = explain([problem], {})
    assert (error.param, error.message) == (None, "Invalid body: a or b must be given.")
