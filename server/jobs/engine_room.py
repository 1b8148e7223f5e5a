"""What a worker has of the house: the models and the doors to them. No database, no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from server.catalog import Catalog
from server.chat.backend import Backend, Embeddings
from server.chat.completion import LocalBackend
from server.chat.embedding import LocalEmbeddings
from server.chat.metered import Gate, MeteredBackend, MeteredEmbeddings
from server.engine.pool import Pool
from server.settings import Settings
from server.telemetry import Metrics
from server.upstream.router import Upstreams


@dataclass(frozen=True, slots=True)
class EngineRoom:
    """The parts of a worker that compute."""

    settings: Settings
    catalog: Catalog
    pool: Pool
    backend: Backend
    embeddings: Embeddings


@asynccontextmanager
async def engine_room(settings: Settings, gate: Gate | None = None) -> AsyncIterator[EngineRoom]:
    """The parts, until the context is left. Edits of the models' file are taken up as in a server. `gate`: who counts
    what goes through the doors.
    """
    catalog = Catalog.from_settings(settings)
    metrics = Metrics()
    pool = Pool(settings, catalog, metrics)
    upstreams = Upstreams(catalog, settings, metrics)
    backend: Backend = upstreams.beside(LocalBackend(pool, catalog, settings))
    embeddings: Embeddings = upstreams.beside_vectors(LocalEmbeddings(pool, catalog))
    if gate is not None:
        backend, embeddings = MeteredBackend(backend, gate), MeteredEmbeddings(embeddings, gate)
    room = EngineRoom(settings, catalog, pool, backend, embeddings)
    watching = asyncio.create_task(catalog.watch(pool.cards_changed), name="watch the catalog")
    try:
        yield room
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await pool.close()
        room.backend.close()
        room.embeddings.close()
        await upstreams.close()
