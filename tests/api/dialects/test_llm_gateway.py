"""The LinTO LLM Gateway's dialect: its example exchanges, its client's habits, and what a key may see."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
import yaml
from websockets.asyncio.client import ClientConnection, connect

from server.chat.messages import Turn
from server.errors import BadRequest
from tests.api.scripted import ScriptedBackend, Step, say
from tests.api.served import KEY, OTHER_KEY, Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUND = 0.05
LINES = "\n".join(f"Bob: line {number}" for number in range(1, 21))
FLAVOR = {
    "name": "llama",
    "modelName": "tiny",
    "totalContextLength": 2000,
    "maxGenerationLength": 200,
    "tokenizerClass": "LlamaTokenizer",
    "createNewTurnAfter": 250,
    "summaryTurns": 3,
    "maxNewTurns": 9,
    "temperature": 0.2,
    "top_p": 0.7,
    "reduceSummary": False,
    "consolidateSummary": False,
    "reduce_prompt": None,
    "type": "abstractive",
}
QUEUED = {"message": "Request successfully queued"}


def manifest(name: str, fields: int, **flavor: Any) -> dict[str, Any]:
    return {
        "type": "summary",
        "fields": fields,
        "name": name,
        "route": name,
        "description": {"fr": "English summary"},
        "backend": "vLLM",
        "flavor": [{**FLAVOR, **flavor}],
    }


def write_services(folder: Path) -> None:
    services, prompts = folder / "services", folder / "prompts"
    services.mkdir()
    prompts.mkdir()
    for entry in (
        manifest("summarize-en", 2),
        manifest("map", 1),
        manifest("reduced", 1, reduceSummary=True, reduce_prompt="reducing"),
    ):
        (services / f"{entry['name']}.yaml").write_text(yaml.safe_dump({entry["name"]: entry}))
    (prompts / "summarize-en.txt").write_text("SO FAR<{}>NOW<{}>")
    (prompts / "map.txt").write_text("ALL<{}>")
    (prompts / "reduced.txt").write_text("ALL<{}>")
    (prompts / "reducing.txt").write_text("REDUCE<{}>")


class Stub:
    """Answers call n with An, an empty line, and Bn; what reduces with R. The first calls wait for the `gates`."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.gates: list[asyncio.Event] = []

    def __call__(self, turn: Turn) -> list[Step]:
        text = turn.messages[-1].content
        self.prompts.append(text)
        number = len(self.prompts)
        gate: list[Step] = [self.gates[number - 1]] if number <= len(self.gates) else []
        return [*gate, *say("R" if text.startswith("REDUCE") else f"A{number}\n\nB{number}\n")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(folder: Path) -> AsyncIterator[Served]:
    write_services(folder)
    async with serving(
        folder,
        paths__services=folder / "services",
        paths__prompts=folder / "prompts",
        dialects__llm_gateway__polling_seconds=ROUND,
    ) as served:
        yield served


@pytest.fixture
def stub(gateway: Served) -> Stub:
    gateway.backend.reset()
    gateway.backend.steps = stub = Stub()
    return stub


async def post(served: Served, route: str = "summarize-en", content: str | bytes = LINES, **fields: str) -> Any:
    data = {"flavor": "llama", **fields}
    files = {"file": ("talk.txt", content, "text/plain")}
    return await served.http.post(f"/services/{route}/generate", data=data, files=files)


async def submit(served: Served, route: str = "summarize-en", content: str = LINES, **fields: str) -> str:
    response = await post(served, route, content, **fields)
    assert response.status_code == 200, response.text
    body = response.json()
    assert {key: value for key, value in body.items() if key != "jobId"} == QUEUED
    job: str = body["jobId"]
    return job


async def result(served: Served, job: str) -> httpx.Response:
    """The answer of /results when the job is over."""
    async with asyncio.timeout(10):
        while True:
            response = await served.http.get(f"/results/{job}")
            if response.status_code != 202:
                return response
            await asyncio.sleep(0.02)


@asynccontextmanager
async def socket(served: Served, path: str, key: str | None = KEY, **options: Any) -> AsyncIterator[ClientConnection]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    url = served.url.replace("http://", "ws://") + path
    async with asyncio.timeout(20), connect(url, additional_headers=headers, proxy=None, **options) as connection:
        yield connection


async def heard(connection: ClientConnection) -> Any:
    async with asyncio.timeout(5):
        return json.loads(await connection.recv())


# The example exchanges


async def test_the_manifests_are_listed_as_they_stand(gateway: Served) -> None:
    listed = (await gateway.http.get("/services")).json()
    assert next(one for one in listed if one["name"] == "summarize-en") == manifest("summarize-en", 2)


async def test_a_transcript_is_queued(gateway: Served, stub: Stub) -> None:
    job = await submit(gateway)
    assert (await result(gateway, job)).status_code == 200


@pytest.mark.parametrize(
    ("send", "status", "detail"),
    [
        ({"data": {"flavor": "llama"}}, 400, "400: Missing content"),
        ({"data": {"flavor": "llama"}, "files": {"file": ("a.txt", b"")}}, 400, "400: Missing content"),
        ({"data": {"flavor": "zzz"}, "files": {"file": ("a.txt", b"x")}}, 400, "404: Flavor not found"),
        ({"data": {"flavor": ""}, "files": {"file": ("a.txt", b"x")}}, 400, "400: Missing flavor"),
        (
            {"data": {"flavor": "llama"}, "files": {"file": ("a.txt", b"\xff")}},
            400,
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
        (
            {"files": {"file": ("a.txt", b"x")}},
            422,
            [{"type": "missing", "loc": ["body", "flavor"], "msg": "Field required", "input": None}],
        ),
        ({}, 422, [{"type": "missing", "loc": ["body", "flavor"], "msg": "Field required", "input": None}]),
        (
            {"data": {"flavor": "llama", "temperature": ""}, "files": {"file": ("a.txt", b"x")}},
            422,
            [
                {
                    "type": "float_parsing",
                    "loc": ["body", "temperature"],
                    "msg": "Input should be a valid number, unable to parse string as a number",
                    "input": "",
                }
            ],
        ),
    ],
)
async def test_what_is_refused(gateway: Served, stub: Stub, send: dict[str, Any], status: int, detail: Any) -> None:
    response = await gateway.http.post("/services/summarize-en/generate", **send)
    assert (response.status_code, response.json()) == (status, {"detail": detail})
    assert stub.prompts == []


async def test_results_tell_of_every_state(gateway: Served, stub: Stub) -> None:
    stub.gates = [asyncio.Event(), asyncio.Event()]
    stub.gates[0].set()
    job = await submit(gateway)
    async with socket(gateway, f"/ws/results/{job}") as connection:
        seen: list[dict[str, str]] = []
        while not seen or seen[-1].get("progress") != "45":
            seen.append(await heard(connection))
        response = await gateway.http.get(f"/results/{job}")
        assert response.status_code == 202
        assert response.json() == {"status": "processing", "message": "Task is in progress", "progress": "45"}
        assert await heard(connection) == response.json()  # again, though nothing has changed
        stub.gates[1].set()
        async for text in connection:
            seen.append(json.loads(text))
    assert seen[-1] == (await gateway.http.get(f"/results/{job}")).json()
    assert seen[-1] == {"status": "complete", "message": "success", "summarization": "A1\nB1\nA2\nB2\nA3\nB3"}
    assert {state["status"] for state in seen} <= {"queued", "started", "processing", "complete"}


async def test_an_unknown_id_is_404(gateway: Served) -> None:
    response = await gateway.http.get("/results/nope")
    assert (response.status_code, response.json()) == (404, {"detail": "Unknown task status"})


async def test_a_socket_answers_lists_and_tells_of_changes(gateway: Served, stub: Stub) -> None:
    stub.gates = [asyncio.Event()]
    done = await submit(gateway, content=" \n\n")
    await result(gateway, done)
    job = await submit(gateway)
    async with socket(gateway, "/ws/results") as connection:
        await connection.send(json.dumps([job, "nope", done]))
        first, unknown, ended = await heard(connection)
        assert first["task_id"] == job
        assert first["status"] in ("queued", "started", "processing")
        assert unknown == {"task_id": "nope", "status": "unknown", "message": "Task does not exist"}
        assert ended == {
            "task_id": done,
            "status": "complete",
            "message": "success",
            "summarization": "",
            "progress": "100",
        }
        stub.gates[0].set()
        told: list[dict[str, str]] = []
        while not told or told[-1].get("status") != "complete":
            told.append(await heard(connection))
        assert {one.get("task_id") for one in told} <= {job, None}
        assert told[-1]["summarization"] == "A1\nB1\nA2\nB2\nA3\nB3"
        # A job that the client did not name is told of, and a second list is answered.
        other = await submit(gateway, "map")
        while (news := await heard(connection)).get("task_id") != other:
            assert news == {"status": "alive"}
        await connection.send("no list")
        await connection.send(json.dumps([done]))
        while not isinstance(news := await heard(connection), list):
            pass
        assert news == [ended]


async def test_nothing_comes_before_the_first_list(gateway: Served, stub: Stub) -> None:
    async with socket(gateway, "/ws/results") as connection:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5 * ROUND):
                await connection.recv()
        await connection.send("[]")
        assert await heard(connection) == []
        assert await heard(connection) == {"status": "alive"}


async def test_of_an_unknown_id_nothing_is_sent(gateway: Served) -> None:
    async with socket(gateway, "/ws/results/nope") as connection:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3 * ROUND):
                await connection.recv()


