"""Runs the application on a socket, and stops it in the right order: work first, listeners after.

serving ──signal──▶ draining: new work is refused, running answers go on for up to server.drain_seconds
        draining ──done──▶ listeners closed, connections ended, models unloaded
        draining ──second signal──▶ ended at once
"""

from __future__ import annotations

import asyncio
import errno
import functools
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any, cast

import uvicorn

from server.api.app import build_app
from server.api.house import House
from server.api.protocol import GuardedProtocol
from server.api.socket_protocol import MESSAGE_BYTES, GuardedSocket
from server.settings import Settings
from server.telemetry import configure_logging
from server.tls import secure

log = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0005
"""How long the event loop waits for the interpreter while a thread of an engine has it; Python's own is ten times
that, and would be seen in the gaps between tokens."""

PARTING_SECONDS = 3.0
"""For the last words of answers that were ended, once the drain is over."""

KEEP_ALIVE_SECONDS = 75
"""For an idle connection; longer than what clients keep theirs, so that none is closed under a request."""


class DrainingServer(uvicorn.Server):
    """uvicorn's server, but a signal drains before it closes anything."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        """Set once it listens."""
        self._drain = drain
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None
        self._stops = 0

    async def startup(self, sockets: Any = None) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await super().startup(sockets)
        except SystemExit as leaving:
            if isinstance(why := leaving.__context__, OSError) and why.errno == errno.EADDRINUSE:
                log.error(
                    "Cannot listen on %s port %d: another program has taken it meanwhile. Stop it, or choose another "
                    "with --port.",
                    self.config.host,
                    self.config.port,
                )
            raise
        for listener in (each for server in self.servers for each in server.sockets):
            host, port = listener.getsockname()[:2]
            scheme = "https" if self.config.ssl else "http"
            log.info("Listening on %s://%s:%d", scheme, f"[{host}]" if ":" in host else host, port)
        self.ready.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """In the main thread, between any two of its steps: only counts, and leaves the rest to the event loop."""
        self._stops += 1
        if self._loop is None:
            self.should_exit = True
        elif self._stops == 1:
            self._loop.call_soon_threadsafe(self.stop)
        else:
            # Threads may be deep in llama.cpp and would be waited for. What was acknowledged is on the disk.
            log.warning("Stopped at once by a second %s", signal.Signals(sig).name)
            logging.shutdown()
            os._exit(128 + sig)

    def stop(self) -> None:
        """Begin to drain; the server exits when that is over. On the event loop."""
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain_and_exit())

    async def _drain_and_exit(self) -> None:
        log.info("Shutting down: running answers may finish, new work is refused")
        try:
            await self._drain()
        except Exception:
            log.exception("Draining failed")
        finally:
            self.should_exit = True

    async def shutdown(self, sockets: Any = None) -> None:
        for server in self.servers:
            server.close()
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, GuardedSocket):
                connection.shutdown()  # sockets never end by themselves
        if tasks := tuple(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=PARTING_SECONDS)
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, GuardedProtocol):
                connection.end()
        await super().shutdown(sockets)


def make_server(settings: Settings, app: Any) -> DrainingServer:
    """A server for the application as `build_app` made it; not started."""
    house: House = app.state.house
    proxies = settings.server.trusted_proxies
    config = uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        http=cast(type[asyncio.Protocol], functools.partial(GuardedProtocol, limits=settings.limits)),
        ws=cast(type[asyncio.Protocol], functools.partial(GuardedSocket, limits=settings.limits)),
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,  # a few bytes of which become many
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(PARTING_SECONDS) + 1,
    )
    config.load()
    if settings.tls.enabled:
        secure(config, settings.tls)

    async def drain() -> None:
        house.jobs.pause()
        await house.pool.drain(settings.server.drain_seconds)

    return DrainingServer(config, drain)


def serve(settings: Settings) -> None:
    """Serve until a signal. Raises SettingsError or CatalogError where something cannot be used."""
    configure_logging(settings.log.level, settings.log.format)
    sys.setswitchinterval(SWITCH_SECONDS)
    server = make_server(settings, build_app(settings))
    server.run()
