"""Orders carried out against a scripted backend: what is asked, in which order, how often, how many at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from server.catalog import Catalog
from server.chat.messages import Delta, Turn
from server.engine.request import FinishReason
from server.errors import BadRequest, Draining, EngineDied, Exhausted, ModelNotFound, ServerError, TooManyRequests
from server.services.calls import Calls
from server.services.manifest import Flavor, SummaryFlavor
from server.services.orders import PromptOrder, SummaryOrder
from server.services.runner import Runner
from tests.api.scripted import ScriptedBackend, say
from tests.api.served import settings_at

TALK = "\n".join(f"Bob: line {number}" for number in range(12))


class Stage:
    def __init__(self, folder: Path, at_once: int = 8, attempts: int = 3) -> None:
        self.backend = ScriptedBackend()
        self.pauses: list[float] = []
        self.progress: list[tuple[int, int]] = []
        self.pieces: list[str] = []
        self.grown = asyncio.Event()
        """Set when the summary has grown for the first time."""
        calls = Calls(self.backend, at_once=at_once, attempts=attempts, pause=self._pause)
        self.runner = Runner(calls, Catalog.from_settings(settings_at(folder)))

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def _heard(self, done: int, total: int) -> None:
        self.progress.append((done, total))

    async def longer(self, piece: str) -> None:
        """What the runner tells as the summary grows."""
        self.pieces.append(piece)
        self.grown.set()

    async def summarize(self, content: str = TALK, **more: Any) -> str:
        return await self.runner.summarize(order(content, **more), "me", self._heard, self.longer)

    def fail_first(self, *errors: ServerError) -> None:
        """The first answers break, one after the other."""
        left = list(errors)
        self.backend.steps = lambda turn: [left.pop(0)] if left else say("fine")


def order(content: str, *, rolling: bool = False, prompt: str = "", **flavor: Any) -> SummaryOrder:
    made = SummaryFlavor.model_validate({"name": "a", "modelName": "tiny", "maxGenerationLength": 48, **flavor})
    gaps = "{} {}" if rolling else "{}"
    return SummaryOrder(
        service="s", flavor=made, rolling=rolling, prompt=prompt or gaps, reduce_prompt=None, content=content
    )


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_progress_counts_turns(stage: Stage) -> None:
    await stage.summarize(rolling=True, maxNewTurns=5)
    assert stage.progress == [(0, 12), (5, 12), (10, 12), (12, 12)]


async def test_what_there_is_of_a_summary_is_told_while_the_rest_is_made(stage: Stage) -> None:
    stage.backend.steps = lambda turn: (
        say("one\ntwo") if "line 0\n" in turn.messages[-1].content else [stage.grown, *say("three")]
    )
    assert await stage.summarize(maxNewTurns=6) == "one\ntwo\nthree"
    assert stage.pieces == ["one\ntwo", "\nthree"]


async def test_a_part_that_is_ready_early_waits_for_those_before_it(stage: Stage) -> None:
    late = asyncio.Event()
    told_early: list[str] = []

    async def heard(done: int, total: int) -> None:
        if done == 6:
            told_early.extend(stage.pieces)
            late.set()

    stage.backend.steps = lambda turn: [late, *say("one")] if "line 0\n" in turn.messages[-1].content else say("two")
    made = await stage.runner.summarize(order(TALK, maxNewTurns=6), "me", heard, stage.longer)
    assert (told_early, made, "".join(stage.pieces)) == ([], "one\ntwo", "one\ntwo")


async def test_no_more_calls_at_once_than_allowed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, at_once=3)
    running = most = 0
    gate = asyncio.Event()

    def answer(turn: Turn) -> list[Any]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 3:
            asyncio.get_running_loop().call_soon(gate.set)
        return [gate, *say("x")]

    stage.backend.steps = answer
    working = asyncio.create_task(stage.summarize(maxNewTurns=1))
    await gate.wait()
    assert len(stage.backend.turns) - 2 == 3  # two were written only, to count the prompts
    running = -100
    assert await working == "\n".join(["x"] * 12)


async def test_what_may_pass_is_asked_again_after_a_while(stage: Stage) -> None:
    stage.fail_first(EngineDied("gone"), TooManyRequests("full", retry_after=50))
    assert await stage.summarize(maxNewTurns=20) == "fine"
    assert len(stage.pauses) == 2
    assert 1 <= stage.pauses[0] <= 60
    assert stage.pauses[1] == 50


async def test_what_never_passes_is_given_up(stage: Stage) -> None:
    stage.fail_first(*(EngineDied("gone") for _ in range(9)))
    with pytest.raises(Exhausted, match=r"Tried 3 times\. The last time: gone"):
        await stage.summarize(maxNewTurns=20)
    assert len(stage.pauses) == 2


@pytest.mark.parametrize("error", [Draining("closing"), TooManyRequests("that was all for today", retry_after=9000)])
async def test_what_is_for_another_day_or_server_is_left_to_it(stage: Stage, error: ServerError) -> None:
    stage.fail_first(error)
    with pytest.raises(type(error)):
        await stage.summarize(maxNewTurns=20)
    assert stage.pauses == []


async def test_what_cannot_pass_is_not_tried_again(stage: Stage) -> None:
    stage.fail_first(BadRequest("no"))
    with pytest.raises(BadRequest):
        await stage.summarize(maxNewTurns=20)
    assert stage.pauses == []


async def test_one_call_that_fails_cancels_the_others(stage: Stage) -> None:
    never = asyncio.Event()

    def answer(turn: Turn) -> list[Any]:
        return [BadRequest("no")] if "line 11" in turn.messages[-1].content else [never]

    stage.backend.steps = answer
    with pytest.raises(BadRequest, match="no"):
        await stage.summarize(maxNewTurns=4)
    assert stage.backend.cancelled.is_set()


async def test_a_prompt_that_leaves_no_room_is_told_with_the_numbers(stage: Stage) -> None:
    with pytest.raises(BadRequest, match=r"has 301 tokens, and 152 are left .* a context of 200 less .* is 48"):
        await stage.summarize(prompt="word " * 300 + "x{}", totalContextLength=200)
    with pytest.raises(BadRequest, match="a context of 2048 less"):  # the model's own, where that is less
        await stage.summarize(prompt="word " * 3000 + "{}", totalContextLength=128_000)
    assert not any(turn.max_tokens is None for turn in stage.backend.turns)


async def test_a_model_that_is_not_there(stage: Stage) -> None:
    with pytest.raises(ModelNotFound):
        await stage.summarize(modelName="nowhere")


def filled(answer: dict[str, Any] | None) -> PromptOrder:
    flavor = Flavor(name="a", modelName="small", maxGenerationLength=20, temperature=0)
    return PromptOrder(service="s", flavor=flavor, system="Be kind.", prompt="Hi", answer=answer)


async def test_a_filled_prompt_is_answered_with_what_its_schema_says(stage: Stage) -> None:
    stage.backend.steps = say('{"a":', "1}")
    answer = await stage.runner.answer(filled({"type": "object"}), "me")
    assert (answer.value, answer.model) == ({"a": 1}, "tiny")
    turn = stage.backend.turn
    assert [(message.role, message.content) for message in turn.messages] == [("system", "Be kind."), ("user", "Hi")]
    assert turn.form is not None
    assert (turn.form.kind, turn.form.value) == ("json_schema", {"type": "object"})
    assert (turn.max_tokens, turn.sampling.temperature, turn.sampling.top_k, turn.owner) == (20, 0, 7, "me")


async def test_a_filled_prompt_without_a_schema_is_answered_with_text(stage: Stage) -> None:
    stage.backend.steps = say(" Hello ")
    assert (await stage.runner.answer(filled(None), "me")).value == "Hello"


async def test_an_answer_that_was_cut_off_is_no_json(stage: Stage) -> None:
    stage.backend.steps = [Delta(0, '{"a":'), Delta(0, finish=FinishReason.LENGTH)]
    with pytest.raises(ServerError, match="did not end within 20 tokens"):
        await stage.runner.answer(filled({}), "me")