async def test_rolling(gateway: Served, stub: Stub) -> None:
    answer = (await result(gateway, await submit(gateway))).json()
    assert answer["summarization"] == "A1\nB1\nA2\nB2\nA3\nB3"
    shown = [prompt.removeprefix("SO FAR<").partition(">NOW<") for prompt in stub.prompts]
    assert [so_far for so_far, _, _ in shown] == ["", "A1\nB1", "B1\nA2\nB2"]
    assert [now.count("Bob: line") for _, _, now in shown] == [9, 9, 2]
    assert shown[2][2] == "Bob: line 19\nBob: line 20>"
    turn = gateway.backend.turn
    assert [message.role for message in turn.messages] == ["user"]
    assert (turn.sampling.temperature, turn.sampling.top_p, turn.max_tokens) == (0.2, 0.7, 200)


async def test_rolling_progress(gateway: Served, stub: Stub) -> None:
    stub.gates = [asyncio.Event() for _ in range(3)]
    job = await submit(gateway)
    async with socket(gateway, f"/ws/results/{job}") as connection:
        for progress, gate in zip(("0", "45", "90"), stub.gates, strict=True):
            while (await heard(connection)).get("progress") != progress:
                pass
            gate.set()
    assert (await result(gateway, job)).json()["status"] == "complete"


