"""Servers to live behind: one that answers as a test says, byte by byte, and what stands in front of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx

from server.api.app import build_app
from server.store.auth_keys import AuthKeys
from tests.api.scripted import ScriptedKeys
from tests.api.served import KEY, client, listening, settings_at

Write = Callable[[bytes], Awaitable[None]]
Script = Callable[["Asked", Write], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Stranger:
    """A server that does as it is told."""

    script: Script
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody has closed a connection before the script was over."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))))
            self.asked.append(Asked(lines[0].split(" ")[1], headers, body))
            script = asyncio.ensure_future(self.script(self.asked[-1], write))
            gone = asyncio.ensure_future(reader.read())
            await asyncio.wait((script, gone), return_when=asyncio.FIRST_COMPLETED)
            if not script.done():
                self.left.set()
                script.cancel()
            gone.cancel()
            await asyncio.gather(script, gone, return_exceptions=True)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        finally:
            writer.close()


@asynccontextmanager
async def stranger(script: Script) -> AsyncIterator[Stranger]:
    one = Stranger(script)
    server = await asyncio.start_server(one.answer, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield one
    finally:
        server.close()


@asynccontextmanager
async def in_front(folder: Path, entries: Mapping[str, Any], **overrides: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose models are these."""
    folder.mkdir(exist_ok=True)
    settings = settings_at(folder, **overrides)
    settings.paths.models.write_text(json.dumps(entries))
    app = build_app(settings, keys=cast(AuthKeys, ScriptedKeys(KEY)))
    async with listening(app) as url, client(url, timeout=30) as http:
        yield http


def event(tree: Any) -> bytes:
    return f"data: {json.dumps(tree)}\n\n".encode()


def said(text: str, finish: str | None = None) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


DONE = b"data: [DONE]\n\n"


def plain(status: str, body: Any = None, *headers: str) -> bytes:
    """A whole answer."""
    text = json.dumps(body if body is not None else {"error": {"message": status}}).encode()
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(text)}", *headers]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode() + text
