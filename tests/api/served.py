"""A real server on a real socket, in the test's own event loop, over a scripted backend and pool."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import uvicorn
from starlette.applications import Starlette

from server.api.app import build_app
from server.engine.pool import Pool
from server.settings import Settings, load_settings
from server.store.auth_keys import AuthKeys
from server.store.database import Database
from tests.api.scripted import MODELS, ScriptedBackend, ScriptedKeys, ScriptedPool

KEY = "key-of-the-tests"
OTHER_KEY = "key-of-somebody-else"
CHATTING_KEYS = ("key-that-chats", "key-that-chats-too")
"""Without the rights `models` and `admin`."""


@cache
def blank_database() -> bytes:
    """A database of the present schema: to make one takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        Database.open(load_settings(overrides={"paths.data_dir": Path(folder)})).close()
        return (Path(folder) / "llm-api.db").read_bytes()


def settings_at(folder: Path, **overrides: Any) -> Settings:
    """Settings whose files all lie in `folder`; overrides are written `models__load_wait_seconds=1`."""
    models = folder / "models.json"
    models.write_text(json.dumps(MODELS))
    given = {
        "paths.models": models,
        "paths.storage": folder,
        "paths.data_dir": folder / "var",
        **{name.replace("__", "."): value for name, value in overrides.items()},
    }
    settings = load_settings(overrides=given)
    prepare(settings)
    return settings


def prepare(settings: Settings) -> None:
    """An empty database where the server will look for one, unless there is one."""
    settings.paths.data_dir.mkdir(exist_ok=True)
    file = settings.paths.data_dir / "llm-api.db"
    if not file.exists():
        file.write_bytes(blank_database())


@dataclass
class Served:
    """The address of a running server, its scripts, and its clients."""

    url: str
    backend: ScriptedBackend
    pool: ScriptedPool
    http: httpx.AsyncClient
    """Sends the key."""
    clients: list[openai.AsyncOpenAI] = field(default_factory=list)
    """Kept until the end. One that is collected before has its sockets closed behind the event loop's back, which then
    mistakes the next socket of the same number for it.
    """

    def openai(self, path: str = "/v1", **options: Any) -> openai.AsyncOpenAI:
        self.clients.append(openai.AsyncOpenAI(base_url=self.url + path, api_key=KEY, max_retries=0, **options))
        return self.clients[-1]

    async def aclose(self) -> None:
        for client in self.clients:
            await client.close()

    async def chat(self, **fields: Any) -> httpx.Response:
        return await self.http.post("/v1/chat/completions", json=fields)

    @asynccontextmanager
    async def raw(self, method: str, path: str, body: Any = None) -> AsyncIterator[Raw]:
        """A connection of its own with a request sent; leaving closes it."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        try:
            yield Raw(reader, writer)
        finally:
            writer.close()


@dataclass
class Raw:
    """A socket after its request."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def until(self, text: bytes) -> bytes:
        """All bytes up to this text; fails the test when they do not come."""
        async with asyncio.timeout(5):
            return await self.reader.readuntil(text)


@asynccontextmanager
async def serving(
    folder: Path, backend: ScriptedBackend | None = None, pool: ScriptedPool | None = None, **overrides: Any
) -> AsyncIterator[Served]:
    """A server until the context is left."""
    backend, pool = backend or ScriptedBackend(), pool or ScriptedPool(MODELS)
    settings = settings_at(folder, **overrides)
    keys = cast(AuthKeys, ScriptedKeys(KEY, OTHER_KEY, chatting=CHATTING_KEYS))
    app = build_app(settings, backend=backend, pool=cast(Pool, pool), keys=keys)
    async with (
        listening(app) as url,
        client(url) as http,
        aclosing(Served(url, backend, pool, http)) as served,
    ):
        yield served


@asynccontextmanager
async def serving_models(
    folder: Path, entries: Mapping[str, Any], files: Iterable[Path], **overrides: Any
) -> AsyncIterator[Served]:
    """A server with a real engine over these models' files, which `entries` name without a folder."""
    for file in files:
        (folder / file.name).symlink_to(file)
    settings = settings_at(folder, **overrides)
    settings.paths.models.write_text(json.dumps(entries))
    app = build_app(settings, keys=cast(AuthKeys, ScriptedKeys(KEY, OTHER_KEY, chatting=CHATTING_KEYS)))
    house = app.state.house
    async with (
        listening(app) as url,
        client(url, timeout=30) as http,
        aclosing(Served(url, house.backend, house.pool, http)) as served,
    ):
        yield served


def client(url: str, timeout: float = 5) -> httpx.AsyncClient:
    """Sends the key."""
    return httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {KEY}"}, timeout=timeout)


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[str]:
    """The address of an application, until the context is left."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(10):
                while not server.started:
                    await asyncio.sleep(0.005)
                    if task.done():
                        task.result()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def events(text: str) -> list[Any]:
    """The data of all events of a stream; JSON where it is, else as it stands."""
    found = []
    for block in text.split("\n\n"):
        data = [line.removeprefix("data: ") for line in block.splitlines() if line.startswith("data: ")]
        if data:
            found.append(data[0] if data[0] == "[DONE]" else json.loads(data[0]))
    return found
