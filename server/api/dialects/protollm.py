"""The ProtoLLM dialect: a job with an id of the client's goes in, and the call waits for its text.

Where the dialect's broker is configured, its workers answer: the job goes onto the queue that `queue_name` names, and
the result comes through Redis, as in the original. Without a broker the models of this server answer, and `queue_name`
may be the name of one.

What a model ran into while it generated is told as the original told it, as the `content` of a 200. What kept it from
being asked has its status, with FastAPI's `detail`: a client that was told of it as content would take it for an
answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from server.api import fastapi_errors
from server.api.body import read_body
from server.api.faces import Face, bearer_key
from server.api.house import Endpoint, House
from server.api.streaming import fold, while_connected
from server.chat.backend import Answer
from server.chat.messages import Turn
from server.errors import ContextLengthExceeded, ServerError
from server.jobs.protollm.wire import ChatPrompt, TextPrompt, choose_card, priority_of, too_slow, turn_of
from server.settings import Settings

log = logging.getLogger(__name__)

TAG = "protollm"
OWN = ("/generate", "/chat_completion")
QUERY = {"queue_name": "the queue of the broker to put the job on; without a broker, the model that answers"}


def face(settings: Settings) -> Face:
    section = settings.dialects.protollm
    own = {section.prefix + path for path in OWN}

    def owns(path: str, scope: Scope) -> bool:
        return path in own or bool(section.prefix and path.startswith(f"{section.prefix}/"))

    return Face("protollm", owns, bearer_key, _render, keyless=section.keyless)


def _render(error: ServerError, request_id: str) -> Response:
    if error.status == 500:
        return PlainTextResponse("Internal Server Error", 500)
    return fastapi_errors.render(error, request_id)


def routes(house: House) -> list[Endpoint]:
    section = house.settings.dialects.protollm

    async def generate(request: Request) -> Response:
        """The answer to one text."""
        return await answer(request, (await read_body(request, TextPrompt)).as_chat())

    async def chat_completion(request: Request) -> Response:
        """The answer to a conversation."""
        return await answer(request, await read_body(request, ChatPrompt))

    async def answer(request: Request, prompt: ChatPrompt) -> Response:
        queue = request.query_params.get("queue_name")
        owner = request.state.principal.id
        if house.protollm is not None:
            # What it will cost is not known here; that the key may ask at all, and so often, is.
            await house.turnstile.allow(owner, prompt.meta.model or queue or section.model)
            work = house.protollm.ask(prompt, queue, owner)
        else:
            card = choose_card(house.catalog, section, prompt.meta.model, queue)
            priority = priority_of(prompt, section.base_priority)
            turn = turn_of(prompt, card, house.settings.limits, owner=owner, priority=priority)
            work = by_ourselves(prompt.job_id, turn)
        return JSONResponse({"content": await while_connected(request.receive, work)})

    async def by_ourselves(job_id: str, turn: Turn) -> str:
        asked = False

        @asynccontextmanager
        async def asking() -> AsyncIterator[Answer]:
            nonlocal asked
            async with house.backend.open(turn) as answer:
                asked = True
                yield answer

        try:
            async with asyncio.timeout(section.timeout_seconds):
                return (await fold(asking(), turn.n)).choices[0].content
        except TimeoutError:
            return too_slow(f"{section.status_prefix}:{job_id}", section.timeout_seconds)
        except ServerError as error:
            if asked or isinstance(error, ContextLengthExceeded):
                return error.message
            raise
        except Exception as error:
            log.exception("A job failed")
            return str(error) or type(error).__name__

    return [
        Endpoint(
            "POST",
            f"{section.prefix}/generate",
            generate,
            summary="Answer one text",
            tag=TAG,
            body=TextPrompt,
            query=QUERY,
        ),
        Endpoint(
            "POST",
            f"{section.prefix}/chat_completion",
            chat_completion,
            summary="Answer a conversation",
            tag=TAG,
            body=ChatPrompt,
            query=QUERY,
        ),
    ]
