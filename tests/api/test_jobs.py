"""`/v1/jobs` on a real socket: bodies of endpoints as jobs, looked at, watched, cancelled, told of."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.errors import ContextLengthExceeded, Unavailable
from tests.api.scripted import say
from tests.api.served import OTHER_KEY, Served, listening, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT = {"model": "tiny", "messages": [{"role": "user", "content": "Hi"}]}


async def post(served: Served, *, status: int = 202, **fields: Any) -> dict[str, Any]:
    response = await served.http.post("/v1/jobs", json=fields)
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


async def chat(served: Served, **fields: Any) -> dict[str, Any]:
    return await post(served, endpoint="/v1/chat/completions", body=CHAT, **fields)


async def told(served: Served, id: str, after: str = "") -> list[tuple[str, str, Any]]:
    """Id, name and data of all events until the stream ends."""
    headers = {"last-event-id": after} if after else {}
    response = await served.http.get(f"/v1/jobs/{id}/events", headers=headers)
    found = []
    for block in response.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["id"], lines["event"], json.loads(lines["data"])))
    return found


async def ended(served: Served, id: str) -> dict[str, Any]:
    await told(served, id)
    found: dict[str, Any] = (await served.http.get(f"/v1/jobs/{id}")).json()
    return found


async def test_a_chat_as_a_job(served: Served) -> None:
    job = await chat(served, label="greeting", priority=7)
    assert (job["object"], job["state"], job["label"], job["priority"]) == ("job", "queued", "greeting", 7)
    done = await ended(served, job["id"])
    assert (done["state"], done["attempts"], done["queue_position"]) == ("succeeded", 1, None)
    assert done["result"]["choices"][0]["message"]["content"] == "Hello world"
    assert done["arguments"] == CHAT
    assert served.backend.turn.owner == "key1"
    assert served.backend.turn.priority < 0, "after those who wait"


async def test_events_tell_the_answer_as_it_comes(served: Served) -> None:
    gate = asyncio.Event()
    served.backend.steps = [*say("Hel")[:1], gate, *say("lo")]
    job = await chat(served)
    async with served.http.stream("GET", f"/v1/jobs/{job['id']}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            if line.startswith("data: ") and "Hel" in line:
                gate.set()
    found = await told(served, job["id"])
    assert [data["content"] for _, name, data in found if name == "delta"] == ["Hel", "lo"]
    assert [data["state"] for _, name, data in found if name == "state"] == ["queued", "running", "succeeded"]
    assert found[-1][2]["result"]["usage"]["prompt_tokens"] == 7


async def test_a_broken_stream_goes_on_where_it_was(served: Served) -> None:
    job = await chat(served)
    found = await told(served, job["id"])
    assert await told(served, job["id"], found[2][0]) == found[3:]
    last = await served.http.get(f"/v1/jobs/{job['id']}/events", headers={"last-event-id": found[-1][0]})
    assert last.status_code == 204, "a browser asks until it is told to stop"
    wrong = await served.http.get(f"/v1/jobs/{job['id']}/events", headers={"last-event-id": "x"})
    assert wrong.status_code == 400


async def test_bodies_are_checked_before_they_are_taken(served: Served) -> None:
    wrong = {"model": "tiny", "messages": [{"role": "nobody", "content": "Hi"}]}
    refused = await post(served, status=400, endpoint="/v1/chat/completions", body=wrong)
    assert refused["error"]["param"] == "messages[0].role"
    await post(served, status=404, endpoint="/v1/chat/completions", body={**CHAT, "model": "none"})
    for fields in (
        {},
        {"endpoint": "/v1/nothing", "body": {}},
        {"endpoint": "chat", "body": {}},
        {"endpoint": "/v1/chat/completions", "task": "x"},
        {"task": "tell a webhook"},
        {"endpoint": "/v1/chat/completions", "body": CHAT, "priority": 10},
        {"endpoint": "/v1/chat/completions", "body": CHAT, "label": "a\0b"},
        {"endpoint": "/v1/chat/completions", "body": CHAT, "idempotency_key": "a\0b"},
        {"endpoint": "/v1/chat/completions", "body": CHAT, "deadline": time.time() - 1},
        {"endpoint": "/v1/chat/completions", "body": CHAT, "webhook": "http://example.org/"},
        {"endpoint": "/v1/embeddings", "body": {"model": "tiny", "input": []}},
        {"endpoint": "/v1/completions", "body": {"model": "tiny", "prompt": []}},
        {"endpoint": "/v1/responses", "body": {"model": "tiny"}},
    ):
        await post(served, status=400, **fields)
    assert not served.backend.turns


async def test_other_bodies(served: Served) -> None:
    text = await post(served, endpoint="/v1/completions", body={"model": "tiny", "prompt": "Once", "echo": True})
    assert (await ended(served, text["id"]))["result"]["choices"][0]["text"] == "OnceHello world"
    response = await post(served, endpoint="/v1/responses", body={"model": "tiny", "input": "Hi"})
    result = (await ended(served, response["id"]))["result"]
    assert result["output"][0]["content"][0]["text"] == "Hello world"
    kept = await served.openai().responses.retrieve(result["id"])
    assert kept.output_text == "Hello world"


async def test_errors_are_the_jobs(served: Served) -> None:
    served.backend.refusal = ContextLengthExceeded(5000, 2048)
    job = await ended(served, (await chat(served))["id"])
    assert (job["state"], job["attempts"]) == ("failed", 1)
    assert (job["error"]["code"], job["error"]["status"]) == ("context_length_exceeded", 400)


async def test_what_may_pass_is_tried_again(served: Served) -> None:
    served.backend.refusal = Unavailable("Not now.", retry_after=0.01)
    job = await chat(served)
    async with served.http.stream("GET", f"/v1/jobs/{job['id']}/events") as response:
        async for line in response.aiter_lines():
            if line.startswith("data: ") and '"message":"Not now."' in line:
                served.backend.refusal = None
    done = await ended(served, job["id"])
    assert (done["state"], done["error"]) == ("succeeded", None)
    assert done["attempts"] > 1


async def test_what_failed_is_done_again_when_it_is_asked_for(served: Served) -> None:
    served.backend.steps = [ContextLengthExceeded(3000, 2048)]
    failed = await ended(served, (await chat(served, label="second chances", priority=7))["id"])
    assert failed["state"] == "failed"
    served.backend.steps = say("Hello")
    response = await served.http.post(f"/v1/jobs/{failed['id']}/retry")
    assert response.status_code == 202
    job = await ended(served, response.json()["id"])
    assert (job["state"], job["label"], job["priority"]) == ("succeeded", "second chances", 7)
    assert job["arguments"] == failed["arguments"]
    assert (await served.http.get(f"/v1/jobs/{failed['id']}")).json()["state"] == "failed"
    for id, status in ((job["id"], 409), ("job_nowhere", 404)):
        assert (await served.http.post(f"/v1/jobs/{id}/retry")).status_code == status


async def test_cancel_and_delete(served: Served) -> None:
    served.backend.steps = [asyncio.Event()]
    job = await chat(served)
    await asyncio.wait_for(served.backend.entered.wait(), 5)
    assert (await served.http.delete(f"/v1/jobs/{job['id']}")).status_code == 409
    asked = (await served.http.post(f"/v1/jobs/{job['id']}/cancel")).json()
    assert asked["cancelling"]
    await asyncio.wait_for(served.backend.cancelled.wait(), 5)
    assert (await ended(served, job["id"]))["state"] == "cancelled"
    assert (await served.http.delete(f"/v1/jobs/{job['id']}")).json()["deleted"]
    assert (await served.http.get(f"/v1/jobs/{job['id']}")).status_code == 404


async def test_another_keys_job_is_none(served: Served) -> None:
    job = await chat(served)
    await ended(served, job["id"])
    other = {"authorization": f"Bearer {OTHER_KEY}"}
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("DELETE", "")):
        response = await served.http.request(method, f"/v1/jobs/{job['id']}{path}", headers=other)
        assert response.status_code == 404, path
    assert (await served.http.get("/v1/jobs", headers=other)).json()["data"] == []


async def test_idempotency(served: Served) -> None:
    first = await chat(served, idempotency_key="k1")
    headers = {"idempotency-key": "k1"}
    body = {"endpoint": "/v1/chat/completions", "body": CHAT}
    again = await served.http.post("/v1/jobs", json=body, headers=headers)
    assert again.json()["id"] == first["id"]
    other = await served.http.post("/v1/jobs", json={**body, "body": {**CHAT, "seed": 1}}, headers=headers)
    assert (other.status_code, other.json()["error"]["param"]) == (409, "idempotency_key")
    await ended(served, first["id"])
    done = await served.http.post("/v1/jobs", json=body, headers=headers)
    assert (done.status_code, done.json()["state"]) == (200, "succeeded")


async def test_the_list(served: Served) -> None:
    ids = [(await chat(served))["id"] for _ in range(3)]
    for id in ids:
        await ended(served, id)
    first = (await served.http.get("/v1/jobs?limit=2")).json()
    assert [job["id"] for job in first["data"]] == ids[:0:-1]
    assert first["has_more"]
    second = (await served.http.get(f"/v1/jobs?limit=1&after={first['last_id']}")).json()
    assert [job["id"] for job in second["data"]] == ids[:1]
    assert (await served.http.get("/v1/jobs?state=queued,running")).json()["data"] == []
    assert (await served.http.get("/v1/jobs?state=lazy")).status_code == 400


@asynccontextmanager
async def receiver(*statuses: int) -> AsyncIterator[tuple[str, asyncio.Queue[Any]]]:
    """Somebody who is told, and answers with these statuses, then with 200."""
    left, heard = list(statuses), asyncio.Queue[Any]()

    async def hear(request: Request) -> Response:
        heard.put_nowait(await request.json())
        return Response(status_code=left.pop(0) if left else 200)

    async with listening(Starlette(routes=[Route("/told", hear, methods=["POST"])])) as url:
        yield f"{url}/told", heard


async def test_webhooks(tmp_path: Path) -> None:
    async with (
        receiver(503) as (url, heard),
        serving(tmp_path, jobs__webhook_hosts="127.0.0.1", jobs__backoff_seconds=0.01) as served,
    ):
        job = await chat(served, webhook=url)
        await ended(served, job["id"])
        async with asyncio.timeout(15):
            first, second = await heard.get(), await heard.get()
        assert first == second
        assert (first["id"], first["state"]) == (job["id"], "succeeded")
        assert first["result"]["choices"]
        listed = (await served.http.get("/v1/jobs")).json()["data"]
        assert [each["id"] for each in listed] == [job["id"]], "what tells is no job of the client's"


async def test_a_job_outlives_its_server(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        served.backend.steps = [asyncio.Event()]
        job = await chat(served)
        await asyncio.wait_for(served.backend.entered.wait(), 5)
    async with serving(tmp_path) as served:
        done = await ended(served, job["id"])
        assert (done["state"], done["attempts"]) == ("succeeded", 1)


async def test_who_may_not_chat_may_not_ask(served: Served) -> None:
    response = await httpx.AsyncClient(base_url=served.url).post("/v1/jobs", json={})
    assert response.status_code == 401
