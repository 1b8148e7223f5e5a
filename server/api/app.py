"""`build_app`: the house of `building.py` gets its routes, what stands around them, and its life from start to end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from server.api import admin, dialects, jobs, me, page, running, status, tokens
from server.api import hub as hub_api
from server.api import keys as keys_api
from server.api import openapi as openapi_document
from server.api import services as services_api
from server.api import usage as usage_api
from server.api.anthropic import face as anthropic_face
from server.api.anthropic import messages
from server.api.auth import Authentication
from server.api.building import build_house
from server.api.error_log import ErrorLog
from server.api.faces import Faces
from server.api.guards import BodyLimit, Errors, Hosts, Reception, raise_on
from server.api.house import Endpoint, House, Socket
from server.api.openai import (
    batches,
    chat,
    completions,
    conversation_turns,
    conversation_views,
    conversations,
    embeddings,
    files,
    models,
    rerank,
    responses,
    sessions,
    vector_stores,
)
from server.api.rate_headers import RateHeaders
from server.chat.backend import Backend
from server.engine.pool import Pool
from server.settings import Settings
from server.store.auth_keys import AuthKeys

log = logging.getLogger(__name__)

EXPOSED = (
    *("x-request-id", "request-id", "openai-processing-ms", "x-ignored-params", "retry-after", "retry-after-ms"),
    *(f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")),
    *(f"anthropic-ratelimit-{of}-{what}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")),
)
"""Headers that pages of other origins may read."""


def build_app(
    settings: Settings, *, backend: Backend | None = None, pool: Pool | None = None, keys: AuthKeys | None = None
) -> Starlette:
    """The application. Parts that are given stand in for the real ones; they are closed with it all the same.

    Raises CatalogError or StoreError where the models' files or the database cannot be used.
    """
    house = build_house(settings, backend=backend, pool=pool, keys=keys)
    dialect_routes, file_routes = dialects.routes(house), files.routes(house)
    failed = ErrorLog()

    @lru_cache(maxsize=1)
    def document_after(edits: int) -> dict[str, Any]:
        return openapi_document.document(app.routes)

    def document() -> dict[str, Any]:
        return document_after(house.services.edits)

    app = Starlette(
        routes=[
            *dialect_routes,
            *chat.routes(house),
            *completions.routes(house),
            *responses.routes(house),
            *conversation_views.routes(house),
            *conversation_turns.routes(house),
            *conversations.routes(house),
            *sessions.routes(house),
            *messages.routes(house),
            *embeddings.routes(house),
            *rerank.routes(house),
            *file_routes,
            *vector_stores.routes(house),
            *jobs.routes(house),
            *batches.routes(house),
            *models.routes(house),
            *hub_api.routes(house),
            *tokens.routes(house),
            *running.routes(house),
            *services_api.routes(house),
            *status.routes(house),
            *keys_api.routes(house),
            *usage_api.routes(house),
            *admin.routes(house, document),
            *me.routes(failed),
            *page.routes(house),
        ],
        middleware=_around(house, failed, _larger(*dialect_routes, *file_routes)),
        exception_handlers={HTTPException: raise_on},
        lifespan=_lifespan,
    )
    services_api.renew(app.router.routes, house)
    app.router.redirect_slashes = False
    app.state.house = house
    return app


def _larger(*routes: Endpoint | Socket) -> dict[str, int]:
    """The paths that take more bytes than others, and how many."""
    return {each.path: each.most_bytes for each in routes if isinstance(each, Endpoint) and each.most_bytes}


def _around(house: House, failed: ErrorLog, larger: Mapping[str, int]) -> list[Middleware]:
    """Outermost first: host, key, limits; the handler reads body and schema. `larger`: paths that take more bytes."""
    settings = house.settings
    faces = Faces(dialects.faces(settings), own=(anthropic_face.FACE,))
    errors = Middleware(Errors, faces, failed)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.server.cors_origins,
        allow_methods=("GET", "POST", "DELETE"),
        allow_headers=("*",),
        expose_headers=EXPOSED,
    )
    return [
        Middleware(Reception, house.metrics),
        Middleware(RateHeaders, house.turnstile.standing, faces),
        errors,
        Middleware(Hosts, settings.server),
        *((cors, errors) if settings.server.cors_origins else ()),
        Middleware(Authentication, house.keys, faces, settings.server.cors_origins),
        Middleware(BodyLimit, settings.limits, larger),
    ]


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    house: House = app.state.house
    watching = [
        asyncio.create_task(_follow_the_catalog(house), name="watch the catalog"),
        asyncio.create_task(_follow_the_services(app, house), name="watch the services"),
    ]
    await house.jobs.start()
    try:
        yield
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await house.jobs.close()
        await house.pool.close()
        house.backend.close()
        house.embeddings.close()
        if house.protollm is not None:
            await house.protollm.close()
        await house.upstreams.close()
        await house.turnstile.meter.close()
        await asyncio.to_thread(house.keys.close)
        await asyncio.to_thread(house.database.close)


async def _follow_the_catalog(house: House) -> None:
    try:
        await house.catalog.watch(house.pool.cards_changed)
    except Exception:
        log.exception("The models' files are not watched any more; edits need a restart")


async def _follow_the_services(app: Starlette, house: House) -> None:
    try:
        await house.services.watch(lambda _: services_api.renew(app.router.routes, house))
    except Exception:
        log.exception("The services' files are not watched any more; edits need a restart")
