"""The ProtoLLM dialect: its example exchanges, answered by this server and by workers of its queue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from server.catalog import Catalog
from server.chat.messages import Message
from server.errors import ContextLengthExceeded, ModelLoadFailed, ModelNotAllowed, TooManyRequests, Unavailable
from server.jobs.protollm.worker import ProtollmWorker
from tests.api.scripted import ScriptedBackend
from tests.api.served import OTHER_KEY, Served, serving, settings_at
from tests.cluster import Place, needs_cluster, place, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

HI = [{"role": "user", "content": "Hi"}]
EXAMPLE_1 = {
    "job_id": "12345",
    "meta": {"temperature": 0.5, "tokens_limit": 1000, "stop_words": ["stop"], "model": "gpt-model"},
    "content": "What is AI?",
}
EXAMPLE_2 = {"job_id": "j2", "meta": {}, "messages": HI}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """Answers by itself."""
    async with serving(tmp_path_factory.mktemp("alone"), dialects__protollm__enabled=True) as one:
        yield one


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as one:
        yield one


async def post(served: Served, path: str, body: Any) -> httpx.Response:
    return await served.http.post(path, json=body, timeout=30)


# Answered by this server


async def test_example_1_one_text(served: Served) -> None:
    response = await post(served, "/generate", EXAMPLE_1)
    assert (response.status_code, response.json()) == (200, {"content": "Hello world"})
    turn = served.backend.turn
    assert turn.messages == (Message("user", "What is AI?"),)
    assert (turn.sampling.temperature, turn.max_tokens, turn.stop, turn.model) == (0.5, 1000, ("stop",), "tiny")
    assert (turn.owner, turn.priority) == ("key1", 1)


async def test_example_2_defaults_of_meta(served: Served) -> None:
    response = await post(served, "/chat_completion", EXAMPLE_2)
    assert (response.status_code, response.json()) == (200, {"content": "Hello world"})
    turn = served.backend.turn
    assert (turn.sampling.temperature, turn.max_tokens, turn.stop) == (0.2, 8096, ())


async def test_example_3_meta_must_be_there(served: Served) -> None:
    response = await post(served, "/generate", {"job_id": "j3", "content": "Hi"})
    assert response.status_code == 422
    (problem,) = response.json()["detail"]
    assert (problem["loc"], problem["type"], problem["msg"]) == (["body", "meta"], "missing", "Field required")
    assert problem["input"] == {"job_id": "j3", "content": "Hi"}


async def test_every_problem_is_told(served: Served) -> None:
    response = await post(served, "/chat_completion", {"meta": {"temperature": "warm"}, "messages": [{"role": "user"}]})
    assert response.status_code == 422
    assert [problem["loc"] for problem in response.json()["detail"]] == [
        ["body", "job_id"],
        ["body", "meta", "temperature"],
        ["body", "messages", 0, "content"],
    ]


async def test_malformed_json(served: Served) -> None:
    response = await served.http.post("/generate", content=b"{", headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["detail"][0]["type"]) == (422, "json_invalid")


async def test_the_langchain_models_body(served: Served) -> None:
    body = {
        "job_id": "0d7c3b5e-6f0c-4a53-9a3e-8d1f6a6a2f10",
        "priority": None,
        "source": "local",
        "meta": {"temperature": 0.1, "tokens_limit": 2048, "stop_words": None, "model": None},
        "messages": [{"role": "system", "content": "Be brief."}, *HI, {"role": "assistant", "content": "Hello"}, *HI],
        "tags": [],
    }
    response = await post(served, "/chat_completion", body)
    assert (response.status_code, response.json()) == (200, {"content": "Hello world"})
    assert [message.role for message in served.backend.turn.messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    ("query", "model", "chosen"),
    [
        ("", "org/big", "org/big"),
        ("", "small", "tiny"),
        ("?queue_name=org/big", None, "org/big"),
        ("?queue_name=org/big", "tiny", "tiny"),
        ("?queue_name=llm-api-queue", "gpt-model", "tiny"),
    ],
)
async def test_which_model_answers(served: Served, query: str, model: str | None, chosen: str) -> None:
    await post(served, f"/chat_completion{query}", {**EXAMPLE_2, "meta": {"model": model}})
    assert served.backend.turn.model == chosen


@pytest.mark.parametrize(("sent", "given"), [(None, 1), (0, 0), (3, 3), (5, 5), (77, 5), (-1, 0)])
async def test_priorities(served: Served, sent: int | None, given: int) -> None:
    await post(served, "/generate", {**EXAMPLE_1, "priority": sent})
    assert served.backend.turn.priority == given


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (RuntimeError("Simulated processing error"), "Simulated processing error"),
        (ContextLengthExceeded(3000, 2048), str(ContextLengthExceeded(3000, 2048))),
        (Unavailable("The model died."), "The model died."),
    ],
)
async def test_what_the_model_ran_into_is_content(served: Served, problem: Exception, text: str) -> None:
    served.backend.steps = [problem]
    response = await post(served, "/generate", EXAMPLE_1)
    assert (response.status_code, response.json()) == (200, {"content": text})


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (TooManyRequests("Full."), 429),
        (ModelLoadFailed("The file is damaged."), 503),
        (ModelNotAllowed("big"), 403),
    ],
)
async def test_what_keeps_the_model_from_being_asked_is_a_status(served: Served, refusal: Any, status: int) -> None:
    served.backend.refusal = refusal
    response = await post(served, "/generate", EXAMPLE_1)
    assert (response.status_code, response.json()) == (status, {"detail": refusal.message})
    assert ("retry-after" in response.headers) == (status != 403)


async def test_too_many_stop_words_and_no_messages(served: Served) -> None:
    many = {**EXAMPLE_2, "meta": {"stop_words": ["x"] * 17}}
    for body in (many, {**EXAMPLE_2, "messages": []}):
        response = await post(served, "/chat_completion", body)
        assert response.status_code == 400
        assert isinstance(response.json()["detail"], str)


async def test_other_methods_and_no_key(served: Served) -> None:
    response = await served.http.get("/generate")
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
    async with httpx.AsyncClient(base_url=served.url) as http:
        refused = await http.post("/generate", json=EXAMPLE_1)
    assert refused.status_code == 401
    assert isinstance(refused.json()["detail"], str)


async def test_too_slow(tmp_path: Path) -> None:
    backend = ScriptedBackend(gate=asyncio.Event())
    overrides = {"dialects__protollm__enabled": True, "dialects__protollm__timeout_seconds": 0.1}
    async with serving(tmp_path, backend, **overrides) as served:
        response = await post(served, "/generate", EXAMPLE_1)
    assert response.status_code == 200
    assert response.json()["content"] == (
        "Job dont finish in fixed time with Error:\nTimeout waiting for job job-status:12345 to complete (0.1 s)."
    )
    assert backend.cancelled.is_set()


async def test_off_unless_wanted(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        response = await post(served, "/generate", EXAMPLE_1)
    assert response.status_code == 404
    assert response.json()["error"]["type"] == "invalid_request_error"


# Answered by workers of its queue


def overrides(here: Place, **more: Any) -> dict[str, Any]:
    return {name.replace(".", "__"): value for name, value in here.settings.items()} | more


@asynccontextmanager
async def worker(here: Place, folder: Path, backend: ScriptedBackend) -> AsyncIterator[None]:
    """A worker of ours on the place's queue, until the context is left."""
    settings = settings_at(folder, server__drain_seconds=0, **overrides(here))
    one, stop = ProtollmWorker(settings, Catalog.from_settings(settings), backend), asyncio.Event()
    running = asyncio.create_task(one.run(stop))
    await asyncio.wait_for(one.listening.wait(), 10)
    yield
    stop.set()
    await running


