"""`/v1/keys`: the keys of this server, made, listed, changed and revoked by whoever has the right `admin`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.admin import NO_CACHE
from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields
from server.errors import Unauthorized
from server.store.auth_keys import Key
from server.store.key_changes import KeyChanges


def _moment(value: Any) -> Any:
    """An ISO text as the moment it names; seconds since 1970 too. A time without a zone is in UTC."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"expected an ISO time such as 2030-01-31T12:00:00Z, found {value[:40]!r}") from None
        try:
            return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        except OverflowError:
            raise ValueError("expected a time within the calendar of UTC") from None
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError, ValueError):
            raise ValueError("expected seconds since 1970 within the calendar") from None
    return value


class KeyBody(Fields):
    """What a key is to be; of a key that exists, what is to be different. null takes a limit away."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    description: str = ""
    rights: list[str] = Field(["chat"], description="Of chat, models and admin.")
    expires_at: Annotated[AwareDatetime, BeforeValidator(_moment)] | None = None
    """An ISO time, or seconds since 1970."""
    requests_per_minute: int | None = None
    tokens_per_day: int | None = None
    """Of prompts and answers together, from midnight to midnight UTC."""
    streams: int | None = None
    """Answers at once."""
    priority: Annotated[int, Field(description="Higher goes first.")] = 0
    models: list[str] | None = None
    """Names or aliases; null: all."""

    def changes(self) -> KeyChanges:
        """What the client said, and nothing else."""
        return cast(KeyChanges, {name: getattr(self, name) for name in self.model_fields_set})


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A new key, with its text, this once."""
        body = await read_body(request, KeyBody)
        terms = {"name": "", "description": "", **body.changes()}
        by = request.state.principal.id
        key, text = await asyncio.to_thread(lambda: house.keys.create(**terms, by=by))  # type: ignore[arg-type]
        return JSONResponse({**key_body(key), "key": text}, 201, NO_CACHE)

    async def listing(request: Request) -> Response:
        """All keys, the oldest first."""
        found = await asyncio.to_thread(house.keys.list)
        return JSONResponse({"object": "list", "data": [key_body(key) for key in found]})

    async def retrieve(request: Request) -> Response:
        """One key."""
        return JSONResponse(key_body(await asyncio.to_thread(house.keys.show, request.path_params["id"])))

    async def update(request: Request) -> Response:
        """Change what is named."""
        body = await read_body(request, KeyBody)
        id, by = request.path_params["id"], request.state.principal.id
        return JSONResponse(key_body(await asyncio.to_thread(house.keys.update, id, body.changes(), by=by)))

    async def revoke(request: Request) -> Response:
        """Make it useless for good."""
        id, by = request.path_params["id"], request.state.principal.id
        key = await asyncio.to_thread(house.keys.revoke, id, by=by)
        house.register.stop_all(id, Unauthorized("This API key was revoked while it was being answered."))
        return JSONResponse(key_body(key))

    def at(method: str, path: str, handler: Any, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, path, handler, summary=summary, tag="keys", needs="admin", work=False, **more)

    one = "/v1/keys/{id}"
    return [
        at("GET", "/v1/keys", listing, "List the keys", description="Revoked ones too. Secrets are not kept."),
        at("POST", "/v1/keys", create, "Make a key", body=KeyBody, description="`key`, its text, is shown this once."),
        at("GET", one, retrieve, "A key"),
        at(
            "POST",
            one,
            update,
            "Change a key",
            body=KeyBody,
            description="Only what is named changes; null takes a limit away. In every process within a second.",
        ),
        at(
            "DELETE",
            one,
            revoke,
            "Revoke a key",
            description="For good, in every process within a second. What this server is answering to it ends at once.",
        ),
    ]


def key_body(key: Key) -> dict[str, Any]:
    """A key as it is shown."""
    return {"object": "key", **key.as_json()}
