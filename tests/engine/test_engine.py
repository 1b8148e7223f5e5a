"""A real model in a real loop: the same words alone, in a crowd, from a warm cache, forked, preempted, cancelled."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.engine.host import Plan, ThreadHost
from server.engine.live import LiveModel
from server.engine.llama import LoadOptions
from server.engine.request import FinishReason, GenerationRequest, SamplingParams
from server.errors import ModelLoadFailed, ServerError, TooManyRequests, Unavailable
from tests.engine.stage import Said, ask, prompt_of, running

GREEDY = SamplingParams(temperature=0)
ENDLESS = SamplingParams(temperature=0, ignore_eos=True)


def greedy(live: LiveModel, id: str, text: str, count: int = 24, **more: object) -> GenerationRequest:
    request = GenerationRequest(id, prompt_of(live, text), count, ENDLESS, logprobs=2)
    return replace(request, **more)  # type: ignore[arg-type]


def same(one: Said, other: Said) -> bool:
    """Equal for as long as the two best tokens were further apart than arithmetic in company may move them."""
    for mine, theirs in zip(one.logprobs, other.logprobs, strict=True):
        if mine.top[0][2] - mine.top[1][2] < 0.1:
            return True
        if mine.token != theirs.token:
            return False
    return True


Models = Callable[[str], Path]

STEM = "Once upon a time there was a small engine that computed every prefix only once. " * 4


async def test_the_built_in_model_says_its_sentence_and_ends(model_file: Models) -> None:
    async with running(model_file("greeting")) as live:
        (said,) = await ask(live, GenerationRequest("a", prompt_of(live, "<|im_start|>assistant\n"), 100, GREEDY))
    assert said.text.startswith("Hello!")
    assert said.outcome is not None
    assert said.outcome.reason is FinishReason.STOP


@pytest.mark.parametrize("kind", ["tiny", "window", "recurrent"])
async def test_an_answer_is_the_same_alone_in_a_crowd_and_from_a_warm_cache(model_file: Models, kind: str) -> None:
    texts = [STEM + f"Story {i}" * (i + 1) for i in range(6)]
    alone = []
    for text in texts:
        async with running(model_file(kind)) as live:
            alone += await ask(live, greedy(live, "a", text))
    async with running(model_file(kind)) as live:
        crowd = await asyncio.gather(*(ask(live, greedy(live, f"{i}", text)) for i, text in enumerate(texts)))
        warm = await asyncio.gather(*(ask(live, greedy(live, f"w{i}", text)) for i, text in enumerate(texts)))
    for i in range(len(texts)):
        assert same(alone[i], crowd[i][0])
        assert same(alone[i], warm[i][0])
    if kind != "recurrent":
        outcome = warm[0][0].outcome
        assert outcome is not None
        assert outcome.cached_tokens == outcome.prompt_tokens - 1


async def test_steps_may_hold_fewer_tokens_than_there_are_slots(model_file: Models) -> None:
    async with running(model_file("tiny"), slots=8, batch=3) as live:
        said = await ask(live, *(greedy(live, f"{i}", f"Story {i}", 10) for i in range(6)))
    assert all(len(one.tokens) == 10 for one in said)


async def test_one_prompt_with_several_answers_is_computed_once(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        requests = [greedy(live, f"{i}", STEM) for i in range(5)]
        said = await ask(live, *requests)
    computed = sum(one.outcome.prompt_tokens - one.outcome.cached_tokens for one in said if one.outcome)
    assert computed <= len(requests[0].prompt) + 4
    assert all(same(said[0], one) for one in said)


@pytest.mark.parametrize("kind", ["tiny", "recurrent"])
async def test_a_prompts_tokens_are_rated_as_when_they_were_drawn(model_file: Models, kind: str) -> None:
    async with running(model_file(kind), slots=4, batch=256, flash="off") as live:
        prompts = [prompt_of(live, f"{STEM} {i}") for i in range(3)]
        drawn = [(await ask(live, greedy(live, f"{i}", f"{STEM} {i}", 100)))[0] for i in range(3)]
        rating = GenerationRequest("r", array("i"), 0, GREEDY, logprobs=2, rates_from=0)
        again = [prompt + array("i", said.tokens) for prompt, said in zip(prompts, drawn, strict=True)]
        ratings = [replace(rating, id=f"r{i}", prompt=prompt) for i, prompt in enumerate(again)]
        company, *rated = await ask(live, greedy(live, "company", STEM, 50), *ratings)
    assert len(company.tokens) == 50
    for prompt, before, after in zip(prompts, drawn, rated, strict=True):
        assert math.isnan(after.rated[0].logprob)
        assert [one.token for one in after.rated] == [*prompt, *before.tokens]
        assert after.outcome is not None
        assert (after.text, after.outcome.reason) == ("", FinishReason.LENGTH)
        assert (after.outcome.cached_tokens, after.outcome.generated_tokens) == (0, 0)
        for one, other in zip(before.logprobs, after.rated[len(prompt) :], strict=True):
            assert abs(one.logprob - other.logprob) < 0.05
            assert other.top[0][0] == one.top[0][0] or one.top[0][2] - one.top[1][2] < 0.05


async def test_preempted_answers_go_on_where_they_were(model_file: Models) -> None:
    texts = [f"Tale {i}: " + "the cat sat on the mat " * 8 for i in range(4)]
    alone = []
    for text in texts:
        async with running(model_file("tiny")) as live:
            alone += await ask(live, greedy(live, "a", text, 200))
    async with running(model_file("tiny"), cells=512) as live:
        steps: list[int] = []
        receive = live.receive
        live.receive = lambda report: (steps.append(report.preempted), receive(report))[1]  # type: ignore[method-assign]
        crowd = await asyncio.gather(*(ask(live, greedy(live, f"{i}", text, 200)) for i, text in enumerate(texts)))
    assert sum(steps) > 0
    assert all(same(one, other[0]) for one, other in zip(alone, crowd, strict=True))


@pytest.mark.parametrize("flash", ["off", "on"])
async def test_what_was_stored_outside_the_pool_answers_as_if_it_had_never_left(model_file: Models, flash: str) -> None:
    texts = [f"Saga {i}: " + "the cat sat on the mat " * 10 for i in range(5)]
    alone = []
    for text in texts:
        async with running(model_file("tiny")) as live:
            alone += await ask(live, greedy(live, "a", text, 40))
    async with running(model_file("tiny"), cells=512, store=4096) as live:
        for i, text in enumerate(texts):
            await ask(live, greedy(live, f"{i}", text, 40))
        again = [(await ask(live, greedy(live, f"again {i}", text, 40)))[0] for i, text in enumerate(texts)]
    assert all(same(one, other) for one, other in zip(alone, again, strict=True))
    assert all(one.outcome and one.outcome.cached_tokens == one.outcome.prompt_tokens - 1 for one in again)


async def test_a_chain_is_exactly_the_same_preempted_or_not(model_file: Models) -> None:
    async with running(model_file("counting"), cells=512) as live:
        requests = [
            GenerationRequest(f"{i}", prompt_of(live, f"Say {'so ' * 60}{i}\n"), 150, ENDLESS) for i in range(4)
        ]
        alone = (await ask(live, replace(requests[0], id="alone")))[0].text
        crowd = await asyncio.gather(*(ask(live, request) for request in requests))
    assert [one[0].text for one in crowd] == [alone] * 4


async def test_a_seed_repeats_an_answer_and_another_seed_does_not(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        hot = SamplingParams(temperature=1.5, seed=7, ignore_eos=True)
        one = greedy(live, "1", STEM, 16, sampling=hot)
        two = greedy(live, "2", STEM, 16, sampling=hot)
        three = greedy(live, "3", STEM, 16, sampling=replace(hot, seed=8))
        first, again = await ask(live, one), await ask(live, two)
        other = await ask(live, three)
    assert first[0].tokens == again[0].tokens != other[0].tokens


async def test_characters_come_whole_though_their_bytes_are_tokens(model_file: Models) -> None:
    async with running(model_file("emoji")) as live:
        box = live.enter("")
        live.start(box, [GenerationRequest("a", prompt_of(live, "<|im_start|>assistant\n"), 100, GREEDY)])
        texts, outcome = [], None
        while outcome is None:
            for event in await box.take():
                texts.append(event.text)
                outcome = event.outcome
    assert any(ord(c) > 0xFFFF for c in "".join(texts))
    assert "�" not in "".join(texts)


async def test_a_stop_string_ends_the_answer_before_it(model_file: Models) -> None:
    async with running(model_file("greeting")) as live:
        prompt = prompt_of(live, "<|im_start|>assistant\n")
        (whole,) = await ask(live, GenerationRequest("a", prompt, 100, GREEDY))
        stop = whole.text[9:22]
        (said,) = await ask(live, GenerationRequest("b", prompt, 100, GREEDY, stop=(stop,)))
        (held,) = await ask(live, GenerationRequest("c", prompt, 3, GREEDY, stop=(whole.text[:60],)))
    assert said.text == whole.text[:9]
    assert said.outcome is not None
    assert said.outcome.reason is FinishReason.STOP
    assert held.text
    assert whole.text.startswith(held.text)


async def test_the_answer_ends_where_the_context_does(model_file: Models) -> None:
    async with running(model_file("counting"), cells=256) as live:
        request = GenerationRequest("a", prompt_of(live, "go\n"), None, ENDLESS)
        (said,) = await ask(live, request)
    assert said.outcome is not None
    assert said.outcome.reason is FinishReason.LENGTH
    assert said.outcome.generated_tokens == 256 - len(request.prompt)


async def test_a_bias_changes_what_is_said(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        biased = replace(ENDLESS, logit_bias=((70, 100.0),))
        (said,) = await ask(live, greedy(live, "a", "Hi", 5, sampling=biased))
    assert said.tokens == [70] * 5


async def test_log_probabilities_are_those_of_the_raw_logits(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        (said,) = await ask(live, greedy(live, "a", "Hi there", 8, logprobs=20))
    for one in said.logprobs:
        assert one.token == one.top[0][0]
        assert one.logprob == one.top[0][2] < 0
        assert [top[2] for top in one.top] == sorted((top[2] for top in one.top), reverse=True)
        assert len(one.top) == 20


async def test_cancelling_frees_the_engine_waiting_prefilling_or_generating(model_file: Models) -> None:
    async with running(model_file("counting"), slots=1, batch=16) as live:
        generating = live.enter("")
        live.start(generating, [GenerationRequest("g", prompt_of(live, "go\n"), 2000, ENDLESS)])
        await generating.take()
        waiting = live.enter("")
        live.start(waiting, [GenerationRequest("w", prompt_of(live, "go\n"), 2000, ENDLESS)])
        live.close(waiting)
        live.close(generating)
        prefilling = live.enter("")
        live.start(prefilling, [GenerationRequest("p", prompt_of(live, "long " * 400), 5, ENDLESS)])
        live.close(prefilling)
        assert not live.busy
        (said,) = await ask(live, GenerationRequest("next", prompt_of(live, "go\n"), 5, ENDLESS))
        assert said.outcome is not None


async def test_the_waiting_line_has_an_end_and_one_key_cannot_take_it_all(model_file: Models) -> None:
    async with running(model_file("counting"), slots=1, waiting=40) as live:
        boxes = []

        def open_one(owner: str) -> None:
            id = f"{len(boxes)}"
            boxes.append(live.enter(owner))
            live.start(boxes[-1], [GenerationRequest(id, prompt_of(live, "go\n"), 2000, ENDLESS, owner=owner)])

        open_one("first")
        await boxes[0].take()
        for _ in range(32):
            open_one("greedy")
        with pytest.raises(TooManyRequests) as refused:
            open_one("greedy")
        assert refused.value.retry_after
        for _ in range(8):
            open_one("modest")
        with pytest.raises(TooManyRequests):
            open_one("late")
        for box in boxes:
            live.close(box)
        assert live.waiting == 0


async def test_a_burst_of_one_key_onto_an_idle_model_is_taken_as_far_as_there_are_slots(model_file: Models) -> None:
    async with running(model_file("greeting"), slots=64, waiting=4) as live:
        prompt = prompt_of(live, "<|im_start|>assistant\n")
        await asyncio.gather(*(ask(live, GenerationRequest(f"{i}", prompt, 5, GREEDY)) for i in range(64)))


async def test_what_runs_when_the_model_goes_is_told(model_file: Models) -> None:
    async with running(model_file("counting")) as live:
        box = live.enter("")
        live.start(box, [GenerationRequest("a", prompt_of(live, "go\n"), 2000, ENDLESS)])
        await box.take()
        await live.stop(Unavailable("gone"), at_once=True)
        outcome = None
        while outcome is None:
            for event in await box.take():
                outcome = event.outcome
    assert outcome.error is not None
    assert outcome.error.message == "gone"


async def test_a_load_can_be_aborted_and_reports_its_progress(model_file: Models) -> None:
    options = LoadOptions(1024, 4, 64, 64, 1, 1, gpu_layers=0)
    seen: list[float] = []
    host = ThreadHost(Plan("test", model_file("tiny"), options, 512, 0.1), seen.append, lambda _: None)
    load = asyncio.create_task(host.start())
    await asyncio.sleep(0)
    stopping = asyncio.create_task(host.stop(ServerError("enough")))
    with pytest.raises(ModelLoadFailed, match="cancelled"):
        await load
    await stopping
    host = ThreadHost(Plan("test", model_file("tiny"), options, 512, 0.1), seen.append, lambda _: None)
    await host.start()
    assert seen
    assert seen[-1] == 1.0
    await host.stop(ServerError("enough"))


async def test_a_text_of_one_endless_run_is_cut_into_tokens(model_file: Models) -> None:
    from server.engine.deep_thread import deep_executor

    async with running(model_file("tiny")) as live:
        deep = deep_executor("deep")
        tokens = await asyncio.get_running_loop().run_in_executor(deep, prompt_of, live, "a" * 200_000)
        deep.shutdown()
    assert len(tokens) > 1000


async def test_an_unfit_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(100))
    options = LoadOptions(1024, 4, 64, 64, 1, 1)
    host = ThreadHost(Plan("x", tmp_path / "broken.gguf", options, 512, 0.1), lambda _: None, lambda _: None)
    with pytest.raises(ModelLoadFailed, match=r"broken\.gguf"):
        await host.start()
