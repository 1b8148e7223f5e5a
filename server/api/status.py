"""`GET /status`: what the models are doing, now and at every change, as server-sent events that never end.

The words of `status` and the form of `info` and `models` are those of the LLM-API, whose clients read this path;
`states` tells of every model, with the progress of a load in per cent.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from server.api.auth import Principal
from server.api.faces import openai_error
from server.api.house import Endpoint, House
from server.api.streaming import EventStream, event
from server.errors import ModelNotFound

if TYPE_CHECKING:
    from server.engine.states import ModelStatus


def state_body(status: ModelStatus | None) -> dict[str, Any]:
    """One model's state. None: the pool has not heard of it yet."""
    if status is None:
        return {"state": "unloaded", "progress": None, "error": None, "running": 0, "waiting": 0, "bytes": None}
    return {
        "state": str(status.state),
        "progress": None if status.progress is None else round(100 * status.progress, 1),
        "error": status.error,
        "running": status.running,
        "waiting": status.waiting,
        "bytes": status.bytes,
    }


def models_body(house: House, principal: Principal) -> dict[str, Any]:
    """The configured models that the key may use, by name."""
    cards = filter(principal.may_use, house.catalog.cards())
    return {card.name: {"personalities": list(card.personalities)} for card in cards}


def status_body(house: House, principal: Principal, statuses: Sequence[ModelStatus]) -> dict[str, Any]:
    """One event: `status` and `info` are about the model that was chosen, `states` about all that the key may use."""
    known = {status.name: status for status in statuses}
    models = models_body(house, principal)
    states = {name: state_body(known.get(name)) for name in models}
    chosen = house.pool.chosen
    info = None
    if chosen is not None and _may_know(house, principal, chosen.model):
        try:
            meta = dict(house.catalog.get(chosen.model).meta)
        except ModelNotFound:
            meta = {}
        info = {"model": chosen.model, "personality": chosen.personality or "none", "meta": meta}
    return {
        "status": _word(states.get(chosen.model)) if chosen is not None else "Terminated",
        "info": info,
        "models": models,
        "states": states,
    }


def _may_know(house: House, principal: Principal, model: str) -> bool:
    """Whether the key may be told of this model; of one that is no more there is nothing to hide."""
    try:
        return principal.may_use(house.catalog.get(model))
    except ModelNotFound:
        return True


def _word(state: dict[str, Any] | None) -> str:
    if state is None:
        return "Terminated"
    if state["state"] == "ready":
        return "Processing" if state["running"] or state["waiting"] else "Idle"
    return "Loading" if state["state"] == "loading" else "Terminated"


async def _events(house: House, principal: Principal) -> AsyncGenerator[bytes, None]:
    last = b""
    async with house.pool.subscribe() as changes:
        async for statuses in changes:
            news = event(status_body(house, principal, statuses), "message")
            if news != last:
                yield news
                last = news
            if house.pool.draining:
                return


def status_stream(house: House, request: Request) -> Response:
    """The response that tells of every change."""
    return EventStream(
        _events(house, request.state.principal),
        failure=lambda error: event(openai_error(error), "error"),
        settings=house.settings,
    )


def routes(house: House) -> list[Endpoint]:
    async def status(request: Request) -> Response:
        """The states of all models."""
        return status_stream(house, request)

    endpoint = Endpoint(
        "GET",
        "/v1/status",
        status,
        summary="Follow the states of the models",
        tag="models",
        needs=None,
        media="text/event-stream",
        streams=True,
        description="The present state at once, then an event for every change, with the progress of loads.",
    )
    return [endpoint, endpoint.at("/status")]
