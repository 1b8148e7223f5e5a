"""Images beside tokens, with a real projector: the same alone, in company and from the cache, and never another's."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import llama_cpp.llama_cpp as C
import llama_cpp.mtmd_cpp as M
import numpy as np
import pytest

from server.engine.live import LiveModel
from server.engine.loop import StepReport
from server.engine.projector import Pixels
from server.engine.request import FinishReason, GenerationRequest, SamplingParams
from server.errors import BadRequest, EngineDied
from tests.engine.stage import Said, ask, running, seen

Models = Callable[[str], Path]

exact = functools.partial(running, flash="off")
"""A model whose numbers can be compared closely."""

ENDLESS = SamplingParams(temperature=0, ignore_eos=True)

PAIRS = [("tiny", "projector"), ("tiny", "projector-whole"), ("grid", "projector-grid"), ("window", "projector-whole")]
"""Models with a projector: rows one after the other, seeing each other, in a grid; a windowed model."""


def picture(seed: int, width: int = 90, height: int = 70) -> Pixels:
    """Noise in large squares: what is left of it when it is made smaller still differs."""
    squares = np.random.default_rng(seed).integers(0, 256, (height // 10 + 1, width // 10 + 1, 3), np.uint8)
    return np.ascontiguousarray(np.repeat(np.repeat(squares, 10, 0), 10, 1)[:height, :width])


def about(live: LiveModel, id: str, *parts: str | Pixels, count: int = 16) -> GenerationRequest:
    return GenerationRequest(id, max_tokens=count, sampling=ENDLESS, logprobs=2, **seen(live, *parts))


def apart(one: Said, other: Said) -> float:
    """How far the first tokens' log-probabilities are from each other."""
    mine = {token: value for token, _, value in one.logprobs[0].top}
    theirs = {token: value for token, _, value in other.logprobs[0].top}
    if mine.keys() != theirs.keys():
        return 10.0
    return max(abs(mine[token] - theirs[token]) for token in mine)


@pytest.mark.parametrize(("model", "projector"), PAIRS)
async def test_the_same_image_gives_the_same_answer_and_another_one_another(
    model_file: Models, model: str, projector: str
) -> None:
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        one = (await ask(live, about(live, "1", "Look: ", picture(1), " What is it?")))[0]
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        same = (await ask(live, about(live, "1", "Look: ", picture(1), " What is it?")))[0]
        other = (await ask(live, about(live, "2", "Look: ", picture(2), " What is it?")))[0]
    assert apart(one, same) < 0.01
    assert one.tokens == same.tokens
    assert apart(one, other) > 0.1


@pytest.mark.parametrize(("model", "projector"), PAIRS)
async def test_an_image_that_was_computed_is_a_hit_and_another_one_never(
    model_file: Models, model: str, projector: str
) -> None:
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        asked = about(live, "1", "Look: ", picture(1), " What is it?")
        first = (await ask(live, asked))[0]
        again = (await ask(live, replace(asked, id="2")))[0]
        further = seen(live, " And now?")["prompt"]
        more = (await ask(live, replace(asked, id="3", prompt=asked.prompt + further)))[0]
        other = (await ask(live, about(live, "4", "Look: ", picture(2), " What is it?")))[0]
    before = asked.images[0].start
    assert first.outcome is not None
    assert (first.outcome.prompt_tokens, first.outcome.cached_tokens) == (len(asked.prompt), 0)
    assert again.outcome is not None
    assert again.outcome.cached_tokens == len(asked.prompt) - 1
    assert apart(first, again) < 0.05
    assert more.outcome is not None
    assert more.outcome.cached_tokens == len(asked.prompt)
    assert other.outcome is not None
    assert other.outcome.cached_tokens <= before


