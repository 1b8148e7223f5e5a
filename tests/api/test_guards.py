"""The guards around every handler, from the outside."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from server.api.guards import BodyLimit, Hosts
from server.errors import BadRequest, PayloadTooLarge, RequestTimeout, WrongHost
from server.settings import Settings, load_settings
from tests.api.conftest import MakeStage, Stage, client_of


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    pass


async def send_nowhere(message: Message) -> None:
    pass


def settings_with(**server: Any) -> Settings:
    return load_settings(overrides={f"server.{name}": value for name, value in server.items()})


async def ask_host(sent: str | None, /, **server: Any) -> None:
    headers = [] if sent is None else [(b"host", sent.encode("latin-1"))]
    scope = {"type": "http", "headers": headers, "server": ("10.0.0.5", 8080)}
    await Hosts(nothing, settings_with(**server).server)(scope, None, send_nowhere)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "localhost:8080",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.9.9.9",
        "[::1]",
        "[::1]:8080",
        "[0:0:0:0:0:0:0:1]:8080",
        "10.0.0.5",
        "10.0.0.5:8080",
    ],
)
async def test_loopback_and_the_address_the_connection_came_in_at_are_known(host: str) -> None:
    await ask_host(host)
    await ask_host(host, host="0.0.0.0")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.6",
        "0.0.0.0",
        "[::]",
        "[::2]",
        "localhost:80:80",
        "localhost@evil.example",
        "localhost/evil",
        "user:pass@localhost",
        "localhost:port",
        "",
        " ",
        "locälhost",
        "[::1",
        "2130706433",
        "*",
    ],
)
async def test_other_hosts_are_421(host: str) -> None:
    with pytest.raises(WrongHost, match=r"server\.allowed_hosts"):
        await ask_host(host)


async def test_hosts_of_the_settings_are_known() -> None:
    await ask_host("llm.example:443", allowed_hosts="Llm.Example, other.example")
    await ask_host("[2001:db8::1]", allowed_hosts="2001:DB8:0::1")
    await ask_host("box", host="box")
    await ask_host("anything.example", allowed_hosts="*")
    with pytest.raises(WrongHost):
        await ask_host("sub.llm.example", allowed_hosts="llm.example")


async def test_one_host_header_is_expected() -> None:
    with pytest.raises(BadRequest):
        await ask_host(None)
    with pytest.raises(BadRequest):
        await ask_host(None, allowed_hosts="*")


def test_a_wrong_host_is_told_in_openais_shape_even_on_open_paths(stranger: TestClient) -> None:
    answer = stranger.get("/health", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "wrong_host"


class Body:
    """A body in pieces, as ASGI hands it over."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.read = 0

    async def receive(self) -> Message:
        self.read += 1
        piece = self.pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces)}


def limits(**values: Any) -> Any:
    return load_settings(overrides={f"limits.{name}": value for name, value in values.items()}).limits


async def read_all(body: Any, announced: str | None = None, **values: Any) -> int:
    total = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal total
        more = True
        while more:
            message = await receive()
            total += len(message["body"])
            more = message["more_body"]

    headers = [(b"content-length", announced.encode())] if announced else []
    await BodyLimit(app, limits(**values))({"type": "http", "headers": headers}, body.receive, send_nowhere)
    return total


async def test_a_body_at_the_edge_is_read() -> None:
    assert await read_all(Body(b"x" * 60, b"x" * 40), "100", body_bytes=100) == 100
    assert await read_all(Body(b"x" * 60, b"x" * 40), body_bytes=100) == 100


@pytest.mark.parametrize("announced", ["101", "9" * 18, "9" * 5000])
async def test_what_is_announced_too_large_is_refused_unread(announced: str) -> None:
    body = Body(b"x" * 101)
    with pytest.raises(PayloadTooLarge, match="at most 100 bytes"):
        await read_all(body, announced, body_bytes=100)
    assert body.read == 0


async def test_what_grows_too_large_is_refused_at_the_first_byte_past_the_edge() -> None:
    body = Body(b"x" * 60, b"x" * 41, b"x" * 1_000_000)
    with pytest.raises(PayloadTooLarge):
        await read_all(body, body_bytes=100)
    assert body.read == 2


async def test_silence_within_a_body_is_408() -> None:
    class Silent:
        async def receive(self) -> Message:
            import asyncio

            await asyncio.Event().wait()
            raise AssertionError

    with pytest.raises(RequestTimeout):
        await read_all(Silent(), "5", body_idle_seconds=0.01)


