"""Committing together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from server.errors import Unavailable
from server.jobs.together import Together


async def test_what_comes_while_the_disk_is_busy_is_committed_together() -> None:
    gate, calls = asyncio.Event(), list[list[int]]()

    async def commit(asked: Sequence[int]) -> Sequence[int | Exception]:
        calls.append(list(asked))
        await gate.wait()
        return [ValueError("odd") if number % 2 else number * 10 for number in asked]

    together = Together(commit)
    first = asyncio.create_task(together.do(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(together.do(number)) for number in (1, 2, 3, 4)]
    await asyncio.sleep(0)
    others.pop().cancel()
    gate.set()
    assert await first == 0
    answers = await asyncio.gather(*others, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["odd", "20", "odd"]
    assert calls == [[0], [1, 2, 3, 4]]


async def test_a_commit_that_fails_fails_for_all_and_the_next_is_tried() -> None:
    failures = [Unavailable("disk")]

    async def commit(asked: Sequence[int]) -> Sequence[int | Exception]:
        if failures:
            raise failures.pop()
        return asked

    together = Together(commit)
    answers = await asyncio.gather(together.do(1), together.do(2), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["disk", "disk"]
    assert await together.do(3) == 3


async def test_what_cannot_be_committed_fails_alone() -> None:
    async def commit(asked: Sequence[str]) -> Sequence[str | Exception]:
        "".join(asked).encode()
        return asked

    together = Together(commit)
    answers = await asyncio.gather(together.do("a"), together.do("\ud800"), together.do("b"), return_exceptions=True)
    assert (answers[0], answers[2]) == ("a", "b")
    assert isinstance(answers[1], UnicodeEncodeError)


def test_nothing_runs_where_nothing_is_asked() -> None:
    async def commit(asked: Sequence[int]) -> Sequence[int]:
        pytest.fail("nothing was asked")

    Together(commit)