def reference(model: Path, projector: Path, before: str, pixels: Pixels, after: str) -> dict[int, float]:
    """The log-probabilities of the token that follows, as llama.cpp's own helper computes them."""
    C.llama_backend_init()
    options = C.llama_model_default_params()
    options.n_gpu_layers, options.use_extra_bufts = 0, False
    loaded = C.llama_model_load_from_file(str(model).encode(), options)
    wanted = C.llama_context_default_params()
    wanted.n_ctx, wanted.n_batch, wanted.n_ubatch, wanted.flash_attn_type, wanted.swa_full = 512, 256, 256, 0, True
    context = C.llama_init_from_model(loaded, wanted)
    shown = M.mtmd_context_params_default()
    shown.use_gpu, shown.n_threads = False, 1
    looks = M.mtmd_init_from_file(str(projector).encode(), loaded, shown)
    height, width, _ = pixels.shape
    bitmap = M.mtmd_bitmap_init(width, height, pixels.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8)))
    chunks = M.mtmd_input_chunks_init()
    text = f"{before}{M.mtmd_default_marker().decode()}{after}".encode()
    prompt = M.mtmd_input_text(text, len(text), True, True)
    assert M.mtmd_tokenize(looks, chunks, ctypes.byref(prompt), (ctypes.c_void_p * 1)(bitmap), 1) == 0
    past = C.llama_pos(0)
    assert M.mtmd_helper_eval_chunks(looks, context, chunks, 0, 0, 256, True, ctypes.byref(past)) == 0
    count = C.llama_vocab_n_tokens(C.llama_model_get_vocab(loaded))
    logits = np.ctypeslib.as_array(C.llama_get_logits_ith(context, -1), (count,)).astype(np.float64)
    M.mtmd_free(looks)
    C.llama_free(context)
    C.llama_model_free(loaded)
    logprobs = logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
    return dict(enumerate(logprobs.tolist()))


@pytest.mark.parametrize(("model", "projector"), PAIRS)
async def test_an_image_is_read_as_by_llama_cpp_itself(model_file: Models, model: str, projector: str) -> None:
    expected = reference(model_file(model), model_file(projector), "Look: ", picture(1), " What is it?")
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        said = (await ask(live, about(live, "1", "Look: ", picture(1), " What is it?")))[0]
    assert max(abs(expected[token] - value) for token, _, value in said.logprobs[0].top) < 0.02


@pytest.mark.parametrize(("model", "projector"), PAIRS)
async def test_images_in_company_are_read_as_alone(model_file: Models, model: str, projector: str) -> None:
    words = [("Look: ", picture(seed), f" What is it? {'Say. ' * seed}") for seed in range(1, 5)]
    alone = []
    for parts in words:
        async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
            alone += await ask(live, about(live, "a", *parts))
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        talk = GenerationRequest("t", seen(live, "Tell me a long story.")["prompt"], 60, ENDLESS, logprobs=2)
        crowd = await ask(live, talk, *(about(live, f"{i}", *parts) for i, parts in enumerate(words)))
    assert len(crowd[0].tokens) == 60
    assert all(apart(one, other) < 0.05 for one, other in zip(alone, crowd[1:], strict=True))


@pytest.mark.parametrize(("model", "projector"), [PAIRS[0], PAIRS[2]])
async def test_an_image_computed_in_parts_is_the_same(model_file: Models, model: str, projector: str) -> None:
    parts = ("Look: ", picture(1, 200, 200), " What is it?")
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        whole = (await ask(live, about(live, "1", *parts)))[0]
    async with exact(model_file(model), batch=16, projector=model_file(projector)) as live:
        asked = about(live, "1", *parts)
        assert asked.images[0].rows.count > 15
        cut = (await ask(live, asked))[0]
    assert apart(whole, cut) < 0.05


@pytest.mark.parametrize(("model", "projector"), PAIRS)
async def test_two_images_count_in_their_order(model_file: Models, model: str, projector: str) -> None:
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        first, second = picture(1), picture(2)
        requests = [
            about(live, "12", "A: ", first, " B: ", second, " Which?"),
            about(live, "21", "A: ", second, " B: ", first, " Which?"),
            about(live, "11", "A: ", first, " B: ", first, " Which?"),
        ]
        said = await ask(live, *requests)
        again = await ask(live, *(replace(one, id=f"again {one.id}") for one in requests))
    assert apart(said[0], said[1]) > 0.1
    assert apart(said[0], said[2]) > 0.1
    assert all(apart(one, other) < 0.05 for one, other in zip(said, again, strict=True))


