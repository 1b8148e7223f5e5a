"""The dialect of ai-llm-service: its example exchanges, both generations of its client, and what a key may see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.api.app import build_app
from server.chat.messages import Turn
from server.engine.pool import Pool
from server.errors import RateLimited, Unavailable
from server.store.auth_keys import AuthKeys
from tests.api.scripted import MODELS, ScriptedBackend, ScriptedPool, Step, say
from tests.api.served import KEY, OTHER_KEY, Served, listening, serving, settings_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTES = b"The notes were written by Ada Brandt. They are of the year 1999."
ENDED = ("SUCCESS", "FAILURE", "REVOKED")


def answer(turn: Turn) -> list[Step]:
    """As a model that has read the notes."""
    asked = turn.messages[-1].content.rpartition("\n")[2]
    return say("Ada Brandt wrote them." if asked.startswith("Who") else "Nobody knows.")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("served"), jobs__backoff_seconds=0.05) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def service(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """As a client of the dialect asks: the key bare in Authorization."""
    served.backend.steps = answer
    async with httpx.AsyncClient(base_url=f"{served.url}/api", headers={"authorization": KEY}) as http:
        yield http


async def upload(service: httpx.AsyncClient, name: str = "notes.txt", **fields: str) -> dict[str, str]:
    response = await service.post("/file/upload", files={"file": (name, NOTES)}, data=fields)
    assert response.status_code == 200, response.text
    told: dict[str, str] = response.json()
    return told


async def ask(service: httpx.AsyncClient, **body: Any) -> dict[str, str]:
    response = await service.post("/file/query", json=body)
    assert response.status_code == 200, response.text
    told: dict[str, str] = response.json()
    return told


async def ended(service: httpx.AsyncClient, task: str) -> dict[str, Any]:
    """The task when it has ended, as its clients wait for it: by asking."""
    for _ in range(1000):
        found: dict[str, Any] = (await service.get(f"/task/{task}")).json()
        if found["status"] in ENDED:
            return found
        assert found["status"] in ("PENDING", "RETRY")
        await asyncio.sleep(0.02)
    raise AssertionError("it does not end")


async def test_the_exchanges_of_the_older_client(service: httpx.AsyncClient) -> None:
    told = await upload(service)
    assert told == {"file_path": f"tmp_uploads/{told['session_id']}/notes.txt", "session_id": told["session_id"]}
    queries = ["Who wrote it?", "When?"]
    asked = await ask(
        service,
        file_path=told["file_path"],
        assistant_prompt="Answer briefly.",
        queries=queries,
        session_id=None,
    )
    task = await ended(service, asked["task_id"])
    assert task == {
        "id": asked["task_id"],
        "status": "SUCCESS",
        "result": {
            "result": ["Ada Brandt wrote them. [1]\n\n[1] notes.txt", "Nobody knows."],
            "session_id": told["session_id"],
        },
        "error": None,
        "err_trace": None,
    }
    closing = (await service.delete(f"/file/search/session/{told['session_id']}")).json()["task_id"]
    assert await ended(service, closing) == {**task, "id": closing, "result": None}
    gone = await ask(service, file_path=told["file_path"], queries=["Who?"])
    failed = await ended(service, gone["task_id"])
    assert (failed["status"], failed["result"]) == ("FAILURE", {})
    assert failed["error"] == f"[Errno 2] No such file or directory: '{told['file_path']}'"


async def test_the_exchanges_of_the_newer_client(service: httpx.AsyncClient, served: Served) -> None:
    told = await upload(service, "data.json")
    second = await upload(service, session_id=told["session_id"])
    assert second["session_id"] == told["session_id"]
    session = told["session_id"]
    asked = await ask(service, assistant_prompt="Answer briefly.", queries=["Who wrote it?"], session_id=session)
    assert asked["session_id"] == session
    found = await ended(service, asked["task_id"])
    assert found["result"] == {"result": ["Ada Brandt wrote them. [1]\n\n[1] notes.txt"], "session_id": session}
    assert served.backend.turn.messages[0].content == "Answer briefly."
    later = await ask(service, assistant_prompt="Rhyme.", queries=["When?"], session_id=session)
    await ended(service, later["task_id"])
    assert served.backend.turn.messages[0].content == "Answer briefly."
    late = await service.post("/file/upload", files={"file": ("a.txt", b"a")}, data={"session_id": session})
    assert (late.status_code, late.json()) == (400, {"detail": "Session is locked, no more files can be uploaded"})
    closing = (await service.delete(f"/file/search/session/{session}")).json()["task_id"]
    assert (await ended(service, closing))["status"] == "SUCCESS"
    after = await service.post("/file/query", json={"queries": ["Who?"], "session_id": session})
    assert (after.status_code, after.json()) == (400, {"detail": "Invalid session"})


async def test_an_older_client_asks_the_same_file_again(service: httpx.AsyncClient) -> None:
    told = await upload(service)
    first = await ended(service, (await ask(service, file_path=told["file_path"], queries=["Who?"]))["task_id"])
    again = await ended(
        service,
        (await ask(service, file_path=told["file_path"], queries=["Who?"], session_id=None, assistant_prompt="x"))[
            "task_id"
        ],
    )
    assert first["result"]["result"] == again["result"]["result"]
    assert first["result"]["session_id"] != again["result"]["session_id"]
    lost = await ask(service, file_path=told["file_path"], queries=["Who?"], session_id="never-was")
    assert (await ended(service, lost["task_id"]))["status"] == "SUCCESS"
    assert (await ended(service, (await ask(service, file_path=told["file_path"], queries=[]))["task_id"]))["result"][
        "result"
    ] == []


async def test_what_is_wrong(service: httpx.AsyncClient) -> None:
    session = (await upload(service))["session_id"]

    async def refused(**body: Any) -> tuple[int, Any]:
        response = await service.post("/file/query", json=body)
        return response.status_code, response.json()["detail"]

    assert await refused(queries=[], session_id=session) == (400, "Input query is required")
    assert await refused(queries=["Who?"], session_id="nope") == (400, "Invalid session")
    for body, place in (
        ({"session_id": session}, "queries"),
        ({"queries": ["Who?"]}, "session_id"),
        ({"queries": ["Who?"], "session_id": session, "assistant_prompt": None}, "assistant_prompt"),
        ({"queries": "Who?", "session_id": session}, "queries"),
    ):
        status, detail = await refused(**body)
        assert (status, detail[0]["loc"]) == (422, ["body", place]), body
    nowhere = await service.post("/file/upload", files={"file": ("a.txt", b"a")}, data={"session_id": "nope"})
    assert (nowhere.status_code, nowhere.json()) == (404, {"detail": "Session not found"})
    empty = await service.post("/file/upload", files={"other": (None, b"a")})
    assert (empty.status_code, empty.json()["detail"][0]["loc"]) == (422, ["body", "file"])
    unknown = (await service.get("/task/unknown")).json()
    assert unknown == {"id": "unknown", "status": "PENDING", "result": None, "error": None, "err_trace": None}
    closing = (await service.delete("/file/search/session/nope")).json()["task_id"]
    failed = await ended(service, closing)
    assert (failed["status"], failed["error"]) == ("FAILURE", "Session not found")


async def test_a_file_that_cannot_be_read_fails_its_task(service: httpx.AsyncClient) -> None:
    response = await service.post("/file/upload", files={"file": ("../../x.pdf", b"no PDF")})
    told = response.json()
    assert told["file_path"] == f"tmp_uploads/{told['session_id']}/x.pdf"
    task = await ended(service, (await ask(service, queries=["Who?"], session_id=told["session_id"]))["task_id"])
    assert task["status"] == "FAILURE"
    assert task["error"].startswith("'x.pdf' cannot be read.")


async def test_what_may_pass_is_tried_again(service: httpx.AsyncClient, served: Served) -> None:
    session = (await upload(service))["session_id"]
    failures = [Unavailable("Not now.", retry_after=0.01)]

    def twice(turn: Turn) -> list[Step]:
        if failures:
            raise failures.pop()
        return answer(turn)

    served.backend.steps = twice
    task = await ended(service, (await ask(service, queries=["Who?"], session_id=session))["task_id"])
    assert task["status"] == "SUCCESS"
    assert not failures


async def test_a_task_goes_on_with_the_question_that_was_refused(service: httpx.AsyncClient, served: Served) -> None:
    session = (await upload(service))["session_id"]
    asked: list[str] = []

    def no_third_for_now(turn: Turn) -> list[Step]:
        asked.append(turn.messages[-1].content.rpartition("\n")[2])
        if len(asked) == 3:
            raise RateLimited("This key may make 2 requests a minute, and has.", retry_after=0.01)
        return answer(turn)

    served.backend.steps = no_third_for_now
    queries = ["Who?", "When?", "Whose?", "Where?"]
    task = await ended(service, (await ask(service, queries=queries, session_id=session))["task_id"])
    assert (task["status"], len(task["result"]["result"])) == ("SUCCESS", 4)
    assert asked == ["Who?", "When?", "Whose?", "Whose?", "Where?"]


async def test_keys(service: httpx.AsyncClient, served: Served) -> None:
    session = (await upload(service))["session_id"]
    task = (await ask(service, queries=["Who?"], session_id=session))["task_id"]
    assert (await service.get("")).json() == {"message": "Welcome to the T4D's AI/LLM service"}
    wrong, missing = (401, {"detail": "Unauthorized"}), (403, {"detail": "Not authenticated"})
    for headers, refused in (({"authorization": "wrong"}, wrong), ({}, missing)):
        async with httpx.AsyncClient(base_url=f"{served.url}/api", headers=headers) as stranger:
            for response in (await stranger.get("/task/1"), await stranger.get(""), await stranger.get("/docs")):
                assert (response.status_code, response.json()) == refused
    async with httpx.AsyncClient(base_url=f"{served.url}/api", headers={"authorization": OTHER_KEY}) as other:
        assert (await other.get(f"/task/{task}")).json()["status"] == "PENDING"
        assert (await other.post("/file/query", json={"queries": ["Who?"], "session_id": session})).status_code == 400
        path = f"tmp_uploads/{session}/notes.txt"
        asked = (await other.post("/file/query", json={"queries": ["Who?"], "file_path": path})).json()
        assert (await ended(other, asked["task_id"]))["status"] == "FAILURE"
        closing = (await other.delete(f"/file/search/session/{session}")).json()["task_id"]
        assert (await ended(other, closing))["error"] == "Session not found"
    assert (await ended(service, task))["status"] == "SUCCESS"
    assert (await served.http.get("/v1/files")).json()["data"][0]["filename"] == "notes.txt"


async def test_the_key_of_the_original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment variable gives the text that counts on this dialect's paths, and nowhere else."""
    monkeypatch.setenv("API_KEY", "K")
    settings = settings_at(tmp_path)
    keys = AuthKeys.open(settings)
    app = build_app(settings, backend=ScriptedBackend(), pool=cast(Pool, ScriptedPool(MODELS)), keys=keys)
    async with listening(app) as url, httpx.AsyncClient(base_url=url, headers={"authorization": "K"}) as http:
        assert (await http.get("/api")).status_code == 200
        assert (await http.get("/v1/models", headers={"authorization": "Bearer K"})).status_code == 401


