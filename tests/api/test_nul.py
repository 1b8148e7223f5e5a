"""The one character that PostgreSQL keeps in no text, sent to whatever keeps texts: on SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.api.served import Served, serving
from tests.store.conftest import empty_store, kinds

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT = {"model": "tiny", "messages": [{"role": "user", "content": "H\0i"}]}
JOB = {"endpoint": "/v1/chat/completions", "body": CHAT}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=kinds())
async def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder: Path = tmp_path_factory.mktemp("served")
    with empty_store(request.param, folder) as settings:
        async with serving(folder, store__url=settings.store.url) as one:
            yield one


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/v1/vector_stores", {"name": "a\0b"}, "name"),
        ("/v1/vector_stores", {"description": "a\0b"}, "description"),
        ("/v1/vector_stores/STORE", {"name": "a\0b"}, "name"),
        ("/v1/sessions", {"model": "tiny", "title": "a\0b"}, "title"),
        ("/v1/sessions", {"model": "tiny", "instructions": "a\0b"}, "instructions"),
        ("/v1/conversations", {"title": "a\0b"}, "title"),
        ("/v1/jobs", {**JOB, "label": "a\0b"}, "label"),
        ("/v1/jobs", {**JOB, "idempotency_key": "a\0b"}, "idempotency_key"),
    ],
)
async def test_a_text_that_cannot_be_kept_is_refused_by_name(
    served: Served, path: str, body: dict[str, Any], param: str
) -> None:
    if "STORE" in path:
        path = path.replace("STORE", (await served.http.post("/v1/vector_stores")).json()["id"])
    answer = await served.http.post(path, json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v1/jobs?task=a%00b", "task"),
        ("/v1/jobs?after=a%00b", "after"),
        ("/v1/files?purpose=a%00b", "purpose"),
        ("/v1/usage?model=a%00b", "model"),
        ("/v1/usage?key=a%00b", "key"),
        ("/v1/conversations?session_id=a%00b", "session_id"),
        ("/v1/conversations/search?query=a%00b", "query"),
    ],
)
async def test_a_question_with_it_is_refused_by_name(served: Served, path: str, param: str) -> None:
    answer = await served.http.get(path)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/jobs/a%00b", "/v1/batches/a%00b", "/v1/files/a%00b", "/v1/vector_stores/a%00b"),
        *("/v1/responses/a%00b", "/v1/conversations/a%00b", "/v1/sessions/a%00b", "/v1/models/a%00b"),
    ],
)
async def test_what_would_be_called_by_it_is_nowhere(served: Served, path: str) -> None:
    assert (await served.http.get(path)).status_code == 404


async def test_a_batch_names_the_line_whose_id_has_it(served: Served) -> None:
    line = '{"custom_id": "a\\u0000b", "method": "POST", "url": "/v1/chat/completions", "body": {}}'
    sent = await served.http.post("/v1/files", files={"file": ("a.jsonl", line)}, data={"purpose": "batch"})
    asked = {"endpoint": "/v1/chat/completions", "input_file_id": sent.json()["id"], "completion_window": "24h"}
    batch = (await served.http.post("/v1/batches", json=asked)).json()
    async with asyncio.timeout(5):
        while batch["status"] == "validating":
            batch = (await served.http.get(f"/v1/batches/{batch['id']}")).json()
    assert batch["status"] == "failed"
    (error,) = batch["errors"]["data"]
    assert (error["line"], error["param"]) == (1, "custom_id")


async def test_where_it_does_no_harm_it_is_kept(served: Served) -> None:
    noted = {"metadata": {"a": "b\0c"}}
    store = (await served.http.post("/v1/vector_stores", json=noted)).json()
    assert store["metadata"] == noted["metadata"]
    talk = (await served.http.post("/v1/conversations", json=noted)).json()
    asked = {"model": "tiny", "input": "H\0i", "conversation": talk["id"]}
    assert (await served.http.post("/v1/responses", json=asked)).status_code == 200
    items = (await served.http.get(f"/v1/conversations/{talk['id']}/items?order=asc")).json()["data"]
    assert items[0]["content"][0]["text"] == "H\0i"
    assert (await served.http.post("/v1/jobs", json=JOB)).status_code == 202