def status(state: str, error: Any = None) -> str:
    """As workers of the second generation write it."""
    ended = state in ("completed", "error")
    return json.dumps(
        {
            "status": state,
            "last_update": "2025-08-01T12:00:00",
            "status_message": None,
            "is_completed": ended,
            "error": error,
        }
    )


async def message_on(here: Place, queue: str) -> Any:
    found: list[Any] = []
    await until(lambda: (message := here.take(queue)) is not None and found.append(message) is None)
    return found[0]


@needs_cluster
@pytest.mark.parametrize(("sent", "carried"), [(5, 5), (None, 1)])
async def test_examples_4_and_5_what_is_on_the_queue(
    here: Place, tmp_path: Path, sent: int | None, carried: int
) -> None:
    """A worker of the first generation answers."""
    big, id = f"{here.name}-big", here.job()
    here.declare(big)
    async with serving(tmp_path, **overrides(here)) as served:
        body = {**EXAMPLE_2, "job_id": id, "priority": sent}
        asking = asyncio.create_task(post(served, f"/chat_completion?queue_name={big}", body))
        message = await message_on(here, big)
        assert (message.properties["priority"], message.properties["delivery_mode"]) == (carried, 2)
        meta = {"temperature": 0.2, "tokens_limit": 8096, "stop_words": None, "model": None}
        prompt = {"job_id": id, "priority": carried, "source": "local", "meta": meta, "messages": HI}
        assert json.loads(message.body) == {
            "type": "task",
            "task": "generate",
            "args": [],
            "kwargs": {"prompt": prompt, "prompt_type": "chat_completion"},
            "id": id,
            "retries": 0,
            "eta": None,
        }
        assert json.loads(here.redis.get(f"prompt:{id}") or "") == prompt
        pending = json.loads(here.redis.get(f"{here.name}-status:{id}") or "")
        assert (pending["status"], pending["status_message"]) == ("pending", "Job is created")
        here.redis.set(f"{here.name}-result:{id}", json.dumps({"content": "From afar"}))
        here.redis.publish(f"{here.name}-result:{id}", "set")
        assert (await asking).json() == {"content": "From afar"}


