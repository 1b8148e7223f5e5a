"""A key's conversations seen together and from outside: lists, search, branches, export."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from server.api.house import Endpoint, House
from server.api.openai.conversations import conversation_body
from server.api.openai.listing import MOST, QUERY, listed, window
from server.api.streaming import to_json
from server.store.conversation_search import Match
from server.store.conversation_tables import Conversation
from server.store.conversation_trees import End
from server.store.paging import Window

JSON_LINES = "application/x-ndjson"


def match_body(match: Match) -> dict[str, Any]:
    """A title or a message that was found, with the conversation it stands in."""
    return {
        "id": match.id,
        "object": "conversation.match",
        "conversation": conversation_body(match.conversation),
        "item_id": match.item,
        "snippet": match.snippet,
    }


def branch_body(end: End) -> dict[str, Any]:
    """A branch, by the item that it ends with."""
    return {
        "id": end.id,
        "object": "conversation.branch",
        "created_at": int(end.created_at.timestamp()),
        "length": end.length,
        "shared": end.shared,
        "head": end.goes_on,
    }


async def exported(house: House, owner: str, conversation: Conversation) -> AsyncIterator[bytes]:
    """A conversation as lines: itself, then all its items, each after the one that it follows."""
    yield line({"type": "conversation", **conversation_body(conversation)})
    for placed in await house.conversations.trees.items(owner, conversation.id):
        place = {"conversation_id": conversation.id, "parent_id": placed.parent}
        said = {"created_at": int(placed.created_at.timestamp()), "item": placed.item}
        yield line({"type": "item", **place, **said})


async def exported_all(house: House, owner: str, session: str | None = None) -> AsyncIterator[bytes]:
    """All of a key's conversations, or a session's, as lines. One that grows meanwhile is told once."""
    told: set[str] = set()
    asked = Window(MOST, newest_first=False)
    while True:
        page = await house.conversations.list(owner, asked, session)
        for conversation in page.items:
            if conversation.id not in told:
                told.add(conversation.id)
                async for each in exported(house, owner, conversation):
                    yield each
        if not page.has_more:
            return
        asked = replace(asked, after=page.items[-1].id)


def line(value: dict[str, Any]) -> bytes:
    return to_json(value).encode() + b"\n"


def routes(house: House) -> list[Endpoint]:
    store = house.conversations

    async def all_of_them(request: Request) -> Response:
        """This key's conversations."""
        owner, session = request.state.principal.id, request.query_params.get("session_id") or None
        page = await store.list(owner, window(request), session)
        return JSONResponse(listed(list(map(conversation_body, page.items)), has_more=page.has_more))

    async def search(request: Request) -> Response:
        """Titles and messages that hold these words."""
        question = request.query_params.get("query", "")
        page = await store.search.find(request.state.principal.id, question, window(request))
        return JSONResponse(listed(list(map(match_body, page.items)), has_more=page.has_more))

    async def branches(request: Request) -> Response:
        """Where the branches end."""
        ends = await store.trees.ends(request.state.principal.id, request.path_params["id"])
        return JSONResponse(listed(list(map(branch_body, ends))))

    async def export(request: Request) -> Response:
        """A conversation as JSON lines."""
        owner = request.state.principal.id
        conversation = await store.get(owner, request.path_params["id"])
        return StreamingResponse(exported(house, owner, conversation), media_type=JSON_LINES)

    async def export_all(request: Request) -> Response:
        """All conversations as JSON lines."""
        return StreamingResponse(exported_all(house, request.state.principal.id), media_type=JSON_LINES)

    path, tag = "/v1/conversations", "conversations"
    asked = {name: what for name, what in QUERY.items() if name in ("limit", "after")}
    return [
        Endpoint(
            "GET",
            path,
            all_of_them,
            summary="List the conversations",
            tag=tag,
            description="The one that something was said in last comes first.",
            query={**QUERY, "session_id": "only those of this session"},
        ),
        Endpoint(
            "GET",
            f"{path}/search",
            search,
            summary="Search titles and messages",
            tag=tag,
            description="What holds all of the words, in any case and order, what was said last first. The last word "
            "may be the beginning of one, from three letters on.",
            query={"query": "the words", **asked},
        ),
        Endpoint(
            "GET",
            f"{path}/export",
            export_all,
            summary="All conversations as JSON lines",
            tag=tag,
            media=JSON_LINES,
        ),
        Endpoint(
            "GET",
            f"{path}/{{id}}/branches",
            branches,
            summary="The branches of a conversation",
            tag=tag,
            description="A branch is named by its last item; `shared` is the last item that it has in common with the "
            "one that goes on. `head` in a change of the conversation chooses the one that goes on.",
        ),
        Endpoint(
            "GET",
            f"{path}/{{id}}/export",
            export,
            summary="A conversation as JSON lines",
            tag=tag,
            media=JSON_LINES,
            description="Itself, then all items of all branches, each after the one that it follows.",
        ),
    ]