@pytest.mark.parametrize(("model", "projector"), PAIRS[:3])
async def test_what_was_stored_or_pushed_out_is_read_the_same(model_file: Models, model: str, projector: str) -> None:
    words = [(f"Look {seed}: ", picture(seed), " the cat sat on the mat" * 4) for seed in range(1, 6)]
    alone = []
    for parts in words:
        async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
            alone += await ask(live, about(live, "a", *parts, count=60))
    async with exact(model_file(model), batch=256, cells=512, store=4096, projector=model_file(projector)) as live:
        asked = [about(live, f"{i}", *parts, count=60) for i, parts in enumerate(words)]
        crowd = await ask(live, *asked)
        again = [(await ask(live, replace(one, id=f"again {one.id}")))[0] for one in asked]
    assert all(apart(one, other) < 0.05 for one, other in zip(alone, crowd, strict=True))
    assert all(apart(one, other) < 0.05 for one, other in zip(alone, again, strict=True))
    assert all(one.outcome and one.outcome.cached_tokens == one.outcome.prompt_tokens - 1 for one in again)


@pytest.mark.parametrize(("model", "projector"), [PAIRS[0], PAIRS[2]])
async def test_of_an_image_that_was_cut_off_nothing_is_kept(model_file: Models, model: str, projector: str) -> None:
    parts = ("Look at this: ", picture(1, 200, 200), " What is it?")
    async with exact(model_file(model), batch=256, projector=model_file(projector)) as live:
        alone = (await ask(live, about(live, "1", *parts)))[0]
    async with exact(model_file(model), batch=16, projector=model_file(projector)) as live:
        asked = about(live, "1", *parts)
        box = live.enter("")
        live.start(box, [asked])
        computed = 0

        def count(report: StepReport) -> None:
            nonlocal computed
            computed += sum(prompt for _, prompt, _ in report.steps)
            receive(report)
            if computed > asked.images[0].start + 2:
                live.end("1")

        receive = live.receive
        live.receive = count  # type: ignore[method-assign]
        while box.open:
            await box.take()
        again = (await ask(live, replace(asked, id="2")))[0]
    assert again.outcome is not None
    assert again.outcome.cached_tokens in (0, asked.images[0].start, len(asked.prompt) - 1)
    assert apart(alone, again) < 0.05


async def test_an_image_that_does_not_fit_a_micro_batch_is_refused_and_the_next_one_seen(model_file: Models) -> None:
    async with exact(model_file("tiny"), batch=8, projector=model_file("projector-whole")) as live:
        with pytest.raises(BadRequest, match=r"16 rows.*ubatch"):
            seen(live, picture(1))
        assert (await ask(live, about(live, "1", "Only words.")))[0].outcome is not None


async def test_a_projector_that_was_closed_says_so(model_file: Models) -> None:
    async with exact(model_file("tiny"), projector=model_file("projector")) as live:
        looks = live.facts.projector
    assert looks is not None
    with pytest.raises(EngineDied, match="unloaded"):
        looks.look(picture(1))


async def test_a_stream_goes_on_while_an_image_is_looked_at(model_file: Models) -> None:
    async with exact(model_file("tiny"), batch=256, projector=model_file("projector-grid")) as live:
        assert live.facts.projector is not None
        box = live.enter("")
        live.start(box, [GenerationRequest("t", seen(live, "Tell me a long story.")["prompt"], 1900, ENDLESS)])
        await box.take()
        looking = live.facts.projector.look(picture(1, 1200, 1200))
        brought = 0
        while not looking.done() and box.open:
            brought += sum(len(event.parts) for event in await box.take())
        live.close(box)
        assert brought > 20
        assert looking.result()[1].count > 1000  # type: ignore[union-attr]


async def test_an_answer_ends_by_length_after_an_image_too(model_file: Models) -> None:
    async with exact(model_file("tiny"), batch=256, projector=model_file("projector")) as live:
        said = (await ask(live, about(live, "1", picture(1), " And?", count=5)))[0]
    assert said.outcome is not None
    assert (said.outcome.reason, said.outcome.generated_tokens) == (FinishReason.LENGTH, 5)
