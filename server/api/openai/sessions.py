"""`/v1/sessions`: several conversations with one model, under the same instructions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.conversation_views import JSON_LINES, exported_all
from server.api.openai.fields import Fields, KeptText, Metadata, Title
from server.api.openai.listing import QUERY, listed, window
from server.errors import BadRequest
from server.store.sessions import Session, Terms, Truncation

ModelName = Annotated[str, Field(min_length=1)]


class SessionChange(Fields):
    """What may be changed of a session: another model answers from the next turn on."""

    model: ModelName | None = None
    title: Title | None = None
    instructions: KeptText | None = None
    truncation: Truncation | None = None
    metadata: Metadata | None = None

    def change(self) -> dict[str, Any]:
        """What is said of the session's Terms."""
        return self.model_dump(exclude_none=True)


class SessionBody(SessionChange):
    """A new session."""

    model: ModelName


def session_body(session: Session) -> dict[str, Any]:
    terms = session.terms
    return {
        "id": session.id,
        "object": "session",
        "created_at": int(session.created_at.timestamp()),
        "updated_at": int(session.updated_at.timestamp()),
        "model": terms.model,
        "title": terms.title,
        "instructions": terms.instructions,
        "truncation": terms.truncation,
        "metadata": terms.metadata or {},
    }


def routes(house: House) -> list[Endpoint]:
    store = house.sessions

    def asked(request: Request) -> tuple[str, str]:
        return request.state.principal.id, request.path_params["id"]

    async def create(request: Request) -> Response:
        """A new session."""
        body = await read_body(request, SessionBody)
        request.state.principal.check_model(house.catalog.get(body.model))
        return JSONResponse(session_body(await store.create(request.state.principal.id, Terms(**body.change()))))

    async def all_of_them(request: Request) -> Response:
        """This key's sessions."""
        page = await store.list(request.state.principal.id, window(request))
        return JSONResponse(listed(list(map(session_body, page.items)), has_more=page.has_more))

    async def retrieve(request: Request) -> Response:
        """A session."""
        return JSONResponse(session_body(await store.get(*asked(request))))

    async def update(request: Request) -> Response:
        """Another model, title, instructions, truncation or metadata."""
        change = (await read_body(request, SessionChange)).change()
        if not change:
            raise BadRequest("There is nothing to change: expected one of " + ", ".join(SessionChange.model_fields))
        if "model" in change:
            request.state.principal.check_model(house.catalog.get(change["model"]))
        return JSONResponse(session_body(await store.update(*asked(request), change)))

    async def delete(request: Request) -> Response:
        """Forget a session and its conversations."""
        owner, id = asked(request)
        await store.delete(owner, id)
        return JSONResponse({"id": id, "object": "session.deleted", "deleted": True})

    async def export(request: Request) -> Response:
        """A session's conversations as JSON lines."""
        owner, id = asked(request)
        await store.get(owner, id)
        return StreamingResponse(exported_all(house, owner, id), media_type=JSON_LINES)

    path, one, tag = "/v1/sessions", "/v1/sessions/{id}", "sessions"
    return [
        Endpoint(
            "POST",
            path,
            create,
            summary="Begin a session",
            tag=tag,
            body=SessionBody,
            description="Conversations that are begun with its `session_id` are answered by its model, under its "
            "instructions. `truncation` says what becomes of one that has outgrown the model: `disabled` refuses the "
            "turn, `auto` leaves out the oldest turns and says so in the answer.",
        ),
        Endpoint("GET", path, all_of_them, summary="List the sessions", tag=tag, query=QUERY),
        Endpoint("GET", one, retrieve, summary="A session", tag=tag),
        Endpoint("POST", one, update, summary="Change a session, or its model", tag=tag, body=SessionChange),
        Endpoint("DELETE", one, delete, summary="Forget a session and its conversations", tag=tag),
        Endpoint("GET", f"{one}/export", export, summary="A session as JSON lines", tag=tag, media=JSON_LINES),
    ]
