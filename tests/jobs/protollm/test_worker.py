"""A worker of ProtoLLM's queue: messages as its API writes them, results as both generations read them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from server.catalog import Catalog
from server.chat.messages import Message, Turn
from server.errors import ContextLengthExceeded
from server.jobs.protollm.worker import ProtollmWorker
from server.settings import ROOT
from tests.api.scripted import ScriptedBackend, say
from tests.api.served import settings_at
from tests.cluster import Place, free_port, needs_cluster, own_redis, place, until

pytestmark = needs_cluster

META = {"temperature": 0.5, "tokens_limit": 1000, "stop_words": ["stop"], "model": "gpt-model"}


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as one:
        one.declare()
        yield one


@asynccontextmanager
async def working(
    here: Place, folder: Path, backend: ScriptedBackend, **overrides: Any
) -> AsyncIterator[ProtollmWorker]:
    folder.mkdir(exist_ok=True)
    settings = settings_at(folder, **here.settings, server__drain_seconds=0, **overrides)
    worker = ProtollmWorker(settings, Catalog.from_settings(settings), backend)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        async with asyncio.timeout(10):
            await worker.listening.wait()
        yield worker
    finally:
        stop.set()
        await running


def message(id: str, *said: tuple[str, str], priority: int = 1, **meta: Any) -> bytes:
    prompt = {
        "job_id": id,
        "priority": priority,
        "source": "local",
        "meta": {**META, **meta},
        "messages": [{"role": role, "content": content} for role, content in said or [("user", "What is AI?")]],
    }
    kwargs = {"prompt": prompt, "prompt_type": "chat_completion"}
    task = {"type": "task", "task": "generate", "args": [], "kwargs": kwargs, "id": id, "retries": 0, "eta": None}
    return json.dumps(task).encode()


async def told(here: Place, key: str, send: Callable[[], None]) -> Any:
    """What stands under a key when its channel first says so after a send, with nothing but `set` published."""
    with here.redis.pubsub() as news:
        news.subscribe(key)
        assert (news.get_message(timeout=5) or {})["type"] == "subscribe"
        send()
        heard = await asyncio.to_thread(news.get_message, timeout=5)
    assert heard is not None
    assert (heard["channel"], heard["data"]) == (key, "set")
    return json.loads(here.redis.get(key) or "null")


async def finished(here: Place, id: str, seconds: float = 10) -> dict[str, Any]:
    """The status of a job, once it has ended."""

    def status() -> dict[str, Any]:
        return dict(json.loads(here.redis.get(f"{here.name}-status:{id}") or "{}"))

    await until(lambda: status().get("is_completed"), seconds)
    return status()


async def test_both_generations_find_the_answer(here: Place, tmp_path: Path) -> None:
    backend, id = ScriptedBackend(), here.job()
    async with working(here, tmp_path, backend):
        result = await told(
            here, f"{here.name}-result:{id}", lambda: here.put(message(id, ("system", "Be brief."), ("user", "Hi")))
        )
        assert result == {"content": "Hello world"}
    assert json.loads(here.redis.get(f"{here.name}-answer:{id}") or "") == {"result": "Hello world"}
    status = json.loads(here.redis.get(f"{here.name}-status:{id}") or "")
    moment = status.pop("last_update")
    assert len(moment) == len("2025-08-01T12:00:00")
    assert status == {"status": "completed", "status_message": None, "is_completed": True, "error": None}
    assert here.redis.ttl(f"{here.name}-answer:{id}") == -1
    assert backend.turn.messages == (Message("system", "Be brief."), Message("user", "Hi"))
    assert (backend.turn.sampling.temperature, backend.turn.max_tokens, backend.turn.stop) == (0.5, 1000, ("stop",))
    assert backend.turn.model == "tiny"


async def test_states_on_the_way(here: Place, tmp_path: Path) -> None:
    backend, id = ScriptedBackend(gate=asyncio.Event()), here.job()
    async with working(here, tmp_path, backend):
        begun = await told(here, f"{here.name}-status:{id}", lambda: here.put(message(id)))
        assert (begun["status"], begun["status_message"], begun["is_completed"]) == ("in_progress", "working", False)
        assert here.depth() == 0  # in hand, and kept by the broker
        assert backend.gate is not None
        backend.gate.set()
        assert (await finished(here, id))["status"] == "completed"
    assert here.depth() == 0


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (RuntimeError("Simulated processing error"), "Simulated processing error"),
        (ContextLengthExceeded(3000, 2048), str(ContextLengthExceeded(3000, 2048))),
    ],
)
async def test_a_failure_is_a_result(here: Place, tmp_path: Path, problem: Exception, text: str) -> None:
    backend, id = ScriptedBackend(steps=[problem]), here.job()
    async with working(here, tmp_path, backend):
        result = await told(here, f"{here.name}-result:{id}", lambda: here.put(message(id)))
        status = await finished(here, id)
    assert result == {"content": text}  # the first generation would wait for ever
    assert (status["status"], status["error"]) == ("error", {"type": "Exception", "msg": text})
    assert here.redis.get(f"{here.name}-answer:{id}") is None
    assert here.depth() == 0


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"kwargs": {}}', b"[" * 100_000])
async def test_what_is_no_job_is_dropped(here: Place, tmp_path: Path, body: bytes) -> None:
    async with working(here, tmp_path, ScriptedBackend()):
        here.put(body)
        here.put(message(here.job()))
        assert (await finished(here, here.job()))["status"] == "completed"
    assert here.depth() == 0


async def test_who_sent_nonsense_is_told(here: Place, tmp_path: Path) -> None:
    async with working(here, tmp_path, ScriptedBackend()):
        here.put(json.dumps({"id": here.job(), "kwargs": {"prompt": {"job_id": here.job()}}}).encode())
        assert "meta: Field required" in (await finished(here, here.job()))["error"]["msg"]


async def test_a_text_without_a_template(here: Place, tmp_path: Path) -> None:
    backend, id = ScriptedBackend(), here.job()
    prompt = {"job_id": id, "priority": None, "meta": {"temperature": None, "tokens_limit": 0}, "content": "Once upon"}
    body = {"kwargs": {"prompt": prompt, "prompt_type": "single_generation"}, "id": id}
    async with working(here, tmp_path, backend):
        here.put(json.dumps(body).encode())
        await finished(here, id)
    assert backend.turn.prompts == ("Once upon",)
    assert backend.turn.sampling.temperature == 0.25  # the card's: the worker's own default
    assert backend.turn.max_tokens is None


async def test_a_configured_model_is_used(here: Place, tmp_path: Path) -> None:
    backend = ScriptedBackend()
    async with working(here, tmp_path, backend):
        here.put(message(here.job(), model="org/big"))
        await finished(here, here.job())
    assert backend.turn.model == "org/big"


async def test_higher_priority_goes_first(here: Place, tmp_path: Path) -> None:
    backend = ScriptedBackend()
    for number, priority in enumerate((1, 5, 3, 5), 1):
        here.put(message(here.job(number), ("user", str(number)), priority=priority), priority=priority)
    async with working(here, tmp_path, backend, engine__slots=1):
        for number in range(1, 5):
            await finished(here, here.job(number))
    assert [turn.messages[0].content for turn in backend.turns] == ["2", "4", "3", "1"]
    assert [turn.priority for turn in backend.turns] == [5, 5, 3, 1]


async def test_as_many_at_once_as_the_engine_batches(here: Place, tmp_path: Path) -> None:
    backend = ScriptedBackend(gate=asyncio.Event())
    for number in range(5):
        here.put(message(here.job(number)))
    async with working(here, tmp_path, backend, engine__slots=3):
        await until(lambda: len(backend.turns) == 3)
        assert (len(backend.turns), here.depth()) == (3, 2)
        assert backend.gate is not None
        backend.gate.set()
        for number in range(5):
            await finished(here, here.job(number))


async def test_what_a_stopped_worker_had_in_hand_goes_to_another(here: Place, tmp_path: Path) -> None:
    stuck, id = ScriptedBackend(gate=asyncio.Event()), here.job()
    for _ in range(4):  # more often than a job may end workers: being told to stop is no death
        async with working(here, tmp_path, stuck):
            if not stuck.turns:
                here.put(message(id))
            stuck.entered.clear()
            async with asyncio.timeout(10):
                await stuck.entered.wait()
    async with working(here, tmp_path, ScriptedBackend()):
        assert (await finished(here, id))["status"] == "completed"


async def test_a_lost_connection_is_made_again(here: Place, tmp_path: Path) -> None:
    backend = ScriptedBackend(gate=asyncio.Event())
    async with working(here, tmp_path, backend) as worker:
        here.put(message(here.job(1)))
        await backend.entered.wait()
        connection = worker._subscription._connection
        assert connection is not None
        connection.connection.sock.shutdown(2)
        await until(lambda: worker._subscription._connection is not connection and worker.listening.is_set())
        assert backend.gate is not None
        backend.gate.set()
        here.put(message(here.job(2)))
        for number in (1, 2):
            assert (await finished(here, here.job(number)))["status"] == "completed"
    assert here.depth() == 0


async def test_a_queue_of_other_arguments_is_taken_as_it_is(here: Place, tmp_path: Path) -> None:
    channel = here.broker.channel()
    channel.queue_delete(here.name)
    channel.queue_declare(here.name, durable=False, auto_delete=False)
    async with working(here, tmp_path, ScriptedBackend()):
        here.put(message(here.job()))
        assert (await finished(here, here.job()))["status"] == "completed"


@pytest.fixture
def refusing(here: Place) -> Iterator[Place]:
    """The place with a Redis of its own, that may be told to take nothing."""
    port = free_port()
    with own_redis(port), redis.Redis(port=port, decode_responses=True) as client:
        yield replace(here, redis=client)


def port_of(place: Place) -> dict[str, Any]:
    return {"dialects__protollm__redis_port": place.redis.connection_pool.connection_kwargs["port"]}


async def test_an_answer_that_redis_refuses_is_kept_and_written_later(
    refusing: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backend = ScriptedBackend(gate=asyncio.Event())
    async with working(refusing, tmp_path, backend, **port_of(refusing)):
        refusing.put(message(refusing.job()))
        await backend.entered.wait()
        refusing.redis.config_set("maxmemory", 1)  # full: it reads, and refuses to write
        assert backend.gate is not None
        backend.gate.set()
        await until(lambda: "maxmemory" in caplog.text)
        refusing.redis.config_set("maxmemory", 0)
        assert (await finished(refusing, refusing.job()))["status"] == "completed"
    assert len(backend.turns) == 1
    assert refusing.depth() == 0


async def test_a_job_that_cannot_be_begun_comes_again_after_a_pause(
    refusing: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refusing.redis.config_set("maxmemory", 1)
    async with working(refusing, tmp_path, ScriptedBackend(), **port_of(refusing)):
        refusing.put(message(refusing.job()))
        await until(lambda: "maxmemory" in caplog.text)
        await asyncio.sleep(2)
        assert len(caplog.records) <= 4, "one a second"
        refusing.redis.config_set("maxmemory", 0)
        assert (await finished(refusing, refusing.job()))["status"] == "completed"
    assert refusing.depth() == 0


# The command


def command(here: Place, folder: Path, script: str = "") -> subprocess.Popen[bytes]:
    """A worker in a process of its own, which finds its servers by the variables' old names."""
    settings = here.settings
    names = {
        "RABBIT_MQ_HOST": "rabbit_host",
        "RABBIT_MQ_PORT": "rabbit_port",
        "RABBIT_MQ_LOGIN": "rabbit_login",
        "RABBIT_MQ_PASSWORD": "rabbit_password",
        "QUEUE_NAME": "queue_name",
        "REDIS_HOST": "redis_host",
        "REDIS_PORT": "redis_port",
        "REDIS_PREFIX": "result_prefix",
        "REDIS_PREFIX_FOR_STATUS": "status_prefix",
        "REDIS_PREFIX_FOR_ANSWER": "answer_prefix",
    }
    environment = {old: str(settings[f"dialects.protollm.{name}"]) for old, name in names.items()}
    arguments = ["worker", "protollm", "--data-dir", str(folder)]
    start = (
        ["-c", f"{script}\nfrom server.cli import app\napp({arguments!r})"] if script else ["-m", "server", *arguments]
    )
    return subprocess.Popen([sys.executable, *start], cwd=ROOT, env=os.environ | environment)


