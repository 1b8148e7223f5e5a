"""What whoever runs the server asks: is it alive, is it ready, what has it counted; and its own documentation."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from server.api.docs_page import render
from server.api.house import Endpoint, House

log = logging.getLogger(__name__)

STYLE = Path(__file__).parent / "static" / "docs.css"
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
NO_CACHE = {"cache-control": "no-store"}


class StoreLook:
    """Whether the database answers; looked at no more than once a second, as anybody may ask."""

    SECONDS = 1.0

    def __init__(self, house: House) -> None:
        self._house = house
        self._looked = -self.SECONDS
        self._usable = False
        self._one = asyncio.Lock()

    async def usable(self) -> bool:
        async with self._one:
            if time.monotonic() - self._looked >= self.SECONDS:
                try:
                    await asyncio.to_thread(self._house.keys.list)
                    self._usable = True
                except Exception:
                    log.exception("The database cannot be read")
                    self._usable = False
                self._looked = time.monotonic()
        return self._usable


def routes(house: House, document: Callable[[], dict[str, Any]]) -> list[Endpoint]:
    """`document` gives the OpenAPI document, once all routes are known."""
    store = StoreLook(house)

    async def health(request: Request) -> Response:
        """Whether the process works; if not, it is to be restarted."""
        alive = house.pool.alive
        return JSONResponse({"status": "ok" if alive else "engine_died"}, 200 if alive else 503, NO_CACHE)

    async def ready(request: Request) -> Response:
        """Whether new work may be sent here."""
        if house.pool.draining:
            return JSONResponse({"status": "draining"}, 503, NO_CACHE)
        if not await store.usable():
            return JSONResponse({"status": "database_unusable"}, 503, NO_CACHE)
        return JSONResponse({"status": "ready"}, 200, NO_CACHE)

    async def metrics(request: Request) -> Response:
        """Counts and times, for Prometheus."""
        text, kind = house.metrics.text()
        return Response(text, headers={"content-type": kind, **NO_CACHE})

    async def openapi(request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(document())

    async def docs(request: Request) -> Response:
        """The same, to read."""
        return HTMLResponse(render(document()), headers=PAGE_HEADERS)

    async def style(request: Request) -> Response:
        """How that page looks."""
        return FileResponse(STYLE, media_type="text/css")

    def get(path: str, handler: Callable[..., Any], summary: str, **more: Any) -> Endpoint:
        return Endpoint("GET", path, handler, summary=summary, **{"tag": "server", "needs": None, **more})

    return [
        get("/health", health, "Whether the process is alive", description="503 when the thread of a model has died."),
        get("/ready", ready, "Whether it takes work", description="503 while it shuts down, or without its database."),
        get("/metrics", metrics, "Prometheus metrics", needs="admin", media="text/plain"),
        get("/openapi.json", openapi, "This document"),
        get("/docs", docs, "This document as a page", media="text/html"),
        get("/docs.css", style, "Style of the page", media="text/css"),
    ]
