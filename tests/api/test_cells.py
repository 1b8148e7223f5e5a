"""Whose requests hold the cells of a model's cache: seen in the models' list, by those who may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.served import CHATTING_KEYS, KEY, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="function")

LONG = {"ctxSize": 4096, "cells": 8192, "threads": 1}


async def test_cells_are_told_by_key_while_it_holds_them(tmp_path: Path, model_file: Callable[[str], Path]) -> None:
    file = model_file("greeting")
    ann, bob = CHATTING_KEYS
    async with serving_models(tmp_path, {"greeting": {"params": {"model": file.name, **LONG}}}, [file]) as served:

        async def chat(key: str) -> None:
            headers = {"authorization": f"Bearer {key}"}
            body = {"model": "greeting", "messages": [{"role": "user", "content": key}], "ignore_eos": True}
            while True:
                answer = await served.http.post("/v1/chat/completions", json=body, headers=headers)
                assert answer.status_code == 200, answer.text

        async def cells(key: str = KEY) -> Any:
            answer = await served.http.get("/v1/models/greeting", headers={"authorization": f"Bearer {key}"})
            return answer.json()["llm_api"]["cells"]

        assert await cells() is None  # it is not loaded
        async with running(chat(ann), chat(bob)):
            everybody = await cells()
            while everybody is None or {key["name"] for key in everybody["keys"]} != {"key 3", "key 4"}:
                everybody = await cells()
            assert everybody["total"] == 8192
            assert 0 < sum(key["cells"] for key in everybody["keys"]) == everybody["used"] <= 8192
            own = await cells(bob)
            while not own["keys"]:
                own = await cells(bob)
            assert {key["name"] for key in own["keys"]} == {"key 4"}
        while (await cells())["used"]:  # what nobody runs on leaves the pool in time
            pass


@asynccontextmanager
async def running(*doing: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """These go on until the context is left, or until one of them fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in doing]
        yield
        for task in tasks:
            task.cancel()
