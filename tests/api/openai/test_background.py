"""Responses in the background, through the official client."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest

from server.errors import ContextLengthExceeded
from tests.api.scripted import say
from tests.api.served import Served, events, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def begin(served: Served, **fields: Any) -> Any:
    return await served.openai().responses.create(**{"model": "tiny", "input": "Hi", "background": True, **fields})


async def ended(served: Served, id: str) -> Any:
    async with asyncio.timeout(10):
        await served.http.get(f"/v1/jobs/{id.replace('resp_', 'job_')}/events")
    return await served.openai().responses.retrieve(id)


async def test_created_looked_at_and_done(served: Served) -> None:
    gate = asyncio.Event()
    served.backend.steps = [*say("Hel")[:1], gate, *say("lo")]
    response = await begin(served, metadata={"a": "b"}, instructions="Be brief.")
    assert (response.status, response.background, response.metadata) == ("queued", True, {"a": "b"})
    await asyncio.wait_for(served.backend.entered.wait(), 5)
    under_way = await served.openai().responses.retrieve(response.id)
    assert (under_way.status, under_way.background, under_way.created_at) == (
        "in_progress",
        True,
        response.created_at,
    )
    gate.set()
    done = await ended(served, response.id)
    assert (done.status, done.output_text, done.background) == ("completed", "Hello", True)
    assert (done.id, done.instructions) == (response.id, "Be brief.")
    going_on = await served.openai().responses.create(model="tiny", input="And?", previous_response_id=done.id)
    assert [message.content for message in served.backend.turn.messages] == ["Hi", "Hello", "And?"]
    assert going_on.status == "completed"


async def test_cancelled_while_it_runs(served: Served) -> None:
    served.backend.steps = [*say("Hel")[:1], asyncio.Event()]
    response = await begin(served)
    await asyncio.wait_for(served.backend.entered.wait(), 5)
    cancelled = await served.openai().responses.cancel(response.id)
    assert (cancelled.id, cancelled.status) == (response.id, "cancelled")
    await asyncio.wait_for(served.backend.cancelled.wait(), 5)
    assert (await served.openai().responses.cancel(response.id)).status == "cancelled"
    assert (await served.openai().responses.retrieve(response.id)).status == "cancelled"


async def test_cancelled_while_it_waits(tmp_path: Path) -> None:
    async with serving(tmp_path, jobs__at_once=1) as served:
        served.backend.steps = [asyncio.Event()]
        running = await begin(served)
        await asyncio.wait_for(served.backend.entered.wait(), 5)
        waiting = await begin(served)
        assert (await served.openai().responses.cancel(waiting.id)).status == "cancelled"
        assert (await served.openai().responses.retrieve(waiting.id)).status == "cancelled"
        await served.openai().responses.delete(waiting.id)
        with pytest.raises(openai.NotFoundError):
            await served.openai().responses.retrieve(waiting.id)
        await served.openai().responses.delete(running.id)
        with pytest.raises(openai.NotFoundError):
            await served.openai().responses.retrieve(running.id)


async def test_a_failure_is_the_responses(served: Served) -> None:
    served.backend.refusal = ContextLengthExceeded(5000, 2048)
    response = await ended(served, (await begin(served)).id)
    assert (response.status, response.output) == ("failed", [])
    assert "5000" in response.error.message


async def test_streamed_and_taken_up_again(served: Served) -> None:
    gate = asyncio.Event()
    served.backend.steps = [*say("Hel", "lo")[:2], gate, *say(" world")]
    id, seen = "", -1
    async for event in await begin(served, stream=True):
        if event.type == "response.created":
            id = event.response.id
        seen = event.sequence_number
        if event.type == "response.output_text.delta" and event.delta == "lo":
            break
    gate.set()
    rest = [event async for event in await served.openai().responses.retrieve(id, stream=True, starting_after=seen)]
    assert [event.sequence_number for event in rest] == list(range(seen + 1, seen + 1 + len(rest)))
    assert rest[-1].type == "response.completed"
    assert rest[-1].response.output_text == "Hello world"
    assert not served.backend.cancelled.is_set(), "that its reader left does not end it"
    again = [event async for event in await served.openai().responses.retrieve(id, stream=True, starting_after=seen)]
    assert [event.type for event in again] == [event.type for event in rest]


async def test_a_stream_tells_at_once_what_waits(tmp_path: Path) -> None:
    async with serving(tmp_path, jobs__at_once=1) as served:
        served.backend.steps = [asyncio.Event()]
        running = await begin(served)
        await asyncio.wait_for(served.backend.entered.wait(), 5)
        told: list[Any] = []
        async with asyncio.timeout(10):
            async for event in await begin(served, stream=True):
                told.append(event)
                if len(told) == 2:  # nothing else comes until the other one has ended
                    served.backend.steps = say("Hello")
                    await served.openai().responses.cancel(running.id)
        assert [event.type for event in told[:3]] == ["response.created", "response.queued", "response.in_progress"]
        assert [event.response.status for event in told[:3]] == ["queued", "queued", "in_progress"]
        assert [event.sequence_number for event in told] == list(range(len(told)))
        assert told[-1].response.output_text == "Hello"
        again = await served.openai().responses.retrieve(told[0].response.id, stream=True)
        assert [event.type async for event in again] == [event.type for event in told]


async def test_a_stream_of_what_fails_says_so(served: Served) -> None:
    served.backend.refusal = ContextLengthExceeded(5000, 2048)
    body = {"model": "tiny", "input": "Hi", "background": True, "stream": True}
    told = events((await served.http.post("/v1/responses", json=body)).text)
    assert [event["type"] for event in told][-2:] == ["error", "response.failed"]


async def test_a_stream_of_what_is_cancelled_ends_in_order(served: Served) -> None:
    served.backend.steps = [*say("Hel")[:1], asyncio.Event()]
    told: list[Any] = []
    async for event in await begin(served, stream=True):
        told.append(event)
        if event.type == "response.output_text.delta":
            await served.openai().responses.cancel(told[0].response.id)
    assert [event.sequence_number for event in told] == list(range(len(told)))
    assert (told[-1].type, told[-1].response.status) == ("response.incomplete", "cancelled")


async def test_it_must_be_kept(served: Served) -> None:
    with pytest.raises(openai.BadRequestError, match="expected store"):
        await begin(served, store=False)


async def test_it_outlives_its_server(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        served.backend.steps = [*say("Hel")[:1], asyncio.Event()]
        response = await begin(served)
        await asyncio.wait_for(served.backend.entered.wait(), 5)
    async with serving(tmp_path) as served:
        assert (await ended(served, response.id)).output_text == "Hello world"