async def test_map(gateway: Served, stub: Stub) -> None:
    answer = (await result(gateway, await submit(gateway, "map"))).json()
    assert answer["summarization"] == "A1\nB1\nA2\nB2\nA3\nB3"
    assert [prompt.count("Bob: line") for prompt in stub.prompts] == [9, 9, 2]
    assert all(prompt.startswith("ALL<Bob: line") for prompt in stub.prompts)


async def test_reduced(gateway: Served, stub: Stub) -> None:
    answer = (await result(gateway, await submit(gateway, "reduced"))).json()
    assert answer["summarization"] == "R"
    assert stub.prompts[3:] == ["REDUCE<A1\nB1\nA2\nB2\nA3\nB3>"]


# Around them


async def test_a_request_may_say_how_to_sample(gateway: Served, stub: Stub) -> None:
    await result(gateway, await submit(gateway, "map", temperature="0.9", top_p="0.5", ignored="x"))
    assert (gateway.backend.turn.sampling.temperature, gateway.backend.turn.sampling.top_p) == (0.9, 0.5)
    await result(gateway, await submit(gateway, "map", top_p="3"))
    assert gateway.backend.turn.sampling.top_p == 0.7


async def test_an_unknown_service(gateway: Served) -> None:
    response = await post(gateway, "nope")
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    assert (await gateway.http.get("/services/x/y/z")).json() == {"detail": "Not Found"}
    assert (await gateway.http.get("/healthcheck")).text == '"1"'


async def test_a_model_that_refuses_fails_the_job(gateway: Served, stub: Stub) -> None:
    gateway.backend.refusal = BadRequest("No such thing.")
    response = await result(gateway, await submit(gateway))
    assert response.status_code == 500
    assert response.json() == {"status": "error", "message": "Task failed", "details": "No such thing."}


async def test_a_prompt_that_leaves_no_room_fails_before_the_model_is_asked(
    gateway: Served, stub: Stub, folder: Path
) -> None:
    prompt = folder / "prompts" / "map.txt"
    before = prompt.read_text()
    prompt.write_text("word " * 1800 + "{}")
    try:
        details = (await result(gateway, await submit(gateway, "map"))).json()["details"]
    finally:
        prompt.write_text(before)
    assert "has 1800 tokens, and 1800 are left" in details
    assert stub.prompts == []


