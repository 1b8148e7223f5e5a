"""A connection that has become a WebSocket: uvicorn's protocol, and a bound on clients that take nothing.

The request before it has passed `protocol.GuardedProtocol`, and what it asks for passes the guards like any other. One
message at a time is held here: the next is read when the application has taken it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.settings import LimitsSection

log = logging.getLogger(__name__)

MESSAGE_BYTES = 1 << 20
"""Of one message from a client; past it the socket is closed with 1009."""


class GuardedSocket(WebSocketsSansIOProtocol):
    """One socket. `limits` is bound by `functools.partial`; the rest is uvicorn's."""

    def __init__(self, *args: Any, limits: LimitsSection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._slow_reader = limits.slow_reader_seconds
        self._slow_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._slow_timer is None:
            self._slow_timer = self.loop.call_later(self._slow_reader, self._drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_slow_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_slow_timer()
        super().connection_lost(exc)

    def _drop(self) -> None:
        self._slow_timer = None
        log.info("A client took nothing for %g s and was dropped", self._slow_reader)
        self.transport.abort()

    def _stop_slow_timer(self) -> None:
        if self._slow_timer is not None:
            self._slow_timer.cancel()
            self._slow_timer = None