async def test_the_command_answers_with_a_real_model(here: Place, tmp_path: Path) -> None:
    process = command(here, tmp_path)
    try:
        here.put(message(here.job(), ("user", "My cat is called Mira. What is my cat called?"), temperature=0.0))
        assert (await finished(here, here.job(), 60))["status"] == "completed"
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) == 0
    assert "Mira" in json.loads(here.redis.get(f"{here.name}-answer:{here.job()}") or "")["result"]


DEADLY = """
import os, signal
from server.jobs.protollm import worker
async def answer(self, prompt):
    os.kill(os.getpid(), signal.SIGKILL)
worker.ProtollmWorker._answer = answer
"""


async def test_a_job_that_ends_its_workers_is_given_up_after_three(here: Place, tmp_path: Path) -> None:
    here.put(message(here.job()))
    for _ in range(3):
        assert await asyncio.to_thread(command(here, tmp_path, DEADLY).wait, 30) == -signal.SIGKILL
    async with working(here, tmp_path / "last", ScriptedBackend()):
        status = await finished(here, here.job())
    assert status["error"]["msg"] == "The job was given up: 3 workers ended while they ran it."
    assert here.depth() == 0


async def test_answers_of_one_job_do_not_mix(here: Place, tmp_path: Path) -> None:
    def echo(turn: Turn) -> Any:
        return say(turn.messages[0].content)

    async with working(here, tmp_path, ScriptedBackend(steps=echo)):
        for number in range(30):
            here.put(message(here.job(number), ("user", f"say {number}")))
        for number in range(30):
            await finished(here, here.job(number))
    for number in range(30):
        answer = here.redis.get(f"{here.name}-answer:{here.job(number)}") or ""
        assert json.loads(answer) == {"result": f"say {number}"}