def test_every_answer_has_an_id_a_time_and_no_sniffing(client: TestClient) -> None:
    for path in ("/health", "/v1/models", "/v1/nowhere", "/docs"):
        answer = client.get(path)
        assert re.fullmatch(r"req_[0-9a-f]{24}", answer.headers["x-request-id"]), path
        assert int(answer.headers["openai-processing-ms"]) >= 0
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("given", ["a", "0f8fad5b-d9cb-469f-a165-70867728950e", "A" * 128])
def test_a_sane_id_of_the_clients_is_kept(client: TestClient, given: str) -> None:
    assert client.get("/health", headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "A" * 129, "a b", "a,b", "<x>", "a\u00e4"])
def test_an_odd_one_is_replaced(client: TestClient, given: str) -> None:
    sent = {"x-request-id": given.encode("latin-1")}
    assert client.get("/health", headers=sent).headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("path", ["/v1/models/", "/v1/models/tiny/", "/health/"])
def test_a_trailing_slash_is_served_not_redirected(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 200
    assert answer.json() == client.get(path.rstrip("/")).json()


def test_a_post_with_a_trailing_slash_keeps_its_body(client: TestClient) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}
    assert client.post("/v1/chat/completions/", json=body, follow_redirects=False).status_code == 200


def test_head_is_answered_where_get_is(client: TestClient) -> None:
    answer = client.head("/v1/models")
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.head("/v1/status").status_code == 405


def test_new_work_is_refused_while_draining(stage: Stage) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}
    with client_of(stage) as client:
        stage.pool.draining = True
        answer = client.post("/v1/chat/completions", json=body)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "shutting_down"
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/v1/models").status_code == 200
        assert client.post("/v1/models/tiny/unload").status_code == 200


PREFLIGHT = {"origin": "https://page.example", "access-control-request-method": "POST"}


def test_no_page_elsewhere_may_call_unless_configured(stranger: TestClient) -> None:
    answer = stranger.options("/v1/chat/completions", headers=PREFLIGHT)
    assert answer.status_code == 401
    answer = stranger.get("/health", headers={"origin": "https://page.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


class TestCors:
    @pytest.fixture
    def page(self, make_stage: MakeStage) -> Iterator[TestClient]:
        stage = make_stage({"server.cors_origins": "https://page.example"})
        with client_of(stage, None) as client:
            yield client

    def test_a_configured_origin_is_let_in_before_the_key(self, page: TestClient) -> None:
        wanted = {**PREFLIGHT, "access-control-request-headers": "authorization, content-type, x-stainless-os"}
        answer = page.options("/v1/chat/completions", headers=wanted)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://page.example"
        assert "x-stainless-os" in answer.headers["access-control-allow-headers"]
        assert "x-request-id" in answer.headers

    def test_its_pages_can_read_errors_too(self, page: TestClient) -> None:
        answer = page.get("/v1/models", headers={"origin": "https://page.example"})
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == "https://page.example"

    def test_others_are_not(self, page: TestClient) -> None:
        answer = page.options("/v1/models", headers={**PREFLIGHT, "origin": "https://evil.example"})
        assert answer.status_code == 400
        assert "access-control-allow-origin" not in answer.headers

    def test_the_host_still_counts(self, page: TestClient) -> None:
        answer = page.options("/v1/models", headers={**PREFLIGHT, "host": "evil.example"})
        assert answer.status_code == 421


def test_the_log_line_names_key_and_path_and_no_secret(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "PROMPT"}]}
    caplog.set_level(logging.WARNING, "httpx2")
    caplog.set_level(logging.DEBUG, "server")
    with client_of(stage) as client:
        client.post("/v1/chat/completions?authKey=boss.secret", json=body)
    [line] = [record for record in caplog.records if record.name == "server.api.guards"]
    assert line.getMessage().startswith("POST /v1/chat/completions 200 ")
    facts = line.facts  # type: ignore[attr-defined]
    assert (facts["key"], facts["status"]) == ("boss", 200)
    assert "secret" not in caplog.text
    assert "PROMPT" not in caplog.text


def test_requests_are_counted_by_template(client: TestClient) -> None:
    for name in ("tiny", "org/big", "nowhere"):
        client.get(f"/v1/models/{name}")
    client.get("/v1/elsewhere")
    text = client.get("/metrics").text
    assert 'llm_requests_total{method="GET",route="/v1/models/{id:path}",status="200"} 2.0' in text
    assert 'llm_requests_total{method="GET",route="/v1/models/{id:path}",status="404"} 1.0' in text
    assert 'llm_requests_total{method="GET",route="none",status="404"} 1.0' in text
