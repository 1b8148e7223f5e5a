"""The Distributed LLM dialect: both of its servers' example exchanges, and the rows that it shares with `/v1`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from server.api.app import build_app
from server.chat.messages import Message
from server.engine.pool import Pool
from server.errors import ContextLengthExceeded, Unavailable
from server.store.auth_keys import AuthKeys
from tests.api.scripted import MODELS, ScriptedBackend, ScriptedPool, Step, say
from tests.api.served import KEY, OTHER_KEY, Served, listening, serving, settings_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = str(uuid.uuid4())
NOT_EMPTY = {"isNotEmpty": "model_name should not be empty"}
NO_STRING = {"isString": "model_name must be a string"}


@pytest_asyncio.fixture(loop_scope="module")
async def node(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """As a client of the dialect asks."""
    async with httpx.AsyncClient(base_url=served.url, headers={"api_key": KEY}) as http:
        yield http


async def post(node: httpx.AsyncClient, path: str, body: Any = None, status: int = 201) -> Any:
    answer = await node.post(f"/llm/sessions{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(node: httpx.AsyncClient, path: str) -> Any:
    answer = await node.get(f"/llm/sessions{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def begin(node: httpx.AsyncClient) -> tuple[str, str]:
    """A session with a conversation: their UUIDs."""
    session = (await post(node, "", {"model_name": "tiny"}))["sessionId"]
    return session, (await post(node, f"/{session}/conversations"))["conversationId"]


def failed(text: str) -> dict[str, Any]:
    return {"message": text, "error": "Internal Server Error", "statusCode": 500}


@pytest.mark.parametrize("path", ["/llm/sessions", "/llm/nope"])
@pytest.mark.parametrize("headers", [{}, {"api_key": "wrong"}])
async def test_example_1_without_a_key(served: Served, path: str, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=served.url) as http:
        answer = await http.post(path, headers=headers, json={"model_name": "tiny"})
    assert answer.status_code == 401
    assert answer.json() == {"message": "Invalid API key", "error": "Unauthorized", "statusCode": 401}


async def test_example_2_a_session(node: httpx.AsyncClient) -> None:
    made = await post(node, "", {"model_name": "tiny", "more": 1})
    assert list(made) == ["sessionId"]
    assert uuid.UUID(made["sessionId"]).version == 4
    assert await post(node, "", {"model_name": "zzz"}, 500) == failed("Failed to create session.")


@pytest.mark.parametrize(
    ("body", "constraints"),
    [({}, NOT_EMPTY | NO_STRING), ({"model_name": ""}, NOT_EMPTY), ({"model_name": 5}, NO_STRING)],
)
async def test_example_2_a_body_that_breaks_its_rules(
    node: httpx.AsyncClient, body: Any, constraints: dict[str, str]
) -> None:
    problem = {"property": "model_name", "constraints": constraints}
    refused = {"message": [problem], "error": "Bad Request", "statusCode": 400}
    session, _ = await begin(node)
    for path in ("", f"/{session}/switch-model"):
        assert await post(node, path, body, 400) == refused


async def test_example_3_a_conversation(node: httpx.AsyncClient) -> None:
    session, first = await begin(node)
    assert uuid.UUID(first).version == 4
    assert await get(node, f"/{session}/conversations") == [first]
    second = (await post(node, f"/{session}/conversations"))["conversationId"]
    assert set(await get(node, f"/{session}/conversations")) == {first, second}


async def test_examples_4_and_5_questions_and_history(node: httpx.AsyncClient, served: Served) -> None:
    session, conversation = await begin(node)
    one = f"/{session}/conversations/{conversation}"
    served.backend.steps = say("reply 1 ")
    assert await post(node, f"{one}/query", {"query": "q one"}) == {"response": "reply 1"}
    served.backend.steps = say("reply 2")
    assert await post(node, f"{one}/query", {"query": "q two"}) == {"response": "reply 2"}
    assert served.backend.turn.messages == (
        Message("user", "q one"),
        Message("assistant", "reply 1 "),
        Message("user", "q two"),
    )
    assert await get(node, one) == [
        {"role": "user", "content": "q two"},
        {"role": "bot", "content": "reply 2"},
        {"role": "user", "content": "q one"},
        {"role": "bot", "content": "reply 1 "},
    ]


async def test_example_6_another_model(node: httpx.AsyncClient, served: Served) -> None:
    session, conversation = await begin(node)
    query = f"/{session}/conversations/{conversation}/query"
    await post(node, query, {"query": "q one"})
    switched = await post(node, f"/{session}/switch-model", {"model_name": "org/big"})
    assert switched == {"message": "Model switched successfully"}
    await post(node, query, {"query": "q two"})
    assert served.backend.turn.model == "org/big"
    assert len(served.backend.turn.messages) == 3
    for path, name in ((session, "zzz"), (NOWHERE, "tiny")):
        refused = await post(node, f"/{path}/switch-model", {"model_name": name}, 500)
        assert refused == failed("Failed to switch model.")


@pytest.mark.parametrize("field", ["model", "model_name"])
async def test_example_7_the_model_server(node: httpx.AsyncClient, served: Served, field: str) -> None:
    answer = await node.post("/select_model", json={field: "tiny"})
    assert (answer.status_code, answer.json()) == (200, {"message": "tiny model is ready to use."})
    missing = await node.post("/select_model", json={field: "zzz"})
    assert (missing.status_code, missing.json()) == (404, {"detail": "Model not found.", "error": "Model not found."})
    answer = await node.post("/query", json={field: "tiny", "query": "\nuser: q one", "max_length": 8000})
    assert (answer.status_code, answer.json()) == (200, {"response": "Hello world"})
    assert (served.backend.turn.prompts, served.backend.turn.max_tokens) == (("\nuser: q one",), 8000)
    await node.post("/query", json={field: "tiny", "query": "hi"})
    assert served.backend.turn.max_tokens == 500


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/select_model", {}, 400, "Model name is required."),
        ("/query", {"model": "tiny"}, 400, "User query is required."),
        ("/query", {"query": "hi"}, 400, "Model name is required."),
        ("/query", {"query": "hi", "model": "zzz"}, 503, "Model not available."),
    ],
)
async def test_what_the_model_server_refuses(
    node: httpx.AsyncClient, path: str, body: Any, status: int, said: str
) -> None:
    answer = await node.post(path, json=body)
    assert (answer.status_code, answer.json()) == (status, {"detail": said, "error": said})


async def test_the_model_server_asks_for_a_key(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as http:
        answer = await http.post("/select_model", json={"model": "tiny"})
        assert (answer.status_code, set(answer.json())) == (401, {"detail", "error"})
        answer = await http.post("/select_model", json={"model": "tiny"}, headers={"authorization": f"Bearer {KEY}"})
        assert answer.status_code == 200


async def test_what_is_not_there(node: httpx.AsyncClient) -> None:
    session, _ = await begin(node)
    assert await get(node, f"/{NOWHERE}/conversations") == []
    assert await get(node, f"/{session}/conversations/{NOWHERE}") == []
    assert await get(node, f"/{NOWHERE}/conversations/{NOWHERE}") == []
    unknown = f"/{NOWHERE}/conversations/{uuid.uuid4()}/query"
    assert await post(node, unknown, {"query": "q"}, 500) == failed("Failed to process query.")
    assert set(await post(node, f"/{NOWHERE}/conversations")) == {"conversationId"}


async def test_any_uuid_names_a_conversation(node: httpx.AsyncClient) -> None:
    session, _ = await begin(node)
    mine = str(uuid.uuid1()).upper()
    assert await post(node, f"/{session}/conversations/{mine}/query", {"query": "q"}) == {"response": "Hello world"}
    assert len(await get(node, f"/{session}/conversations/{mine}")) == 2
    other, _ = await begin(node)
    assert await get(node, f"/{other}/conversations/{mine}") == []
    elsewhere = await post(node, f"/{other}/conversations/{mine}/query", {"query": "q"}, 500)
    assert elsewhere == failed("Failed to process query.")


async def test_what_is_no_uuid(node: httpx.AsyncClient) -> None:
    session, conversation = await begin(node)
    for path, what in (
        (f"/x/conversations/{conversation}", "sessionId"),
        (f"/{session}/conversations/x", "conversationId"),
    ):
        for answer in (await node.get(f"/llm/sessions{path}"), await node.post(f"/llm/sessions{path}/query", json={})):
            said = f"{what} is required and must be a UUID."
            assert answer.json() == {"message": said, "error": "Bad Request", "statusCode": 400}


async def test_a_body_that_is_no_json(node: httpx.AsyncClient) -> None:
    answer = await node.post("/llm/sessions", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"], answer.json()["statusCode"]) == (400, "Bad Request", 400)
    answer = await node.get("/llm/nope")
    assert (answer.status_code, answer.json()["error"]) == (404, "Not Found")


async def test_a_repeated_question_stays_in_the_history(node: httpx.AsyncClient, served: Served) -> None:
    session, conversation = await begin(node)
    one = f"/{session}/conversations/{conversation}"
    await asyncio.gather(*(post(node, f"{one}/query", {"query": "same"}) for _ in range(3)))
    assert [entry["role"] for entry in await get(node, one)] == ["user", "bot"] * 3
    assert len(served.backend.turn.messages) == 5


async def test_nothing_is_kept_of_what_failed(node: httpx.AsyncClient, served: Served) -> None:
    session, conversation = await begin(node)
    one = f"/{session}/conversations/{conversation}"
    served.backend.refusal = Unavailable("Not now.")
    refused = await post(node, f"{one}/query", {"query": "q"}, 503)
    assert refused == {"message": "Not now.", "error": "Service Unavailable", "statusCode": 503}
    assert await get(node, one) == []


async def test_what_outgrows_the_model_loses_its_oldest_turns(node: httpx.AsyncClient, served: Served) -> None:
    def steps(turn: Any) -> list[Step]:
        if len(turn.messages) > 1:
            raise ContextLengthExceeded(200, 100)
        return say("ok")

    served.backend.steps = steps
    session, conversation = await begin(node)
    query = f"/{session}/conversations/{conversation}/query"
    assert await post(node, query, {"query": "q one"}) == {"response": "ok"}
    assert await post(node, query, {"query": "q two"}) == {"response": "ok", "truncatedMessages": 2}


async def test_both_faces_show_the_same_rows(node: httpx.AsyncClient, served: Served) -> None:
    session, conversation = await begin(node)
    await post(node, f"/{session}/conversations/{conversation}/query", {"query": "q one"})
    id = f"conv_{uuid.UUID(conversation).hex}"
    found = (await served.http.get(f"/v1/conversations/{id}")).json()
    assert (found["session_id"], found["title"]) == (f"sess_{uuid.UUID(session).hex}", "q one")
    await served.openai().responses.create(model="tiny", conversation=id, input="q two")
    assert [entry["content"] for entry in await get(node, f"/{session}/conversations/{conversation}")][::2] == [
        "q two",
        "q one",
    ]
    made = (await served.http.post("/v1/sessions", json={"model": "tiny"})).json()["id"]
    talk = (await served.http.post("/v1/conversations", json={"session_id": made})).json()["id"]
    listed = await get(node, f"/{uuid.UUID(made.removeprefix('sess_'))}/conversations")
    assert listed == [str(uuid.UUID(talk.removeprefix("conv_")))]


async def test_another_keys_session_is_none(node: httpx.AsyncClient) -> None:
    session, conversation = await begin(node)
    one = f"/{session}/conversations/{conversation}"
    await post(node, f"{one}/query", {"query": "q one"})
    async with httpx.AsyncClient(base_url=node.base_url, headers={"api_key": OTHER_KEY}) as stranger:
        assert await get(stranger, one) == await get(stranger, f"/{session}/conversations") == []
        await post(stranger, f"{one}/query", {"query": "q"}, 500)
        await post(stranger, f"/{session}/switch-model", {"model_name": "org/big"}, 500)
    assert len(await get(node, one)) == 2


async def test_more_conversations_than_a_page(node: httpx.AsyncClient) -> None:
    session, _ = await begin(node)
    for _ in range(104):
        await post(node, f"/{session}/conversations")
    assert len(set(await get(node, f"/{session}/conversations"))) == 105


async def test_the_originals_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment variable gives the text that counts on this dialect's paths, and nowhere else."""
    monkeypatch.setenv("API_KEY", "k")
    settings = settings_at(tmp_path)
    keys = AuthKeys.open(settings)
    app = build_app(settings, backend=ScriptedBackend(), pool=cast(Pool, ScriptedPool(MODELS)), keys=keys)
    async with listening(app) as url, httpx.AsyncClient(base_url=url, headers={"api_key": "k"}) as http:
        session, conversation = await begin(http)
        answer = await post(http, f"/{session}/conversations/{conversation}/query", {"query": "q one"})
        assert answer == {"response": "Hello world"}
        key = next(key for key in await asyncio.to_thread(keys.list) if key.id == "distributed-llm")
        assert key.rights == frozenset({"chat"})
        assert (await http.get("/v1/sessions", headers={"authorization": "Bearer k"})).status_code == 401
        assert (await http.post("/select_model", json={"model": "tiny"})).status_code == 200
        await asyncio.to_thread(keys.revoke, key.id)
        assert (await http.get(f"/llm/sessions/{session}/conversations")).status_code == 401


async def test_switched_off_it_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "k")
    dialects = ("distributed_llm", "distributed_llm_models", "ai_llm_service")  # the last one knows that variable too
    off = {f"dialects__{name}__enabled": False for name in dialects}
    async with serving(tmp_path, **off) as served:
        for path in ("/llm/sessions", "/select_model", "/query"):
            assert (await served.http.post(path, json={})).status_code == 404
