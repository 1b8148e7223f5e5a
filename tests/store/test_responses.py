"""Kept responses and conversations as their key has them. Runs on every kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from server.errors import BadRequest, NotFound
from server.settings import Settings
from server.store import totals
from server.store.conversations import Change, Conversations
from server.store.database import Database
from server.store.response_tables import Item
from server.store.response_tables import responses as kept_responses
from server.store.responses import Kept, Place, Responses
from server.store.rows import new_id

ME, OTHER = "llm-me", "llm-other"
MB = 1 << 20
STRANGE = 'Zeile\n"zwei" \u2028 \x00 \\u0041 🙂'


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def responses(database: Database) -> Responses:
    return Responses(database, MB)


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database, MB)


def item(text: str, id: str | None = None) -> Item:
    return {"id": id or new_id("msg"), "type": "message", "content": text}


def response(given: str, answer: str, **facts: Any) -> Kept:
    return Kept({"id": new_id("resp"), **facts, "output": [item(answer)]}, [item(given)])


async def save(responses: Responses, kept: Kept, owner: str = ME, **place: Any) -> str:
    await responses.save(owner, kept, Place(**place), keep=True, append="conversation" in place)
    return kept.id


def texts(items: list[Item]) -> list[str]:
    return [each["content"] for each in items]


async def test_what_is_kept_comes_back_as_it_was(responses: Responses, settings: Settings) -> None:
    kept = response(STRANGE, STRANGE, status="completed", metadata={"a": STRANGE})
    await save(responses, kept)
    assert await responses.get(ME, kept.id) == kept
    again = Database.open(settings)
    assert await Responses(again, MB).get(ME, kept.id) == kept
    again.close()


async def test_another_keys_response_is_none(responses: Responses) -> None:
    kept = response("hi", "ho")
    await save(responses, kept)
    for ask in (responses.get, responses.delete, responses.history):
        with pytest.raises(NotFound, match=kept.id):
            await ask(OTHER, kept.id)
    with pytest.raises(NotFound):
        await responses.item(OTHER, kept.input[0]["id"])
    assert await responses.item(ME, kept.input[0]["id"]) == kept.input[0]


@pytest.mark.parametrize("id", ["", "resp_", "a" * 10_000, "a\0b", "ü", "'; --"])
async def test_an_id_that_cannot_be_is_not_there(responses: Responses, conversations: Conversations, id: str) -> None:
    with pytest.raises(NotFound):
        await responses.get(ME, id)
    with pytest.raises(NotFound):
        await responses.item(ME, id)
    with pytest.raises(NotFound):
        await conversations.get(ME, id)


async def test_what_was_deleted_is_gone(responses: Responses) -> None:
    kept = response("hi", "ho")
    await save(responses, kept)
    await responses.delete(ME, kept.id)
    with pytest.raises(NotFound):
        await responses.get(ME, kept.id)
    with pytest.raises(NotFound):
        await responses.item(ME, kept.input[0]["id"])
    with pytest.raises(NotFound):
        await responses.delete(ME, kept.id)


async def test_a_history_follows_its_own_branch(responses: Responses) -> None:
    first = await save(responses, response("1", "one"))
    left = await save(responses, response("2", "two"), previous=first)
    right = await save(responses, response("3", "three"), previous=first)
    last = await save(responses, response("4", "four"), previous=left)
    assert texts(await responses.history(ME, last)) == ["1", "one", "2", "two", "4", "four"]
    assert texts(await responses.history(ME, right)) == ["1", "one", "3", "three"]


async def test_a_history_with_a_hole_is_said_to_have_one(responses: Responses) -> None:
    first = await save(responses, response("1", "one"))
    second = await save(responses, response("2", "two"), previous=first)
    third = await save(responses, response("3", "three"), previous=second)
    await responses.delete(ME, first)
    with pytest.raises(BadRequest, match=first):
        await responses.history(ME, third)
    assert texts((await responses.get(ME, third)).input) == ["3"]


async def test_the_oldest_make_room(database: Database) -> None:
    responses = Responses(database, 10_000)
    ids = [await save(responses, response("x" * 3000, "y")) for _ in range(3)]
    with pytest.raises(NotFound):
        await responses.get(ME, ids[0])
    await save(responses, response("x" * 3000, "y"), owner=OTHER)
    for id in ids[1:]:
        await responses.get(ME, id)
    large = await save(responses, response("x" * 30_000, "y"))
    assert texts(await responses.history(ME, large)) == ["x" * 30_000, "y"]
    for id in ids:
        with pytest.raises(NotFound):
            await responses.get(ME, id)
    for owner, left in ((ME, 1), (OTHER, 1)):
        with database.read() as connection:
            mine = sa.select(sa.func.count(), sa.func.sum(kept_responses.c.size)).where(kept_responses.c.owner == owner)
            assert connection.execute(mine).one() == (left, totals.of_responses.of(connection, owner))
    await responses.delete(ME, large)
    with database.read() as connection:
        assert totals.of_responses.of(connection, ME) == 0


async def test_what_nobody_waits_for_is_kept_all_the_same(database: Database, settings: Settings) -> None:
    kept = response("hi", "h")
    saving = asyncio.create_task(save(Responses(database, MB), kept))
    await asyncio.sleep(0)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    database.close()
    again = Database.open(settings)
    assert await Responses(again, MB).get(ME, kept.id) == kept
    again.close()


async def test_a_conversation_grows(responses: Responses, conversations: Conversations) -> None:
    made = await conversations.create(ME, {"topic": STRANGE}, [item("1")])
    assert await conversations.get(ME, made.id) == made
    assert texts(await conversations.add(ME, made.id, [item("2"), item("3")])) == ["2", "3"]
    await save(responses, response("4", "four"), conversation=made.id)
    branch = await conversations.branch(ME, made.id)
    assert texts(branch.items) == ["1", "2", "3", "4", "four"]
    assert branch.head == branch.items[-1]["id"]
    assert await conversations.item(ME, made.id, branch.head) == branch.items[-1]
    changed = await conversations.update(ME, made.id, Change({"a": "b"}))
    assert await conversations.get(ME, made.id) == changed
    assert changed == replace(made, metadata={"a": "b"}, head=branch.head, updated_at=changed.updated_at)


async def test_a_conversation_has_branches(conversations: Conversations) -> None:
    made = await conversations.create(ME, {}, [item("1", "msg_1"), item("2", "msg_2")])
    await conversations.add(ME, made.id, [item("3")], before="msg_2")
    assert texts((await conversations.branch(ME, made.id)).items) == ["1", "3"]
    await conversations.add(ME, made.id, [item("4")], before="msg_1")
    assert texts((await conversations.branch(ME, made.id)).items) == ["4"]
    with pytest.raises(NotFound):
        await conversations.add(ME, made.id, [item("5")], before="msg_5")


async def test_two_servers_write_one_branch(conversations: Conversations, settings: Settings) -> None:
    made = await conversations.create(ME, {}, [])
    elsewhere = Database.open(settings)
    both = (conversations, Conversations(elsewhere, MB))
    await asyncio.gather(*(both[number % 2].add(ME, made.id, [item(str(number))]) for number in range(10)))
    elsewhere.close()
    assert sorted(texts((await conversations.branch(ME, made.id)).items)) == [str(number) for number in range(10)]


async def test_an_item_that_is_taken_out_leaves_no_hole(responses: Responses, conversations: Conversations) -> None:
    made = await conversations.create(ME, {}, [item("1", "msg_1"), item("2", "msg_2"), item("3", "msg_3")])
    kept = await save(responses, response("4", "four"), conversation=made.id, after="msg_3")
    await conversations.delete_item(ME, made.id, "msg_2")
    await conversations.delete_item(ME, made.id, "msg_3")
    assert texts((await conversations.branch(ME, made.id)).items) == ["1", "4", "four"]
    assert texts(await responses.history(ME, kept)) == ["1", "4", "four"]
    head = (await conversations.branch(ME, made.id)).head
    assert head is not None
    await conversations.delete_item(ME, made.id, head)
    assert texts((await conversations.branch(ME, made.id)).items) == ["1", "4"]
    with pytest.raises(NotFound):
        await conversations.item(ME, made.id, "msg_2")


async def test_an_id_that_is_taken_gets_another(conversations: Conversations) -> None:
    made = await conversations.create(ME, {}, [item("1", "msg_1"), item("2", "msg_1")])
    again = await conversations.add(ME, made.id, [item("3", "msg_1")])
    ids = [each["id"] for each in (await conversations.branch(ME, made.id)).items]
    assert ids[0] == "msg_1"
    assert ids[2] == again[0]["id"]
    assert len(set(ids)) == 3
    assert all(id.startswith("msg_") for id in ids)


async def test_another_keys_conversation_is_none(conversations: Conversations) -> None:
    made = await conversations.create(ME, {}, [item("1", "msg_1")])
    asked = [
        conversations.get(OTHER, made.id),
        conversations.update(OTHER, made.id, Change({})),
        conversations.delete(OTHER, made.id),
        conversations.branch(OTHER, made.id),
        conversations.add(OTHER, made.id, [item("2")]),
        conversations.item(OTHER, made.id, "msg_1"),
        conversations.delete_item(OTHER, made.id, "msg_1"),
    ]
    assert all(isinstance(answer, NotFound) for answer in await asyncio.gather(*asked, return_exceptions=True))
    assert texts((await conversations.branch(ME, made.id)).items) == ["1"]


async def test_a_deleted_conversation_is_gone(responses: Responses, conversations: Conversations) -> None:
    made = await conversations.create(ME, {}, [item("1", "msg_1")])
    kept = await save(responses, response("2", "two"), conversation=made.id, after="msg_1")
    assert texts(await responses.history(ME, kept)) == ["1", "2", "two"]
    await conversations.delete(ME, made.id)
    with pytest.raises(NotFound):
        await conversations.branch(ME, made.id)
    with pytest.raises(NotFound):
        await responses.item(ME, "msg_1")
    with pytest.raises(BadRequest, match=made.id):
        await responses.history(ME, kept)
    await save(responses, response("3", "three"), conversation=made.id)


async def test_a_full_shelf_takes_no_more_conversation(database: Database) -> None:
    conversations = Conversations(database, 5000)
    made = await conversations.create(ME, {}, [item("x" * 5000)])
    with pytest.raises(BadRequest, match="Delete conversations"):
        await conversations.create(ME, {}, [])
    with pytest.raises(BadRequest, match="Delete conversations"):
        await conversations.add(ME, made.id, [item("2")])
    with pytest.raises(BadRequest, match="Delete conversations"):
        await conversations.branch(ME, made.id, to_grow=True)
    await conversations.create(OTHER, {}, [])
    await conversations.delete(ME, made.id)
    await conversations.create(ME, {}, [])
