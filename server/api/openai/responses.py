"""`/v1/responses`: answers that are kept, go on from each other, and tell of themselves in typed events."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import check_object, read_body
from server.api.house import Endpoint, House
from server.api.openai import background
from server.api.openai.fields import effort_kwargs
from server.api.openai.file_search import FileSearchTool
from server.api.openai.listing import QUERY, page
from server.api.openai.response_body import Reasoning, ResponseBody, TextConfig
from server.api.openai.response_events import Event, error_event, replay
from server.api.openai.response_items import ItemReference, user_says
from server.api.openai.response_run import Order, Run
from server.api.openai.response_tools import FunctionTool, offered
from server.api.streaming import EventStream, event, while_connected
from server.catalog import ModelCard
from server.chat.messages import Turn
from server.errors import BadRequest, NotFound, ServerError
from server.store.job_table import Job
from server.store.rows import new_id


async def in_session(house: House, owner: str, body: ResponseBody) -> ResponseBody:
    """The body with what it leaves open as the session of its conversation has it. Raises NotFound."""
    conversation = body.place.conversation
    if conversation is None or body.previous_response_id is not None:  # both are refused by check
        return body
    try:
        session = await house.sessions.of_conversation(owner, conversation)
    except NotFound as error:
        error.param = "conversation"
        raise
    if session is None:
        return body
    terms = session.terms
    given = {"model": terms.model, "instructions": terms.instructions or None, "truncation": terms.truncation}
    return body.model_copy(update={name: value for name, value in given.items() if getattr(body, name) is None})


def order_of(house: House, owner: str, body: ResponseBody) -> Order:
    """The checked body as what is to be done. Raises BadRequest and ModelNotFound."""
    body.check(house.settings.limits)
    card = house.catalog.get(body.model or "")
    search = body.search_plan(card.context)
    turn = _turn(house, owner, body, card, searched=search is not None)
    given = [user_says(body.input)] if isinstance(body.input, str) else body.input or []
    reasoning = body.reasoning or Reasoning()
    return Order(
        response=_empty(body, turn),
        turn=turn,
        given=[item if isinstance(item, ItemReference) else item.kept() for item in given],
        instructions=body.instructions or "",
        place=body.place,
        store=body.store is not False,
        trims=body.truncation == "auto",
        summary=(reasoning.summary or reasoning.generate_summary) is not None,
        search=search,
    )


def _turn(house: House, owner: str, body: ResponseBody, card: ModelCard, *, searched: bool) -> Turn:
    """All but the messages, of which some are in the store."""
    parallel = body.parallel_tool_calls is not False
    offer = offered(body.functions, body.tool_choice, parallel, house.settings.limits, searched=searched)
    effort = body.reasoning.effort if body.reasoning is not None else None
    return Turn(
        model=card.name,
        sampling=body.params(card),
        max_tokens=body.max_output_tokens,
        logprobs=body.logprobs,
        owner=owner,
        streams=bool(body.stream),
        template_kwargs=effort_kwargs(effort),
        thinking_budget=0 if effort == "none" else None,
        tools=offer.tools,
        tool_choice=offer.choice,
        parallel_calls=offer.parallel,
        form=body.text.format.form() if body.text is not None and body.text.format is not None else None,
    )


def _empty(body: ResponseBody, turn: Turn) -> dict[str, Any]:
    """The response before there is anything in it: what was asked for, with what was not said filled in."""
    text = body.text or TextConfig()
    form = text.format.model_dump(by_alias=True) if text.format is not None else {"type": "text"}
    reasoning = body.reasoning or Reasoning()
    choice = body.tool_choice or "auto"
    conversation = body.place.conversation
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": bool(body.background),
        "completed_at": None,
        "conversation": None if conversation is None else {"id": conversation},
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "model": turn.model,
        "output": [],
        "parallel_tool_calls": turn.parallel_calls,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": {"effort": reasoning.effort, "summary": reasoning.summary or reasoning.generate_summary},
        "safety_identifier": body.safety_identifier,
        "service_tier": body.service_tier or "default",
        "store": body.store is not False,
        "temperature": turn.sampling.temperature,
        "text": {"format": form, "verbosity": text.verbosity or "medium"},
        "tool_choice": choice if isinstance(choice, str) else choice.model_dump(),
        "tools": [tool.echo() for tool in body.tools or () if isinstance(tool, FunctionTool | FileSearchTool)],
        "top_logprobs": body.top_logprobs or 0,
        "top_p": turn.sampling.top_p,
        "truncation": body.truncation or "disabled",
        "usage": None,
        "user": body.user,
    }


def _bytes(events: Sequence[Event]) -> bytes:
    return b"".join(event(each, each["type"]) for each in events)


def _told(error: ServerError) -> bytes:
    """An error of a stream that has opened, though no event was sent: it waited for its model."""
    return _bytes([error_event(error, 0)])


async def _streamed(run: Run) -> AsyncGenerator[bytes, None]:
    async with aclosing(run.events()) as events:
        async for together in events:
            yield _bytes(together)


async def whole(run: Run) -> dict[str, Any]:
    """The response when it is over; raises what it failed with."""
    response = run.response
    async with aclosing(run.events()) as events:
        async for together in events:
            response = together[-1].get("response", response)
    if run.error is not None:
        raise run.error
    return response


async def run_of(house: House, owner: str, body: ResponseBody) -> Run:
    """What answers a body. Raises all that is wrong with it."""
    return Run(house.desk, order_of(house, owner, await in_session(house, owner, body)))


async def answer(house: House, request: Request, body: ResponseBody) -> Response:
    """The response to a body, in the way it asks for. Raises all that is wrong with it."""
    run = await run_of(house, request.state.principal.id, body)
    if body.background:
        return await _in_background(house, body, run.order)
    if not body.stream:
        return JSONResponse(await while_connected(request.receive, whole(run)))
    return EventStream(_streamed(run), failure=_told, settings=house.settings)


async def _in_background(house: House, body: ResponseBody, order: Order) -> Response:
    owner, asked = order.turn.owner, body.model_dump(mode="json", by_alias=True, exclude_unset=True)
    response = await background.begin(house, owner, asked, order.response)
    if not body.stream:
        return JSONResponse(response)
    job = await house.jobs.get(owner, background.job_id(response["id"]))
    return EventStream(_of_job(house, job, response, -1), failure=_told, settings=house.settings)


async def _of_job(house: House, job: Job, response: dict[str, Any], after: int) -> AsyncGenerator[bytes, None]:
    async with aclosing(background.events(house, job, response, after)) as events:
        async for together in events:
            yield _bytes(together)


async def _unanswered(house: House, job: Job) -> dict[str, Any]:
    """The response of a job that has not been answered, or not yet."""
    run = await run_of(house, job.owner, check_object(job.arguments, ResponseBody, house.settings.limits.json_depth))
    return background.standing(job, run.response)


async def _replayed(response: dict[str, Any], after: int) -> AsyncGenerator[bytes, None]:
    yield _bytes([each for each in replay(response) if each["sequence_number"] > after])


def routes(house: House) -> list[Endpoint]:
    desk = house.desk

    async def create(request: Request) -> Response:
        """A response."""
        return await answer(house, request, await read_body(request, ResponseBody))

    async def count(request: Request) -> Response:
        """What a response would read."""
        body = await read_body(request, ResponseBody)
        run = await run_of(house, request.state.principal.id, body)
        turn = replace(run.order.turn, messages=await run.messages())
        (prompt,) = await while_connected(request.receive, house.backend.write(turn))
        return JSONResponse({"object": "response.input_tokens", **prompt.count_body("input_tokens")})

    async def retrieve(request: Request) -> Response:
        """A kept response, or one under way."""
        owner, id = request.state.principal.id, request.path_params["id"]
        streamed = request.query_params.get("stream") == "true"
        after = _number(request.query_params.get("starting_after", "-1"))
        run, job = desk.running(owner, id), await background.find(house, owner, id)
        if streamed and job is not None and house.jobs.followed(job):
            return EventStream(
                _of_job(house, job, await _unanswered(house, job), after), failure=_told, settings=house.settings
            )
        if run is not None and run.order.store:
            if streamed:
                raise BadRequest(f"The response {id!r} is under way, in the stream that asked for it.", param="stream")
            return JSONResponse(run.response)
        try:
            response = (await house.responses.get(owner, id)).body
        except NotFound:
            if job is None or job.state == "succeeded":
                raise
            response = await _unanswered(house, job)
        if not streamed:
            return JSONResponse(response)
        return EventStream(_replayed(response, after), failure=_told, settings=house.settings)

    async def cancel(request: Request) -> Response:
        """End a response that is under way."""
        owner, id = request.state.principal.id, request.path_params["id"]
        run, job = desk.running(owner, id), await background.find(house, owner, id)
        if job is not None and not job.ended:
            await while_connected(request.receive, background.stop(house, job))
            return await retrieve(request)
        if run is None:
            if job is not None and job.state == "cancelled":
                return await retrieve(request)
            kept = await house.responses.get(owner, id)
            if kept.body["status"] != "cancelled":
                raise BadRequest(f"The response {id!r} is not under way: it is {kept.body['status']}.")
            return JSONResponse(kept.body)
        run.stop()
        await while_connected(request.receive, run.ended.wait())
        return JSONResponse(run.response)

    async def delete(request: Request) -> Response:
        """Forget a response."""
        owner, id = request.state.principal.id, request.path_params["id"]
        job = await background.find(house, owner, id)
        if job is not None:
            await background.stop(house, job)
            await house.jobs.delete(owner, job.id)
        with suppress(*(() if job is None else (NotFound,))):
            await house.responses.delete(owner, id)
        return JSONResponse({"id": id, "object": "response", "deleted": True})

    async def input_items(request: Request) -> Response:
        """What a response was given."""
        kept = await house.responses.get(request.state.principal.id, request.path_params["id"])
        return JSONResponse(page(request, kept.input))

    path, one = "/v1/responses", "/v1/responses/{id}"
    return [
        Endpoint(
            "POST",
            path,
            create,
            summary="Answer, and keep the answer",
            tag="responses",
            body=ResponseBody,
            description="With `stream` the answer comes as typed server-sent events. What a client left before its "
            "end is kept as `cancelled`; a conversation keeps only what was answered.",
        ),
        Endpoint(
            "POST",
            f"{path}/input_tokens",
            count,
            summary="Count the tokens that a response would read",
            tag="responses",
            body=ResponseBody,
        ),
        Endpoint(
            "GET",
            one,
            retrieve,
            summary="A kept response",
            tag="responses",
            description="Streamed, its events are told again, with one delta for each text and numbers of their own.",
            query={"stream": "true: as events", "starting_after": "the number that the events begin after"},
        ),
        Endpoint("DELETE", one, delete, summary="Forget a response", tag="responses"),
        Endpoint("POST", f"{one}/cancel", cancel, summary="End a response under way", tag="responses", work=False),
        Endpoint(
            "GET",
            f"{one}/input_items",
            input_items,
            summary="What a response was given",
            tag="responses",
            query=QUERY,
        ),
    ]


def _number(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise BadRequest(f"starting_after: expected a whole number, found {text[:60]!r}.", param="starting_after")
    return int(text)
