"""WebSockets on the server's own protocol: who gets one, what it may carry, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from server.api.socket_protocol import MESSAGE_BYTES
from tests.api.conftest import MakeStage, Run, Running, Stage

PATH = "/ws/results"


@asynccontextmanager
async def socket(running: Running, key: str = "boss", path: str = PATH) -> AsyncIterator[ClientConnection]:
    headers = {"authorization": f"Bearer {key}.secret"} if key else {}
    address = f"ws://127.0.0.1:{running.port}{path}"
    async with (
        asyncio.timeout(20),
        connect(address, additional_headers=headers, proxy=None, max_size=None) as connection,
    ):
        yield connection


async def refused(running: Running, key: str = "boss", path: str = PATH) -> int:
    with pytest.raises(websockets.InvalidStatus) as error:
        async with socket(running, key, path):
            pass
    return error.value.response.status_code


async def ending(connection: ClientConnection) -> int:
    """The code that the server closes it with."""
    with suppress(websockets.ConnectionClosedError):
        async for _ in connection:
            pass
    assert connection.close_code is not None
    return connection.close_code


def upgrade(host: str = "127.0.0.1", key: str = "boss.secret", more: str = "") -> bytes:
    return (
        f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    ).encode()


async def test_a_socket_answers(stage: Stage, run: Run) -> None:
    async with run(stage) as running, socket(running) as connection:
        await connection.send("[]")
        assert json.loads(await connection.recv()) == []


async def test_only_with_a_key(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        for path in (PATH, "/ws/results/x", "/nothing", "/", "/health", "/docs", "/openapi.json"):
            assert await refused(running, "", path) == 401
            assert await refused(running, "nobody", path) == 401


async def test_only_where_there_is_one(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        assert await refused(running, path="/v1/chat/completions") == 403
        assert await refused(running, path="/health") == 403


async def test_what_is_refused_is_told_as_the_path_tells_errors(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        answer = await running.send(upgrade(host="elsewhere.example"))
        assert answer.startswith(b"HTTP/1.1 421 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["detail"].startswith("This server does not answer")
        answer = await running.send(upgrade(key="wrong"))
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b"www-authenticate: Bearer" in answer
        assert b"x-request-id: req_" in answer
        assert (await running.send(upgrade(more="X: " + "x" * 20_000 + "\r\n"))).startswith(b"HTTP/1.1 431 ")


async def test_no_new_one_while_the_server_drains(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        stage.pool.draining = True
        assert await refused(running) == 503
        stage.pool.draining = False


async def test_a_message_that_is_too_large_ends_it(stage: Stage, run: Run) -> None:
    async with run(stage) as running, socket(running) as connection:
        await connection.send('["' + "x" * (MESSAGE_BYTES - 4) + '"]')
        assert json.loads(await connection.recv())[0]["status"] == "unknown"
        await connection.send('["' + "x" * (MESSAGE_BYTES - 3) + '"]')
        assert await ending(connection) == 1009


async def test_what_is_no_list_of_texts_is_passed_over(stage: Stage, run: Run) -> None:
    async with run(stage) as running, socket(running) as connection:
        for nonsense in ("", "{", "1", '{"a": 1}', "[1]", "[[]]", "[" * 100_000, '["\\ud800"]', b"\x00\xff"):
            await connection.send(nonsense)
        await connection.send('["é"]')
        assert json.loads(await connection.recv())[0]["status"] == "unknown"


async def test_a_client_that_takes_nothing_is_dropped(make_stage: MakeStage, run: Run) -> None:
    stage = make_stage({"limits.slow_reader_seconds": 0.3})
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(upgrade())
        await reader.readuntil(b"\r\n\r\n")
        # Lists whose answers are long, sent by somebody who reads none of them.
        text = json.dumps(["x" * 900] * 1000).encode()
        frame = b"\x81\xff" + len(text).to_bytes(8, "big") + b"\0\0\0\0" + text

        async def send_for_ever() -> None:
            while True:
                writer.write(frame)
                await writer.drain()

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(send_for_ever(), 20)
        writer.close()


async def test_the_server_stops_though_a_socket_is_open(stage: Stage, run: Run) -> None:
    async with run(stage) as running, socket(running) as connection:
        await connection.send("[]")
        await connection.recv()
        running.server.should_exit = True
        assert await ending(connection) == 1012
        async with asyncio.timeout(2):
            await running.task
