"""The list of models and what is done with them, and the stream of their states."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest

from server.errors import ModelLoadFailed
from tests.api.served import Raw, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_list_through_the_client(served: Served) -> None:
    served.pool.set("tiny", state="loading", progress=0.125)
    models = (await served.openai().models.list()).data
    assert [model.id for model in models] == ["tiny", "org/big"]
    tiny = models[0]
    assert (tiny.object, tiny.owned_by) == ("model", "llm-api")
    assert tiny.created > 1_600_000_000
    ours = tiny.model_extra["llm_api"]  # type: ignore[index]
    assert (ours["state"], ours["progress"], ours["context"]) == ("loading", 12.5, 2048)
    assert ours["aliases"] == ["small"]
    assert ours["personalities"] == {"teacher": "You teach geography.", "poet": "You rhyme."}
    assert ours["capabilities"] == ["text"]
    assert [model.id for model in (await served.openai("").models.list()).data] == ["tiny", "org/big"]


async def test_retrieve(served: Served) -> None:
    client = served.openai()
    assert (await client.models.retrieve("tiny")).id == "tiny"
    assert (await client.models.retrieve("small")).id == "tiny"
    assert (await served.http.get("/v1/models/org/big")).json()["id"] == "org/big"
    assert (await served.http.get("/v1/models/org%2Fbig")).json()["id"] == "org/big"
    with pytest.raises(openai.NotFoundError) as raised:
        await client.models.retrieve("nope")
    assert raised.value.code == "model_not_found"


async def test_anthropic_shape(served: Served) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    for path in ("/v1/models", "/models"):
        answer = (await served.http.get(path, headers=headers)).json()
        assert (answer["has_more"], answer["first_id"], answer["last_id"]) == (False, "tiny", "org/big")
        assert answer["data"][0].items() >= {"type": "model", "id": "tiny", "display_name": "tiny"}.items()
        assert answer["data"][0]["created_at"].endswith("Z")
    one = (await served.http.get("/v1/models/tiny", headers=headers)).json()
    assert one["type"] == "model"


async def test_load_and_unload(served: Served) -> None:
    loaded = await served.http.post("/v1/models/org/big/load")
    assert (loaded.status_code, loaded.json()["llm_api"]["state"]) == (200, "ready")
    unloaded = await served.http.post("/v1/models/org/big/unload")
    assert (unloaded.status_code, unloaded.json()["llm_api"]["state"]) == (200, "unloaded")
    assert (await served.http.post("/v1/models/nope/load")).status_code == 404


async def test_load_that_fails(served: Served) -> None:
    served.pool.refusal = ModelLoadFailed("The file is cut short.")
    response = await served.http.post("/v1/models/tiny/load")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "model_load_failed")
    state = (await served.http.get("/v1/models/tiny")).json()["llm_api"]
    assert (state["state"], state["error"]) == ("failed", "The file is cut short.")


async def test_load_without_waiting(served: Served) -> None:
    served.pool.gate = asyncio.Event()
    response = await served.http.post("/v1/models/tiny/load?wait=false")
    assert response.status_code == 202
    async with following(served) as states:
        await until(states, lambda news: news["states"]["tiny"]["state"] == "loading")
        served.pool.gate.set()
        await until(states, lambda news: news["states"]["tiny"]["state"] == "ready")


async def test_estimate(served: Served) -> None:
    assert (await served.http.get("/v1/models/org/big/estimate")).json() == {
        "id": "org/big",
        "object": "model.estimate",
        "weights": 100,
        "kv": 20,
        "compute": 3,
        "total": 123,
        "layers": 3,
        "layers_that_fit": 0,
        "gpu_layers": 0,
        "gpu": 0,
    }


def following(served: Served) -> Any:
    return served.raw("GET", "/v1/status")


async def until(raw: Raw, wanted: Any) -> dict[str, Any]:
    """The first event that is as wanted."""
    while True:
        block = (await raw.until(b"\n\n")).decode()
        if "event: message\n" in block:
            news: dict[str, Any] = json.loads(block[block.index("data: ") + 6 :])
            if wanted(news):
                return news


async def test_status_tells_the_present_and_every_change(served: Served) -> None:
    async with following(served) as one, following(served) as two:
        for raw in (one, two):
            news = await until(raw, lambda _: True)
            assert (news["status"], news["info"]) == ("Terminated", None)
            assert news["models"] == {"tiny": {"personalities": ["teacher", "poet"]}, "org/big": {"personalities": []}}
            assert news["states"]["tiny"]["state"] == "unloaded"
        served.pool.choose("tiny", "poet")
        served.pool.set("tiny", state="loading", progress=0.5)
        for raw in (one, two):
            news = await until(raw, lambda news: news["status"] == "Loading")
            assert news["info"]["model"] == "tiny"
            assert news["info"]["personality"] == "poet"
            assert news["info"]["meta"]["params"]["model"] == "tiny.gguf"
            assert news["states"]["tiny"]["progress"] == 50
        served.pool.set("tiny", state="ready", progress=None, running=1)
        await until(one, lambda news: news["status"] == "Processing")
        served.pool.set("tiny", running=0)
        await until(one, lambda news: news["status"] == "Idle")
        served.pool.set("tiny", state="unloaded")
        news = await until(one, lambda news: news["status"] == "Terminated")
        assert news["info"]["model"] == "tiny"


async def test_status_listeners_go_when_they_leave(served: Served) -> None:
    async with following(served) as raw:
        await until(raw, lambda _: True)
        assert served.pool.listeners == 1
    async with asyncio.timeout(5):
        await served.pool.deserted.wait()


async def test_status_ends_when_the_server_drains(served: Served) -> None:
    async with following(served) as raw:
        await until(raw, lambda _: True)
        await served.pool.drain(0)
        assert (await raw.until(b"\r\n0\r\n\r\n")).endswith(b"0\r\n\r\n")
