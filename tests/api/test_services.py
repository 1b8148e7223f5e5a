"""`/v1/services`: what an operator describes in a file answers, is documented, and follows the file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import pytest_asyncio
import yaml

from server.errors import Draining
from server.services.directory import Services
from server.settings import load_settings
from tests.api.scripted import say
from tests.api.served import Served, events, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = {"type": "object", "properties": {"category": {"type": "string", "enum": ["a", "b"]}}}
MOOD = {
    "mood": {
        "type": "prompt",
        "description": {"fr": "Humeur", "en": "Tell the mood"},
        "prompt": "How does {text} sound, 1 to {scale}? Loud: {loud}. As {json}.",
        "fields": {
            "text": {"title": "Text", "maxLength": 20, "multiline": True},
            "scale": {"type": "integer", "default": 5},
            "loud": {"type": "boolean", "default": False},
            "json": {"choices": ["word", "number"], "default": "word"},
        },
        "answer": SCHEMA,
        "flavor": [{"name": "quick", "modelName": "tiny"}, {"name": "slow", "modelName": "nowhere"}],
    },
    "sum": {"type": "summary", "flavor": [{"name": "quick", "modelName": "tiny"}]},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("services")
    for name in ("services", "prompts"):
        (folder / name).mkdir()
    (folder / "services" / "mood.yaml").write_text(yaml.safe_dump(MOOD, sort_keys=False))
    (folder / "prompts" / "sum.txt").write_text("Sum up: {}")
    (folder / "services" / "broken.yaml").write_text("broken: {type: nothing}")
    paths = {"paths__services": folder / "services", "paths__prompts": folder / "prompts"}
    async with serving(folder, **paths, jobs__backoff_seconds=0.01) as one:
        yield one


async def ask(served: Served, **fields: Any) -> httpx.Response:
    return await served.http.post("/v1/services/mood", json=fields)


async def test_a_prompt_is_filled_and_answered_in_the_form_of_its_schema(served: Served) -> None:
    served.backend.steps = say('{"category": "a"}')
    response = await ask(served, text='{"x"} {loud}', loud=True)
    assert response.json() == {
        "object": "service.answer",
        "service": "mood",
        "model": "tiny",
        "answer": {"category": "a"},
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
    }
    assert served.backend.turn.messages[0].content == 'How does {"x"} {loud} sound, 1 to 5? Loud: true. As word.'
    assert served.backend.turn.form is not None
    assert served.backend.turn.form.value == SCHEMA


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({}, "text", "Missing required parameter: 'text'"),
        ({"text": 1}, "text", "expected a string"),
        ({"text": "x" * 21}, "text", "at most 20 characters"),
        ({"text": "x", "scale": "5"}, "scale", "expected an integer"),
        ({"text": "x", "json": "xml"}, "json", "expected 'word' or 'number'"),
        ({"text": "x", "flavor": "none"}, "flavor", "expected 'quick' or 'slow'"),
    ],
)
async def test_what_does_not_fit_the_form_is_refused(
    served: Served, fields: dict[str, Any], param: str, said: str
) -> None:
    response = await ask(served, **fields)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param)
    assert said in error["message"]
    assert served.backend.turns == []


async def test_a_model_that_is_not_there_is_404(served: Served) -> None:
    response = await ask(served, text="x", flavor="slow")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


async def test_an_unknown_service_is_404_and_the_others_are_named(served: Served) -> None:
    for response in (await served.http.post("/v1/services/no/where"), await served.http.get("/v1/services/no/where")):
        assert response.status_code == 404
        assert "There are: mood, sum" in response.json()["error"]["message"]


async def test_a_service_says_what_a_form_for_it_looks_like(served: Served) -> None:
    service = (await served.http.get("/v1/services/mood")).json()
    assert service["id"] == "mood"
    assert service["flavors"] == [
        {"name": "quick", "model": "tiny", "available": True},
        {"name": "slow", "model": "nowhere", "available": False},
    ]
    assert service["form"][0] == {
        "name": "text",
        "type": "string",
        "title": "Text",
        "description": "",
        "choices": None,
        "multiline": True,
        "max_length": 20,
        "required": True,
        "default": None,
    }
    assert [(field["name"], field["type"], field["required"]) for field in service["form"][1:]] == [
        ("scale", "integer", False),
        ("loud", "boolean", False),
        ("json", "string", False),
    ]
    assert service["answer"] == SCHEMA
    listed = (await served.http.get("/v1/services")).json()["data"]
    assert listed[0] == service
    assert [one["id"] for one in listed] == ["mood", "sum", None]
    assert "expected one of" in listed[2]["error"]


async def test_a_summary_is_answered_with_its_job(served: Served) -> None:
    form = (await served.http.get("/v1/services/sum")).json()["form"]
    assert [(field["name"], field["multiline"], field["required"]) for field in form] == [("text", True, True)]
    response = await served.http.post("/v1/services/sum", json={"text": "Ann: hi", "temperature": 1, "top_p": 0.5})
    job = response.json()
    assert (response.status_code, job["object"], job["task"], job["label"]) == (202, "job", "summary", "sum")
    async with asyncio.timeout(10):
        async with served.http.stream("GET", f"/v1/jobs/{job['id']}/events") as stream:
            told = events((await stream.aread()).decode())
    assert {"done": 1, "total": 1, "message": "turn 1 of 1"} in told
    assert told[-1]["result"] == {"service": "sum", "flavor": "quick", "summary": "Hello world"}
    assert (served.backend.turn.sampling.temperature, served.backend.turn.sampling.top_p) == (1, 0.5)
    for wrong in ({}, {"text": 1}, {"text": "x", "temperature": 3}, {"text": "x", "flavor": "none"}):
        assert (await served.http.post("/v1/services/sum", json=wrong)).status_code == 400


async def test_a_summary_is_told_piece_by_piece_and_again_from_any_place(served: Served) -> None:
    rest = asyncio.Event()
    served.backend.steps = lambda turn: say("first") if "line 0\n" in turn.messages[0].content else [rest, *say("last")]
    text = "\n".join(f"Ann: line {number}" for number in range(12))
    job = (await served.http.post("/v1/services/sum", json={"text": text})).json()
    url, lines = f"/v1/jobs/{job['id']}/events", list[str]()
    async with asyncio.timeout(10):
        async with served.http.stream("GET", url) as stream:
            async for line in stream.aiter_lines():
                lines.append(line)
                if line == 'data: {"delta":"first"}':
                    rest.set()  # the last part is not begun to be told before the first has arrived here
    at = lines.index("event: summary")
    assert lines[at + 1] == 'data: {"delta":"first"}'
    assert [line for line in lines if "delta" in line] == ['data: {"delta":"first"}', 'data: {"delta":"\\nlast"}']
    assert json.loads(lines[-2].removeprefix("data: "))["result"]["summary"] == "first\nlast"
    seen = lines[at - 1].removeprefix("id: ")
    again = await served.http.get(url, headers={"last-event-id": seen})
    assert [told["delta"] for told in events(again.text) if "delta" in told] == ["\nlast"]


async def test_a_second_attempt_tells_a_summary_from_its_start_under_ids_of_its_own(served: Served) -> None:
    ends = [[Draining("another server goes on", retry_after=0.01)], say("last")]
    served.backend.steps = lambda turn: say("first") if "line 0\n" in turn.messages[0].content else ends.pop(0)
    text = "\n".join(f"Ann: line {number}" for number in range(12))
    url = f"/v1/jobs/{(await served.http.post('/v1/services/sum', json={'text': text})).json()['id']}"
    told, place = dict[str, str](), ""
    async with asyncio.timeout(20), served.http.stream("GET", f"{url}/events") as stream:
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            place = value.partition(".")[0] if name == "id" else place
            if name == "data" and "delta" in value:
                told[place] = told.get(place, "") + json.loads(value)["delta"]
    job = (await served.http.get(url)).json()
    assert (job["attempts"], job["result"]["summary"]) == (2, "first\nlast")
    assert list(told.items())[-1][1] == "first\nlast"  # and what came under other ids, a client forgets
    assert list(told.values())[:-1] in ([], ["first"])


async def test_it_is_documented_with_its_fields_and_its_answer(served: Served) -> None:
    document = (await served.http.get("/openapi.json")).json()
    operation = document["paths"]["/v1/services/mood"]["post"]
    assert operation["summary"] == "Tell the mood"
    schemas = document["components"]["schemas"]
    assert list(schemas["MoodRequest"]["properties"]) == ["text", "scale", "loud", "json", "flavor"]
    assert schemas["MoodRequest"]["required"] == ["text"]
    assert schemas["MoodAnswer"]["properties"]["answer"]["properties"] == SCHEMA["properties"]
    assert "/v1/services/mood" in (await served.http.get("/docs")).text


async def test_a_file_that_is_added_answers_and_one_that_goes_does_not(server: Served, tmp_path: Path) -> None:
    folder = tmp_path / "services"
    folder.mkdir()
    entry = {**MOOD["mood"], "prompt": "{word}", "fields": {"word": {}}, "answer": None}
    async with serving(tmp_path, paths__services=folder, paths__prompts=folder) as served:
        assert (await served.http.get("/v1/services")).json()["data"] == []
        await _edit(served, "late/one", 200, lambda: (folder / "late.yaml").write_text(json.dumps({"late/one": entry})))
        answer = (await served.http.post("/v1/services/late/one", json={"word": "x"})).json()
        assert answer["answer"] == "Hello world"
        assert "/v1/services/late/one" in (await served.http.get("/openapi.json")).json()["paths"]
        await _edit(served, "late/one", 404, lambda: (folder / "late.yaml").unlink(missing_ok=True))
        assert (await served.http.post("/v1/services/late/one", json={"word": "x"})).status_code == 404
        assert "/v1/services/late/one" not in (await served.http.get("/openapi.json")).json()["paths"]


async def _edit(served: Served, route: str, status: int, edit: Any) -> None:
    """Edit until it is seen: the system's watch takes a moment to begin."""
    async with asyncio.timeout(20):
        while (await served.http.get(f"/v1/services/{route}")).status_code != status:
            edit()
            await asyncio.sleep(0.1)


async def test_the_services_that_come_with_the_project_are_in_order() -> None:
    services = Services.from_settings(load_settings())
    assert services.all()
    assert [one.problem for one in services.listing()] == [None] * len(services.listing())
    for service in services.all():
        if (answer := service.manifest.get("answer")) is not None:
            jsonschema.Draft202012Validator.check_schema(answer)
