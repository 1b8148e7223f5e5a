"""A small hub on loopback, as much of one as huggingface_hub asks for; it can be cut off in the middle of a file."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class StandIn:
    """A hub's repositories, its moods, and what it was asked for."""

    url: str = ""
    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    cut_after: int | None = None
    """Bytes of one answer after which the connection breaks; for the next `cuts` answers."""
    cuts: int = 0
    lies: bool = False
    """Whether it gives other bytes than it says."""
    ranges: list[str] = field(default_factory=list)
    """The Range headers of files asked for; empty ones too."""
    asked: int = 0
    silent: threading.Event = field(default_factory=threading.Event)
    """While it is set, no listing comes before `go_on` is set."""
    hold: threading.Event = field(default_factory=threading.Event)
    """While it is set, a file comes half, and the rest when `go_on` is set."""
    held: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def info(self, repo: str) -> dict[str, Any]:
        siblings = [
            {
                "rfilename": path,
                "size": len(data),
                "lfs": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 100},
            }
            for path, data in self.repos[repo].items()
        ]
        return {"id": repo, "modelId": repo, "sha": REVISION, "siblings": siblings, "private": False, "tags": []}


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A hub until the context is left."""
    hub = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked += 1
            if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)", path):
                self._info(found[1])
            elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
                self._file(hub.repos.get(found[1], {}).get(found[2]))
            else:
                self._send(404, b"{}")

        def _info(self, repo: str) -> None:
            if hub.silent.is_set():
                hub.go_on.wait(10)
            if repo in hub.gated:
                self._send(403, b"{}", {"X-Error-Code": "GatedRepo"})
            elif repo not in hub.repos:
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            else:
                self._send(200, json.dumps(hub.info(repo)).encode())

        def _file(self, data: bytes | None) -> None:
            if data is None:
                self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
                return
            asked = self.headers.get("Range", "")
            hub.ranges.append(asked)
            start = int(re.findall(r"\d+", asked)[0]) if asked else 0
            rest = bytes(len(data) - start) if hub.lies else data[start:]
            headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if asked else {}
            self.send_response(206 if asked else 200)
            for name, value in {**headers, "Content-Length": str(len(rest))}.items():
                self.send_header(name, value)
            self.end_headers()
            if hub.cuts and hub.cut_after is not None:
                hub.cuts -= 1
                self.wfile.write(rest[: hub.cut_after])
                self.close_connection = True
                return
            if hub.hold.is_set():
                half = len(rest) // 2
                self.wfile.write(rest[:half])
                hub.held.set()
                hub.go_on.wait(10)
                rest = rest[half:]
            self.wfile.write(rest)

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients break off here
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
