"""The LLM-API dialect: its example exchanges, its users' own code, and the paths it shares with OpenAI's clients."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from server.chat.messages import Delta, Message
from server.errors import EngineDied, ModelLoadFailed
from tests.api.scripted import say
from tests.api.served import KEY, OTHER_KEY, Raw, Served, events, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

HI = [{"role": "user", "content": "Hi"}]


def root_client(served: Served) -> Any:
    """As the dialect's users make it; typed loosely, since they read a field that OpenAI does not have."""
    return served.openai("")


async def news(raw: Raw) -> dict[str, Any]:
    block = (await raw.until(b"\n\n")).decode()
    assert "event: message\n" in block
    found: dict[str, Any] = json.loads(block[block.index("data: ") + 6 :])
    return found


# The key


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [
        ("", None, 401),
        ("", f"Bearer {KEY}", 200),
        ("", KEY, 200),
        ("", f"bearer {KEY}", 401),
        ("", "Bearer constructor", 401),
        (f"?authKey={KEY}", None, 200),
        (f"?authKey={KEY}", "Bearer wrong", 200),
        ("?authKey=wrong", f"Bearer {KEY}", 401),
    ],
)
async def test_where_the_key_stands(served: Served, query: str, header: str | None, status: int) -> None:
    async with httpx.AsyncClient(base_url=served.url) as http:
        response = await http.get(f"/ping{query}", headers={"authorization": header} if header else {})
    assert response.status_code == status
    assert response.text == ("pong" if status == 200 else "Unauthorized")
    assert response.headers["content-type"].startswith("text/plain" if status == 200 else "text/html")


async def test_keyless_acts_as_one_key(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, dialects__llm_api__keyless="key2") as served,
        httpx.AsyncClient(base_url=served.url) as http,
    ):
        assert (await http.get("/ping")).text == "pong"
        await http.post("/loadModel", json={"model": "tiny"})
        await http.get("/chat/ask?question=Hi")
        assert served.backend.turn.owner == "key2"
        assert (await http.get("/ping?authKey=wrong")).status_code == 401
        assert (await http.get("/v1/models")).status_code == 401


# Models


async def test_models_for_both_kinds_of_client(served: Served) -> None:
    names = (await served.http.get("/models")).json()
    assert names == {"tiny": {"personalities": ["teacher", "poet"]}, "org/big": {"personalities": []}}
    assert [model.id async for model in served.openai("").models.list()] == ["tiny", "org/big"]


async def test_load_is_answered_at_once_and_seen_on_status(served: Served) -> None:
    served.pool.gate = asyncio.Event()
    async with served.raw("GET", "/status") as raw:
        assert (await news(raw))["status"] == "Terminated"
        response = await served.http.post("/loadModel", json={"model": "tiny", "personality": "teacher"})
        assert response.status_code == 200
        assert isinstance(response.json()["message"], str)
        while (told := await news(raw))["status"] != "Loading":
            pass
        assert (told["info"]["model"], told["info"]["personality"]) == ("tiny", "teacher")
        assert told["info"]["meta"]["params"]["ctxSize"] == 2048
        served.pool.gate.set()
        while (await news(raw))["status"] != "Idle":
            pass
        unloaded = await served.http.get("/unloadModel")
        assert (unloaded.status_code, unloaded.json()) == (200, {"message": "Model unloaded."})
        while (told := await news(raw))["status"] != "Terminated":
            pass
        assert told["info"]["model"] == "tiny"


async def test_unload_when_nothing_is_loaded(served: Served) -> None:
    assert (await served.http.get("/unloadModel")).json() == {"message": "Model unloaded."}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "Model parameter is required"),
        ({"model": ""}, 400, "Model parameter is required"),
        ({"model": "nope"}, 500, "Failed to load model"),
        ({"model": "tiny", "personality": "pirate"}, 500, "Failed to load model"),
    ],
)
async def test_loads_that_cannot_be(served: Served, body: Any, status: int, error: str) -> None:
    response = await served.http.post("/loadModel", json=body)
    assert (response.status_code, response.json()) == (status, {"error": error})
    assert served.pool.chosen is None


