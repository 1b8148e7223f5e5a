"""What is being answered now: seen by those who may, and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from server.chat.messages import Delta, Usage
from tests.api.scripted import say
from tests.api.served import CHATTING_KEYS, Served, events

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINE, THEIRS = CHATTING_KEYS
BODY = {"model": "tiny", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def headers(name: str, key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "x-request-id": name}


async def listed(served: Served, key: str) -> list[Any]:
    answer = await served.http.get("/v1/requests", headers={"authorization": f"Bearer {key}"})
    assert answer.json()["object"] == "list"
    return list(answer.json()["data"])


@asynccontextmanager
async def asking(
    served: Served, name: str, key: str = MINE, path: str = "/v1/chat/completions", **fields: Any
) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """A call that does not end by itself; the backend has it."""
    served.backend.entered.clear()
    call = asyncio.create_task(served.http.post(path, json={**BODY, **fields}, headers=headers(name, key)))
    await served.backend.entered.wait()
    try:
        yield call
    finally:
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


async def test_a_request_is_seen_while_it_waits_and_while_it_runs(served: Served) -> None:
    served.backend.gate = asyncio.Event()
    served.backend.usage = Usage(7, 3, cached_tokens=4)
    served.backend.steps = [asyncio.Event()]
    async with asking(served, "one"):
        (entry,) = await listed(served, MINE)
        assert (entry["id"], entry["object"], entry["model"], entry["state"]) == ("one", "request", "tiny", "waiting")
        assert (entry["key"], entry["prompt_tokens"]) == ({"id": "key3", "name": "key 3"}, 0)
        served.backend.gate.set()
        while entry["state"] == "waiting":
            entry = (await served.http.get("/v1/requests/one", headers=headers("x", MINE))).json()
        assert (entry["state"], entry["prompt_tokens"], entry["cached_tokens"]) == ("generating", 7, 4)
        assert entry["generated_tokens"] == 3
        assert entry["seconds"] >= 0
    while await listed(served, MINE):
        pass
    assert (await served.http.get("/v1/requests/one", headers=headers("x", MINE))).status_code == 404


async def test_a_key_sees_its_own_and_an_admin_all(served: Served) -> None:
    served.backend.steps = [asyncio.Event()]
    async with asking(served, "mine"), asking(served, "theirs", THEIRS):
        assert [entry["id"] for entry in await listed(served, MINE)] == ["mine"]
        everything = (await served.http.get("/v1/requests")).json()["data"]
        assert [(entry["id"], entry["key"]["name"]) for entry in everything] == [("mine", "key 3"), ("theirs", "key 4")]
        for method in ("GET", "DELETE"):
            hidden = await served.http.request(method, "/v1/requests/theirs", headers=headers("x", MINE))
            assert (hidden.status_code, hidden.json()["error"]["code"]) == (404, "not_found")
        assert len((await served.http.get("/v1/requests")).json()["data"]) == 2


@pytest.mark.parametrize("opened", [False, True])
async def test_a_stopped_request_is_told_so(served: Served, opened: bool) -> None:
    served.backend.gate = asyncio.Event()
    if opened:
        served.backend.gate.set()
    served.backend.steps = [Delta(0, "x"), asyncio.Event()]
    async with asking(served, "one") as call:
        stopped = await served.http.delete("/v1/requests/one", headers=headers("x", MINE))
        assert stopped.json() == {"id": "one", "object": "request.stopped", "stopped": True}
        answer = await call
        assert (answer.status_code, answer.json()["error"]["code"]) == (499, "request_stopped")
        assert "stopped by a request" in answer.json()["error"]["message"]
        assert served.backend.cancelled.is_set()
    assert await listed(served, MINE) == []
    served.backend.reset()
    assert (await served.chat(**BODY)).status_code == 200


async def test_a_stopped_stream_ends_with_an_error_event(served: Served) -> None:
    served.backend.steps = [Delta(0, "x"), asyncio.Event()]
    async with served.raw("POST", "/v1/chat/completions", {**BODY, "stream": True}) as raw:
        await raw.until(b'"content":"x"')
        (entry,) = (await served.http.get("/v1/requests")).json()["data"]
        await served.http.delete(f"/v1/requests/{entry['id']}")
        rest = (await raw.until(b"\r\n0\r\n\r\n")).decode()
    assert events(rest.replace("\r\n", "\n\n"))[-1]["error"]["code"] == "request_stopped"
    assert "[DONE]" not in rest


async def test_a_stopped_stream_tells_also_who_does_not_read_for_a_while(served: Served) -> None:
    served.backend.steps = [Delta(0, "x" * 100_000)] * 400  # far more than lies between a server and a client
    async with served.raw("POST", "/v1/chat/completions", {**BODY, "stream": True}) as raw:
        await served.backend.entered.wait()
        (entry,) = (await served.http.get("/v1/requests")).json()["data"]
        await served.http.delete(f"/v1/requests/{entry['id']}")
        end = b""
        while not end.endswith(b"\r\n0\r\n\r\n"):
            end = end[-1000:] + await raw.reader.read(1_000_000)
    assert b'"code":"request_stopped"' in end


async def test_every_dialect_shows_up(served: Served) -> None:
    served.backend.steps = [asyncio.Event()]
    async with (
        asking(served, "messages", path="/v1/messages"),
        asking(served, "completion", path="/v1/completions", prompt="Hi", messages=None),
    ):
        assert [entry["id"] for entry in await listed(served, MINE)] == ["messages", "completion"]
        stopped = await served.http.delete("/v1/requests/messages", headers=headers("x", MINE))
        assert stopped.status_code == 200


async def test_what_is_done_is_gone(served: Served) -> None:
    served.backend.steps = say("Hello")
    await served.chat(**BODY)
    assert (await served.http.get("/v1/requests")).json()["data"] == []
    assert (await served.http.delete("/v1/requests/nothing")).status_code == 404
