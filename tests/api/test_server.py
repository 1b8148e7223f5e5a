"""Stopping: work first, listeners after; and nothing is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.chat.messages import Delta
from server.errors import Draining
from tests.api.conftest import Run, Stage
from tests.api.scripted import say
from tests.api.test_protocol import CLOSE, HEALTH, chat, status_of

BODY = b'{"model": "tiny", "stream": true, "messages": [{"role": "user", "content": "hi"}]}'
STREAM = chat(f"Content-Length: {len(BODY)}") + BODY


async def read_until(reader: asyncio.StreamReader, text: bytes) -> bytes:
    async with asyncio.timeout(5):
        return await reader.readuntil(text)


async def test_a_drain_lets_answers_finish_and_refuses_new_work(stage: Stage, run: Run) -> None:
    gate = asyncio.Event()
    stage.backend.steps = [Delta(0, "first"), gate, *say("second")]
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(STREAM)
        await read_until(reader, b"first")
        running.server.stop()
        await asyncio.sleep(0)
        assert status_of(await running.send(STREAM.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))) == 503
        assert status_of(await running.send(HEALTH + CLOSE)) == 200
        assert status_of(await running.send((HEALTH + CLOSE).replace(b"/health", b"/ready"))) == 503
        gate.set()
        await read_until(reader, b"[DONE]")
        stage.pool.drained.set()
        async with asyncio.timeout(5):
            await running.task
        with pytest.raises(OSError):
            await running.connect()
        writer.close()
    assert stage.pool.closed
    assert stage.keys.closed


async def test_what_the_drain_ends_is_told_why(stage: Stage, run: Run) -> None:
    gate = asyncio.Event()
    stage.backend.steps = [Delta(0, "first"), gate, Draining("Shut down before the end.")]
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(STREAM)
        await read_until(reader, b"first")
        running.server.stop()
        gate.set()  # as a pool does, which ends with an error what is left when the time is up
        stage.pool.drained.set()
        rest = await reader.read()
        assert b'"code":"shutting_down"' in rest
        assert b"[DONE]" not in rest
        writer.close()


async def test_a_stream_that_never_ends_does_not_keep_the_server(
    stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.api.server.PARTING_SECONDS", 0.05)
    stage.backend.steps = [Delta(0, "first"), asyncio.Event()]
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(STREAM)
        await read_until(reader, b"first")
        stage.pool.drained.set()
        running.server.stop()
        async with asyncio.timeout(5):
            await running.task
        await reader.read()
        writer.close()
    assert stage.backend.cancelled.is_set()


PROGRAM = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from server.api.server import make_server
from server.chat.messages import Delta
from tests.api.conftest import Pool, FakeKeys
from tests.api.scripted import MODELS, ScriptedBackend
from server.api.app import build_app
from server.settings import load_settings
import json

folder = Path({folder!r})
(folder / "models.json").write_text(json.dumps(MODELS))
settings = load_settings(overrides={{
    "server.port": 0, "paths.models": folder / "models.json", "paths.storage": folder,
    "paths.data_dir": folder / "var",
}})
pool, backend = Pool(MODELS), ScriptedBackend()
app = build_app(settings, backend=backend, pool=pool, keys=FakeKeys())
server = make_server(settings, app)
drain = pool.drain

async def tell(seconds):
    print("draining", flush=True)
    if {drains}:
        pool.drained.set()
    await drain(seconds)

pool.drain = tell
ready = server.startup

async def startup(sockets=None):
    await ready(sockets)
    print("port", server.servers[0].sockets[0].getsockname()[1], flush=True)

server.startup = startup
server.run()
"""


@asynccontextmanager
async def process(folder: Path, drains: bool) -> AsyncIterator[asyncio.subprocess.Process]:
    root = str(Path(__file__).parents[2])
    program = PROGRAM.format(root=root, folder=str(folder), drains=drains)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=root
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(30):
            line = await child.stdout.readline()
        assert line.startswith(b"port"), await child.communicate()
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_then_ends_well(tmp_path: Path, sig: signal.Signals) -> None:
    async with process(tmp_path, drains=True) as child:
        child.send_signal(sig)
        async with asyncio.timeout(10):
            out, errors = await child.communicate()
        assert child.returncode == 0, errors
        assert out == b"draining\n"
        assert errors == b""


async def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    async with process(tmp_path, drains=False) as child:
        assert child.stdout is not None
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await child.stdout.readline() == b"draining\n"
        assert child.returncode is None
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(2):
            assert await child.wait() == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
