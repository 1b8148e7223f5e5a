"""What an error looks like, and which status it has."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai

from tests.contract.registry import Check, NotAsked, check
from tests.contract.target import ENDPOINTS, HI, OMIT, Target, openai_error, raised

OPENAI_ENDPOINTS = ("chat", "completions", "responses", "embeddings")


def _one_each(area: str, claim: str, run: Any) -> list[Check]:
    """The same check of every endpoint with OpenAI's errors."""

    def of(endpoint: str) -> Check:
        return check(area, f"{claim} ({endpoint})")(lambda target: run(target, endpoint))

    return [of(endpoint) for endpoint in OPENAI_ENDPOINTS]


def _refuses(target: Target, endpoint: str, key: str | None, status: int, code: str | None) -> None:
    headers = Target.bearer(key) if key else {}
    answer = httpx.post(
        target.base_url + ENDPOINTS[endpoint][0], json=target.body(endpoint), headers=headers, timeout=target.timeout
    )
    error = openai_error(answer, status)
    assert code is None or error["code"] == code, f"code {error['code']!r}"


unknown_model = _one_each(
    "errors",
    "an unknown model is 404 model_not_found, whatever is loaded",
    lambda target, endpoint: _code_is(
        target.refused(endpoint, status=404, model="no-such-model-anywhere"), "model_not_found"
    ),
)


def _code_is(error: dict[str, Any], code: str) -> None:
    assert error["code"] == code, f"code {error['code']!r}"


@check("errors", "the client raises NotFoundError with code and param for an unknown model")
def client_not_found(target: Target) -> None:
    create = target.openai.chat.completions.create
    error = raised(openai.NotFoundError, lambda: create(model="no-such-model-anywhere", messages=HI))
    assert (error.code, error.param) == ("model_not_found", "model")


@check("errors", "an error is of application/json")
def error_media_type(target: Target) -> None:
    kind = target.send("chat", messages=[]).headers["content-type"]
    assert kind.startswith("application/json")


@check("errors", "an unknown route under /v1 is 404 with an error object")
def unknown_route(target: Target) -> None:
    openai_error(target.http.get("/no/such/route"), 404)
    openai_error(target.http.post("/no-such-route", json={}), 404)


BODIES = {
    "not JSON": b'{"model": ',
    "no object": b"[1, 2]",
    "a bare string": b'"hello"',
    "empty": b"",
    "no UTF-8": b'{"model": "\xff\xfe"}',
    "NaN": b'{"model": "x", "temperature": NaN}',
    "a lone surrogate": b'{"model": "x", "prompt": "\\ud800"}',
}


def _malformed(what: str, data: bytes) -> Check:
    @check("errors", f"a body that is {what} is 400 with an error object")
    def malformed(target: Target) -> None:
        headers = {"content-type": "application/json"}
        openai_error(target.http.post("/chat/completions", content=data, headers=headers), 400)

    return malformed


malformed = [_malformed(what, data) for what, data in BODIES.items()]


@check("errors", "a body nested 50,000 deep is 400 and the server lives")
def deep_body(target: Target) -> None:
    data = b'{"model": "x", "messages": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    headers = {"content-type": "application/json"}
    openai_error(target.http.post("/chat/completions", content=data, headers=headers), 400)
    target.ask("chat")


WRONG: tuple[dict[str, Any], ...] = (
    {"messages": OMIT},
    {"messages": []},
    {"messages": "x"},
    {"messages": [{}]},
    {"messages": [None]},
    {"model": 7},
    {"temperature": "hot"},
    {"tools": {}},
    {"response_format": "json"},
    {"stream": "yes"},
)


@check("errors", "bad input is never 422 or 500 under /v1")
def never_422(target: Target) -> None:
    for fields in WRONG:
        target.refused("chat", **fields)


no_key = _one_each(
    "status codes",
    "no key is 401 invalid_api_key",
    lambda target, endpoint: _refuses(target, endpoint, None, 401, "invalid_api_key"),
)
wrong_key = _one_each(
    "status codes",
    "a wrong key is 401 invalid_api_key",
    lambda target, endpoint: _refuses(target, endpoint, "sk-wrong.key", 401, "invalid_api_key"),
)


@check("status codes", "the client raises AuthenticationError for a wrong key")
def client_authentication(target: Target) -> None:
    error = raised(openai.AuthenticationError, target.openai.with_options(api_key="sk-wrong.key").models.list)
    assert error.code == "invalid_api_key"


@check("status codes", "a key without the right is 403")
def forbidden(target: Target) -> None:
    _refuses(target, "chat", target.needs("limited_key"), 403, None)


@check("status codes", "a body announced with 2 GB is 413 before it is sent")
def too_large(target: Target) -> None:
    head = "POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2000000000"
    with target.raw(head, b'{"model": ') as connection:
        begun = connection.recv(100)
        assert begun.startswith(b"HTTP/1.1 413"), f"{begun[:40]!r}"


def _broken(target: Target, **fields: Any) -> None:
    answer = target.send("chat", model=target.needs("broken_model"), **fields)
    openai_error(answer, 503)
    wait = answer.headers.get("retry-after", "")
    assert wait.isdecimal() and int(wait) >= 1, f"Retry-After {wait!r}"  # noqa: PT018


@check("status codes", "a model that cannot be loaded is 503 with Retry-After")
def broken_model(target: Target) -> None:
    _broken(target)


@check("status codes", "a model that cannot be loaded is 503 for a stream too, not 200 and an error inside")
def broken_model_streamed(target: Target) -> None:
    _broken(target, stream=True)


@check("status codes", "a whole answer just waits for its model to be loaded")
def waits_for_load(target: Target) -> None:
    if not target.may_unload:
        raise NotAsked("models may not be unloaded")
    target.http.post(f"/models/{target.model}/unload", params={"force": "true"})
    target.ask("chat")


@check("status codes", "of a flood each request gets 200, or 429 or 503 with Retry-After; the next one is answered")
def flood(target: Target) -> None:
    with ThreadPoolExecutor(80) as pool:
        answers = list(pool.map(lambda _: target.send("chat", max_tokens=2), range(80)))
    for answer in answers:
        assert answer.status_code in (200, 429, 503), f"status {answer.status_code}: {answer.text[:200]}"
        if answer.status_code != 200:
            openai_error(answer, answer.status_code)
            assert int(answer.headers["retry-after"]) >= 1
    target.ask("chat")


@check("status codes", "an error after a stream began is an event with the error, and no [DONE] follows")
def error_in_stream(target: Target) -> None:
    if not target.may_unload:
        raise NotAsked("models may not be unloaded")
    body = target.body("chat", stream=True, max_tokens=1500, ignore_eos=True)
    with target.http.stream("POST", "/chat/completions", json=body) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        first = next(line for line in lines if line.startswith("data: "))
        unloaded = httpx.post(
            f"{target.base_url}/models/{target.model}/unload",
            params={"force": "true"},
            headers=Target.bearer(target.key),
            timeout=target.timeout,
        )
        rest = [line for line in lines if line.startswith("data: ")]
    assert unloaded.status_code == 200, f"unload: {unloaded.status_code}"
    assert "choices" in json.loads(first.removeprefix("data: "))
    assert rest[-1] != "data: [DONE]", "[DONE] though the answer broke"
    error = json.loads(rest[-1].removeprefix("data: "))
    assert set(error["error"]) == {"message", "type", "param", "code"}
