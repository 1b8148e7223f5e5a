"""What a connection may do before there is a request, and after the answer: raw sockets against a real server."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.api import protocol
from server.api.house import Endpoint
from tests.api.conftest import MakeStage, Run, Running, Stage

HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CLOSE = b"Connection: close\r\n\r\n"


def chat(*headers: str, key: str = "boss") -> bytes:
    lines = ["POST /v1/chat/completions HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    if key:
        lines.append(f"Authorization: Bearer {key}.secret")
    return "\r\n".join([*lines, "", ""]).encode()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def code_of(answer: bytes) -> str:
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert list(error) == ["message", "type", "param", "code"]
    return str(error["code"])


async def answers(running: Running) -> bool:
    """Whether the next request of somebody else works."""
    return status_of(await running.send(HEALTH + CLOSE)) == 200


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """One answer with a content-length."""
    head = await reader.readuntil(b"\r\n\r\n")
    [length] = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(length.split(b":")[1]))


def head_of(size: int) -> bytes:
    """A request whose line and headers are exactly this large."""
    rest = len(HEALTH + b"X: \r\n" + CLOSE)
    return HEALTH + b"X: " + b"a" * (size - rest) + b"\r\n" + CLOSE


async def test_the_head_is_bounded_at_its_edge(stage: Stage, run: Run) -> None:
    most = stage.settings.limits.header_bytes
    async with run(stage) as running:
        assert status_of(await running.send(head_of(most))) == 200
        refused = await running.send(head_of(most + 1))
        assert (status_of(refused), code_of(refused)) == (431, "headers_too_large")
        assert b"x-request-id: req_" in refused
        assert status_of(await running.send(b"GET /" + b"x" * most + b" HTTP/1.1\r\n")) == 431
        assert await answers(running)


async def test_the_number_of_headers_is_bounded_at_its_edge(stage: Stage, run: Run) -> None:
    most = stage.settings.limits.header_count
    async with run(stage) as running:
        assert status_of(await running.send(HEALTH + b"X: y\r\n" * (most - 2) + CLOSE)) == 200
        assert status_of(await running.send(HEALTH + b"X: y\r\n" * (most - 1) + CLOSE)) == 431
        assert await answers(running)


async def test_a_body_in_one_piece_with_its_head_does_not_count_as_head(stage: Stage, run: Run) -> None:
    body = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "x" * 50_000}]}).encode()
    async with run(stage) as running:
        reader, writer = await running.connect()
        for _ in range(5):
            writer.write(chat(f"Content-Length: {len(body)}") + body)
            assert status_of(await read_answer(reader)) == 200
        writer.write(5 * (HEALTH + b"X: " + b"y" * 5000 + b"\r\n\r\n"))
        for _ in range(5):
            assert status_of(await read_answer(reader)) == 200
        writer.close()


async def test_a_header_without_end_is_cut_off(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(HEALTH + b"X: ")
        for _ in range(20):
            writer.write(b"a" * 1000)
            await asyncio.sleep(0)
        assert status_of(await reader.read()) == 431
        writer.close()
        assert await answers(running)


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /health", HEALTH])
async def test_a_head_that_does_not_come_is_not_waited_for(make_stage: MakeStage, run: Run, sent: bytes) -> None:
    async with run(make_stage({"limits.header_seconds": 0.05})) as running:
        async with asyncio.timeout(5):
            assert await running.send(sent) == b""
        assert await answers(running)


async def test_nor_is_that_of_a_second_request(make_stage: MakeStage, run: Run) -> None:
    async with run(make_stage({"limits.header_seconds": 0.05})) as running:
        reader, writer = await running.connect()
        writer.write(HEALTH + b"\r\n")
        assert status_of(await read_answer(reader)) == 200
        writer.write(b"GET /hea")
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_running_answer_is_not_cut_by_half_a_request_behind_it(make_stage: MakeStage, run: Run) -> None:
    stage = make_stage({"limits.header_seconds": 0.05})
    gate = asyncio.Event()

    async def slow(request: Request) -> Response:
        await gate.wait()
        return Response("done")

    stage.app.router.routes.insert(0, Endpoint("GET", "/v1/slow", slow, summary="", tag=""))
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(b"GET /v1/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer boss.secret\r\n\r\nGET /h")
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, gate.set)
        assert (await read_answer(reader)).endswith(b"done")
        writer.close()


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n"]
)
async def test_what_is_not_http_is_400(stage: Stage, run: Run, sent: bytes) -> None:
    async with run(stage) as running:
        answer = await running.send(sent)
        assert (status_of(answer), code_of(answer)) == (400, "bad_http")
        assert await answers(running)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /health HTTP/1.0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
        HEALTH + b"Host: 127.0.0.1\r\n" + CLOSE,
    ],
)
async def test_one_host_is_expected(stage: Stage, run: Run, sent: bytes) -> None:
    async with run(stage) as running:
        assert status_of(await running.send(sent)) == 400


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: -1",),
        ("Content-Length: 99999999999999999999999",),
        ("Transfer-Encoding: chunked, identity",),
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused(stage: Stage, run: Run, headers: tuple[str, ...]) -> None:
    async with run(stage) as running:
        assert status_of(await running.send(chat(*headers) + b"0\r\n\r\n")) == 400
        assert await answers(running)


async def test_a_body_announced_too_large_is_refused_at_once_and_unread(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        reader, writer = await running.connect()
        began = time.perf_counter()
        writer.write(chat("Content-Length: 10000001", "Expect: 100-continue"))
        answer = await read_answer(reader)
        assert time.perf_counter() - began < 0.5
        assert (status_of(answer), code_of(answer)) == (413, "request_too_large")
        writer.close()
        assert await answers(running)


@pytest.mark.parametrize("key", ["boss", ""])
async def test_a_client_that_sends_first_and_reads_later_still_gets_its_answer(
    stage: Stage, run: Run, key: str
) -> None:
    size = 20_000_000
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(chat(f"Content-Length: {size}", key=key))
        for _ in range(size // 100_000):
            writer.write(b"x" * 100_000)
            await writer.drain()
        assert status_of(await read_answer(reader)) == (413 if key else 401)
        writer.close()


async def test_a_body_that_never_ends_takes_no_memory(stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.05)
    async with run(stage) as running:
        reader, writer = await running.connect()
        piece = b"186a0\r\n" + b"x" * 100_000 + b"\r\n"
        tracemalloc.start()
        writer.write(chat("Transfer-Encoding: chunked"))
        with suppress(ConnectionError):
            async with asyncio.timeout(20):
                while True:
                    writer.write(piece)
                    await writer.drain()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16_000_000
        assert await answers(running)
        reader.feed_eof()
        writer.close()


async def test_after_an_early_answer_to_a_small_body_the_connection_goes_on(stage: Stage, run: Run) -> None:
    async with run(stage) as running:
        reader, writer = await running.connect()
        writer.write(chat("Content-Length: 5", key=""))
        assert status_of(await read_answer(reader)) == 401
        writer.write(b"12345" + HEALTH + CLOSE)
        assert status_of(await reader.read()) == 200
        writer.close()


async def test_silence_within_a_body_is_408(make_stage: MakeStage, run: Run) -> None:
    async with run(make_stage({"limits.body_idle_seconds": 0.05})) as running:
        reader, writer = await running.connect()
        writer.write(chat("Content-Length: 5") + b"12")
        answer = await read_answer(reader)
        assert (status_of(answer), code_of(answer)) == (408, "request_timeout")
        writer.close()


async def test_trailers_are_not_headers(stage: Stage, run: Run) -> None:
    body = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}).encode()
    sent = chat("Transfer-Encoding: chunked", "Connection: close") + b"%x\r\n%s\r\n0\r\n" % (len(body), body)
    async with run(stage) as running:
        answer = await running.send(sent + b"X-Strict-Params: 1\r\n" * 200 + b"\r\n")
        assert status_of(answer) == 200


async def test_framing_without_a_body_is_cut_off(make_stage: MakeStage, run: Run) -> None:
    async with run(make_stage({"limits.body_bytes": 1000})) as running:
        for flood in (b"1;" + b"a" * 5000, b"0\r\nX: " + b"a" * 5000):
            reader, writer = await running.connect()
            writer.write(chat("Transfer-Encoding: chunked"))
            await asyncio.sleep(0.01)
            writer.write(flood)
            async with asyncio.timeout(5):
                with suppress(ConnectionError):
                    assert await reader.read() == b""
            writer.close()
        assert await answers(running)


class Flood:
    """A stream that never ends by itself."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 10_000
                await asyncio.sleep(0)
        finally:
            self.closed.set()

    async def handle(self, request: Request) -> Response:
        return StreamingResponse(self.pieces())

    def on(self, stage: Stage) -> None:
        endpoint = Endpoint("GET", "/v1/flood", self.handle, summary="", tag="", streams=True)
        stage.app.router.routes.insert(0, endpoint)

    REQUEST = b"GET /v1/flood HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer boss.secret\r\n\r\n"


