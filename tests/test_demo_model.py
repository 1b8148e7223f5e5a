"""The demo model that is shipped: what it can do, through the running server, on cases that it never saw.

Few cases of each kind, so the least share that must be right lies below what `docs/demo-model.md` reports for many.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
import pytest_asyncio
from demo_model import mixture
from demo_model.evaluation import ENDS_TURN, ask, cases, scores

from server.api.app import build_app
from server.api.server import make_server
from server.settings import ROOT, load_settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

LEAST = {
    "persona": 0.85,
    "context": 0.75,
    "unknown": 0.75,
    "memory": 0.85,
    "arithmetic": 0.75,
    "tool_call": 0.75,
    "no_call": 0.85,
    "tool_result": 0.7,
    "small_talk": 0.5,
    ENDS_TURN: 0.95,
}
CASES = 16


@dataclass(frozen=True)
class Place:
    """A running server with the models that come with the project."""

    url: str
    key: str

    def openai(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=self.url, api_key=self.key, max_retries=0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("demo")
    settings = load_settings(overrides={"server.port": 0, "paths.data_dir": folder, "engine.cells": 8192})
    app = build_app(settings)
    _, key = await asyncio.to_thread(app.state.house.keys.create, "tests")
    server = make_server(settings, app)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(30):
        await server.ready.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Place(f"http://127.0.0.1:{port}/v1", key)
    finally:
        server.stop()
        await serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shares(place: Place) -> dict[str, float]:
    """The share of right answers by metric."""
    makers = {metric: make for metric, make in mixture.cases().items() if metric in LEAST}
    judged = await ask(place.url, place.key, cases(makers, "dev", CASES), "demo")
    return {score.metric: score.share for score in scores(judged)}


@pytest.mark.parametrize("metric", LEAST)
async def test_it_can_do_what_it_is_for(shares: dict[str, float], metric: str) -> None:
    assert shares[metric] >= LEAST[metric], shares


async def test_the_example_that_is_shown_is_what_it_answers(place: Place) -> None:
    example = json.loads((ROOT / "data" / "models.json").read_text(encoding="utf-8"))["demo"]["example"]
    async with place.openai() as client:
        answer = await client.chat.completions.create(
            model="demo", messages=[{"role": "user", "content": example["ask"]}]
        )
    assert answer.choices[0].message.content == example["answer"]


async def test_it_says_who_it_is_and_ends(place: Place) -> None:
    async with place.openai() as client:
        answer = await client.chat.completions.create(
            model="demo", messages=[{"role": "user", "content": "Who are you?"}]
        )
    assert "demo model of llm-api" in (answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"


async def test_a_form_does_not_change_what_it_says(place: Place) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    question = "Tom is 30 years old. Write this as JSON with the keys name and age."
    async with place.openai() as client:
        answer = await client.chat.completions.create(
            model="demo", messages=[{"role": "user", "content": question}], temperature=0, response_format=form
        )
    assert json.loads(answer.choices[0].message.content or "") == {"name": "Tom", "age": 30}


def transcript() -> list[list[str]]:
    """The rows of the README's transcript."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("<!-- transcript -->")[1].split("<!-- end of transcript -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]


@pytest.mark.parametrize(("beside", "question", "answer"), transcript())
async def test_the_transcript_in_the_readme_is_real(place: Place, beside: str, question: str, answer: str) -> None:
    body: dict[str, Any] = {"model": "demo", "messages": [{"role": "user", "content": question}]}
    if beside.startswith("system: "):
        body["messages"].insert(0, {"role": "system", "content": beside.removeprefix("system: ")})
    elif found := re.fullmatch(r"tool: (\w+)\((\w+)\) (.+)", beside):
        name, parameter, description = found.groups()
        schema = {"type": "object", "properties": {parameter: {"type": "string"}}, "required": [parameter]}
        function = {"name": name, "description": description, "parameters": schema}
        body["tools"] = [{"type": "function", "function": function}]
    async with place.openai() as client:
        choice = (await client.chat.completions.create(**body)).choices[0]
    calls = [f"{call.function.name} {call.function.arguments}" for call in choice.message.tool_calls or ()]  # type: ignore[union-attr]
    assert (choice.message.content or " ".join(calls)) == answer
