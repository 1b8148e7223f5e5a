"""Webhooks: whom they hold up, and what they take in. `tests/api/test_jobs.py` has the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.errors import BadRequest, Unavailable
from server.jobs.webhooks import Webhooks
from tests.api.served import listening, settings_at
from tests.jobs.stage import ME, OTHER, office


async def test_a_key_with_too_many_jobs_holds_up_no_others(tmp_path: Path) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def hear(request: Request) -> Response:
        heard.put_nowait(await request.json())
        return JSONResponse({})

    told = Starlette(routes=[Route("/", hear, methods=["POST"])])
    async with listening(told) as url, office(settings_at(tmp_path, limits__jobs=1)) as here:
        first = await here.jobs.submit(ME, "echo", {}, webhook=url)
        await here.jobs.wait(ME, first.id)
        await here.jobs.submit(ME, "gated", {"mark": "full"})
        second = await here.jobs.submit(OTHER, "echo", {}, webhook=url)
        await here.jobs.wait(OTHER, second.id)
        Webhooks(here.jobs, ("127.0.0.1",))
        async with asyncio.timeout(10):
            assert (await heard.get())["id"] == second.id
            here.script.gate.set()
            assert (await heard.get())["id"] == first.id


async def test_an_answer_is_not_read(tmp_path: Path) -> None:
    async def endless(request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 65_536
                await asyncio.sleep(0)  # where nobody takes it any more

        return StreamingResponse(body())

    async def silent(request: Request) -> Response:
        await asyncio.Event().wait()
        return Response()

    routes = [Route("/endless", endless, methods=["POST"]), Route("/silent", silent, methods=["POST"])]
    async with listening(Starlette(routes=routes)) as url, office(settings_at(tmp_path)) as here:
        webhooks = Webhooks(here.jobs, ("127.0.0.1",))
        async with asyncio.timeout(10):
            await webhooks.post(f"{url}/endless", {})
            with pytest.raises(Unavailable):
                await webhooks.post(f"{url}/silent", {}, seconds=0.1)
            with pytest.raises(BadRequest):
                await webhooks.post(f"{url}/endless", {}, {"x-name": "é"})
