"""`POST /v1/messages` and `/v1/messages/count_tokens`: Anthropic's clients talk to the models of this server."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.anthropic.events import PING, MessageEvents, Shown, message_body
from server.api.anthropic.face import MESSAGES, REQUEST_ID, error_body
from server.api.anthropic.fields import CountBody, MessageBody
from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.streaming import event, respond, while_connected
from server.errors import ServerError


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A message."""
        body = await read_body(request, MessageBody)
        card = house.catalog.get(body.model)
        turn = body.message_turn(request.state.principal, card, house.settings.limits)
        omitted = body.thinking is not None and body.thinking.display == "omitted"
        shown = Shown(thoughts=body.thinks, text=not omitted)
        name: str = request.state.request_id

        def failure(error: ServerError) -> bytes:
            return event(error_body(error, name), "error")

        response = await respond(
            request,
            house.backend.open(turn),
            house.settings,
            streamed=bool(body.stream),
            chunks=lambda answer: MessageEvents(answer, turn, shown),
            count=1,
            body=partial(message_body, turn, shown),
            failure=failure,
            life=PING,
        )
        response.headers[REQUEST_ID] = name
        return response

    async def count(request: Request) -> Response:
        """Tokens of a prompt."""
        body = await read_body(request, CountBody)
        turn = body.turn(request.state.principal, house.catalog.get(body.model), house.settings.limits)
        (prompt,) = await while_connected(request.receive, house.backend.write(turn))
        return JSONResponse(prompt.count_body("input_tokens"), headers={REQUEST_ID: request.state.request_id})

    return [
        Endpoint(
            "POST",
            MESSAGES,
            create,
            summary="Answer a conversation (Anthropic)",
            tag="anthropic",
            body=MessageBody,
            description="With `stream` the answer comes as typed server-sent events.",
        ),
        Endpoint(
            "POST",
            f"{MESSAGES}/count_tokens",
            count,
            summary="Count the tokens of a conversation (Anthropic)",
            tag="anthropic",
            body=CountBody,
        ),
    ]
