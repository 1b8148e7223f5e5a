"""A small OpenAI-compatible server on a real socket, for commands that talk to one."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

KEY = "id.secret"


@dataclass
class FakeServer:
    """What it was asked, and what it answers."""

    url: str = ""
    words: list[str] = field(default_factory=lambda: ["Hel", "lo", "!"])
    models: list[str] = field(default_factory=lambda: ["tiny", "other"])
    requests: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    """Sent inside the stream, after the words."""
    endless: bool = False
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a client left an endless answer."""
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    load_error: str = ""
    busy: bool = False
    status_events: int = 1
    running: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/v1/models", self.list),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/status", self.status),
            Route("/v1/requests", self.list_running),
            Route("/v1/jobs", self.list_jobs),
            Route("/v1/jobs/{id}", self.job),
            Route("/v1/jobs/{id}/cancel", self.cancel_job, methods=["POST"]),
            Route("/v1/requests/{id}", self.stop, methods=["DELETE"]),
            Route("/v1/models/{id:path}/load", self.load, methods=["POST"]),
            Route("/v1/models/{id:path}/unload", self.unload, methods=["POST"]),
            Route("/v1/models/{id:path}/estimate", self.estimate),
            Route("/v1/models/{id:path}", self.one),
        ]

    async def list(self, request: Request) -> Response:
        if refusal := self.refusal(request):
            return refusal
        return JSONResponse({"object": "list", "data": [self.entry(name) for name in self.models]})

    def entry(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "llm_api": self.state.get(name, {"state": "unloaded", "progress": None})}

    async def one(self, request: Request) -> Response:
        name = request.path_params["id"]
        if name not in self.models:
            return failed(404, f"The model {name!r} does not exist.")
        return JSONResponse(self.entry(name))

    async def load(self, request: Request) -> Response:
        if self.load_error:
            return failed(503, self.load_error, {"retry-after": "5"})
        return self.becomes(request, "ready")

    async def unload(self, request: Request) -> Response:
        if self.busy and request.query_params.get("force") != "true":
            return failed(409, "It is answering.")
        return self.becomes(request, "unloaded")

    def becomes(self, request: Request, state: str) -> Response:
        name = request.path_params["id"]
        self.state[name] = {"state": state, "progress": None}
        return JSONResponse(self.entry(name))

    async def estimate(self, request: Request) -> Response:
        return JSONResponse({"id": request.path_params["id"], "total": 4_300_000_000})

    async def list_running(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": list(self.running.values())})

    async def stop(self, request: Request) -> Response:
        if self.running.pop(request.path_params["id"], None) is None:
            return failed(404, "No such request is running.")
        return JSONResponse({"id": request.path_params["id"], "stopped": True})

    async def list_jobs(self, request: Request) -> Response:
        states = [state for state in request.query_params["state"].split(",") if state]
        return JSONResponse({"data": [job for job in self.jobs.values() if not states or job["state"] in states]})

    async def job(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["id"])
        return failed(404, "There is no such job.") if job is None else JSONResponse(job)

    async def cancel_job(self, request: Request) -> Response:
        job = self.jobs[request.path_params["id"]]
        job["cancelling"] = job["state"] == "running"
        job["state"] = "cancelled" if job["state"] == "queued" else job["state"]
        return JSONResponse(job)

    async def status(self, request: Request) -> Response:
        states = {name: self.entry(name)["llm_api"] for name in self.models}
        event = f"event: message\ndata: {json.dumps({'status': 'Idle', 'states': states})}\n\n"
        return Response(event * self.status_events, media_type="text/event-stream")

    async def chat(self, request: Request) -> Response:
        if refusal := self.refusal(request):
            return refusal
        body = await request.json()
        self.requests.append(body)
        if body["model"] not in self.models:
            return failed(404, f"The model {body['model']!r} does not exist.")
        return StreamingResponse(self.stream(), media_type="text/event-stream")

    async def stream(self) -> AsyncIterator[str]:
        def event(tree: Any) -> str:
            return f"data: {json.dumps(tree)}\n\n"

        yield event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        yield event({"choices": [{"index": 0, "delta": {"reasoning_content": "(thinking)"}}]})
        for word in self.words:
            yield event({"choices": [{"index": 0, "delta": {"content": word}}]})
        try:
            while self.endless:
                yield ": still here\n\n"
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.left.set()
            raise
        if self.error:
            yield event({"error": {"message": self.error, "type": "server_error", "param": None, "code": None}})
            return
        yield event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        yield event({"choices": [], "usage": {"completion_tokens": 42}})
        yield "data: [DONE]\n\n"

    def refusal(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {KEY}":
            return None
        return failed(401, "This needs a key.")


def failed(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"message": message, "type": "x", "param": None, "code": None}}, status, headers)


class _Quiet(uvicorn.Server):
    """A server in a thread, which tells when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self.listening = listening

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    fake = FakeServer()
    listening = threading.Event()
    config = uvicorn.Config(Starlette(routes=fake.routes()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = _Quiet(config, listening.set)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert listening.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    fake.url = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("LLM_API_URL", fake.url)
    monkeypatch.setenv("LLM_API_KEY", KEY)
    yield fake
    server.should_exit = True
    thread.join(10)
