"""Vectors of real models: the same alone and in company, whoever else asks, and for any way of pooling."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server.catalog import Catalog
from server.engine.embedder import Embedder, Line
from server.engine.live import LiveModel
from server.engine.llama import VectorContext
from server.engine.pool import Pool
from server.engine.request import EmbeddingRequest, GenerationRequest, Outcome, SamplingParams
from server.engine.states import ModelState
from server.engine.uses import Use
from server.errors import BadRequest, Draining, ServerError
from server.settings import load_settings
from server.telemetry import Metrics

Models = Callable[[str], Path]
TEXTS = ["the cat is sitting on the mat", "a dog", "Hello, World! 123 and the rest of it", "to be or not to be " * 9]


@asynccontextmanager
async def pooled(folder: Path, file: Path, **card: Any) -> AsyncIterator[Pool]:
    """A pool with one model, called "m"; what stands in `card` goes beside or into its params."""
    params = {"model": str(file), "threads": 1, "cells": 512} | card.pop("params", {})
    (folder / "models.json").write_text(json.dumps({"m": {"params": params, **card}}))
    paths = {"paths.models": folder / "models.json", "paths.storage": folder, "paths.data_dir": folder / "data"}
    settings = load_settings(overrides=paths)
    pool = Pool(settings, Catalog.from_settings(settings), Metrics())
    try:
        yield pool
    finally:
        await pool.close()


def tokens_of(live: LiveModel, text: str) -> array[int]:
    return live.facts.vocabulary.tokenize(text, special=False, first=True)


async def outcomes(live: LiveModel, texts: Iterable[str | array[int]], owner: str = "") -> list[Outcome]:
    """What became of each text, asked for in one call."""
    box = live.enter(owner)
    requests = [
        EmbeddingRequest(f"{id(box)}-{n}", text if isinstance(text, array) else tokens_of(live, text), owner)
        for n, text in enumerate(texts)
    ]
    found: dict[str, Outcome] = {}
    try:
        live.embed(box, requests)
        while len(found) < len(requests):
            found |= {event.id: event.outcome for event in await box.take() if event.outcome is not None}
    finally:
        live.close(box)
    return [found[request.id] for request in requests]


async def vectors(live: LiveModel, texts: Iterable[str | array[int]], owner: str = "") -> list[np.ndarray]:
    found = [outcome.vector for outcome in await outcomes(live, texts, owner)]
    assert all(vector is not None for vector in found)
    return [vector for vector in found if vector is not None]


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("kind", ["bert", "bert-cls", "embedder", "embedder-last"])
async def test_a_vector_is_the_same_alone_and_in_company(tmp_path: Path, model_file: Models, kind: str) -> None:
    async with pooled(tmp_path, model_file(kind)) as pool, pool.lease("m", Use.EMBEDDINGS) as live:
        together = await vectors(live, TEXTS)
        alone = [(await vectors(live, [text]))[0] for text in TEXTS]
    assert all(cosine(one, other) > 0.999 for one, other in zip(together, alone, strict=True))
    assert abs(cosine(together[0], together[1])) < 0.9


@pytest.mark.parametrize("kind", ["tiny", "recurrent", "window"])
@pytest.mark.parametrize("pooling", [True, "last"])
async def test_a_model_that_writes_makes_vectors_where_its_card_allows(
    tmp_path: Path, model_file: Models, kind: str, pooling: bool | str
) -> None:
    async with pooled(tmp_path, model_file(kind), embeddings=pooling) as pool:
        async with pool.lease("m") as live, pool.lease("m", Use.EMBEDDINGS) as same:
            assert live is same
            box = live.enter("")
            endless = SamplingParams(temperature=0, ignore_eos=True)
            live.start(box, [GenerationRequest("a", tokens_of(live, "Once"), 60, endless)])
            together = await vectors(live, TEXTS)
            alone = [(await vectors(live, [text]))[0] for text in TEXTS]
            written = 0
            while written < 60:
                written += sum(len(event.parts) for event in await box.take())
            live.close(box)
        assert all(cosine(one, other) > 0.999 for one, other in zip(together, alone, strict=True))


async def test_a_long_text_of_a_causal_model_is_computed_in_parts_to_the_same_vector(
    tmp_path: Path, model_file: Models
) -> None:
    text = "this is a long story of a small engine " * 14
    found = []
    for ubatch in (64, 512):
        params = {"ubatch": ubatch, "batchSize": 64}
        async with (
            pooled(tmp_path, model_file("embedder"), params=params) as pool,
            pool.lease("m", Use.EMBEDDINGS) as live,
        ):
            assert len(tokens_of(live, text)) > 128
            found += await vectors(live, [text])
    assert cosine(*found) > 0.999


async def test_flash_attention_changes_nothing_that_counts(tmp_path: Path, model_file: Models) -> None:
    found = []
    for flash in ("on", "off"):
        params = {"flashAttention": flash}
        async with pooled(tmp_path, model_file("bert"), params=params) as pool, pool.lease("m", Use.EMBEDDINGS) as live:
            found.append(await vectors(live, TEXTS))
    assert all(cosine(one, other) > 0.999 for one, other in zip(*found, strict=True))


async def test_the_estimate_is_close_to_what_it_takes(tmp_path: Path, model_file: Models) -> None:
    for kind, card in (("bert", {}), ("ranker", {}), ("embedder", {}), ("tiny", {"embeddings": True})):
        async with pooled(tmp_path, model_file(kind), **card, params={"cells": 0}) as pool:
            await pool.load("m")
            taken = pool.statuses()[0].bytes
            assert taken is not None
            assert taken <= (await pool.estimate("m")).total <= taken * 1.2


async def test_the_longest_text_fits_and_no_position_beyond_the_models_is_used(
    tmp_path: Path, model_file: Models
) -> None:
    params = {"ctxSize": 100_000}
    async with (
        pooled(tmp_path, model_file("bert"), params=params) as pool,
        pool.lease("m", Use.EMBEDDINGS) as live,
    ):
        facts = live.facts.vectors
        assert facts is not None
        assert (facts.context, facts.width) == (256, 64)
        longest = array("i", [7]) * facts.context
        assert len(await vectors(live, [longest] * 5)) == 5


async def test_a_ranking_model_gives_scores(tmp_path: Path, model_file: Models) -> None:
    async with pooled(tmp_path, model_file("ranker")) as pool, pool.lease("m", Use.RERANK) as live:
        together = await vectors(live, TEXTS)
        alone = [(await vectors(live, [text]))[0] for text in TEXTS]
    assert [vector.shape for vector in together] == [(1,)] * 4
    assert np.allclose(together, alone, atol=1e-3)
    assert len({round(float(vector[0]), 3) for vector in together}) == 4


@pytest.mark.parametrize(
    ("kind", "card", "allowed"),
    [
        ("tiny", {}, ["text"]),
        ("tiny", {"embeddings": True}, ["text", "embeddings"]),
        ("tiny", {"embeddings": True, "rerank": True}, ["text", "embeddings", "rerank"]),
        ("tiny", {"rerank": True}, ["text"]),
        ("bert", {}, ["embeddings"]),
        ("embedder", {"rerank": True}, ["embeddings", "rerank"]),
        ("ranker", {}, ["rerank"]),
    ],
)
async def test_what_a_model_is_for_is_known_before_it_is_loaded(
    tmp_path: Path, model_file: Models, kind: str, card: dict[str, Any], allowed: list[str]
) -> None:
    async with pooled(tmp_path, model_file(kind), **card) as pool:
        assert list((await pool.uses("m")).all) == allowed
        for use in set(Use) - {Use(one) for one in allowed}:
            with pytest.raises(BadRequest, match=r"^The model 'm' .*\.$"):
                async with pool.lease("m", use):
                    pass
        assert pool.statuses()[0].state is ModelState.UNLOADED


async def test_owners_take_turns_and_what_is_cancelled_is_not_computed() -> None:
    line = Line()
    for n in range(3):
        line.add(EmbeddingRequest(f"a{n}", array("i", range(4)), "a"))
    for n in range(2):
        line.add(EmbeddingRequest(f"b{n}", array("i", range(4)), "b"))
    line.add(EmbeddingRequest("c0", array("i", range(40)), "c"))
    assert line.cancel("a1")
    assert not line.cancel("a1")
    taken = []
    while batch := line.take(12, 8):
        taken.append([request.id for request in batch])
    assert taken == [["a0", "b0"], ["c0"], ["a2", "b1"]]
    assert len(line) == 0


async def test_many_owners_at_once_get_their_own(tmp_path: Path, model_file: Models) -> None:
    async with pooled(tmp_path, model_file("bert")) as pool, pool.lease("m", Use.EMBEDDINGS) as live:
        texts = [f"number {n} is the one " * (n % 5 + 1) for n in range(60)]
        alone = await vectors(live, texts)
        found = await asyncio.gather(*(vectors(live, [text], f"{n % 7}") for n, text in enumerate(texts[:24])))
    assert all(cosine(one[0], other) > 0.999 for one, other in zip(found, alone, strict=False))


async def test_a_cancelled_call_leaves_the_line(tmp_path: Path, model_file: Models) -> None:
    async with pooled(tmp_path, model_file("bert")) as pool, pool.lease("m", Use.EMBEDDINGS) as live:
        call = asyncio.create_task(vectors(live, ["the same again"] * 2000))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not live.busy
        steps = pool._metrics.model("m")._step_prompt._value
        assert len(await vectors(live, ["after it"])) == 1
        assert steps.get() < 2000 * 4


async def test_a_batch_that_fails_is_told_and_the_next_one_works(
    tmp_path: Path, model_file: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pooled(tmp_path, model_file("bert")) as pool, pool.lease("m", Use.EMBEDDINGS) as live:
        with monkeypatch.context() as broken:

            def fail(*_: object) -> None:
                raise ServerError("llama.cpp could not compute this step (code -3).")

            broken.setattr(VectorContext, "decode", fail)
            lost = await outcomes(live, TEXTS)
        assert all(outcome.error is not None and outcome.vector is None for outcome in lost)
        assert len(await vectors(live, TEXTS)) == 4


@pytest.mark.parametrize(("kind", "card"), [("bert", {}), ("counting", {"embeddings": True})])
async def test_when_it_dies_everybody_is_told(
    tmp_path: Path, model_file: Models, monkeypatch: pytest.MonkeyPatch, kind: str, card: dict[str, Any]
) -> None:
    async with pooled(tmp_path, model_file(kind), **card) as pool:
        async with pool.lease("m", Use.EMBEDDINGS) as live:
            box = live.enter("")
            if live.plan.uses.writes:
                endless = SamplingParams(temperature=0, ignore_eos=True)
                live.start(box, [GenerationRequest("a", tokens_of(live, "go\n"), 400, endless)])
                await box.take()
            with monkeypatch.context() as broken:
                broken.setattr(Embedder, "_vectors", lambda *_: 1 / 0)
                lost = await outcomes(live, TEXTS)
            assert {outcome.error.code for outcome in lost if outcome.error is not None} == {"engine_died"}
            while live.busy:
                await box.take()
        assert not pool.alive
        async with pool.lease("m", Use.EMBEDDINGS) as live:
            assert len(await vectors(live, TEXTS)) == 4


async def test_unloading_by_force_and_draining_end_what_waits(tmp_path: Path, model_file: Models) -> None:
    async with pooled(tmp_path, model_file("bert")) as pool:
        async with pool.lease("m", Use.EMBEDDINGS) as live:
            call = asyncio.create_task(outcomes(live, ["the same again " * 12] * 3000))
            await asyncio.sleep(0)
            await pool.unload("m", force=True)
            errors = [outcome.error for outcome in await call if outcome.error is not None]
            assert errors
        async with pool.lease("m", Use.EMBEDDINGS) as live:
            call = asyncio.create_task(outcomes(live, ["the same again " * 12] * 3000))
            await asyncio.sleep(0)
            await pool.drain(0.001)
            assert any(isinstance(outcome.error, Draining) for outcome in await call)
