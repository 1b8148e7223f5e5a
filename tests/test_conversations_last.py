"""Conversations over a real server and a real model, which is killed between turns and in the middle of one."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

ROOT = Path(__file__).resolve().parent.parent
KEY = "tests.0123456789abcdef0123456789abcdef"
SMALL = {"ctxSize": 512, "cells": 2048, "threads": 1, "temperature": 0}
FIRST = "Good morning! I have come a long way to ask you who you are, who made you, and what you know of this country."
"""Long enough to be worth keeping computed."""

PATIENCE = 120
"""Seconds for a start, with a load, on a busy machine."""


@dataclass
class Child:
    """A server in a process of its own."""

    process: asyncio.subprocess.Process
    url: str
    http: httpx.AsyncClient

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        return (await self.http.get(path)).raise_for_status().json()

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        assert await self.process.wait() == -signal.SIGKILL


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[Child]:
    command = ["-m", "server", "serve", "--port", "0", "--data-dir", str(folder / "var")]
    command += ["--models", str(folder / "models.json"), "--storage", str(folder)]
    environment = {"LLM_API_FIRST_KEY": KEY, "PATH": "", "HOME": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, env=environment, stdout=-1, stderr=asyncio.subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        said = b""
        async with asyncio.timeout(PATIENCE):
            while b"Listening on " not in said:
                line = await process.stdout.readline()
                assert line, said.decode()
                said += line
        url = said.decode().rpartition("Listening on ")[2].strip()
        headers = {"authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE) as http:
            yield Child(process, url, http)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def place(tmp_path: Path, model_file: Callable[[str], Path]) -> Path:
    for kind in ("greeting", "counting"):
        (tmp_path / f"{kind}.gguf").symlink_to(model_file(kind))
    long = SMALL | {"ctxSize": 16384, "cells": 16384}  # so that a turn is long under way
    entries = {
        "greeting": {"params": {"model": "greeting.gguf", **SMALL}},
        "counting": {"params": {"model": "counting.gguf", **long}},
    }
    (tmp_path / "models.json").write_text(json.dumps(entries))
    return tmp_path


def tokens(response: Any) -> tuple[int, int]:
    usage = response["usage"]
    return usage["input_tokens"], usage["input_tokens_details"]["cached_tokens"]


def text(item: Any) -> str:
    return str(item["content"][0]["text"])


async def rest_of(stream: AsyncIterator[Any]) -> None:
    async for event in stream:
        assert event.type != "response.completed"


async def test_a_conversation_is_warm_and_outlives_its_server(place: Path) -> None:
    async with server(place) as child:
        session = (await child.post("/v1/sessions", {"model": "greeting"}))["id"]
        talk = (await child.post("/v1/conversations", {"session_id": session}))["id"]
        turn = f"/v1/conversations/{talk}/responses"
        first = await child.post(turn, {"input": FIRST})
        second = await child.post(turn, {"input": "And what can you do?"})
        assert tokens(second)[1] >= tokens(first)[0]
        await child.kill()

    async with server(place) as child:
        items = (await child.get(f"/v1/conversations/{talk}/items?order=asc"))["data"]
        said = [text(item) for item in items]
        assert said[::2] == [FIRST, "And what can you do?"]
        assert said[1] == text(first["output"][0])
        third = await child.post(turn, {"input": "Thanks!"})
        assert tokens(third)[0] > tokens(second)[0]
        assert tokens(third)[1] == 0
        again = await child.post(turn, {"input": "Bye!"})
        assert tokens(again)[1] >= tokens(third)[0]
        await child.post(f"/v1/sessions/{session}", {"model": "counting"})
        async with openai.AsyncOpenAI(base_url=f"{child.url}/v1", api_key=KEY, max_retries=0) as client:
            stream = await client.responses.create(model="counting", conversation=talk, input="Count!", stream=True)
            async for event in stream:
                if event.type == "response.output_text.delta":
                    break
            await child.kill()
            with pytest.raises((httpx.HTTPError, openai.APIError)):
                await rest_of(stream)

    async with server(place) as child:
        items = (await child.get(f"/v1/conversations/{talk}/items?order=asc"))["data"]
        said = [text(item) for item in items]
        assert said[::2] == [FIRST, "And what can you do?", "Thanks!", "Bye!"]
        assert (await child.get(f"/v1/sessions/{session}"))["model"] == "counting"
        found = (await child.get("/v1/conversations/search?query=thanks"))["data"]
        assert [match["conversation"]["id"] for match in found] == [talk]
        ids = [str(uuid.UUID(id.partition("_")[2])) for id in (session, talk)]
        one = f"/llm/sessions/{ids[0]}/conversations/{ids[1]}"
        await child.post(f"/llm/sessions/{ids[0]}/switch-model", {"model_name": "greeting"}, 201)
        answer = await child.post(f"{one}/query", {"query": "Count!"}, 201)
        history = await child.get(one)
        assert [entry["content"] for entry in history[:3]] == ["Count!", answer["response"], "Bye!"]
        assert len(history) == 10


async def test_what_outgrows_a_real_model(place: Path) -> None:
    async with server(place) as child:
        long = "Tell me about every river and every town of this country. " * 4
        for truncation in ("disabled", "auto"):
            session = (await child.post("/v1/sessions", {"model": "greeting", "truncation": truncation}))["id"]
            talk = (await child.post("/v1/conversations", {"session_id": session}))["id"]
            turn = {"input": long, "max_output_tokens": 40}
            answers = [await child.http.post(f"/v1/conversations/{talk}/responses", json=turn) for _ in range(6)]
            if truncation == "disabled":
                refused = answers[-1]
                assert (refused.status_code, refused.json()["error"]["code"]) == (400, "context_length_exceeded")
            else:
                assert [answer.status_code for answer in answers] == [200] * 6
                assert answers[-1].json()["truncated_messages"] >= 2
                assert "truncated_messages" not in answers[0].json()
                assert len((await child.get(f"/v1/conversations/{talk}/items"))["data"]) == 12
