"""What endpoints do with a body, as tasks: a job of the name `/v1/chat/completions` has such a body as its arguments.

The answer is the one that the endpoint would give without `stream`; its pieces are told as events while it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from server.api.auth import Principal
from server.api.body import check_object
from server.api.house import Doors, House
from server.api.openai.background import TASK, response_id
from server.api.openai.chat import ChatBody, chat_body, chat_turn
from server.api.openai.completions import CompletionBody, completion_body, completion_turn, echoes_of
from server.api.openai.embeddings import EmbeddingBody, embeddings_body
from server.api.openai.response_body import ResponseBody
from server.api.openai.response_run import ANSWERED, Run
from server.api.openai.responses import order_of, run_of
from server.api.streaming import Hear, fold
from server.chat.messages import Delta, Turn
from server.chat.vectors import Texts
from server.errors import NotFound
from server.jobs.tasks import Task, TaskContext

T = TypeVar("T")

NOBODY_YET = Principal("", "", frozenset())
"""Who asks, as long as it is only looked whether a body could be answered at all."""


Check = Callable[[T, Mapping[str, Any]], object]


def endpoint_tasks(house: House) -> list[Task]:
    """A task for each endpoint whose bodies may be jobs, and lines of batches."""
    return [*answering_tasks(house), _task(house, TASK, _response, _asked_response, local=True)]


def answering_tasks(house: Doors) -> list[Task]:
    """Those of them that a worker elsewhere can do."""
    return [
        _task(house, "/v1/chat/completions", _chat, _asked_chat),
        _task(house, "/v1/completions", _completion, _asked_completion),
        _task(house, "/v1/embeddings", _embeddings, _asked_embeddings),
    ]


def _task(house: T, path: str, run: Any, check: Check[T], *, local: bool = False) -> Task:
    def checked(arguments: Mapping[str, Any]) -> None:
        check(house, arguments)

    return Task(path, partial(run, house), checked, local=local)


def _asked_chat(house: Doors, arguments: Mapping[str, Any], owner: str = "") -> tuple[ChatBody, Turn]:
    body = check_object(arguments, ChatBody, house.settings.limits.json_depth)
    return body, chat_turn(house, replace(NOBODY_YET, id=owner), body, house.catalog.get(body.named()))


async def _chat(house: Doors, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    body, turn = _asked_chat(house, arguments, context.owner)
    opening = house.backend.open(replace(turn, priority=context.turn_priority))
    return chat_body(turn, await fold(opening, turn.n, _telling(context)), legacy=body.legacy)


def _asked_completion(house: Doors, arguments: Mapping[str, Any], owner: str = "") -> tuple[CompletionBody, Turn]:
    body = check_object(arguments, CompletionBody, house.settings.limits.json_depth)
    return body, completion_turn(house, replace(NOBODY_YET, id=owner), body, house.catalog.get(body.named()))


async def _completion(house: Doors, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    body, turn = _asked_completion(house, arguments, context.owner)
    turn = replace(turn, priority=context.turn_priority)
    echoes = await echoes_of(house, turn, body)
    whole = await fold(house.backend.open(turn), len(turn.prompts) * turn.n, _telling(context))
    return completion_body(turn, body, echoes, whole)


def _asked_embeddings(house: Doors, arguments: Mapping[str, Any], owner: str = "") -> tuple[EmbeddingBody, Texts]:
    body = check_object(arguments, EmbeddingBody, house.settings.limits.json_depth)
    card = house.catalog.get(body.model)
    return body, Texts(card.name, body.inputs(house.settings.limits), body.dimensions, owner)


async def _embeddings(house: Doors, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    body, texts = _asked_embeddings(house, arguments, context.owner)
    vectors = await house.embeddings.embed(texts)
    return await asyncio.to_thread(embeddings_body, texts.model, vectors, body.encoding_format)


def _asked_response(house: House, arguments: Mapping[str, Any]) -> None:
    body = check_object(arguments, ResponseBody, house.settings.limits.json_depth)
    if body.model is not None or body.place.conversation is None:  # otherwise the session of that may name one
        order_of(house, "", body)


async def _response(house: House, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
    """Its events are told as they are. What an earlier attempt has kept is the answer, if it is one."""
    id = response_id(context.job)
    try:
        kept = await house.responses.get(context.owner, id)
        if kept.body["status"] in ANSWERED:
            return kept.body
        await house.responses.delete(context.owner, id)
    except NotFound:
        pass
    body = check_object(arguments, ResponseBody, house.settings.limits.json_depth)
    job = await house.jobs.get(context.owner, context.job)
    order = (await run_of(house, context.owner, body)).order
    order = replace(
        order,
        response=order.response | {"id": id, "created_at": int(job.created_at.timestamp())},
        turn=replace(order.turn, priority=context.turn_priority),
    )
    run = Run(house.desk, order)
    response = run.response
    async with aclosing(run.events()) as events:
        async for together in events:
            for event in together:
                await context.emit("response", event)
            response = together[-1].get("response", response)
    if run.error is not None:
        raise run.error
    return response


def _telling(context: TaskContext) -> Hear:
    async def hear(deltas: Sequence[Delta]) -> None:
        for delta in deltas:
            if told := _told(delta):
                await context.emit("delta", {"index": delta.index, **told})

    return hear


def _told(delta: Delta) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if delta.content:
        told["content"] = delta.content
    if delta.reasoning:
        told["reasoning_content"] = delta.reasoning
    if delta.call is not None:
        call = delta.call
        told["tool_call"] = {"index": call.number, "id": call.id, "name": call.name, "arguments": call.arguments}
    return told
