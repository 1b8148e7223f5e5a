"""What stands around every handler, as pure ASGI, outermost first:

    Reception    request id, headers of every answer, the log line, the count
    RateHeaders      (rate_headers.py)
    Errors       whatever is raised further in, in the shape of the path's face
    Hosts        which names this server answers to
    (CORS)       only where origins are configured; with a second Errors inside, so that errors carry its headers too
    Authentication   (auth.py)
    BodyLimit    size of the body and silence while it comes

Size and time of the headers are the protocol's business (`protocol.py`), as they come before there is a request.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from server.api.auth import NOBODY
from server.api.error_log import Broken, ErrorLog
from server.api.faces import Faces, header
from server.api.streaming import ClientLeft
from server.errors import (
    BadRequest,
    MethodNotAllowed,
    ModelNotFound,
    NotFound,
    PayloadTooLarge,
    RequestTimeout,
    ServerError,
    WrongHost,
)
from server.ids import random_hex
from server.settings import LimitsSection, ServerSection
from server.store.database import Refused, unavailable
from server.telemetry import Metrics, request_id

log = logging.getLogger(__name__)

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
QUIET = frozenset({"/health", "/ready", "/metrics"})
"""Asked by machines every few seconds: their lines are for the level debug."""

LEFT = 499
"""What the log says where the client left before there was a status."""

ASKED = frozenset({"http", "websocket"})
"""The kinds of scope that somebody asks for; a WebSocket is guarded like any request until it is accepted."""

SWITCHED = 101
BROKEN = 1011
"""How a socket is closed whose handler failed."""

OPENINGS = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})
"""The messages that begin an answer."""


class Reception:
    """The outermost: names the request, marks its answer, and writes it down when it is over. A WebSocket is one."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ASKED:
            return await self._app(scope, receive, send)
        state = scope.setdefault("state", {})
        sent_id = header(scope, b"x-request-id") or ""
        state["request_id"] = name = sent_id if SANE_ID.fullmatch(sent_id) else f"req_{random_hex(12)}"
        began = time.perf_counter()
        status, size = LEFT, 0

        async def reply(message: Message) -> None:
            nonlocal status, size
            if message["type"] in OPENINGS:
                status = message.get("status", SWITCHED)
                taken = int((time.perf_counter() - began) * 1000)
                message = {**message, "headers": [*message.get("headers", ()), *_marks(name, taken, state)]}
            else:
                size += len(message.get("body") or message.get("text") or b"")
            await send(message)

        before = request_id.set(name)
        try:
            await self._app(scope, receive, reply)
        finally:
            self._write_down(scope, status, time.perf_counter() - began, size)
            request_id.reset(before)

    def _write_down(self, scope: Scope, status: int, seconds: float, size: int) -> None:
        method, path, state = _method(scope), quote(scope["path"]), scope["state"]
        self._metrics.request(method, state.get("route", "none"), status, seconds)
        key = state.get("principal", NOBODY).id
        milliseconds = round(seconds * 1000, 1)
        level = logging.DEBUG if scope["path"] in QUIET else logging.INFO
        facts = {
            "method": method,
            "path": path,
            "status": status,
            "ms": milliseconds,
            "key": key or None,
            "bytes": size,
        }
        log.log(
            level,
            "%s %s %d %s ms %d bytes key %s",
            method,
            path,
            status,
            milliseconds,
            size,
            key or "-",
            extra={"facts": facts},
        )


def _method(scope: Scope) -> str:
    """The method; what asks for a WebSocket has none."""
    return str(scope.get("method", "SOCKET"))


def _marks(name: str, milliseconds: int, state: dict[str, object]) -> Iterable[tuple[bytes, bytes]]:
    """The headers of every answer."""
    yield b"x-request-id", name.encode()
    yield b"openai-processing-ms", str(milliseconds).encode()
    yield b"x-content-type-options", b"nosniff"
    if ignored := state.get("ignored_params"):
        assert isinstance(ignored, tuple)
        # Names that a client made up: few, short, and without anything that could end a header.
        yield b"x-ignored-params", ", ".join(quote(each[:64], safe="") for each in ignored[:32]).encode()


