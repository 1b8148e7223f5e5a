"""Instructor: objects through tools and through schemas, whole and growing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.wall import QUESTION, Wall
from tests.contract.target import Target

instructor = pytest.importorskip(
    "instructor", reason="instructor is not installed: it is in the dependency group 'clients'"
)

ASKED: dict[str, Any] = {
    "messages": [{"role": "user", "content": QUESTION}],
    "max_tokens": 200,
    "temperature": 0,
    "max_retries": 1,
}


def client(target: Target, mode: str) -> Any:
    return instructor.from_openai(target.openai, mode=instructor.Mode[mode])


@pytest.mark.parametrize("mode", ["TOOLS", "TOOLS_STRICT", "JSON_SCHEMA"])
def test_object(target: Target, mode: str) -> None:
    create = client(target, mode).chat.completions.create
    assert isinstance(create(model=target.model, response_model=Wall, **ASKED), Wall)


@pytest.mark.parametrize("mode", ["TOOLS", "JSON_SCHEMA"])
def test_object_that_grows(target: Target, mode: str) -> None:
    create = client(target, mode).chat.completions.create_partial
    states = list(create(model=target.model, response_model=Wall, **ASKED))
    Wall.model_validate(states[-1].model_dump())


def test_chat(target: Target) -> None:
    create = client(target, "TOOLS").chat.completions.create
    assert create(model=target.model, response_model=None, **ASKED).choices[0].finish_reason in ("stop", "length")
