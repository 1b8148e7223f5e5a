"""Conversations, as the official client sees them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest

from server.chat.messages import Delta, Message
from tests.api.scripted import LENGTH, say
from tests.api.served import OTHER_KEY, Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": text}


async def begin(served: Served, *texts: str) -> str:
    items: Any = [user(text) for text in texts]
    return (await served.openai().conversations.create(items=items)).id


async def texts(served: Served, id: str) -> list[str]:
    """All that was said, oldest first."""
    listed = served.openai().conversations.items.list(id, order="asc", limit=3)
    return [item.content[0].text async for item in listed]  # type: ignore[union-attr]


async def say_in(served: Served, id: str, text: str, **fields: Any) -> Any:
    return await served.openai().responses.create(model="tiny", input=text, conversation=id, **fields)


async def test_a_conversation_from_begin_to_end(served: Served) -> None:
    talks = served.openai().conversations
    made = await talks.create(metadata={"topic": "weather"})
    assert (made.object, made.id[:5], made.metadata) == ("conversation", "conv_", {"topic": "weather"})
    assert await talks.retrieve(made.id) == made
    changed = await talks.update(made.id, metadata={"topic": "rain"})
    assert (changed.id, changed.created_at, changed.metadata) == (made.id, made.created_at, {"topic": "rain"})
    gone = await talks.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "conversation.deleted", True)
    with pytest.raises(openai.NotFoundError):
        await talks.retrieve(made.id)
    assert (await served.http.post("/v1/conversations")).json()["metadata"] == {}


async def test_items(served: Served) -> None:
    id = await begin(served, "one")
    items = served.openai().conversations.items
    more: Any = [
        user("two"),
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "x"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"role": "assistant", "content": "three"},
    ]
    added = await items.create(id, items=more)
    assert [item.type for item in added.data] == [
        "message",
        "function_call",
        "function_call_output",
        "reasoning",
        "message",
    ]
    assert (added.first_id, added.last_id, added.has_more) == (added.data[0].id, added.data[-1].id, False)
    two = await items.retrieve(added.first_id, conversation_id=id)
    assert two == added.data[0]
    assert (two.role, two.status, two.content[0].type) == ("user", "completed", "input_text")  # type: ignore[union-attr]
    assert (await items.list(id, limit=1)).data == [added.data[-1]]
    left = await items.delete(added.first_id, conversation_id=id)
    assert left.id == id
    with pytest.raises(openai.NotFoundError):
        await items.retrieve(added.first_id, conversation_id=id)
    assert [item.type async for item in items.list(id)][::-1] == [item.type for item in (two, *added.data[1:])]


async def test_responses_go_on_in_it(served: Served) -> None:
    id = await begin(served, "one")
    served.backend.steps = [Delta(0, reasoning="Hm"), *say("1")]
    first = await say_in(served, id, "two")
    assert first.conversation.id == id
    served.backend.steps = say("2", finish=LENGTH)
    await say_in(served, id, "three", store=False)
    assert served.backend.turn.messages == (
        Message("user", "one"),
        Message("user", "two"),
        Message("assistant", "1", reasoning="Hm"),
        Message("user", "three"),
    )
    assert [text for text in await texts(served, id) if text != "Hm"] == ["one", "two", "1", "three", "2"]


async def test_a_response_can_be_branched_off(served: Served) -> None:
    id = await begin(served, "one")
    first = await say_in(served, id, "two")
    await say_in(served, id, "three")
    await served.openai().responses.create(model="tiny", input="other", previous_response_id=first.id)
    said = [message.content for message in served.backend.turn.messages]
    assert said == ["one", "two", "Hello world", "other"]
    assert len(await texts(served, id)) == 5


async def test_an_empty_turn_of_the_client(served: Served) -> None:
    id = await begin(served, "one")
    await served.openai().responses.create(model="tiny", conversation={"id": id})
    assert await texts(served, id) == ["one", "Hello world"]


async def test_two_at_once_are_put_in_order(served: Served) -> None:
    id = await begin(served)
    gate = asyncio.Event()
    served.backend.steps = [Delta(0, "a"), gate, *say("b")]
    stream = await say_in(served, id, "first", stream=True)
    second = asyncio.create_task(say_in(served, id, "second"))
    async for each in stream:
        if each.type == "response.output_text.delta" and each.delta == "a":
            await served.http.get("/health")  # the second has been heard by then
            assert len(served.backend.turns) == 1
            gate.set()
    await second
    assert await texts(served, id) == ["first", "ab", "second", "ab"]
    assert [message.content for message in served.backend.turn.messages] == ["first", "ab", "second"]


async def test_what_was_cut_off_is_not_said(served: Served) -> None:
    id = await begin(served, "one")
    served.backend.steps = [Delta(0, "Hel"), asyncio.Event()]
    body = {"model": "tiny", "input": "two", "conversation": id, "stream": True}
    async with served.raw("POST", "/v1/responses", body) as raw:
        await raw.until(b'"delta":"Hel"')
    served.backend.steps = say("1")
    await say_in(served, id, "three")
    assert await texts(served, id) == ["one", "three", "1"]


async def test_one_that_is_deleted_meanwhile(served: Served) -> None:
    id = await begin(served, "one")
    served.backend.steps = [Delta(0, "Hel"), asyncio.Event(), *say("lo")]
    async for each in await say_in(served, id, "two", stream=True):
        if each.type == "response.output_text.delta" and each.delta == "Hel":
            await served.openai().conversations.delete(id)
            served.backend.steps[1].set()  # type: ignore[index,union-attr]
    assert each.response.output_text == "Hello"
    assert (await served.openai().responses.retrieve(each.response.id)).output_text == "Hello"
    with pytest.raises(openai.NotFoundError):
        await say_in(served, id, "three")


async def test_another_keys_conversation_is_none(served: Served) -> None:
    id = await begin(served, "one")
    item = (await served.openai().conversations.items.list(id)).data[0].id
    stranger = openai.AsyncOpenAI(base_url=served.url + "/v1", api_key=OTHER_KEY, max_retries=0)
    talks = stranger.conversations
    asked = [
        talks.retrieve(id),
        talks.update(id, metadata={}),
        talks.delete(id),
        talks.items.list(id),
        talks.items.create(id, items=[user("two")]),  # type: ignore[list-item]
        talks.items.retrieve(item, conversation_id=id),
        talks.items.delete(item, conversation_id=id),
        stranger.responses.create(model="tiny", input="Hi", conversation=id),
    ]
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(answer, openai.NotFoundError)
    assert await texts(served, id) == ["one"]


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        id = await begin(served, "one")
        await say_in(served, id, "two")
    async with serving(tmp_path) as served:
        assert await texts(served, id) == ["one", "two", "Hello world"]


async def test_a_key_keeps_so_much_and_no_more(tmp_path: Path) -> None:
    async with serving(tmp_path, limits__kept_mb=1) as served:
        id = await begin(served, "x" * (1 << 20))
        for asking in (say_in(served, id, "two"), begin(served)):
            with pytest.raises(openai.BadRequestError, match="Delete conversations"):
                await asking
        await served.openai().conversations.delete(id)
        await begin(served)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"items": [user("x")] * 21}, "items"),
        ("", {"items": [{"type": "nonsense"}]}, "items[0]"),
        ("", {"metadata": {"a": 5}}, "metadata.a"),
        ("/{id}", {}, "metadata"),
        ("/{id}/items", {"items": []}, "items"),
        ("/{id}/items", {"items": [{"type": "message", "role": "user", "content": "x", "id": "a/b"}]}, "items[0].id"),
    ],
)
async def test_what_is_refused(served: Served, path: str, body: dict[str, Any], param: str) -> None:
    id = await begin(served)
    refused = await served.http.post("/v1/conversations" + path.format(id=id), json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
