"""HTTP itself: methods, media types, headers; and what happens when the client goes away."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.registry import check
from tests.contract.target import GENERATED, RUNNING, Target, openai_error

LONG: dict[str, Any] = {"max_tokens": 900, "ignore_eos": True, "n": 8}
"""So much that it is still being made when the client leaves."""


@check("HTTP", "a body that is not called JSON is 415")
def media_type(target: Target) -> None:
    data = json.dumps(target.body("chat")).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"):
        openai_error(target.http.post("/chat/completions", content=data, headers={"content-type": kind}), 415)


@check("HTTP", "application/json with charset=utf-8 is JSON")
def charset(target: Target) -> None:
    data = json.dumps(target.body("chat")).encode()
    headers = {"content-type": "application/json; charset=utf-8"}
    assert target.http.post("/chat/completions", content=data, headers=headers).status_code == 200


@check("HTTP", "a wrong method is 405 with Allow")
def method(target: Target) -> None:
    for verb, path, allowed in (
        ("GET", "/chat/completions", "POST"),
        ("DELETE", "/chat/completions", "POST"),
        ("POST", "/models", "GET"),
        ("PUT", "/completions", "POST"),
    ):
        answer = target.http.request(verb, path)
        openai_error(answer, 405)
        assert allowed in answer.headers.get("allow", ""), f"Allow: {answer.headers.get('allow')!r}"


@check("HTTP", "a trailing slash makes no difference")
def trailing_slash(target: Target) -> None:
    assert target.http.post("/chat/completions/", json=target.body("chat")).status_code == 200
    assert target.http.get("/models/").status_code == 200


@check("HTTP", "x-request-id and openai-processing-ms on every answer, errors and streams included")
def marks(target: Target) -> None:
    wrong = {"authorization": "Bearer sk-wrong.key"}
    answers = [
        target.send("chat"),
        target.send("chat", stream=True),
        target.send("chat", messages=[]),
        target.http.get("/models"),
        target.http.get("/nowhere"),
        target.http.get("/models", headers=wrong),
        target.http.get("/chat/completions"),
    ]
    for answer in answers:
        assert answer.headers.get("x-request-id"), f"no x-request-id on {answer.status_code}"
        assert answer.headers.get("openai-processing-ms", "").isdecimal(), f"none on {answer.status_code}"
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


@check("HTTP", "the client sees the request's id, of errors too")
def client_sees_id(target: Target) -> None:
    answer = target.openai.chat.completions.with_raw_response.create(
        model=target.model, messages=[{"role": "user", "content": "x"}], max_tokens=1
    )
    assert answer.request_id
    assert answer.parse()._request_id == answer.request_id


@check("HTTP", "a connection serves several requests, after errors too")
def keep_alive(target: Target) -> None:
    requests = [
        b"GET /v1/models HTTP/1.1\r\nHost: %b\r\n\r\n",
        b"GET /v1/nowhere HTTP/1.1\r\nHost: %b\r\n\r\n",
    ]
    host = target.root.partition("://")[2].encode()
    with target.raw("GET /v1/models HTTP/1.1") as connection:
        reader = connection.makefile("rb")
        for request in [*requests, requests[0]]:
            status, length = reader.readline(), 0
            while (line := reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert status.startswith((b"HTTP/1.1 200", b"HTTP/1.1 401")), f"{status!r}"
            reader.read(length)
            connection.sendall(request % host)


@check("HTTP", "an answer that is not a stream is application/json with its length")
def json_answer(target: Target) -> None:
    headers = target.send("chat").headers
    assert headers["content-type"].startswith("application/json")
    assert int(headers["content-length"]) > 0


@check("HTTP", "a stream says that nobody may keep it back")
def stream_headers(target: Target) -> None:
    assert "no-cache" in target.send("chat", stream=True).headers.get("cache-control", "")


def _left(target: Target, before: float) -> None:
    """That what was asked ended because the client left, not because it was done."""
    target.wait_until("nothing runs any more", lambda: target.metric(RUNNING) == 0)
    made = target.metric(GENERATED) - before
    asked = LONG["max_tokens"] * LONG["n"]
    assert made < asked / 2, f"{made:.0f} of {asked} tokens were made for nobody"
    target.ask("chat")


@check("disconnect", "a client that leaves a stream ends its answers")
def leaves_stream(target: Target) -> None:
    target.ask("chat")
    before = target.metric(GENERATED)
    with target.raw_chat(stream=True, **LONG) as connection:
        assert b"HTTP/1.1 200" in connection.recv(4096)
    _left(target, before)


@check("disconnect", "a client that leaves while a whole answer is made ends it")
def leaves_whole(target: Target) -> None:
    target.ask("chat")
    before = target.metric(GENERATED)
    with target.raw_chat(**LONG):
        target.wait_until("it runs", lambda: target.metric(RUNNING) > 0)
    _left(target, before)


@check("disconnect", "a client that leaves at once, while its prompt waits or is computed, ends it")
def leaves_at_once(target: Target) -> None:
    target.ask("chat")
    before = target.metric(GENERATED)
    words = "word " * (target.context // 8)
    for _ in range(4):
        with target.raw_chat(messages=[{"role": "user", "content": words}], **LONG):
            pass
    _left(target, before)


@check("disconnect", "the openai client's close ends the answer")
def client_close(target: Target) -> None:
    target.ask("chat")
    before = target.metric(GENERATED)
    stream = target.openai.chat.completions.create(
        model=target.model,
        messages=[{"role": "user", "content": "Count."}],
        max_tokens=LONG["max_tokens"],
        n=LONG["n"],
        stream=True,
        extra_body={"ignore_eos": True},
    )
    next(iter(stream))
    stream.close()
    _left(target, before)
