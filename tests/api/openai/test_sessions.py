"""Sessions, and what this server knows of conversations beyond OpenAI's routes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from server.chat.messages import Delta, Message
from server.errors import ContextLengthExceeded
from tests.api.scripted import Step, say
from tests.api.served import OTHER_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def call(served: Served, method: str, path: str, body: Any = None, status: int = 200, key: str = "") -> Any:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    answer = await served.http.request(method, f"/v1/{path}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def session(served: Served, **fields: Any) -> str:
    return str((await call(served, "POST", "sessions", {"model": "tiny", **fields}))["id"])


async def conversation(served: Served, *said: str, **fields: Any) -> str:
    items = [{"type": "message", "role": "user", "content": text} for text in said]
    return str((await call(served, "POST", "conversations", {"items": items, **fields}))["id"])


async def answer(served: Served, id: str, text: str | None = None, status: int = 200, **fields: Any) -> Any:
    body = {**fields, **({} if text is None else {"input": text})}
    return await call(served, "POST", f"conversations/{id}/responses", body, status)


async def history(served: Served, id: str, **query: str) -> list[str]:
    asked = "&".join(f"{name}={value}" for name, value in {"order": "asc", **query}.items())
    found = await call(served, "GET", f"conversations/{id}/items?{asked}")
    return [item["content"][0]["text"] for item in found["data"]]


def heard(served: Served) -> list[str]:
    """What the model was told last."""
    return [message.content for message in served.backend.turn.messages]


async def test_a_session_is_made_listed_changed_and_deleted(served: Served) -> None:
    id = await session(served, title="Trip", metadata={"a": "b"})
    found = await call(served, "GET", f"sessions/{id}")
    assert found["object"] == "session"
    assert (found["model"], found["title"], found["truncation"]) == ("tiny", "Trip", "disabled")
    assert (await call(served, "POST", f"sessions/{id}", {"title": "Journey"}))["title"] == "Journey"
    assert (await call(served, "GET", "sessions?limit=1"))["data"][0]["id"] == id
    deleted = await call(served, "DELETE", f"sessions/{id}")
    assert deleted == {"id": id, "object": "session.deleted", "deleted": True}
    await call(served, "GET", f"sessions/{id}", status=404)


async def test_its_conversations_are_answered_on_its_terms(served: Served) -> None:
    in_it = await session(served, instructions="Be brief.")
    id = await conversation(served, session_id=in_it)
    response = await answer(served, id, "Hi")
    assert response["model"] == "tiny"
    assert response["conversation"] == {"id": id}
    await call(served, "POST", "responses", {"model": "tiny", "conversation": id, "input": "Again"})
    assert served.backend.turn.messages == (
        Message("system", "Be brief."),
        Message("user", "Hi"),
        Message("assistant", "Hello world"),
        Message("user", "Again"),
    )
    listed = await call(served, "GET", f"conversations?session_id={in_it}")
    assert [(each["id"], each["title"]) for each in listed["data"]] == [(id, "Hi")]
    assert await history(served, id) == ["Hi", "Hello world", "Again", "Hello world"]


async def test_the_model_is_switched_in_mid_conversation(served: Served) -> None:
    in_it = await session(served)
    id = await conversation(served, session_id=in_it)
    await answer(served, id, "one")
    await call(served, "POST", f"sessions/{in_it}", {"model": "org/big"})
    assert (await answer(served, id, "two"))["model"] == "org/big"
    assert served.backend.turn.model == "org/big"
    assert heard(served) == ["one", "Hello world", "two"]
    assert (await answer(served, id, "three", model="small"))["model"] == "tiny"


async def test_without_a_session_a_model_must_be_named(served: Served) -> None:
    id = await conversation(served)
    assert (await answer(served, id, "Hi", 400))["error"]["param"] == "model"
    await answer(served, id, "Hi", model="tiny")


async def test_a_message_is_edited_and_sent_again(served: Served) -> None:
    id = await conversation(served, session_id=await session(served))
    await answer(served, id, "one")
    served.backend.steps = say("2")
    await answer(served, id, "two")
    first, _, third, _ = (await call(served, "GET", f"conversations/{id}/items?order=asc"))["data"]
    served.backend.steps = say("3")
    await answer(served, id, "deux", replaces=third["id"])
    assert heard(served) == ["one", "Hello world", "deux"]
    assert await history(served, id) == ["one", "Hello world", "deux", "3"]
    await answer(served, id, "un", replaces=first["id"])
    assert heard(served) == ["un"]
    branches = (await call(served, "GET", f"conversations/{id}/branches"))["data"]
    assert [(each["length"], each["head"]) for each in branches] == [(2, True), (4, False), (4, False)]
    assert await history(served, id, head=branches[2]["id"]) == ["one", "Hello world", "two", "2"]
    await call(served, "POST", f"conversations/{id}", {"head": branches[1]["id"]})
    await answer(served, id, "trois")
    assert heard(served) == ["one", "Hello world", "deux", "3", "trois"]


async def test_what_was_said_elsewhere_begins_a_branch(served: Served) -> None:
    id = await conversation(served, session_id=await session(served))
    response = await answer(served, id, "one")
    items = [{"type": "message", "role": "assistant", "content": "or else"}]
    place = {"items": items, "replaces": response["output"][0]["id"]}
    await call(served, "POST", f"conversations/{id}/items", place)
    assert await history(served, id) == ["one", "or else"]
    assert len((await call(served, "GET", f"conversations/{id}/branches"))["data"]) == 2
    refused = await call(served, "POST", f"conversations/{id}/items", place | {"replaces": "msg_none"}, 404)
    assert "msg_none" in refused["error"]["message"]


async def test_an_answer_is_made_again(served: Served) -> None:
    id = await conversation(served, session_id=await session(served))
    served.backend.steps = [Delta(0, reasoning="Hm"), *say("first")]
    response = await answer(served, id, "one")
    served.backend.steps = say("second")
    for item in response["output"]:
        await answer(served, id, replaces=item["id"])
        assert heard(served) == ["one"]
    assert await history(served, id) == ["one", "second"]
    assert len((await call(served, "GET", f"conversations/{id}/branches"))["data"]) == 3
    refused = await answer(served, id, "x", 404, replaces="msg_none")
    assert "msg_none" in refused["error"]["message"]


async def test_a_branch_can_begin_in_the_background(served: Served) -> None:
    id = await conversation(served, session_id=await session(served))
    first = await answer(served, id, "one")
    begun = await answer(served, id, replaces=first["output"][0]["id"], background=True)
    assert begun["status"] in ("queued", "in_progress")
    told = await served.http.get(f"/v1/responses/{begun['id']}?stream=true")
    assert "response.completed" in told.text
    assert heard(served) == ["one"]
    assert await history(served, id) == ["one", "Hello world"]
    assert len((await call(served, "GET", f"conversations/{id}/branches"))["data"]) == 2


async def test_any_client_of_responses_can_branch(served: Served) -> None:
    id = await conversation(served, session_id=await session(served))
    first = await answer(served, id, "one")
    body = {"conversation": id, "replaces": first["output"][0]["id"]}
    await call(served, "POST", "responses", body)
    assert heard(served) == ["one"]
    refused = await call(served, "POST", "responses", {"model": "tiny", "input": "x", "replaces": "msg_1"}, 400)
    assert refused["error"]["param"] == "replaces"


async def test_a_branch_that_fails_changes_nothing(served: Served) -> None:
    id = await conversation(served, session_id=await session(served))
    response = await answer(served, id, "one")
    served.backend.refusal = ContextLengthExceeded(9, 5)
    await answer(served, id, status=400, replaces=response["output"][0]["id"])
    assert await history(served, id) == ["one", "Hello world"]


def outgrown(served: Served, context: int) -> list[Step]:
    """A model whose context is so many characters."""
    length = sum(len(message.content) for message in served.backend.turn.messages)
    if length > context:
        raise ContextLengthExceeded(length, context)
    return say("ok")


async def test_what_outgrows_the_model_is_refused_or_cut_as_the_session_says(served: Served) -> None:
    refusing, cutting = [await session(served, truncation=how) for how in ("disabled", "auto")]
    served.backend.steps = lambda turn: outgrown(served, 100)
    long = "word " * 15
    id = await conversation(served, session_id=refusing)
    assert "truncated_messages" not in await answer(served, id, long)
    refused = await answer(served, id, long, 400)
    assert refused["error"]["code"] == "context_length_exceeded"
    assert len(await history(served, id)) == 2
    id = await conversation(served, session_id=cutting)
    await answer(served, id, long)
    response = await answer(served, id, long)
    assert response["truncated_messages"] == 2
    assert heard(served) == [long]
    assert len(await history(served, id)) == 4
    await answer(served, id, long, 400, truncation="disabled")
    await call(served, "POST", f"sessions/{cutting}", {"truncation": "disabled"})
    await answer(served, id, long, 400)


async def test_two_at_once_go_one_after_the_other(served: Served) -> None:
    id = await conversation(served, session_id=await session(served))
    await asyncio.gather(*(answer(served, id, str(number)) for number in range(8)))
    said = await history(served, id)
    assert sorted(said[::2]) == [str(number) for number in range(8)]
    assert set(said[1::2]) == {"Hello world"}
    assert heard(served) == said[:-1]


async def test_conversations_are_found_by_what_was_said(served: Served) -> None:
    id = await conversation(served, "Where is the zeppelin?", title="Airships")
    found = (await call(served, "GET", "conversations/search?query=zeppel"))["data"]
    assert [(each["conversation"]["id"], each["snippet"]) for each in found] == [(id, "Where is the zeppelin?")]
    item = await call(served, "GET", f"conversations/{id}/items/{found[0]['item_id']}")
    assert item["role"] == "user"
    await call(served, "POST", f"conversations/{id}", {"title": "Balloons"})
    (match,) = (await call(served, "GET", "conversations/search?query=balloons"))["data"]
    assert (match["item_id"], match["conversation"]["title"]) == (None, "Balloons")
    assert (await call(served, "GET", "conversations/search?query=", status=400))["error"]["param"] == "query"
    assert (await call(served, "GET", "conversations/search?query=zeppelin", key=OTHER_KEY))["data"] == []


async def test_all_is_exported_as_json_lines(served: Served) -> None:
    in_it = await session(served)
    id = await conversation(served, session_id=in_it)
    response = await answer(served, id, "one \u2028 two")
    await answer(served, id, replaces=response["output"][0]["id"])
    other = await conversation(served, "else")
    for path, ids in ((f"conversations/{id}/export", {id}), (f"sessions/{in_it}/export", {id})):
        answered = await served.http.get(f"/v1/{path}")
        assert answered.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answered.text.split("\n") if line]
        assert {line["id"] for line in lines if line["type"] == "conversation"} == ids
        items = [line for line in lines if line["type"] == "item"]
        assert [line["parent_id"] for line in items] == [None, items[0]["item"]["id"], items[0]["item"]["id"]]
        assert items[0]["item"]["content"][0]["text"] == "one \u2028 two"
    everything = (await served.http.get("/v1/conversations/export")).text
    assert id in everything
    assert other in everything
    await call(served, "GET", "conversations/conv_none/export", status=404)
    await call(served, "GET", "sessions/sess_none/export", status=404)


async def test_another_keys_session_is_none(served: Served) -> None:
    in_it = await session(served)
    id = await conversation(served, "one", session_id=in_it)
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"sessions/{in_it}", None),
        ("POST", f"sessions/{in_it}", {"title": "x"}),
        ("DELETE", f"sessions/{in_it}", None),
        ("GET", f"sessions/{in_it}/export", None),
        ("POST", "conversations", {"session_id": in_it}),
        ("GET", f"conversations?session_id={in_it}", None),
        ("GET", f"conversations/{id}/branches", None),
        ("GET", f"conversations/{id}/export", None),
        ("POST", f"conversations/{id}/responses", {"model": "tiny", "input": "x"}),
    ]
    for method, path, body in asked:
        error = (await call(served, method, path, body, 404, OTHER_KEY))["error"]
        assert error["code"] == "not_found"
    for path in ("sessions", "conversations"):
        listed = (await call(served, "GET", path, key=OTHER_KEY))["data"]
        assert not {in_it, id} & {each["id"] for each in listed}
    theirs = await served.http.get("/v1/conversations/export", headers={"authorization": f"Bearer {OTHER_KEY}"})
    assert id not in theirs.text


@pytest.mark.parametrize(
    ("path", "body", "status", "param"),
    [
        ("sessions", {}, 400, "model"),
        ("sessions", {"model": ""}, 400, "model"),
        ("sessions", {"model": "nowhere"}, 404, "model"),
        ("sessions", {"model": "tiny", "truncation": "perhaps"}, 400, "truncation"),
        ("sessions", {"model": "tiny", "title": "two\nlines"}, 400, "title"),
        ("sessions", {"model": "tiny", "instructions": "\0"}, 400, "instructions"),
        ("sessions/{session}", {}, 400, None),
        ("sessions/{session}", {"model": "nowhere"}, 404, "model"),
        ("conversations", {"title": "x" * 201}, 400, "title"),
        ("conversations", {"session_id": "sess_none"}, 404, None),
        ("conversations/{id}", {}, 400, "metadata"),
        ("conversations/{id}", {"head": "msg_none"}, 404, None),
        (
            "conversations/{id}/responses",
            {"model": "tiny", "previous_response_id": "resp_1"},
            400,
            "previous_response_id",
        ),
        ("conversations/{id}/responses", {"input": "x", "replaces": "a b"}, 400, "replaces"),
        ("conversations/conv_none/responses", {"input": "x"}, 404, "conversation"),
    ],
)
async def test_what_is_refused(served: Served, path: str, body: Any, status: int, param: str | None) -> None:
    in_it = await session(served)
    id = await conversation(served, "one", session_id=in_it)
    refused = await call(served, "POST", path.format(session=in_it, id=id), body, status)
    assert refused["error"]["param"] == param