@pytest.mark.parametrize("personality", [None, "", "none"])
async def test_no_personality(served: Served, personality: str | None) -> None:
    await served.http.post("/loadModel", json={"model": "tiny", "personality": personality})
    await served.http.get("/chat/ask?question=Hi")
    assert served.backend.turn.messages == (Message("user", "Hi"),)


# Chat


async def test_the_users_own_code(served: Served) -> None:
    await served.http.post("/loadModel", json={"model": "tiny", "personality": "teacher"})
    client = root_client(served)
    response = await client.chat.completions.create(model="NotNeeded", messages=HI)
    assert response.responses == "Hello world"
    assert response.choices[0].message.content == "Hello world"
    stream = await client.chat.completions.create(model="NotNeeded", messages=HI, stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "Hello world"
    assert served.backend.turn.model == "tiny"
    assert served.backend.turn.messages == (Message("system", "You teach geography."), Message("user", "Hi"))


async def test_whole_answer(served: Served) -> None:
    served.pool.choose("tiny")
    body = {"model": "NotNeeded", "messages": HI, "stream": False, "temperature": 0.5}
    answer = (await served.http.post("/chat/completions", json=body)).json()
    assert answer["responses"] == "Hello world"
    assert {"id", "object", "created", "model", "choices", "usage"} < set(answer)
    assert served.backend.turn.sampling.temperature == 0.5


async def test_stream(served: Served) -> None:
    served.pool.choose("tiny")
    response = await served.http.post("/chat/completions", json={"messages": HI, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    *chunks, done = events(response.text)
    assert done == "[DONE]"
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == "Hello world"


async def test_a_configured_model_is_used_as_named(served: Served) -> None:
    served.pool.choose("tiny", "teacher")
    await served.http.post("/chat/completions", json={"model": "org/big", "messages": HI})
    assert (served.backend.turn.model, served.backend.turn.messages) == ("org/big", (Message("user", "Hi"),))


async def test_under_v1_nothing_is_added_and_no_model_stands_in(served: Served) -> None:
    served.pool.choose("tiny")
    assert "responses" not in (await served.chat(model="tiny", messages=HI)).json()
    missing = await served.chat(model="NotNeeded", messages=HI)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("stream", [False, True])
async def test_nothing_chosen(served: Served, stream: bool) -> None:
    body = {"model": "NotNeeded", "messages": HI, "stream": stream}
    response = await served.http.post("/chat/completions", json=body)
    assert (response.status_code, response.json()) == (503, {"error": "No model loaded"})
    asked = await served.http.get("/chat/ask?question=Hi")
    assert (asked.status_code, asked.json()) == (503, {"error": "No model loaded"})
    with pytest.raises(openai.InternalServerError, match="No model loaded") as raised:
        await root_client(served).chat.completions.create(model="NotNeeded", messages=HI)
    assert raised.value.code == "model_not_loaded"


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": "Hi"}, {"messages": [{"content": "Hi"}]}])
async def test_messages_that_are_none(served: Served, body: Any) -> None:
    response = await served.http.post("/chat/completions", json=body)
    assert (response.status_code, response.json()) == (400, {"error": "Invalid or missing messages array"})


async def test_errors_in_the_shape_of_who_asks(served: Served) -> None:
    plain = await served.http.post("/chat/completions", json={"messages": HI, "temperature": 9})
    assert plain.status_code == 400
    assert isinstance(plain.json()["error"], str)
    with pytest.raises(openai.BadRequestError) as raised:
        await root_client(served).chat.completions.create(model="tiny", messages=HI, temperature=9)
    assert raised.value.param == "temperature"
    broken = await served.http.post("/chat/completions", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400
    assert isinstance(broken.json()["error"], str)


async def test_a_stream_that_breaks(served: Served) -> None:
    served.pool.choose("tiny")
    served.backend.steps = [Delta(0, "Hel"), EngineDied("It died.")]
    response = await served.http.post("/chat/completions", json={"messages": HI, "stream": True})
    assert events(response.text)[-1] == {"error": "It died."}
    stream = await root_client(served).chat.completions.create(model="NotNeeded", messages=HI, stream=True)
    with pytest.raises(openai.APIError, match="It died"):
        async for _ in stream:
            pass


# Asking


async def test_ask(served: Served) -> None:
    served.pool.choose("tiny", "poet")
    served.backend.steps = say(" Hello", " world \n")
    response = await served.http.get("/chat/ask", params={"question": "Why?"})
    assert (response.status_code, response.json()) == (200, {"question": "Why?", "response": "Hello world"})
    assert served.backend.turn.messages == (Message("system", "You rhyme."), Message("user", "Why?"))
    assert not served.backend.turn.streams


async def test_ask_as_a_stream(served: Served) -> None:
    served.pool.choose("tiny")
    response = await served.http.get("/chat/ask", params={"question": "Why?", "stream": "true"})
    assert response.text == ('data: {"response":"Hello"}\n\ndata: {"response":" world"}\n\nevent: end\ndata: null\n\n')
    assert served.backend.turn.streams
    served.backend.steps = [Delta(0, "Hel"), EngineDied("It died.")]
    response = await served.http.get("/chat/ask", params={"question": "Why?", "stream": "true"})
    assert response.text == 'data: {"response":"Hel"}\n\nevent: error\ndata: {"error":"It died."}\n\n'


async def test_ask_nothing(served: Served) -> None:
    response = await served.http.get("/chat/ask")
    assert (response.status_code, response.json()) == (400, {"error": "No question provided"})


# Errors kept


async def test_errors_are_kept_for_the_key_that_met_them(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        assert (await served.http.get("/chat/errors")).json() == {"errors": []}
        await served.http.post("/loadModel", json={"model": "nope"})
        served.pool.refusal = ModelLoadFailed("The file is cut short.")
        await served.http.post("/loadModel", json={"model": "tiny"})
        served.backend.steps = [Delta(0, "Hel"), EngineDied("It died.")]
        await served.http.post("/chat/completions", json={"messages": HI, "stream": True})
        assert (await served.http.get("/chat/errors")).json() == {
            "errors": ["Model 'nope' does not exist.", "The file is cut short.", "It died."]
        }
        others = await served.http.get("/chat/errors", headers={"authorization": OTHER_KEY})
        assert others.json() == {"errors": []}


# The switch and the prefix


async def test_switched_off(tmp_path: Path) -> None:
    async with serving(tmp_path, dialects__llm_api__enabled=False) as served:
        for path in ("/ping", "/unloadModel", "/chat/ask?question=Hi"):
            missing = await served.http.get(path)
            assert (missing.status_code, missing.json()["error"]["type"]) == (404, "invalid_request_error")
        assert (await served.http.get("/models")).json()["object"] == "list"
        answer = await served.http.post("/chat/completions", json={"model": "tiny", "messages": HI})
        assert "responses" not in answer.json()


async def test_under_a_prefix(tmp_path: Path) -> None:
    async with serving(tmp_path, dialects__llm_api__prefix="/old") as served:
        served.pool.choose("tiny")
        assert (await served.http.get("/old/ping")).text == "pong"
        assert (await served.http.get("/ping")).status_code == 404
        assert (await served.http.get("/old/models")).json().keys() == {"tiny", "org/big"}
        assert (await served.http.get("/models")).json()["object"] == "list"
        answer = await served.openai("/old").chat.completions.create(model="NotNeeded", messages=HI)  # type: ignore[arg-type]
        assert answer.choices[0].message.content == "Hello world"
        missing = await served.http.get("/old/nothing")
        assert (missing.status_code, type(missing.json()["error"])) == (404, str)
