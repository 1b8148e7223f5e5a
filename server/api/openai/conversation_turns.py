"""`/v1/conversations/{id}/responses`: what is said next, or said anew in the place of what was said before."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.response_body import ResponseBody
from server.api.openai.responses import answer


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A response in this conversation."""
        body = await read_body(request, ResponseBody)
        here = body.model_copy(update={"conversation": request.path_params["id"]})
        return await answer(house, request, here)

    return [
        Endpoint(
            "POST",
            "/v1/conversations/{id}/responses",
            create,
            summary="Answer in a conversation",
            tag="conversations",
            body=ResponseBody,
            description="As /v1/responses does. Model, instructions and truncation are the session's where the body "
            "does not say. `replaces` names an item to begin a branch at: with `input` it is edited and sent again, "
            "without it is answered anew. Where old messages were left out of what the model read, the answer says "
            "how many in `truncated_messages`. Two at once go one after the other.",
        )
    ]
