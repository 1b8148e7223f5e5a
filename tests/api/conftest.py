"""An application without an engine, and a real server around it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.api.app import build_app
from server.api.server import DrainingServer, make_server
from server.errors import NotFound, Unauthorized
from server.settings import Settings, load_settings
from server.store.auth_keys import Key
from tests.api.scripted import MODELS, ScriptedBackend, ScriptedPool
from tests.api.served import Served, prepare, serving


def key(id: str, *rights: str) -> Key:
    return Key(id, f"{id}'s key", "", frozenset(rights), datetime(2025, 1, 1, tzinfo=UTC))


@dataclass
class FakeKeys:
    """Keys whose text is their id, a dot and "secret"."""

    keys: dict[str, Key] = field(
        default_factory=lambda: {
            each.id: each
            for each in (
                key("chatter", "chat"),
                key("keeper", "chat", "models"),
                key("boss", "chat", "models", "admin"),
            )
        }
    )
    broken: bool = False
    closed: bool = False

    async def verify(self, token: str) -> Key:
        id, _, secret = token.partition(".")
        if secret != "secret" or id not in self.keys or self.keys[id].state != "active":
            raise Unauthorized("This key is not valid.")
        return self.keys[id]

    async def find(self, id: str) -> Key | None:
        return self.keys.get(id)

    def show(self, id: str) -> Key:
        if id not in self.keys:
            raise NotFound(f"There is no key {id!r}.")
        return self.keys[id]

    def list(self) -> list[Key]:
        if self.broken:
            raise OSError("disk gone")
        return list(self.keys.values())

    def revoke(self, id: str) -> None:
        self.keys[id] = dataclasses.replace(self.keys[id], revoked_at=datetime.now(UTC))

    def close(self) -> None:
        self.closed = True


class Pool(ScriptedPool):
    """Also what the application does with a pool as a whole."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.drained = asyncio.Event()
        self.closed = False

    async def cards_changed(self, change: object) -> None:
        pass

    async def drain(self, seconds: float) -> None:
        self.draining = True
        await self.drained.wait()

    async def close(self) -> None:
        self.closed = True


@dataclass
class Stage:
    """The application and the scripted parts in it."""

    app: Starlette
    settings: Settings
    backend: ScriptedBackend
    pool: Pool
    keys: FakeKeys


MakeStage = Callable[..., Stage]


@pytest.fixture
def make_stage(tmp_path: Path) -> MakeStage:
    """A stage with these settings: `make_stage({"limits.body_bytes": 1000})`."""

    def make(overrides: dict[str, Any] | None = None) -> Stage:
        models = tmp_path / "models.json"
        models.write_text(json.dumps(MODELS))
        settings = load_settings(
            overrides={
                "server.port": 0,
                "paths.models": models,
                "paths.storage": tmp_path,
                "paths.data_dir": tmp_path / "var",
                **(overrides or {}),
            }
        )
        prepare(settings)
        backend, pool, keys = ScriptedBackend(), Pool(MODELS), FakeKeys()
        app = build_app(settings, backend=backend, pool=pool, keys=keys)  # type: ignore[arg-type]
        return Stage(app, settings, backend, pool, keys)

    return make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    return make_stage()


def client_of(stage: Stage, key: str | None = "boss", **more: Any) -> TestClient:
    headers = {"authorization": f"Bearer {key}.secret"} if key else {}
    return TestClient(stage.app, base_url="http://127.0.0.1", headers=headers, **more)


@pytest.fixture
def client(stage: Stage) -> Iterator[TestClient]:
    """With a key that may do anything."""
    with client_of(stage) as client:
        yield client


@pytest.fixture
def stranger(stage: Stage) -> Iterator[TestClient]:
    """Without a key."""
    with client_of(stage, None) as client:
        yield client


@dataclass
class Running:
    """A server that listens."""

    server: DrainingServer
    port: int
    task: asyncio.Task[None]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, data: bytes) -> bytes:
        """Send this, and read until the server closes the connection."""
        reader, writer = await self.connect()
        writer.write(data)
        try:
            return await reader.read()
        finally:
            writer.close()


Run = Callable[[Stage], AbstractAsyncContextManager[Running]]


@pytest.fixture
def run() -> Run:
    """A real server on a port of its own: `async with run(stage) as running`."""

    @asynccontextmanager
    async def running(stage: Stage) -> AsyncIterator[Running]:
        server = make_server(stage.settings, stage.app)
        listener = socket.create_server(("127.0.0.1", 0))
        # Not serve(): that would take the signals of the test run.
        task = asyncio.create_task(server._serve([listener]))
        ready = asyncio.create_task(server.ready.wait())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        assert server.started
        try:
            yield Running(server, listener.getsockname()[1], task)
        finally:
            server.should_exit = True
            await task

    return running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One server for a module, whose tests run in the module's event loop."""
    async with serving(tmp_path_factory.mktemp("served")) as one:
        yield one


@pytest.fixture
def served(server: Served) -> Served:
    """That server, with scripts that each test starts afresh."""
    server.backend.reset()
    server.pool.reset()
    return server
