"""An answer on its way out of the house: whether it is read along, and that others go on while it is written."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from server.api.streaming import Whole, respond
from server.chat.messages import Delta
from tests.api.conftest import Stage
from tests.api.scripted import STOP, ScriptedBackend, logprob
from tests.api.served import settings_at

SAID = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": SAID}),
        ("/v1/completions", {"prompt": "Hi"}),
        ("/v1/responses", {"input": "Hi"}),
        ("/v1/messages", {"messages": SAID, "max_tokens": 9}),
        ("/chat/completions", {"messages": SAID}),
    ],
)
def test_what_is_read_along_is_told_to_the_engine(
    client: TestClient, stage: Stage, path: str, body: dict[str, Any]
) -> None:
    for streams in (True, False):
        answer = client.post(path, json={"model": "tiny", "stream": streams, **body})
        assert answer.status_code == 200, answer.text
        assert stage.backend.turn.streams is streams


async def nothing_more() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_others_go_on_while_a_large_answer_is_written(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    rated = tuple(logprob("é", top=[("é", -0.5), ('"', -1.0)]) for _ in range(1000))

    def body(whole: Whole) -> dict[str, Any]:
        turned = threading.Event()
        loop.call_soon_threadsafe(turned.set)
        (choice,) = whole.choices
        return {"went on": turned.wait(5), "words": [rating.data.decode() for rating in choice.logprobs]}

    backend = ScriptedBackend([Delta(0, "é" * 1000, logprobs=rated), Delta(0, finish=STOP)])
    response = await respond(
        Request({"type": "http"}, nothing_more),
        backend.open(None),  # type: ignore[arg-type]
        settings_at(tmp_path),
        streamed=False,
        chunks=lambda _: None,  # type: ignore[arg-type,return-value]
        count=1,
        body=body,
        failure=lambda _: b"",
    )
    assert json.loads(response.body) == {"went on": True, "words": ["é"] * 1000}
