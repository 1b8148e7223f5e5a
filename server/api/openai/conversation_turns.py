"""`/v1/conversations/{id}/responses`: what is said next, or said anew in the place of what was said before."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.response_items import Id
from server.api.openai.responses import ResponseBody, answer
from server.store.responses import Place


class ConversationResponseBody(ResponseBody):
    """The body of a response in a conversation."""

    replaces: Id | None = None
    """An item of the conversation. With input, that takes its place: it was edited, and is sent again. Without, the
    answer that it belongs to is made again. Either way a branch begins there, and the conversation goes on in it.
    """

    @property
    def place(self) -> Place:
        found = super().place
        return Place(found.previous, found.conversation, replaces=self.replaces)


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A response in this conversation."""
        body = await read_body(request, ConversationResponseBody)
        here = body.model_copy(update={"conversation": request.path_params["id"]})
        return await answer(house, request, here)

    return [
        Endpoint(
            "POST",
            "/v1/conversations/{id}/responses",
            create,
            summary="Answer in a conversation",
            tag="conversations",
            body=ConversationResponseBody,
            description="As /v1/responses does. Model, instructions and truncation are the session's where the body "
            "does not say. `replaces` names an item to begin a branch at: with `input` it is edited and sent again, "
            "without it is answered anew. Where old messages were left out of what the model read, the answer says "
            "how many in `truncated_messages`. Two at once go one after the other.",
        )
    ]
