"""Bounds on a connection that come before there is a request, or after the answer: a subclass of uvicorn's protocol.

HEAD   the request line and headers: bytes, number, time           past it 431, or closed
BODY   what is no body (chunk lines, trailers): bytes              past it closed
ANSWER given before the whole body has come: the rest is read and thrown away for a moment, then closed, so that
       the client gets to read the answer instead of a reset
SLOW   a client that takes nothing of what is sent                 dropped
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server.ids import random_hex
from server.settings import LimitsSection

log = logging.getLogger(__name__)

WRITE_BUFFER = 16_384
"""Bytes that may wait for the kernel before the application is held up: small, so that slowness is seen early."""

KERNEL_UNSENT = 65_536
"""The same inside the kernel, which otherwise takes megabytes, and shows no progress until a third has gone."""

LINGER_SECONDS = 2.0
LINGER_BYTES = 64_000_000


class HeadRefused(Exception):
    """Raised inside the parser to stop it."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection. `limits` is bound by `functools.partial`; the rest is uvicorn's."""

    def __init__(self, *args: Any, limits: LimitsSection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._in_head = True
        self._head_ended = False
        """Whether a head came to its end in the data that is being read."""
        self._message_open = False
        self._refused = False
        self._head_parsed = 0
        self._head_raw = 0
        self._overhead = 0
        self._discarded = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._linger_timer: asyncio.TimerHandle | None = None
        self._slow_timer: asyncio.TimerHandle | None = None
        self._pending = 0

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        connection = transport.get_extra_info("socket")
        if connection is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, KERNEL_UNSENT)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head_timer, self._linger_timer, self._slow_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def end(self) -> None:
        """The server stops: what has not ended by now ends here."""
        self.transport.close()
        if self._unsent():
            self._watch_reader()

    # What comes in

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._refused:
            self._discard(len(data))
            return
        began_in_head = self._in_head
        self._head_ended = False
        if began_in_head:
            if self._head_timer is None:
                self._expect_head()
        else:
            self._overhead += len(data)
        super().data_received(data)
        if self._refused or self.transport.is_closing():
            return
        if self._in_head:
            if self._message_open and self._head_timer is None:
                self._expect_head()
            # Where a head ended in this data, most of it may have been that one's body.
            self._head_raw += len(data) if began_in_head and not self._head_ended else 0
            if max(self._head_raw, self._head_parsed) > self._limits.header_bytes:
                self._refuse(431, _HEAD_TOO_LARGE)
        elif self._overhead > self._limits.body_bytes:
            log.info("A connection was closed: more framing than body")
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._message_open = True
        self._head_parsed = len(b"  HTTP/1.1\r\n\r\n")

    def on_url(self, url: bytes) -> None:
        self._head_parsed += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # A trailer. Added to the headers, it could change what has been checked already.
        self._head_parsed += len(name) + len(value) + len(b": \r\n")
        if len(self.headers) >= self._limits.header_count or self._head_parsed > self._limits.header_bytes:
            raise HeadRefused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_parsed += len(self.parser.get_method())
        if self._head_parsed > self._limits.header_bytes:
            raise HeadRefused
        self._in_head = False
        self._head_ended = True
        self._head_raw = self._overhead = self._discarded = 0
        self._stop_head_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._overhead -= len(body)
        if self._linger_timer is not None:
            self._discard(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head = True
        self._message_open = False
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What the parser could not read; also where HeadRefused ends up."""
        if self._in_head and (
            len(self.headers or ()) >= self._limits.header_count or self._head_parsed > self._limits.header_bytes
        ):
            self._refuse(431, _HEAD_TOO_LARGE)
        else:
            self._refuse(400, "This is not a valid HTTP request.")

    def _unsupported_upgrade_warning(self) -> None:
        """Not worth a line: the request is answered as if it had not asked for another protocol."""

    def _refuse(self, status: int, message: str) -> None:
        """Answer without an application, in OpenAI's shape, and close."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()  # an earlier answer is under way: nothing may be written into it
            return
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": _CODES[status]}
        body = json.dumps({"error": error}).encode()
        lines = [
            STATUS_LINE[status],
            b"content-type: application/json\r\n",
            b"content-length: %d\r\n" % len(body),
            b"x-request-id: req_%s\r\n" % random_hex(12).encode(),
            b"connection: close\r\n\r\n",
            body,
        ]
        self.transport.write(b"".join(lines))
        self._refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._stop_head_timer()
        self._linger()

    # What comes after the answer

    def _linger(self) -> None:
        if self._linger_timer is None:
            self._discarded = 0
            self._linger_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > LINGER_BYTES:
            self.transport.close()

    # Time for the head

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self._limits.header_seconds, self._head_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_head()  # The next request may be slow as long as the present one is answered.
            return
        log.debug("A connection was closed: no request within %g s", self._limits.header_seconds)
        self.transport.close()

    # What goes out

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._unsent():
            self._watch_reader()
        answered_early = self._message_open and not self._in_head and self.cycle.response_complete
        if answered_early and not self.transport.is_closing():
            self._linger()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._slow_timer is not None:
            self._slow_timer.cancel()
            self._slow_timer = None

    def _unsent(self) -> int:
        try:
            return self.transport.get_write_buffer_size()
        except AttributeError:  # asyncio's TLS transport forgets its buffer when it is closed
            return 0

    def _watch_reader(self) -> None:
        if self._slow_timer is None:
            self._pending = self._unsent()
            self._slow_timer = self.loop.call_later(self._limits.slow_reader_seconds, self._check_reader)

    def _check_reader(self) -> None:
        """Nothing taken since the last look: dropped. The abort is what the application sees as the client leaving."""
        self._slow_timer = None
        left = self._unsent()
        if not left:
            return
        if left >= self._pending:
            log.info("A client took nothing for %g s and was dropped", self._limits.slow_reader_seconds)
            self.transport.abort()
        else:
            self._watch_reader()


_HEAD_TOO_LARGE = "The headers are too large, or too many."
_CODES = {400: "bad_http", 431: "headers_too_large"}