@needs_cluster
async def test_example_6_the_error_of_a_worker(here: Place, tmp_path: Path) -> None:
    backend = ScriptedBackend(steps=[RuntimeError("Simulated processing error")])
    async with serving(tmp_path, **overrides(here)) as served, worker(here, tmp_path, backend):
        response = await post(served, "/generate", {**EXAMPLE_1, "job_id": here.job()})
    assert (response.status_code, response.json()) == (200, {"content": "Simulated processing error"})
    found = json.loads(here.redis.get(f"{here.name}-status:{here.job()}") or "")
    assert found.pop("last_update")
    assert found == {
        "status": "error",
        "status_message": None,
        "is_completed": True,
        "error": {"type": "Exception", "msg": "Simulated processing error"},
    }


@needs_cluster
async def test_an_answer_that_comes_after_its_status(here: Place, tmp_path: Path) -> None:
    """As workers of the second generation write them: only the status is published."""
    id = here.job()
    here.declare()
    async with serving(tmp_path, **overrides(here)) as served:
        asking = asyncio.create_task(post(served, "/generate", {**EXAMPLE_1, "job_id": id}))
        await message_on(here, here.name)
        here.redis.set(f"{here.name}-status:{id}", status("completed"))
        here.redis.publish(f"{here.name}-status:{id}", "set")
        assert not (await asyncio.wait({asking}, timeout=0.2))[0]
        here.redis.set(f"{here.name}-answer:{id}", json.dumps({"result": "At last"}))
        assert (await asking).json() == {"content": "At last"}


@needs_cluster
async def test_an_id_that_is_used_again_starts_a_new_job(here: Place, tmp_path: Path) -> None:
    body, backend = {**EXAMPLE_1, "job_id": here.job()}, ScriptedBackend()
    async with serving(tmp_path, **overrides(here)) as served, worker(here, tmp_path, backend):
        for _ in range(2):
            assert (await post(served, "/generate", body)).json() == {"content": "Hello world"}
    assert len(backend.turns) == 2


@needs_cluster
async def test_two_keys_cannot_wait_for_one_id(here: Place, tmp_path: Path) -> None:
    body, backend = {**EXAMPLE_1, "job_id": here.job()}, ScriptedBackend(gate=asyncio.Event())
    async with serving(tmp_path, **overrides(here)) as served, worker(here, tmp_path, backend):
        asking = asyncio.create_task(post(served, "/generate", body))
        await until(lambda: backend.turns)
        other = {"authorization": f"Bearer {OTHER_KEY}"}
        assert (await served.http.post("/generate", json=body, headers=other)).status_code == 409
        assert backend.gate is not None
        backend.gate.set()
        assert (await asking).json() == {"content": "Hello world"}
        assert (await served.http.post("/generate", json=body, headers=other)).status_code == 200


@needs_cluster
async def test_many_calls_wait_at_once(here: Place, tmp_path: Path) -> None:
    """The original served one at a time."""
    backend = ScriptedBackend(gate=asyncio.Event())
    async with serving(tmp_path, **overrides(here)) as served, worker(here, tmp_path, backend):
        bodies = [{**EXAMPLE_1, "job_id": here.job(number)} for number in range(20)]
        asking = [asyncio.create_task(post(served, "/generate", body)) for body in bodies]
        await until(lambda: len(backend.turns) == 20)
        assert backend.gate is not None
        backend.gate.set()
        assert [(await one).json() for one in asking] == [{"content": "Hello world"}] * 20


@needs_cluster
async def test_nobody_takes_the_job(here: Place, tmp_path: Path) -> None:
    async with serving(tmp_path, **overrides(here, dialects__protollm__timeout_seconds=0.1)) as served:
        response = await post(served, "/generate", {**EXAMPLE_1, "job_id": here.job()})
    key = f"{here.name}-status:{here.job()}"
    assert (response.status_code, response.json()["content"]) == (
        200,
        f"Job dont finish in fixed time with Error:\nTimeout waiting for job {key} to complete (0.1 s).",
    )


@needs_cluster
@pytest.mark.parametrize("port", ["rabbit_port", "redis_port"])
async def test_no_broker_and_no_redis(here: Place, tmp_path: Path, port: str) -> None:
    async with serving(tmp_path, **overrides(here, **{f"dialects__protollm__{port}": 1})) as served:
        response = await post(served, "/generate", {**EXAMPLE_1, "job_id": here.job()})
    assert (response.status_code, response.text) == (500, "Internal Server Error")
