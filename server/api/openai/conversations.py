"""`/v1/conversations`: what is said is kept here, so that a response need only name the conversation it belongs to."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields, Metadata
from server.api.openai.listing import QUERY, listed, page
from server.api.openai.response_items import Given, ItemReference
from server.store.conversations import Conversation
from server.store.response_tables import Item

MOST_AT_ONCE = 20
"""Items in one call: OpenAI's number."""

Items = Annotated[list[Given], Field(max_length=MOST_AT_ONCE)]


class ConversationBody(Fields):
    """A new conversation."""

    items: Items | None = None
    metadata: Metadata | None = None


class ConversationChange(Fields):
    """What may be changed of a conversation."""

    metadata: Metadata | None


class ItemsBody(Fields):
    """Items for a conversation."""

    items: Annotated[Items, Field(min_length=1)]


def conversation_body(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": int(conversation.created_at.timestamp()),
        "metadata": conversation.metadata,
    }


def routes(house: House) -> list[Endpoint]:
    store = house.conversations

    def asked(request: Request) -> tuple[str, str]:
        return request.state.principal.id, request.path_params["id"]

    async def kept(owner: str, given: list[Any] | None) -> list[Item]:
        """Items as they are kept; what is only named is looked up."""
        return [
            await house.responses.item(owner, each.id) if isinstance(each, ItemReference) else each.kept()
            for each in given or ()
        ]

    async def create(request: Request) -> Response:
        """A new conversation."""
        body = await read_body(request, ConversationBody, optional=True)
        owner = request.state.principal.id
        return JSONResponse(
            conversation_body(await store.create(owner, body.metadata or {}, await kept(owner, body.items)))
        )

    async def retrieve(request: Request) -> Response:
        """A conversation without its items."""
        return JSONResponse(conversation_body(await store.get(*asked(request))))

    async def update(request: Request) -> Response:
        """Other metadata."""
        body = await read_body(request, ConversationChange)
        return JSONResponse(conversation_body(await store.update(*asked(request), body.metadata or {})))

    async def delete(request: Request) -> Response:
        """Forget a conversation and its items."""
        owner, id = asked(request)
        await store.delete(owner, id)
        return JSONResponse({"id": id, "object": "conversation.deleted", "deleted": True})

    async def add(request: Request) -> Response:
        """More items at its end."""
        body = await read_body(request, ItemsBody)
        owner, id = asked(request)
        return JSONResponse(listed(await store.add(owner, id, await kept(owner, body.items))))

    async def items(request: Request) -> Response:
        """What was said."""
        return JSONResponse(page(request, (await store.branch(*asked(request))).items))

    async def item(request: Request) -> Response:
        """One item."""
        return JSONResponse(await store.item(*asked(request), request.path_params["item"]))

    async def delete_item(request: Request) -> Response:
        """Take an item out."""
        return JSONResponse(conversation_body(await store.delete_item(*asked(request), request.path_params["item"])))

    one = "/v1/conversations/{id}"
    each = f"{one}/items/{{item}}"
    tag = "conversations"
    return [
        Endpoint("POST", "/v1/conversations", create, summary="Begin a conversation", tag=tag, body=ConversationBody),
        Endpoint("GET", one, retrieve, summary="A conversation", tag=tag),
        Endpoint("POST", one, update, summary="Change its metadata", tag=tag, body=ConversationChange),
        Endpoint("DELETE", one, delete, summary="Forget a conversation and its items", tag=tag),
        Endpoint("POST", f"{one}/items", add, summary="Add items to a conversation", tag=tag, body=ItemsBody),
        Endpoint("GET", f"{one}/items", items, summary="The items of a conversation", tag=tag, query=QUERY),
        Endpoint("GET", each, item, summary="An item of a conversation", tag=tag),
        Endpoint("DELETE", each, delete_item, summary="Take an item out of a conversation", tag=tag),
    ]
