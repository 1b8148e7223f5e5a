"""`/v1/conversations`: what is said is kept here, so that a response need only name the conversation it belongs to.

OpenAI's routes, and what this server knows of a conversation besides: its title, its session, its head. Lists, search,
branches and export are in `conversation_views.py`; answers in `conversation_turns.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields, Metadata, Title
from server.api.openai.listing import QUERY, listed, window
from server.api.openai.response_items import Given, Id, ItemReference
from server.errors import BadRequest
from server.store.conversation_tables import Conversation
from server.store.conversations import Change
from server.store.response_tables import Item

MOST_AT_ONCE = 20
"""Items in one call: OpenAI's number."""

BRANCH = {**QUERY, "head": "the item that the branch ends with; the conversation's head unless told"}

Items = Annotated[list[Given], Field(max_length=MOST_AT_ONCE)]


class ConversationBody(Fields):
    """A new conversation."""

    items: Items | None = None
    metadata: Metadata | None = None
    title: Title | None = None
    session_id: Id | None = None


class ConversationChange(Fields):
    """What may be changed of a conversation. `head`: the item that what is said next follows."""

    metadata: Metadata | None = None
    title: Title | None = None
    head: Id | None = None

    def change(self) -> Change:
        """Raises BadRequest where nothing is to be changed."""
        if not self.model_fields_set & {"metadata", "title", "head"}:
            raise BadRequest("Missing required parameter: 'metadata'.", param="metadata")
        metadata = self.metadata or {} if "metadata" in self.model_fields_set else None
        return Change(metadata, self.title, self.head)


class ItemsBody(Fields):
    """Items for a conversation. They follow its head; or stand in the place of the item `replaces`, as a branch."""

    items: Annotated[Items, Field(min_length=1)]
    replaces: Id | None = None


def conversation_body(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": int(conversation.created_at.timestamp()),
        "metadata": conversation.metadata,
        "title": conversation.title,
        "updated_at": int(conversation.updated_at.timestamp()),
        "session_id": conversation.session,
        "head": conversation.head,
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
        items = await kept(owner, body.items)
        made = await store.create(owner, body.metadata or {}, items, title=body.title or "", session=body.session_id)
        return JSONResponse(conversation_body(made))

    async def retrieve(request: Request) -> Response:
        """A conversation without its items."""
        return JSONResponse(conversation_body(await store.get(*asked(request))))

    async def update(request: Request) -> Response:
        """Other metadata, another title, another branch."""
        body = await read_body(request, ConversationChange)
        return JSONResponse(conversation_body(await store.update(*asked(request), body.change())))

    async def delete(request: Request) -> Response:
        """Forget a conversation and its items."""
        owner, id = asked(request)
        await store.delete(owner, id)
        return JSONResponse({"id": id, "object": "conversation.deleted", "deleted": True})

    async def add(request: Request) -> Response:
        """More items at its end, or as another branch."""
        body = await read_body(request, ItemsBody)
        owner, id = asked(request)
        return JSONResponse(listed(await store.add(owner, id, await kept(owner, body.items), before=body.replaces)))

    async def items(request: Request) -> Response:
        """What was said."""
        found = await store.items(*asked(request), window(request), request.query_params.get("head") or None)
        return JSONResponse(listed(found.items, has_more=found.has_more))

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
        Endpoint("POST", one, update, summary="Change its metadata, title, head", tag=tag, body=ConversationChange),
        Endpoint("DELETE", one, delete, summary="Forget a conversation and its items", tag=tag),
        Endpoint("POST", f"{one}/items", add, summary="Add items to a conversation", tag=tag, body=ItemsBody),
        Endpoint("GET", f"{one}/items", items, summary="The items of a conversation", tag=tag, query=BRANCH),
        Endpoint("GET", each, item, summary="An item of a conversation", tag=tag),
        Endpoint("DELETE", each, delete_item, summary="Take an item out of a conversation", tag=tag),
    ]
