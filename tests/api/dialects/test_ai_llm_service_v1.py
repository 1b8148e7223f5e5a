"""The newest generation of ai-llm-service, under /api/v1: sessions stay open, and answers are bare."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.errors import Unavailable
from tests.api.dialects.test_ai_llm_service import NOTES, answer, ask, ended, server, service
from tests.api.scripted import ScriptedBackend
from tests.api.served import KEY, OTHER_KEY, Served, listening, serving

__all__ = ["server", "service"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def put(service: httpx.AsyncClient, name: str = "notes.txt", **fields: str) -> dict[str, str]:
    response = await service.post("/v1/file/upload", files={"file": (name, NOTES)}, data=fields)
    assert response.status_code == 200, response.text
    told: dict[str, str] = response.json()
    return told


async def answers(service: httpx.AsyncClient, **body: object) -> list[str]:
    response = await service.post("/v1/file/query", json=body)
    assert response.status_code == 200, response.text
    told = response.json()
    assert told["session_id"] == body["session_id"]
    task = await ended(service, told["task_id"])
    assert (task["status"], task["result"]["session_id"]) == ("SUCCESS", body["session_id"])
    said: list[str] = task["result"]["result"]
    return said


async def test_a_session_stays_open_and_each_call_has_its_own_prompt(
    service: httpx.AsyncClient, served: Served
) -> None:
    told = await put(service)
    session = told["session_id"]
    listed = (await served.http.get("/v1/files")).json()["data"]
    assert told["file_path"] in [file["id"] for file in listed]
    for prompt in ("Answer briefly.", "Rhyme."):
        said = await answers(service, queries=["Who wrote it?", "When?"], session_id=session, assistant_prompt=prompt)
        assert said == ["Ada Brandt wrote them.", "Nobody knows."]  # without citations
        assert served.backend.turn.messages[0].content == prompt
    assert (await put(service, "more.txt", session_id=session))["session_id"] == session
    newer = await ask(service, queries=["Who?"], session_id=session)  # the other generation locks it for itself alone
    await ended(service, newer["task_id"])
    assert (await put(service, "last.txt", session_id=session))["session_id"] == session


async def test_closing_removes_the_files_and_keeps_the_session(service: httpx.AsyncClient, served: Served) -> None:
    told = await put(service)
    closing = (await service.delete(f"/v1/file/search/session/{told['session_id']}")).json()["task_id"]
    task = await ended(service, closing)
    assert (task["status"], task["result"], task["error"]) == ("SUCCESS", None, None)
    assert (await served.http.get(f"/v1/files/{told['file_path']}")).status_code == 404
    asked = {"queries": ["Who?"], "session_id": told["session_id"]}
    failed = await ended(service, (await service.post("/v1/file/query", json=asked)).json()["task_id"])
    assert (failed["status"], failed["error"]) == ("FAILURE", "The session holds no files.")
    assert (await put(service, session_id=told["session_id"]))["session_id"] == told["session_id"]
    assert await answers(service, queries=["Who wrote it?"], session_id=told["session_id"]) == [
        "Ada Brandt wrote them."
    ]
    unknown = (await service.delete("/v1/file/search/session/nope")).json()["task_id"]
    assert (await ended(service, unknown))["error"] == "Invalid session"


async def test_what_fails_is_not_tried_again(service: httpx.AsyncClient, served: Served) -> None:
    session = (await put(service))["session_id"]
    asked = 0

    def busy(turn: object) -> list[object]:
        nonlocal asked
        asked += 1
        raise Unavailable("Not now.", retry_after=0.01)

    served.backend.steps = busy  # type: ignore[assignment]
    response = await service.post("/v1/file/query", json={"queries": ["Who?"], "session_id": session})
    task = await ended(service, response.json()["task_id"])
    assert (task["status"], task["result"], asked) == ("FAILURE", {}, 1)
    assert "Not now." in task["error"]
    served.backend.steps = answer


async def test_without_a_prefix_its_paths_are_openais_own(tmp_path: Path) -> None:
    async with serving(tmp_path, dialects__ai_llm_service__prefix="") as served:
        for path, status in (("/file/query", 400), ("/v1/file/query", 404)):
            assert (await served.http.post(path, json={"queries": [], "session_id": "x"})).status_code == status


async def test_what_is_wrong(service: httpx.AsyncClient) -> None:
    session = (await put(service))["session_id"]
    for body, status, detail in (
        ({"queries": [], "session_id": session}, 400, "Input query is required"),
        ({"queries": ["Who?"], "session_id": "nope"}, 400, "Invalid session"),
    ):
        response = await service.post("/v1/file/query", json=body)
        assert (response.status_code, response.json()) == (status, {"detail": detail})
    lacking = await service.post("/v1/file/query", json={"queries": ["Who?"], "file_path": "x"})
    assert (lacking.status_code, lacking.json()["detail"][0]["loc"]) == (422, ["body", "session_id"])
    nowhere = await service.post("/v1/file/upload", files={"file": ("a.txt", b"a")}, data={"session_id": "nope"})
    assert (nowhere.status_code, nowhere.json()) == (404, {"detail": "Session not found"})


async def test_keys(service: httpx.AsyncClient, served: Served) -> None:
    session = (await put(service))["session_id"]
    for headers, told in (
        ({"authorization": "wrong"}, (401, {"detail": "Unauthorized"})),
        ({}, (403, {"detail": "Not authenticated"})),
    ):
        async with httpx.AsyncClient(base_url=f"{served.url}/api/v1", headers=headers) as stranger:
            for response in (
                await stranger.post("/file/upload", files={"file": ("a.txt", b"a")}),
                await stranger.post("/file/query", json={"queries": ["Who?"], "session_id": session}),
                await stranger.delete(f"/file/search/session/{session}"),
            ):
                assert (response.status_code, response.json()) == told
    async with httpx.AsyncClient(base_url=f"{served.url}/api", headers={"authorization": OTHER_KEY}) as other:
        response = await other.post("/v1/file/query", json={"queries": ["Who?"], "session_id": session})
        assert (response.status_code, response.json()) == (400, {"detail": "Invalid session"})
        closing = (await other.delete(f"/v1/file/search/session/{session}")).json()["task_id"]
        assert (await ended(other, closing))["error"] == "Invalid session"
    assert await answers(service, queries=["Who?"], session_id=session) == ["Ada Brandt wrote them."]


async def test_a_webhook_is_told_once_and_may_fail(tmp_path: Path) -> None:
    heard: asyncio.Queue[tuple[Any, str | None]] = asyncio.Queue()

    async def hook(request: Request) -> Response:
        heard.put_nowait((await request.json(), request.headers.get("x-token")))
        return Response(status_code=500)

    hooks = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
    async with (
        listening(hooks) as address,
        serving(tmp_path, ScriptedBackend(answer), jobs__webhook_hosts=address.removeprefix("http://")) as served,
        httpx.AsyncClient(base_url=f"{served.url}/api", headers={"authorization": KEY}) as service,
    ):
        session = (await put(service))["session_id"]
        config = {"endpoint": f"{address}/hook", "headers": {"x-token": "T"}}
        said = await answers(service, queries=["Who?"], session_id=session, webhook_config=config)
        assert heard.get_nowait() == ({"results": said, "session_id": session}, "T")
        assert heard.empty()