async def test_a_client_that_takes_nothing_is_dropped(make_stage: MakeStage, run: Run) -> None:
    stage, flood = make_stage({"limits.slow_reader_seconds": 0.1}), Flood()
    flood.on(stage)
    async with run(stage) as running:
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.sendall(Flood.REQUEST)
            async with asyncio.timeout(10):
                await flood.closed.wait()
        assert await answers(running)


async def test_a_client_that_takes_a_little_is_kept(make_stage: MakeStage, run: Run) -> None:
    stage, flood = make_stage({"limits.slow_reader_seconds": 0.3}), Flood()
    flood.on(stage)
    async with run(stage) as running:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
            client.connect(("127.0.0.1", running.port))
            client.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(client, Flood.REQUEST)
            for _ in range(10):
                await asyncio.sleep(0.1)
                assert await loop.sock_recv(client, 65_536)
            assert not flood.closed.is_set()
        async with asyncio.timeout(10):
            await flood.closed.wait()


async def test_a_whole_answer_that_nobody_takes_does_not_keep_the_connection(
    make_stage: MakeStage, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, dropped = make_stage({"limits.slow_reader_seconds": 0.1}), asyncio.Event()
    lost = protocol.GuardedProtocol.connection_lost
    monkeypatch.setattr(
        protocol.GuardedProtocol, "connection_lost", lambda self, error: (lost(self, error), dropped.set())
    )

    async def large(request: Request) -> Response:
        return Response(b"x" * 30_000_000)

    stage.app.router.routes.insert(0, Endpoint("GET", "/v1/large", large, summary="", tag=""))
    async with run(stage) as running:
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.sendall(Flood.REQUEST.replace(b"flood", b"large"))
            async with asyncio.timeout(10):
                await dropped.wait()
