"""The load: many streaming requests over raw sockets, read by one process that does as little as it can.

While a run lasts, the reader only receives bytes and notes when; what they say is found out afterwards. So its share
of the machine stays small, and it is reported. It runs in a process of its own, told by JSON on its standard input:
`{"play": …}` plays requests, `{"probe": …}` asks for one path over and over to feel the server's pulse.
"""

from __future__ import annotations

import json
import re
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.wire import Answer, parse


@dataclass(frozen=True)
class Ask:
    """One request. It is sent at the start, or once every ask before it has had `after_reads` reads."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    after_reads: int = 0


@dataclass(frozen=True)
class Played:
    """What came back, and what receiving it cost."""

    answers: list[Answer]
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True)
class Pulse:
    """Latencies of the probe in seconds, and by how much the probe itself was woken late: noise of the machine."""

    latencies: list[float]
    late: list[float]
    failures: int


class _Exchange:
    """One socket: what is still to be sent, and what was received when."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self.reads: list[tuple[float, bytes]] = []
        self.started = time.perf_counter()
        self.unsent = memoryview(request)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex((host, port))

    def send(self) -> bool:
        """True once the whole request has been handed to the kernel."""
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            pass
        except OSError:  # refused or reset: the read that follows finds the end
            self.unsent = self.unsent[:0]
        return not self.unsent

    def receive(self) -> bool:
        """True when the answer has ended: the request asked for the connection to be closed after it."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.reads.append((time.perf_counter(), data))
        return not data or data.endswith(b"\r\n0\r\n\r\n") or data == b"0\r\n\r\n"


def request_bytes(ask: Ask, host: str, port: int) -> bytes:
    """The request as it goes over the wire."""
    body = json.dumps(ask.body).encode()
    head = {
        "Host": f"{host}:{port}",
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **ask.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {ask.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def play(host: str, port: int, asks: Sequence[Ask], *, stop_after: int | None = None, timeout: float = 600) -> Played:
    """Send all asks and read until all have ended, or the one numbered `stop_after` has: then hang up on the rest."""
    requests = [request_bytes(ask, host, port) for ask in asks]
    exchanges: list[_Exchange] = []
    ended: set[int] = set()
    usage, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        while len(ended) < len(asks) and stop_after not in ended:
            if time.perf_counter() - began > timeout:
                break
            while len(exchanges) < len(asks):
                ask = asks[len(exchanges)]
                if any(len(exchange.reads) < ask.after_reads for exchange in exchanges):
                    break
                exchange = _Exchange(host, port, requests[len(exchanges)])
                selector.register(exchange.socket, selectors.EVENT_WRITE, len(exchanges))
                exchanges.append(exchange)
            for key, mask in selector.select(1.0):
                exchange = exchanges[key.data]
                if mask & selectors.EVENT_WRITE and exchange.send():
                    selector.modify(exchange.socket, selectors.EVENT_READ, key.data)
                if mask & selectors.EVENT_READ and exchange.receive():
                    selector.unregister(exchange.socket)
                    exchange.socket.close()
                    ended.add(key.data)
    wall = time.perf_counter() - began
    spent = resource.getrusage(resource.RUSAGE_SELF)
    cpu = spent.ru_utime + spent.ru_stime - usage.ru_utime - usage.ru_stime
    for exchange in exchanges:
        exchange.socket.close()
    return Played([parse(exchange.started, exchange.reads) for exchange in exchanges], cpu, wall)


def probe(host: str, port: int, path: str, *, every: float = 0.02) -> Pulse:
    """Ask for `path` over one connection every `every` seconds, until standard input is closed."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    pulse = Pulse([], [], 0)
    failures = 0
    with selectors.DefaultSelector() as selector, socket.create_connection((host, port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(sys.stdin, selectors.EVENT_READ)
        due = time.perf_counter()
        while not selector.select(max(0.0, due - time.perf_counter())):
            sent = time.perf_counter()
            pulse.late.append(sent - due)
            connection.sendall(request)
            answer = _whole_answer(connection)
            pulse.latencies.append(time.perf_counter() - sent)
            failures += not answer.startswith(b"HTTP/1.1 200")
            if not answer:
                break
            due = max(due + every, time.perf_counter())
    return Pulse(pulse.latencies, pulse.late, failures)


def _whole_answer(connection: socket.socket) -> bytes:
    """An answer with a Content-Length to its last byte; what there is of it when the connection breaks."""
    data = b""
    while True:
        more = connection.recv(65536)
        data += more
        head, separator, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if not more or (separator and len(body) >= int(length[1] if length else 0)):
            return data


def _child() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def run_play(
    host: str, port: int, asks: Sequence[Ask], *, stop_after: int | None = None, timeout: float = 600
) -> Played:
    """`play` in a process of its own."""
    job = {"host": host, "port": port, "asks": [asdict(ask) for ask in asks], "stop_after": stop_after}
    with _child() as child:
        try:
            output, _ = child.communicate(json.dumps({"play": job | {"timeout": timeout}}) + "\n")
        except BaseException:
            child.kill()  # nobody is left to hear what it read
            raise
    if child.returncode:
        raise RuntimeError(f"the load reader ended with {child.returncode}")
    found = json.loads(output)
    return Played([Answer(**answer) for answer in found.pop("answers")], **found)


class Probe:
    """`probe` in a process of its own, for as long as the `with` block lasts; then `pulse` is set."""

    def __init__(self, host: str, port: int, path: str = "/health") -> None:
        self._job = {"host": host, "port": port, "path": path}
        self.pulse = Pulse([], [], 0)

    def __enter__(self) -> Probe:
        self._process = _child()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"probe": self._job}) + "\n")
        self._process.stdin.flush()
        return self

    def __exit__(self, *failure: object) -> None:
        output, _ = self._process.communicate()
        if output:
            self.pulse = Pulse(**json.loads(output))


def main() -> None:
    """The child's side: one job in, one result out."""
    [(kind, job)] = json.loads(sys.stdin.readline()).items()
    if kind == "play":
        job["asks"] = [Ask(**ask) for ask in job["asks"]]
        found: Played | Pulse = play(**job)
    else:
        found = probe(**job)
    json.dump(asdict(found), sys.stdout)


if __name__ == "__main__":
    main()
