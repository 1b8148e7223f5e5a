"""Keys with limits, as their owners and whoever runs the server see them, over a socket with real clients."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import anthropic
import httpx
import openai
import pytest
import pytest_asyncio
import websockets
from websockets.asyncio.client import connect

from server.api.app import build_app
from server.chat.messages import Delta, Usage
from server.engine.pool import Pool
from server.errors import ContextLengthExceeded
from server.settings import Settings
from server.store.auth_keys import RIGHTS
from tests.api.scripted import MODELS, ScriptedBackend, ScriptedPool, say
from tests.api.served import listening, settings_at

ASK = {"model": "tiny", "messages": [{"role": "user", "content": "Hi"}]}


@dataclass
class Office:
    """A server with real keys over a scripted backend, and whoever runs it."""

    url: str
    backend: ScriptedBackend
    admin: httpx.AsyncClient
    others: list[httpx.AsyncClient] = field(default_factory=list)

    async def key(self, **terms: Any) -> dict[str, Any]:
        answer = await self.admin.post("/v1/keys", json={"name": "mine", **terms})
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json())

    async def client(self, **terms: Any) -> httpx.AsyncClient:
        return self.with_key((await self.key(**terms))["key"])

    def with_key(self, text: str) -> httpx.AsyncClient:
        self.others.append(
            httpx.AsyncClient(base_url=self.url, headers={"authorization": f"Bearer {text}"}, timeout=10)
        )
        return self.others[-1]

    async def update(self, id: str, **changes: Any) -> httpx.Response:
        return await self.admin.post(f"/v1/keys/{id}", json=changes)


@asynccontextmanager
async def office_in(folder: Path, settings: Settings | None = None) -> AsyncIterator[Office]:
    settings = settings or settings_at(folder)
    backend = ScriptedBackend()
    app = build_app(settings, backend=backend, pool=cast(Pool, ScriptedPool(MODELS)))
    _, text = app.state.house.keys.create("boss", rights=RIGHTS)
    async with listening(app) as url:
        office = Office(url, backend, httpx.AsyncClient(base_url=url, headers={"x-api-key": text}, timeout=10))
        try:
            yield office
        finally:
            for client in (office.admin, *office.others):
                await client.aclose()


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with office_in(tmp_path) as one:
        yield one


async def chat(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/chat/completions", json={**ASK, **fields})


async def test_a_key_is_made_shown_changed_and_revoked(office: Office, tmp_path: Path) -> None:
    made = await office.key(requests_per_minute=5, models=["tiny"], priority=2, rights=["chat", "models"])
    assert made["key"].startswith(made["id"] + ".")
    shown = (await office.admin.get(f"/v1/keys/{made['id']}")).json()
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert (shown["requests_per_minute"], shown["models"], shown["priority"]) == (5, ["tiny"], 2)
    changed = (await office.update(made["id"], requests_per_minute=None, streams=3, name="yours")).json()
    assert (changed["requests_per_minute"], changed["streams"], changed["models"]) == (None, 3, ["tiny"])
    listed = (await office.admin.get("/v1/keys")).json()["data"]
    assert [one["name"] for one in listed] == ["boss", "yours"]
    assert (await office.admin.delete(f"/v1/keys/{made['id']}")).json()["state"] == "revoked"
    assert (await office.update(made["id"], name="again")).status_code == 409
    assert (await chat(office.with_key(made["key"]))).status_code == 401
    log = [json.loads(line) for line in (tmp_path / "var" / "audit.log").read_text().splitlines()]
    assert [line["action"] for line in log] == ["create", "create", "update", "revoke"]
    assert log[2]["by"] == listed[0]["id"]
    assert log[2]["changes"] == {"name": ["mine", "yours"], "requests_per_minute": [5, None], "streams": [None, 3]}
    assert made["key"].partition(".")[2] not in (tmp_path / "var" / "audit.log").read_text()


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"tokens_per_day": -1}, "tokens_per_day"),
        ({"streams": "3"}, "streams"),
        ({"priority": 101}, "priority"),
        ({"priority": None}, "priority"),
        ({"models": []}, "models"),
        ({"rights": ["root"]}, "rights"),
        ({"expires_at": "2020-01-01"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-01:00"}, "expires_at"),
        ({"name": ""}, "name"),
        ({"requests_a_minute": 5}, "requests_a_minute"),
    ],
)
async def test_what_makes_no_sense_is_refused(office: Office, body: dict[str, Any], param: str) -> None:
    for path in ("/v1/keys", f"/v1/keys/{(await office.key())['id']}"):
        answer = await office.admin.post(path, json={"name": "x", **body})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_only_the_right_admin_sees_keys(office: Office) -> None:
    client = await office.client(rights=["chat", "models"])
    for method, path in (("GET", "/v1/keys"), ("POST", "/v1/keys"), ("GET", "/v1/keys/x"), ("DELETE", "/v1/keys/x")):
        assert (await client.request(method, path)).status_code == 403
    assert (await office.admin.get("/v1/keys/llm-nobody")).status_code == 404


async def test_keys_that_the_database_does_not_give_are_not_to_be_had_just_now(office: Office, tmp_path: Path) -> None:
    made = await office.key()
    assert (await office.admin.get("/v1/keys")).status_code == 200  # from now on the server knows by heart who asks
    with sqlite3.connect(tmp_path / "var" / "llm-api.db") as elsewhere:
        elsewhere.execute("ALTER TABLE auth_keys RENAME TO out_of_reach")
    one, body = f"/v1/keys/{made['id']}", {"name": "yours"}
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/v1/keys", None),
        ("POST", "/v1/keys", body),
        ("GET", one, None),
        ("POST", one, body),
        ("DELETE", one, None),
    ]
    for method, path, sent in calls:
        answer = await office.admin.request(method, path, json=sent)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), answer.text
        assert answer.json()["error"]["message"].startswith("The database did not answer")


async def test_requests_a_minute_end_in_429_with_headers_that_say_so(office: Office) -> None:
    made = await office.key(requests_per_minute=2, tokens_per_day=1000)
    client = office.with_key(made["key"])
    assert (await client.get("/v1/me")).json()["requests_per_minute"] == 2
    first, second, third = [await chat(client) for _ in range(3)]
    assert [answer.status_code for answer in (first, second, third)] == [200, 200, 429]
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert [one.headers["x-ratelimit-remaining-requests"] for one in (first, second, third)] == ["1", "0", "0"]
    assert first.headers["x-ratelimit-limit-tokens"] == "1000"
    assert [one.headers["x-ratelimit-remaining-tokens"] for one in (first, second, third)] == ["991", "982", "982"]
    assert third.headers["x-ratelimit-reset-requests"] in ("59s", "1m0s")
    assert 58 <= int(third.headers["retry-after"]) <= 60
    assert third.json()["error"]["code"] == "rate_limit_exceeded"
    async with openai.AsyncOpenAI(base_url=f"{office.url}/v1", api_key=made["key"], max_retries=0) as theirs:
        with pytest.raises(openai.RateLimitError):
            await theirs.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "Hi"}])
    assert (await office.update(made["id"], requests_per_minute=3)).status_code == 200
    assert (await chat(client)).status_code == 200


async def test_anthropics_clients_read_their_own_headers(office: Office) -> None:
    made = await office.key(requests_per_minute=1, tokens_per_day=1000)
    async with anthropic.AsyncAnthropic(base_url=office.url, api_key=made["key"], max_retries=0) as theirs:
        ask: Any = {"model": "tiny", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
        answer = await theirs.messages.with_raw_response.create(**ask)
        assert answer.headers["anthropic-ratelimit-requests-limit"] == "1"
        assert answer.headers["anthropic-ratelimit-requests-remaining"] == "0"
        assert answer.headers["anthropic-ratelimit-tokens-remaining"] == "991"
        full = datetime.fromisoformat(answer.headers["anthropic-ratelimit-requests-reset"])
        assert timedelta(seconds=57) < full - datetime.now(UTC) <= timedelta(seconds=61)
        assert "x-ratelimit-limit-requests" not in answer.headers
        with pytest.raises(anthropic.RateLimitError) as refusal:
            await theirs.messages.create(**ask)
    assert refusal.value.response.headers["retry-after"]
    assert refusal.value.response.json()["error"]["type"] == "rate_limit_error"


async def test_a_refused_request_counts_nowhere(office: Office) -> None:
    client = await office.client(requests_per_minute=1)
    assert (await chat(client, model="nothing")).status_code == 404
    office.backend.refusal = ContextLengthExceeded(5000, 2048)
    assert (await chat(client)).status_code == 400
    office.backend.refusal = None
    assert (await chat(client)).status_code == 200
    assert (await chat(client)).status_code == 429
    assert (await client.get("/v1/usage")).json()["total"]["requests"] == 1


@pytest.mark.parametrize("waits", [False, True])
async def test_what_is_being_answered_ends_with_its_key(office: Office, waits: bool) -> None:
    made, never = await office.key(), asyncio.Event()
    office.backend.steps, office.backend.gate = [Delta(0, "a"), never], never if waits else None
    asked = asyncio.create_task(chat(office.with_key(made["key"])))
    await office.backend.entered.wait()
    assert (await office.admin.delete(f"/v1/keys/{made['id']}")).status_code == 200
    answer = await asked
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "was revoked" in answer.json()["error"]["message"]
    assert (await office.admin.get("/v1/requests")).json()["data"] == []


async def test_a_stream_is_told_that_its_key_was_revoked_and_those_of_others_go_on(office: Office) -> None:
    made, gate = await office.key(), asyncio.Event()
    office.backend.steps = [Delta(0, "a"), gate, *say("b")]
    mine, other = office.with_key(made["key"]), await office.client()
    ask = {"json": {**ASK, "stream": True}}
    async with (
        mine.stream("POST", "/v1/chat/completions", **ask) as stopped,
        other.stream("POST", "/v1/chat/completions", **ask) as going_on,
    ):
        ends, goes_on = stopped.aiter_lines(), going_on.aiter_lines()
        await anext(ends), await anext(goes_on)
        await office.admin.delete(f"/v1/keys/{made['id']}")
        last = [line async for line in ends if line][-1]
        assert "was revoked" in json.loads(last.removeprefix("data: "))["error"]["message"]
        gate.set()
        assert [line async for line in goes_on if line][-1] == "data: [DONE]"


async def test_a_socket_ends_with_its_key(tmp_path: Path) -> None:
    settings = settings_at(tmp_path, dialects__llm_gateway__polling_seconds=0.05)
    async with office_in(tmp_path, settings) as office:
        made = await office.key()
        url = office.url.replace("http://", "ws://") + "/ws/results"
        headers = {"authorization": f"Bearer {made['key']}"}
        async with asyncio.timeout(10), connect(url, additional_headers=headers, proxy=None) as socket:
            await socket.send("[]")
            assert json.loads(await socket.recv()) == []
            await office.admin.delete(f"/v1/keys/{made['id']}")
            with suppress(websockets.ConnectionClosedError):
                async for _ in socket:
                    pass
            assert socket.close_code == 1011


async def test_the_chosen_model_is_told_to_keys_that_may_use_it(office: Office) -> None:
    bare = {"authorization": office.admin.headers["x-api-key"]}
    assert (await office.admin.post("/loadModel", json={"model": "tiny"}, headers=bare)).status_code == 200

    async def told(client: httpx.AsyncClient) -> Any:
        async with client.stream("GET", "/v1/status") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    return json.loads(line[5:])["info"]

    assert (await told(office.admin))["model"] == "tiny"
    assert await told(await office.client(models=["other"])) is None


async def test_answers_at_once_are_counted_until_they_end(office: Office) -> None:
    made = await office.key(streams=1)
    client, gate = office.with_key(made["key"]), asyncio.Event()
    office.backend.steps = [Delta(0, "a"), gate, *say("b")]
    async with client.stream("POST", "/v1/chat/completions", json={**ASK, "stream": True}) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        refused = await chat(client)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        gate.set()
        assert [line async for line in lines if line][-1] == "data: [DONE]"
    assert (await chat(client)).status_code == 200


async def test_tokens_of_a_running_stream_count_and_the_next_request_is_refused(office: Office) -> None:
    client, gate = await office.client(tokens_per_day=20), asyncio.Event()
    office.backend.steps = [Delta(0, "a"), gate, *say("b")]
    office.backend.usage = Usage(prompt_tokens=15, completion_tokens=5)
    async with client.stream("POST", "/v1/chat/completions", json={**ASK, "stream": True}) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        usage = (await client.get("/v1/usage")).json()
        assert usage["total"]["prompt_tokens"] + usage["total"]["generated_tokens"] == 20
        refused = await chat(client)
        assert refused.status_code == 429
        assert "20 tokens a day" in refused.json()["error"]["message"]
        assert 1 <= int(refused.headers["retry-after"]) <= 86_400
        assert refused.headers["x-ratelimit-remaining-tokens"] == "0"
        gate.set()
        assert [line async for line in lines if line][-1] == "data: [DONE]"


async def test_a_day_is_not_over_because_the_server_starts_again(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        made = await office.key(tokens_per_day=9)
        assert (await chat(office.with_key(made["key"]))).status_code == 200
    async with office_in(tmp_path) as office:
        client = office.with_key(made["key"])
        assert (await chat(client)).status_code == 429
        assert (await client.get("/v1/usage")).json()["total"]["requests"] == 1


async def test_a_model_that_is_not_for_the_key_is_refused_by_every_door(office: Office) -> None:
    client = await office.client(models=["small"], rights=["chat", "models"])  # an alias of tiny
    assert [one["id"] for one in (await client.get("/v1/models")).json()["data"]] == ["tiny"]
    assert list((await client.get("/models")).json()) == ["tiny"]
    theirs = await client.get("/v1/models", headers={"anthropic-version": "2023-06-01"})
    assert [one["id"] for one in theirs.json()["data"]] == ["tiny"]
    assert (await client.get("/v1/models/tiny")).status_code == 200
    assert (await chat(client)).status_code == 200
    big, said = {"model": "org/big"}, {"messages": ASK["messages"]}
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "/v1/models/org/big", None),
        ("POST", "/v1/models/org/big/load", None),
        ("GET", "/v1/models/org/big/estimate", None),
        ("POST", "/v1/chat/completions", {**big, **said}),
        ("POST", "/chat/completions", {**big, **said}),
        ("POST", "/v1/completions", {**big, "prompt": "x"}),
        ("POST", "/v1/messages", {**big, **said, "max_tokens": 5}),
        ("POST", "/v1/messages/count_tokens", {**big, **said}),
        ("POST", "/v1/responses", {**big, "input": "x"}),
        ("POST", "/v1/embeddings", {**big, "input": "x"}),
        ("POST", "/v1/rerank", {**big, "query": "x", "documents": ["y"]}),
        ("POST", "/tokenize", {**big, "content": "x"}),
        ("POST", "/loadModel", big),
    ]
    found = {path: await client.request(method, path, json=body) for method, path, body in calls}
    assert {path: answer.status_code for path, answer in found.items()} == dict.fromkeys(found, 403)
    assert found["/v1/chat/completions"].json()["error"] == {
        "message": "This key may not use the model 'org/big'. GET /v1/models lists those that it may.",
        "type": "permission_error",
        "param": "model",
        "code": "model_not_allowed",
    }


async def test_a_model_that_is_not_there_is_told_with_those_that_the_key_may_use(office: Office) -> None:
    async def told(client: httpx.AsyncClient, path: str = "/v1/chat/completions") -> str:
        answer = await client.post(path, json={**ASK, "model": "nope", "max_tokens": 5})
        assert answer.status_code == 404
        return cast(str, answer.json()["error"]["message"])

    everything = "The model 'nope' does not exist. There are: tiny, org/big."
    assert await told(office.admin) == everything
    one = await office.client(models=["small"])  # an alias of tiny
    for path in ("/v1/chat/completions", "/v1/messages"):
        assert await told(one, path) == "The model 'nope' does not exist. There are: tiny."
    (last, *_) = (await one.get("/v1/errors")).json()["data"]
    assert "org/big" not in last["message"]
    other = await office.client(models=["gone"])
    assert await told(other) == "The model 'nope' does not exist."
    job = await one.post("/v1/jobs", json={"endpoint": "/v1/chat/completions", "body": {**ASK, "model": "nope"}})
    assert (job.status_code, "org/big" in job.text) == (404, False)


async def test_the_keys_priority_is_the_turns(office: Office) -> None:
    await chat(await office.client(priority=7))
    assert office.backend.turn.priority == 7


async def test_a_job_waits_for_what_its_key_may_do(office: Office) -> None:
    made = await office.key(requests_per_minute=1)
    client = office.with_key(made["key"])
    work = {"endpoint": "/v1/chat/completions", "body": ASK}
    jobs = [(await client.post("/v1/jobs", json=work)).json()["id"] for _ in range(2)]

    async def states(wanted: list[tuple[str, str | None]]) -> list[dict[str, Any]]:
        async with asyncio.timeout(20):
            while True:
                found = [(await client.get(f"/v1/jobs/{id}")).json() for id in jobs]
                told = sorted((job["state"], (job["error"] or {}).get("code")) for job in found)
                if told == wanted:
                    return found

    found = await states([("queued", "rate_limit_exceeded"), ("succeeded", None)])
    assert sorted(job["attempts"] for job in found) == [0, 1]
    assert (await client.get("/v1/usage")).json()["total"]["requests"] == 1


async def test_a_change_takes_effect_in_every_process_within_a_second(tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    async with office_in(tmp_path, settings) as one, office_in(tmp_path, settings) as other:
        made = await one.key()
        client = other.with_key(made["key"])
        assert (await chat(client)).status_code == 200
        assert (await one.update(made["id"], models=["org/big"])).status_code == 200
        async with asyncio.timeout(1):
            while True:
                if (await chat(client)).status_code == 403:
                    break


async def test_usage_is_ones_own_and_everybodys_for_the_admin(office: Office) -> None:
    made = [await office.key(name="ann"), await office.key(name="bob")]
    ann, bob = (office.with_key(key["key"]) for key in made)
    for client in (ann, ann, bob):
        await chat(client)
    today = datetime.now(UTC).date().isoformat()
    mine = (await ann.get("/v1/usage")).json()
    (row,) = mine["data"]
    assert row.pop("seconds") >= 0
    assert row == {
        "day": today,
        "key": {"id": made[0]["id"], "name": "ann"},
        "model": "tiny",
        "requests": 2,
        "prompt_tokens": 14,
        "cached_tokens": 0,
        "generated_tokens": 4,
    }
    assert mine["has_more"] is False
    assert (await ann.get("/v1/usage", params={"key": made[1]["id"]})).status_code == 404
    everybody = (await office.admin.get("/v1/usage", params={"group_by": "key"})).json()
    assert {row["key"]["name"]: row["requests"] for row in everybody["data"]} == {"ann": 2, "bob": 1}
    one = (await office.admin.get("/v1/usage", params={"key": made[1]["id"], "group_by": "day,model"})).json()
    assert [(row["day"], row["model"], row["requests"]) for row in one["data"]] == [(today, "tiny", 1)]
    table = await office.admin.get("/v1/usage", params={"format": "csv", "group_by": "key,model"})
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert {row["name"]: (row["model"], row["requests"]) for row in rows} == {
        "ann": ("tiny", "2"),
        "bob": ("tiny", "1"),
    }
    past = await office.admin.get("/v1/usage", params={"start_date": "2020-01-01", "end_date": "2020-01-31"})
    assert past.json()["data"] == []
    cut = (await office.admin.get("/v1/usage", params={"limit": "1"})).json()
    assert (len(cut["data"]), cut["has_more"]) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_date", "yesterday"),
        ("end_date", "2026-13-01"),
        ("start_date", "2999-01-01"),
        ("group_by", "hour"),
        ("group_by", ""),
        ("limit", "0"),
        ("limit", "9" * 30),
        ("format", "xml"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(office: Office, name: str, value: str) -> None:
    answer = await office.admin.get("/v1/usage", params={name: value})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)