async def test_a_job_ends_as_it_began_and_the_next_one_is_new(gateway: Served, stub: Stub, folder: Path) -> None:
    stub.gates = [asyncio.Event()]
    old = await submit(gateway)
    prompt, file = folder / "prompts" / "summarize-en.txt", folder / "services" / "summarize-en.yaml"
    before = prompt.read_text(), file.read_text()
    try:
        prompt.write_text("NEW<{}>AND<{}>")
        changed = manifest("summarize-en", 2, maxNewTurns=20)
        file.write_text(yaml.safe_dump({"summarize-en": changed}))
        async with asyncio.timeout(20):
            while changed not in (await gateway.http.get("/services")).json():
                file.touch()
                await asyncio.sleep(0.1)
        stub.gates[0].set()
        await result(gateway, old)
        assert [prompt.startswith("SO FAR<") for prompt in stub.prompts] == [True] * 3
        stub.prompts.clear()
        await result(gateway, await submit(gateway))
        assert [prompt.count("Bob: line") for prompt in stub.prompts] == [20]
        assert stub.prompts[0].startswith("NEW<>AND<Bob: line 1\n")
    finally:
        prompt.write_text(before[0])
        file.write_text(before[1])


async def test_a_broken_manifest_shows_its_error_and_works_on(gateway: Served, stub: Stub, folder: Path) -> None:
    file = folder / "services" / "map.yaml"
    before = file.read_text()
    try:
        file.write_text("map: {type: summary")
        async with asyncio.timeout(20):
            while not (errors := [one for one in (await gateway.http.get("/services")).json() if "error" in one]):
                file.touch()
                await asyncio.sleep(0.1)
        assert errors[0]["name"] == "map"
        assert errors[0]["error"].startswith("map.yaml: ")
        assert (await result(gateway, await submit(gateway, "map"))).status_code == 200
    finally:
        file.write_text(before)


# Keys


async def test_a_key_sees_its_own_jobs_alone(gateway: Served, stub: Stub) -> None:
    job = await submit(gateway)
    await result(gateway, job)
    async with httpx.AsyncClient(base_url=gateway.url, headers={"authorization": f"Bearer {OTHER_KEY}"}) as stranger:
        assert (await stranger.get(f"/results/{job}")).status_code == 404
    async with socket(gateway, "/ws/results", OTHER_KEY) as connection:
        await connection.send(json.dumps([job]))
        assert (await heard(connection))[0]["status"] == "unknown"
        await result(gateway, await submit(gateway))
        assert await heard(connection) == {"status": "alive"}
        assert await heard(connection) == {"status": "alive"}


@pytest.mark.parametrize(
    "path", ["/ws/results", "/ws/results/x", "/ws/nothing", "/v1/chat/completions", "/", "/health"]
)
async def test_no_socket_without_a_key(gateway: Served, path: str) -> None:
    for key in (None, "wrong"):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with socket(gateway, path, key):
                pass
        assert refused.value.response.status_code == 401


async def test_where_the_key_may_stand(gateway: Served) -> None:
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    for path, header in ((f"?authKey={KEY}", {}), ("", {"authorization": f"Basic {basic}"}), ("", {"x-api-key": KEY})):
        async with httpx.AsyncClient(base_url=gateway.url) as http:
            assert (await http.get(f"/services{path}", headers=header)).status_code == 200
    async with socket(gateway, f"/ws/results?authKey={KEY}", None) as connection:
        await connection.send("[]")
        assert await heard(connection) == []
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        for header in ({}, {"authorization": "Basic %%%"}, {"authorization": "Basic d3Jvbmc6"}):
            refused = await http.get("/services", headers=header)
            assert refused.status_code == 401
            assert set(refused.json()) == {"detail"}


async def test_without_keys_pages_from_elsewhere_are_kept_out(tmp_path: Path) -> None:
    write_services(tmp_path)
    async with (
        serving(
            tmp_path,
            ScriptedBackend(steps=Stub()),
            paths__services=tmp_path / "services",
            paths__prompts=tmp_path / "prompts",
            dialects__llm_gateway__keyless="key2",
            dialects__llm_gateway__polling_seconds=ROUND,
        ) as served,
        httpx.AsyncClient(base_url=served.url) as http,
    ):
        assert (await http.get("/services")).status_code == 200
        assert (await http.get("/services", headers={"origin": "https://elsewhere.example"})).status_code == 401
        assert (await http.get("/services", headers={"origin": served.url})).status_code == 200
        async with socket(served, "/ws/results", None) as connection:
            await connection.send("[]")
            assert await heard(connection) == []
        with pytest.raises(websockets.InvalidStatus):
            async with socket(served, "/ws/results", None, origin="https://elsewhere.example"):
                pass
