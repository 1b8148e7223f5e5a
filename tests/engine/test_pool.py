"""Loads joined, idle models unloaded, room made, edits taken up, deaths told: the pool on real files."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from server.catalog import Catalog
from server.catalog_file import schema
from server.engine import room
from server.engine.llama import Model
from server.engine.pool import Pool
from server.engine.request import GenerationRequest, SamplingParams
from server.engine.scheduler import Scheduler
from server.engine.states import ModelState, ModelStatus
from server.errors import Conflict, Draining, ModelLoadFailed, ModelNotFound, ModelNotLoaded, OutOfMemory
from server.settings import load_settings
from server.telemetry import Metrics

Models = Callable[[str], Path]
ENDLESS = SamplingParams(temperature=0, ignore_eos=True)


class World:
    """A folder with models, and a pool over it."""

    def __init__(self, folder: Path, model_file: Models) -> None:
        self.folder = folder
        self.file = folder / "models.json"
        self.entries: dict[str, Any] = {}
        for name, kind in {"one": "counting", "two": "greeting", "three": "tiny"}.items():
            shutil.copy(model_file(kind), folder / f"{name}.gguf")
            self.entries[name] = {"params": {"model": f"{name}.gguf", "ctxSize": 512, "threads": 1, "cells": 512}}
        (folder / "broken.gguf").write_bytes(b"GGUF" + bytes(60))
        self.entries["broken"] = {"params": {"model": "broken.gguf"}}
        self.entries["absent"] = {"params": {"model": "absent.gguf"}}

    def write(self) -> None:
        self.file.write_text(json.dumps(self.entries))

    @asynccontextmanager
    async def open(self, **overrides: Any) -> AsyncIterator[Pool]:
        self.write()
        settings = load_settings(
            overrides={
                "paths.models": str(self.file),
                "paths.storage": str(self.folder),
                "paths.data_dir": str(self.folder / "data"),
                **overrides,
            }
        )
        self.catalog = Catalog.from_settings(settings)
        pool = Pool(settings, self.catalog, Metrics())
        try:
            yield pool
        finally:
            await pool.close()


@pytest.fixture
def world(tmp_path: Path, model_file: Models) -> World:
    return World(tmp_path, model_file)


def status(pool: Pool, name: str) -> ModelStatus:
    return next(one for one in pool.statuses() if one.name == name)


async def until(pool: Pool, name: str, state: ModelState) -> None:
    async with asyncio.timeout(30), pool.subscribe() as changes:
        async for statuses in changes:
            if any(one.name == name and one.state is state for one in statuses):
                return


@pytest.mark.parametrize("kind", schema()["$defs"]["kvType"]["enum"])
async def test_a_cache_may_be_of_each_type_that_a_card_may_name(world: World, kind: str) -> None:
    world.entries["three"]["params"] |= {"kvType": kind, "flashAttention": "on"}
    async with world.open() as pool:
        await pool.load("three")
        assert status(pool, "three").state is ModelState.READY


async def test_however_many_ask_there_is_one_load(world: World) -> None:
    async with world.open() as pool:
        seen = []

        async def ask() -> None:
            async with pool.lease("one") as live:
                seen.append(live)

        await asyncio.gather(*(ask() for _ in range(10)))
        assert len(set(map(id, seen))) == 1
        assert status(pool, "one").state is ModelState.READY
        assert status(pool, "one").bytes


async def test_progress_is_told_to_many_and_a_slow_one_misses_only_what_lies_between(world: World) -> None:
    async with world.open() as pool, pool.subscribe() as slow, pool.subscribe() as quick:
        assert {one.state for one in await anext(slow)} == {ModelState.UNLOADED}
        load = asyncio.create_task(pool.load("three"))
        states = []
        async for statuses in quick:
            now = next(one for one in statuses if one.name == "three")
            states.append(now.state)
            if now.state is ModelState.READY:
                break
        await load
        assert ModelState.LOADING in states
        latest = next(one for one in await anext(slow) if one.name == "three")
        assert latest.state is ModelState.READY


async def test_a_bad_file_is_refused_with_what_is_wrong_and_the_next_one_loads(world: World) -> None:
    async with world.open() as pool:
        for name in ("broken", "absent"):
            with pytest.raises(ModelLoadFailed, match=rf"{name}\.gguf"):
                await pool.load(name)
            assert status(pool, name).state is ModelState.FAILED
            assert status(pool, name).error
        await pool.load("two")
        assert pool.alive
        with pytest.raises(ModelNotFound):
            await pool.load("nobody")


async def test_a_request_does_not_load_what_it_may_not(world: World) -> None:
    world.entries["one"]["autoload"] = False
    async with world.open() as pool:
        with pytest.raises(ModelNotLoaded):
            async with pool.lease("one"):
                pass
        await pool.load("one")
        async with pool.lease("one") as live:
            assert live.context == 512


async def test_a_busy_model_is_not_unloaded_unless_by_force(world: World) -> None:
    async with world.open() as pool:
        async with pool.lease("one") as live:
            prompt = live.facts.vocabulary.tokenize("go\n", special=True, first=True)
            box = live.enter("")
            live.start(box, [GenerationRequest("a", prompt, 400, ENDLESS)])
            await box.take()
            with pytest.raises(Conflict):
                await pool.unload("one")
            await pool.unload("one", force=True)
            outcome = None
            while outcome is None:
                outcome = (await box.take())[-1].outcome
            assert outcome.error is not None
        assert status(pool, "one").state is ModelState.UNLOADED


async def test_an_idle_model_goes_after_its_time(world: World) -> None:
    world.entries["one"]["idleSeconds"] = 0.05
    async with world.open() as pool:
        await pool.load("one")
        await until(pool, "one", ModelState.UNLOADED)


async def test_when_memory_is_short_the_longest_idle_goes_and_never_a_busy_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.open() as pool:
        need = max([(await pool.estimate(name)).total for name in ("one", "two", "three")])
        held = 0

        def free() -> int:
            loaded = sum(one.bytes is not None for one in pool.statuses())
            return int(need * 2.5) - loaded * need - held

        monkeypatch.setattr(room, "free_host_memory", free)
        await pool.load("one")
        await pool.load("two")
        async with pool.lease("one"):
            await pool.load("three")
            assert status(pool, "two").state is ModelState.UNLOADED
            assert status(pool, "one").state is ModelState.READY
            async with pool.lease("three"):
                held = need
                with pytest.raises(OutOfMemory, match=r"MB are free"):
                    await pool.load("two")


async def test_weights_that_are_mapped_are_not_given_away_twice(
    world: World, model_file: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the machine they look free: they are pages of a file. Here all that a model takes is."""
    for name in ("first", "second"):
        shutil.copy(model_file("mid"), world.folder / f"{name}.gguf")
        params = {"model": f"{name}.gguf", "ctxSize": 256, "cells": 256, "slots": 1, "batchSize": 8, "threads": 1}
        world.entries[name] = {"params": params}
    async with world.open() as pool:
        need = (await pool.estimate("first")).total
        monkeypatch.setattr(room, "free_host_memory", lambda: need * 3 // 2)
        await pool.load("first")
        async with pool.lease("second"):
            assert status(pool, "first").state is ModelState.UNLOADED
            with pytest.raises(OutOfMemory, match=r"of this machine's memory"):
                await pool.load("first")


async def test_an_idle_model_leaves_the_gpu_to_one_that_would_not_fit_beside_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is simulated: its free memory, and the names that llama.cpp gives what it allocates there."""
    buffers = Model.buffers
    monkeypatch.setattr(Model, "buffers", lambda model: [("CUDA0", kind, mib) for _, kind, mib in buffers(model)])
    async with world.open() as pool:
        monkeypatch.setattr(room, "free_gpu_memory", lambda: 2**40)
        whole = max([(await pool.estimate(name)).device for name in ("one", "two", "three")])

        def free() -> int:
            return whole * 3 // 2 - sum(one.bytes or 0 for one in pool.statuses())

        monkeypatch.setattr(room, "free_gpu_memory", free)
        for first, second in (("one", "three"), ("three", "two")):
            await pool.load(first)
            async with pool.lease(second) as live:
                assert status(pool, first).state is ModelState.UNLOADED
                assert live.plan.options.gpu_layers == (await pool.estimate(second)).gpu_layers > 0


async def test_a_model_is_made_small_enough_for_the_memory_limit(world: World) -> None:
    params = {"model": "three.gguf", "ctxSize": 2048, "threads": 1, "flashAttention": "off"}
    world.entries["three"]["params"] = params
    async with world.open() as pool:
        assert (await pool.estimate("three")).total > 40_000_000
    async with world.open(**{"models.memory_limit_mb": 40}) as pool, pool.lease("three") as live:
        assert live.context == 2048
        assert 0 < (status(pool, "three").bytes or 0) < 40_000_000


async def test_an_edited_card_is_loaded_anew_when_nobody_uses_the_old_one(world: World) -> None:
    async with world.open() as pool:
        async with pool.lease("one") as live:
            assert live.context == 512
            world.entries["one"]["params"] |= {"ctxSize": 256, "cells": 256}
            world.write()
            await pool.cards_changed(world.catalog.reload())
            assert status(pool, "one").state is ModelState.READY
        await until(pool, "one", ModelState.UNLOADED)
        async with pool.lease("one") as live:
            assert live.context == 256


async def test_a_card_that_was_edited_while_its_model_was_loaded_is_taken_up(world: World) -> None:
    async with world.open() as pool:
        load = asyncio.create_task(pool.load("one"))
        await until(pool, "one", ModelState.LOADING)
        world.entries["one"]["params"] |= {"ctxSize": 256, "cells": 256}
        world.write()
        await pool.cards_changed(world.catalog.reload())
        await load
        await until(pool, "one", ModelState.UNLOADED)
        async with pool.lease("one") as live:
            assert live.context == 256


async def test_a_card_that_is_removed_takes_its_model_along_when_nobody_uses_it(world: World) -> None:
    async with world.open() as pool:
        async with pool.lease("two"):
            load = asyncio.create_task(pool.load("one"))
            await until(pool, "one", ModelState.LOADING)
            del world.entries["one"], world.entries["two"]
            world.write()
            await pool.cards_changed(world.catalog.reload())
            assert status(pool, "two").state is ModelState.READY
        await until(pool, "two", ModelState.UNLOADED)
        await load
        await until(pool, "one", ModelState.UNLOADED)


async def test_a_load_can_be_given_up(world: World) -> None:
    async with world.open() as pool:
        load = asyncio.create_task(pool.load("three"))
        await until(pool, "three", ModelState.LOADING)
        await pool.unload("three")
        with pytest.raises(ModelLoadFailed, match="cancelled"):
            await load
        assert status(pool, "three").state is ModelState.UNLOADED
        await pool.load("three")


async def test_draining_refuses_newcomers_and_ends_what_does_not_finish(world: World) -> None:
    async with world.open() as pool:
        async with pool.lease("one") as live:
            prompt = live.facts.vocabulary.tokenize("go\n", special=True, first=True)
            box = live.enter("")
            live.start(box, [GenerationRequest("a", prompt, 400, ENDLESS)])
            await box.take()
            await pool.drain(0.01)
            outcome = None
            while outcome is None:
                outcome = (await box.take())[-1].outcome
            assert outcome.error is None or isinstance(outcome.error, Draining)
        with pytest.raises(Draining):
            await pool.load("two")


async def test_when_an_engine_dies_its_requests_are_told_and_the_next_one_loads_it_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.open() as pool:
        async with pool.lease("one") as live:
            prompt = live.facts.vocabulary.tokenize("go\n", special=True, first=True)
            with monkeypatch.context() as broken:
                broken.setattr(Scheduler, "plan", lambda *_: 1 / 0)
                box = live.enter("")
                live.start(box, [GenerationRequest("a", prompt, 400, ENDLESS)])
                outcome = None
                while outcome is None:
                    outcome = (await box.take())[-1].outcome
            assert outcome.error is not None
            assert outcome.error.code == "engine_died"
        assert not pool.alive
        assert status(pool, "one").state is ModelState.FAILED
        async with pool.lease("one"):
            assert pool.alive