async def test_a_webhook_is_told(tmp_path: Path) -> None:
    heard: asyncio.Queue[tuple[Any, str | None]] = asyncio.Queue()

    async def hook(request: Request) -> Response:
        heard.put_nowait((await request.json(), request.headers.get("x-token")))
        return Response()

    hooks = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
    backend = ScriptedBackend(answer)
    async with (
        listening(hooks) as address,
        serving(tmp_path, backend, jobs__webhook_hosts=address.removeprefix("http://")) as served,
        httpx.AsyncClient(base_url=f"{served.url}/api", headers={"authorization": KEY}) as service,
    ):
        session = (await upload(service))["session_id"]
        config = {"endpoint": f"{address}/hook", "headers": {"x-token": "T", "host": "elsewhere"}}
        await ask(service, queries=["Who?"], session_id=session, webhook_config=config)
        async with asyncio.timeout(20):
            body, token = await heard.get()
        assert body == {"results": ["Ada Brandt wrote them. [1]\n\n[1] notes.txt"], "session_id": session}
        assert token == "T"
        elsewhere = {"endpoint": "http://169.254.169.254/latest", "headers": {}}
        response = await service.post(
            "/file/query", json={"queries": ["Who?"], "session_id": session, "webhook_config": elsewhere}
        )
        assert response.status_code == 400
        assert "jobs.webhook_hosts" in response.json()["detail"]
