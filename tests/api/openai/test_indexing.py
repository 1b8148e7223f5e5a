"""What becomes of files that cannot be indexed for a reason that does not lie in them, as clients see it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest

from server.chat.backend import Token
from tests.api.scripted import ScriptedBackend
from tests.api.served import Served, serving, serving_models

pytestmark = pytest.mark.asyncio


@dataclass
class SlowTokens(ScriptedBackend):
    """Makes tokens when the gate opens."""

    counting: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def tokenize(self, *asked: Any, **how: Any) -> list[Token]:
        self.counting.set()
        await self.go_on.wait()
        return await super().tokenize(*asked, **how)


async def attached(served: Served, store: str) -> Any:
    """A file that is to be indexed."""
    client = served.openai()
    file = await client.files.create(file=("notes.txt", b"The coffee machine is blue."), purpose="assistants")
    return await client.vector_stores.files.create(store, file_id=file.id)


async def settled(served: Served, file: Any) -> Any:
    """The file when nothing more becomes of it."""
    async with asyncio.timeout(20):
        return await served.openai().vector_stores.files.poll(
            file.id, vector_store_id=file.vector_store_id, poll_interval_ms=20
        )


async def indexed(served: Served) -> Any:
    """A file of a new store, when nothing more becomes of it."""
    store = await served.openai().vector_stores.create()
    return await settled(served, await attached(served, store.id))


async def job_of(served: Served, file: Any, *, ended: bool = False) -> dict[str, Any]:
    """The job that indexes it, now or when it has ended."""
    if ended:
        await served.http.get(f"/v1/jobs/{file.llm_api['job']}/events")
    return (await served.http.get(f"/v1/jobs/{file.llm_api['job']}")).json()


@pytest.mark.parametrize("setting", ["embedding_model", "tokens_model"])
async def test_a_model_that_is_not_there_fails_the_file_and_says_which(tmp_path: Path, setting: str) -> None:
    async with serving(tmp_path, **{f"search__{setting}": "bertt"}) as served:
        file = await indexed(served)
        assert (file.status, file.last_error.code) == ("failed", "server_error")
        assert (
            file.last_error.message == f"search.{setting}: there is no model 'bertt' by which files could be indexed."
        )
        job = await job_of(served, file, ended=True)
        assert (job["state"], job["result"]["failed"]) == ("succeeded", 1)


async def test_without_a_model_the_file_says_what_to_do(tmp_path: Path) -> None:
    async with serving_models(tmp_path, {}, []) as served:
        file = await indexed(served)
        assert file.status == "failed"
        assert "add one, or name one in search.tokens_model" in file.last_error.message


async def test_what_a_cancelled_job_leaves_is_cancelled_and_can_be_done_anew(tmp_path: Path) -> None:
    backend = SlowTokens()
    async with serving(tmp_path, backend, jobs__at_once=1) as served:
        store = (await served.openai().vector_stores.create()).id
        runs = await attached(served, store)
        await backend.counting.wait()
        waits = await attached(served, store)
        for file in (waits, runs):
            job = await job_of(served, file)
            assert (await served.http.post(f"/v1/jobs/{job['id']}/cancel")).status_code == 200
            assert (await settled(served, file)).status == "cancelled"
        assert (await served.openai().vector_stores.retrieve(store)).status == "completed"
        backend.go_on.set()
        again = (await served.http.post(f"/v1/jobs/{job['id']}/retry")).json()["id"]
        assert '"succeeded"' in (await served.http.get(f"/v1/jobs/{again}/events")).text
        assert (await settled(served, runs)).status == "completed"
        assert (await settled(served, waits)).status == "cancelled"


async def test_a_file_whose_job_is_not_taken_has_failed(tmp_path: Path) -> None:
    backend = SlowTokens()
    async with serving(tmp_path, backend, limits__jobs=1) as served:
        store = (await served.openai().vector_stores.create()).id
        await attached(served, store)
        with pytest.raises(openai.RateLimitError):
            await attached(served, store)
        counts = (await served.openai().vector_stores.retrieve(store)).file_counts
        assert (counts.in_progress, counts.failed) == (1, 1)
        backend.go_on.set()
