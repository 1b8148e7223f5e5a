"""What becomes of files that cannot be indexed for a reason that does not lie in them, as clients see it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.api.served import Served, serving, serving_models

pytestmark = pytest.mark.asyncio


async def indexed(served: Served) -> Any:
    """A file of a new store, when nothing more becomes of it."""
    client = served.openai()
    store = await client.vector_stores.create()
    file = await client.files.create(file=("notes.txt", b"The coffee machine is blue."), purpose="assistants")
    async with asyncio.timeout(20):
        return await client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=20)


async def job_of(served: Served, file: Any) -> dict[str, Any]:
    """The job that indexed it."""
    return (await served.http.get(f"/v1/jobs/{file.llm_api['job']}")).json()


@pytest.mark.parametrize("setting", ["embedding_model", "tokens_model"])
async def test_a_model_that_is_not_there_fails_the_file_and_says_which(tmp_path: Path, setting: str) -> None:
    async with serving(tmp_path, **{f"search__{setting}": "bertt"}) as served:
        file = await indexed(served)
        assert (file.status, file.last_error.code) == ("failed", "server_error")
        assert (
            file.last_error.message == f"search.{setting}: there is no model 'bertt' by which files could be indexed."
        )
        job = await job_of(served, file)
        assert (job["state"], job["result"]["failed"]) == ("succeeded", 1)


async def test_without_a_model_the_file_says_what_to_do(tmp_path: Path) -> None:
    async with serving_models(tmp_path, {}, []) as served:
        file = await indexed(served)
        assert file.status == "failed"
        assert "add one, or name one in search.tokens_model" in file.last_error.message
