"""`python -m bench.page`: how many frames a second the page keeps while an answer pours in.

A stand-in serves the page's own files and a stream that is faster than any model; a real browser draws it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from playwright.sync_api import Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.api.auth import WEB
from server.api.page import HEADERS, TYPES

WORDS = ("The ", "**river** ", "flows ", "past ", "`mills` ", "and ", "[towns](http://x.example), ", "and so on. ")
PARAGRAPH = 60
"""Words of one; every tenth is a list, every twentieth code."""

COUNT = """() => {
  globalThis.frames_drawn = [];
  const count = (at) => { globalThis.frames_drawn.push(at); requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


def piece(number: int) -> str:
    paragraph, word = divmod(number, PARAGRAPH)
    if word == 0:
        opening = "```python\n" if paragraph % 20 == 19 else "- " if paragraph % 10 == 9 else ""
        return ("\n```" if paragraph % 20 == 0 and paragraph else "") + "\n\n" + opening
    return WORDS[number % len(WORDS)]


def history(tokens: int) -> list[dict[str, Any]]:
    """Messages of a hundred words or so, questions and answers in turn, that were said before."""
    return [
        {
            "id": f"msg_old_{number}",
            "type": "message",
            "role": "assistant" if number % 2 else "user",
            "content": [{"type": "output_text", "text": "".join(piece(number * 100 + at) for at in range(100))}],
        }
        for number in range(tokens // 130)
    ]


def stand_in(a_second: int, seconds: float, said: list[dict[str, Any]]) -> Starlette:
    """The page, and just as much of the API as one chat needs. `said`: the items of its conversation."""

    async def stream() -> AsyncIterator[bytes]:
        def event(kind: str, **data: Any) -> bytes:
            return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()

        item = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
        yield event("response.output_item.added", item=item)
        began, sent = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            due = int(now * a_second)
            yield b"".join(event("response.output_text.delta", delta=piece(one)) for one in range(sent, due))
            sent = due
            await asyncio.sleep(0.005)
        usage = {"input_tokens": 1, "output_tokens": sent}
        yield event("response.output_item.done", item=item)
        yield event("response.completed", response={"status": "completed", "usage": usage, "output": [item]})

    async def part(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        file = WEB / name
        return Response(file.read_bytes(), headers=HEADERS, media_type=TYPES[file.suffix])

    async def answer(request: Request) -> Response:
        path = request.url.path
        if path.endswith("/responses"):
            return StreamingResponse(stream(), media_type="text/event-stream")
        if path == "/v1/models":
            return JSONResponse(
                {"data": [{"id": "poured", "llm_api": {"capabilities": ["text"], "personalities": {}}}]}
            )
        if path == "/v1/me":
            return JSONResponse({"id": "key", "name": "key", "rights": ["chat"]})
        if path == "/v1/status":
            return StreamingResponse(iter([b'data: {"states": {}}\n\n']), media_type="text/event-stream")
        if path.endswith("/items") and request.query_params.get("order") == "asc":
            ids = [item["id"] for item in said]
            start = ids.index(request.query_params["after"]) + 1 if "after" in request.query_params else 0
            page = said[start : start + 100]
            last = page[-1]["id"] if page else None
            return JSONResponse({"data": page, "has_more": start + 100 < len(said), "last_id": last})
        return JSONResponse({"id": "conv_1", "data": [], "has_more": False, "last_id": None})

    methods = ["GET", "POST"]
    return Starlette(
        routes=[Route("/", part), Route("/web/{name:path}", part), Route("/v1/{path:path}", answer, methods=methods)]
    )


def measured(page: Page, url: str) -> list[float]:
    """The moments of the frames, in milliseconds, from the first word of the answer to the last."""
    page.goto(url)
    page.get_by_label("Your key").fill("id.secret")
    page.get_by_role("button", name="Enter").click()
    page.get_by_label("Message", exact=True).wait_for()
    page.goto(f"{url}/#/chat/conv_1")
    page.get_by_label("Conversation", exact=True).locator(".message, .empty").first.wait_for(state="attached")
    page.get_by_label("Message", exact=True).fill("Pour")
    page.keyboard.press("Enter")
    page.locator(".message.model .text.wait").wait_for(state="attached")
    page.evaluate(COUNT)
    page.locator(".message.model .under", has_text="tokens").wait_for(timeout=120_000)
    found: list[float] = page.evaluate("() => globalThis.frames_drawn")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("--chunks", type=int, default=2000, help="pieces a second (default: 2000)")
    parser.add_argument("--seconds", type=float, default=10, help="how long (default: 10)")
    parser.add_argument("--history", type=int, default=0, help="tokens that were said before (default: 0)")
    given = parser.parse_args()
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        parser.error("no browser: expected chromium on PATH")
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(stand_in(given.chunks, given.seconds, history(given.history)), log_level="error")
    )
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    with sync_playwright() as playwright:
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if root else [])
        frames = measured(browser.new_page(), f"http://127.0.0.1:{listening.getsockname()[1]}")
        browser.close()
    server.should_exit = True
    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(frames))
    seconds = (frames[-1] - frames[0]) / 1000
    print(
        f"{given.chunks} pieces a second for {seconds:.1f} s: {len(gaps) / seconds:.1f} frames a second, "
        f"the longest gap {gaps[-1]:.0f} ms, 95% under {gaps[int(0.95 * len(gaps))]:.0f} ms"
    )


if __name__ == "__main__":
    main()
