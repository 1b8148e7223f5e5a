"""Who is being answered is known from the first moment to the last, and can be stopped at any of them."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from server.chat.backend import Embeddings
from server.chat.messages import Delta, Message, Turn
from server.chat.register import Register, RegisteredEmbeddings
from server.chat.vectors import Ranking, Scores, Texts, Vectors
from server.errors import BadRequest, Stopped
from tests.api.scripted import ScriptedBackend, say

TURN = Turn("tiny", (Message("user", "Hi"),), owner="ann")


async def read(register: Register) -> list[str]:
    async with register.open(TURN) as answer:
        return [delta.content async for deltas in answer for delta in deltas]


async def started(register: Register, door: ScriptedBackend) -> asyncio.Task[list[str]]:
    task = asyncio.create_task(read(register))
    await door.entered.wait()
    return task


async def test_an_answer_is_entered_while_it_lasts() -> None:
    door = ScriptedBackend(say("a", "b"))
    register = Register(door)
    async with register.open(TURN) as answer:
        (entry,) = register.entries
        assert (entry.model, entry.owner, entry.state) == ("tiny", "ann", "generating")
        assert entry.usage == answer.usage
    assert register.entries == []


@pytest.mark.parametrize("open", [False, True])
async def test_stopping_ends_it_wherever_it_is(open: bool) -> None:
    door = ScriptedBackend([Delta(0, "a"), asyncio.Event()], gate=asyncio.Event())
    register = Register(door)
    task = await started(register, door)
    if open and door.gate is not None:
        door.gate.set()
    (entry,) = register.entries
    assert entry.state == "waiting"
    entry.stop()
    with pytest.raises(Stopped):
        await task
    assert door.cancelled.is_set()
    assert register.entries == []
    assert await read(Register(ScriptedBackend(say("a")))) == ["a", ""]


async def test_stopping_what_nobody_reads_just_now_ends_it_all_the_same() -> None:
    register = Register(ScriptedBackend(say("a", "b")))
    async with register.open(TURN) as answer:
        deltas = aiter(answer)
        await anext(deltas)
        (entry,) = register.entries
        entry.stop()
        with pytest.raises(Stopped):
            await anext(deltas)


async def test_stopping_twice_is_stopping_once() -> None:
    entered, unwinding, leaving = asyncio.Event(), asyncio.Event(), asyncio.Event()
    register = Register(ScriptedBackend())

    async def linger() -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            unwinding.set()
            await leaving.wait()

    async def enter() -> None:
        with register.entered("m", "ann") as entry:
            await entry.door(linger())

    task = asyncio.create_task(enter())
    await entered.wait()
    (entry,) = register.entries
    entry.stop()
    await unwinding.wait()
    entry.stop()
    leaving.set()
    with pytest.raises(Stopped):
        await task


async def test_other_ends_stay_what_they_are() -> None:
    refused = ScriptedBackend(refusal=BadRequest("No."))
    with pytest.raises(BadRequest):
        await read(Register(refused))
    late = ScriptedBackend([TimeoutError("of its own")])
    with pytest.raises(TimeoutError, match="of its own"):
        await read(Register(late))
    door = ScriptedBackend(gate=asyncio.Event())
    register = Register(door)
    task = await started(register, door)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert register.entries == []


class Slow:
    """Embeddings that never come."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def embed(self, texts: Texts) -> Vectors:
        self.asked.set()
        return cast(Vectors, await asyncio.Event().wait())

    async def rank(self, ranking: Ranking) -> Scores:
        self.asked.set()
        return cast(Scores, await asyncio.Event().wait())


@pytest.mark.parametrize("ranks", [False, True])
async def test_vectors_are_entered_too(ranks: bool) -> None:
    register, door = Register(ScriptedBackend()), Slow()
    vectors = RegisteredEmbeddings(cast(Embeddings, door), register)
    work = vectors.rank(Ranking("m", "q", ("d",), "ann")) if ranks else vectors.embed(Texts("m", ("x",), owner="ann"))
    task = asyncio.ensure_future(work)
    await door.asked.wait()
    (entry,) = register.entries
    assert (entry.model, entry.owner, entry.state) == ("m", "ann", "prefilling")
    entry.stop()
    with pytest.raises(Stopped):
        await task
    assert register.entries == []
