"""The models that this server offers: listed, described, loaded, unloaded, estimated. Ids may contain slashes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.anthropic import models as anthropic
from server.api.anthropic.face import REQUEST_ID, is_anthropic
from server.api.auth import Principal
from server.api.house import Endpoint, House
from server.api.key_names import key_names
from server.api.status import state_body
from server.api.streaming import while_connected
from server.catalog import ModelCard
from server.engine.memory import free_gpu_memory
from server.engine.states import Cells
from server.errors import ServerError

OWNER = "llm-api"


def _created(house: House, card: ModelCard) -> int:
    """When the model's file was written; while there is none, when its entry was."""
    with suppress(OSError):
        if card.upstream is None:
            return int(card.file.stat().st_mtime)
    return house.catalog.modified


async def _capabilities(house: House, card: ModelCard) -> list[str] | None:
    """What the model can be asked for; None while its file cannot be read."""
    try:
        found = [str(use) for use in (await house.pool.uses(card.name)).all]
    except ServerError:
        return None
    return [*found, "images"] if card.projector is not None else found


async def _cells(house: House, principal: Principal, cells: Cells | None) -> dict[str, Any] | None:
    """How full a model's pool is, and by whose requests: a key sees its own part, one with the right admin all."""
    if cells is None:
        return None
    all_of_them = "admin" in principal.rights
    seen = {key: count for key, count in cells.held.items() if all_of_them or key == principal.id}
    names = await key_names(house, principal, seen)
    keys = [{"id": key, "name": names.get(key), "cells": count} for key, count in seen.items()]
    return {"total": cells.total, "used": sum(cells.held.values()), "keys": keys}


async def model_body(house: House, principal: Principal, card: ModelCard) -> dict[str, Any]:
    """A model as OpenAI shows it, and all that is ours under one key."""
    status = {status.name: status for status in house.pool.statuses()}.get(card.name)
    return {
        "id": card.name,
        "object": "model",
        "created": _created(house, card),
        "owned_by": OWNER,
        "llm_api": {
            **state_body(status),
            "cells": await _cells(house, principal, status.cells if status else None),
            "description": card.description,
            "aliases": list(card.aliases),
            "personalities": dict(card.personalities),
            "context": card.context,
            "capabilities": await _capabilities(house, card),
        },
    }


def _anthropic_body(house: House, card: ModelCard) -> dict[str, Any]:
    return anthropic.model_body(card, _created(house, card))


async def list_models(house: House, request: Request) -> Response:
    """The models that the key may use, as OpenAI's clients read them, or Anthropic's where one of theirs asks."""
    principal: Principal = request.state.principal
    cards: Sequence[ModelCard] = tuple(filter(principal.may_use, house.catalog.cards()))
    if not is_anthropic(request.scope):
        return JSONResponse({"object": "list", "data": [await model_body(house, principal, card) for card in cards]})
    page = anthropic.page([_anthropic_body(house, card) for card in cards], request.query_params)
    return JSONResponse(page, headers={REQUEST_ID: request.state.request_id})


def routes(house: House) -> list[Endpoint]:
    def card_of(request: Request) -> ModelCard:
        principal: Principal = request.state.principal
        return principal.check_model(house.catalog.get(request.path_params["id"]))

    async def body(request: Request, card: ModelCard) -> dict[str, Any]:
        return await model_body(house, request.state.principal, card)

    async def listing(request: Request) -> Response:
        """All models."""
        return await list_models(house, request)

    async def retrieve(request: Request) -> Response:
        """One model."""
        if is_anthropic(request.scope):
            headers = {REQUEST_ID: request.state.request_id}
            return JSONResponse(_anthropic_body(house, card_of(request)), headers=headers)
        return JSONResponse(await body(request, card_of(request)))

    async def load(request: Request) -> Response:
        """Load, and answer when it is done; with `wait=false` at once."""
        card = card_of(request)
        if request.query_params.get("wait") == "false":
            return JSONResponse(await body(request, card), 202, background=BackgroundTask(_load, house, card.name))
        await while_connected(request.receive, house.pool.load(card.name))
        return JSONResponse(await body(request, card))

    async def unload(request: Request) -> Response:
        """Unload, if the model is idle or `force=true`."""
        card = card_of(request)
        await house.pool.unload(card.name, force=request.query_params.get("force") == "true")
        return JSONResponse(await body(request, card))

    async def estimate(request: Request) -> Response:
        """What loading would take."""
        card = card_of(request)
        found = await house.pool.estimate(card.name)
        return JSONResponse(found.as_json(card.name, free_gpu_memory()))

    one = "/v1/models/{id:path}"
    listed = Endpoint("GET", "/v1/models", listing, summary="List the models", tag="models", needs=None)
    retrieved = Endpoint("GET", one, retrieve, summary="Describe a model", tag="models", needs=None)
    return [
        listed,
        listed.at("/models"),
        Endpoint(
            "POST",
            f"{one}/load",
            load,
            summary="Load a model",
            tag="models",
            needs="models",
            query={"wait": "false: answer 202 at once and load in the background"},
        ),
        Endpoint(
            "POST",
            f"{one}/unload",
            unload,
            summary="Unload a model",
            tag="models",
            needs="models",
            query={"force": "true: even if it is answering"},
            work=False,
        ),
        Endpoint("GET", f"{one}/estimate", estimate, summary="Bytes that a load takes", tag="models", needs=None),
        retrieved,
        retrieved.at("/models/{id:path}"),
    ]


async def _load(house: House, name: str) -> None:
    # Why it failed is the model's state from then on; whoever asked has had an answer.
    with suppress(ServerError):
        await house.pool.load(name)