class Errors:
    """The one place where an error becomes an answer."""

    def __init__(self, app: ASGIApp, faces: Faces, noted: ErrorLog) -> None:
        self._app = app
        self._faces = faces
        self._noted = noted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ASKED:
            return await self._app(scope, receive, send)
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        name: str = scope["state"]["request_id"]
        error: ServerError
        try:
            return await self._app(scope, receive, watched)
        except (ClientDisconnect, ClientLeft, WebSocketDisconnect):
            return None
        except ModelNotFound as raised:
            error = raised.naming(scope["state"].get("principal", NOBODY).limits.allows)
        except ServerError as raised:
            error = raised
        except HTTPException as raised:
            error = _translate(raised, scope)
        except Refused as raised:
            error = unavailable(raised)
        except Exception:
            log.exception("A bug, found by %s %s", _method(scope), quote(scope["path"]))
            error = ServerError(f"The server made a mistake. Its log says more under the request id {name}.")
        self._note(scope, error)
        if begun:
            log.warning("An answer was broken off: %s", error.message)
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": BROKEN})
        else:
            await self._faces.of(scope).render(error, name)(scope, receive, send)

    def _note(self, scope: Scope, error: ServerError) -> None:
        if owner := scope["state"].get("principal", NOBODY).id:  # a stranger's errors tell an owner nothing
            path, name = quote(scope["path"])[:200], scope["state"]["request_id"]
            self._noted.note(Broken(owner, error.message, error.status, _method(scope), path, name))


async def raise_on(_: object, error: Exception) -> None:
    """Starlette's handler for its own exceptions: let them through to Errors."""
    raise error


def _translate(error: HTTPException, scope: Scope) -> ServerError:
    """What Starlette's router raises, in our words."""
    asked = f"{scope['method']} {quote(scope['path'])[:200]}"
    if error.status_code == 405:
        return MethodNotAllowed(f"{asked} is not answered.", allow=(error.headers or {}).get("Allow", ""))
    if error.status_code == 404:
        return NotFound(f"There is no {asked}. /docs lists what there is.")
    return BadRequest(f"{asked}: {error.detail}")


HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,255}))(?::[0-9]{1,5})?")


class Hosts:
    """Answers only to known names, so that a page elsewhere cannot reach it by pointing its own name here.

    Known are the names of loopback, the address listened on, the address that the connection came in at, and
    `server.allowed_hosts`.
    """

    def __init__(self, app: ASGIApp, server: ServerSection) -> None:
        self._app = app
        self._all = "*" in server.allowed_hosts
        given = (_address(name.strip("[]")) or _plain(name) or "" for name in (*server.allowed_hosts, server.host))
        self._names = frozenset({"localhost", *given}) - {"", "0.0.0.0", "::"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ASKED:
            self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(sent) != 1:
            raise BadRequest(f"Expected one Host header, found {len(sent)}.")
        if self._all:
            return
        host = _plain(sent[0])
        if host is None or not (host in self._names or _is_loopback(host) or host == _local_address(scope)):
            raise WrongHost(
                f"This server does not answer to the host {sent[0][:100]!r}. "
                "If it should, add the name to server.allowed_hosts (LLM_API_ALLOWED_HOSTS)."
            )


@lru_cache(256)
def _plain(text: str) -> str | None:
    """The host of a Host header: lower case, no port, no brackets, no last dot; an address in its shortest spelling."""
    found = HOST.fullmatch(text.strip())
    if found is None:
        return None
    if found["six"]:
        return _address(found["six"])
    name = found["name"].lower().removesuffix(".")
    return _address(name) or name


@lru_cache(256)
def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


@lru_cache(256)
def _is_loopback(host: str) -> bool:
    return _address(host) is not None and ipaddress.ip_address(host).is_loopback


def _local_address(scope: Scope) -> str | None:
    return _address(str(scope["server"][0])) if scope.get("server") else None


class BodyLimit:
    """No more bytes than `limits.body_bytes`, or than `larger` says of the path; no silence longer than
    `limits.body_idle_seconds` while they come.

    What is announced too large is refused before a byte of it is read; the protocol then ends the connection.
    """

    def __init__(self, app: ASGIApp, limits: LimitsSection, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._most = limits.body_bytes
        self._larger = larger or {}
        self._idle = limits.body_idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = self._larger.get(scope.get("path", "").rstrip("/"), self._most)
        announced = header(scope, b"content-length") or "0"
        if len(announced) > 18 or (announced.isdecimal() and int(announced) > most):
            raise _too_large(most)
        received, more = 0, True

        async def limited() -> Message:
            nonlocal received, more
            if not more:
                return await receive()
            try:
                async with asyncio.timeout(self._idle):
                    message = await receive()
            except TimeoutError:
                raise RequestTimeout(f"Nothing of the body came for {self._idle:g} seconds.") from None
            received += len(message.get("body", b""))
            more = bool(message.get("more_body", False))
            if received > most:
                raise _too_large(most)
            return message

        await self._app(scope, limited, send)


def _too_large(most: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is too large; at most {most} bytes are read.")
