"""A transcript of independent turns summed up: all calls at once against one after the other."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.bare import Setup
from bench.finding import Finding, Target
from bench.servers import OURS
from bench.stage import BARE, Bench
from server.catalog import Catalog
from server.chat.completion import LocalBackend
from server.engine.pool import Pool
from server.services.calls import Calls
from server.services.manifest import SummaryFlavor
from server.services.orders import SummaryOrder
from server.services.runner import Runner
from server.settings import load_settings
from server.telemetry import Metrics

TURNS, TURN_TOKENS, ANSWER_TOKENS = 12, 200, 64


def summary(bench: Bench) -> Iterator[Finding]:
    """Twelve turns of 200 tokens, a call each, with answers of up to 64 tokens; the bare loop has as much to do."""
    ratios = {OURS: asyncio.run(_ratios(bench))}
    if bench.bare:
        each = (TURN_TOKENS, ANSWER_TOKENS)
        ratios[BARE] = [
            bench.bare.turns(TURNS, TURNS, *each) / bench.bare.turns(TURNS, 1, *each) for _ in range(bench.rounds)
        ]
    yield bench.find("summary", f"{TURNS} turns at once, of one by one", "×", ratios, Target(0.65))


async def _ratios(bench: Bench) -> list[float]:
    """The time at once as a share of the time one by one; both in this process, without HTTP and jobs around them."""
    async with backend(bench.setup) as (door, catalog):
        at_once, one_by_one = (Runner(Calls(door, at_once=many, attempts=1), catalog) for many in (TURNS, 1))
        await _seconds(bench, at_once, "warm up")
        return [
            await _seconds(bench, at_once, f"at once {turn}") / await _seconds(bench, one_by_one, f"one by one {turn}")
            for turn in range(bench.rounds)
        ]


async def _seconds(bench: Bench, runner: Runner, seed: str) -> float:
    """How long one summary takes, of a transcript that was never seen before."""
    lines = [bench.vocabulary.words(TURN_TOKENS, f"summary {seed} {number}") for number in range(TURNS)]
    flavor = SummaryFlavor(
        name="bench",
        modelName="bench",
        maxGenerationLength=ANSWER_TOKENS,
        createNewTurnAfter=2 * TURN_TOKENS,
        maxNewTurns=1,
    )
    order = SummaryOrder(
        service="bench", flavor=flavor, rolling=False, prompt="{}", reduce_prompt=None, content="\n".join(lines)
    )
    began = time.perf_counter()
    await runner.summarize(order, "bench", _nobody, unheard)
    return time.perf_counter() - began


async def _nobody(done: int, total: int) -> None:
    pass


async def unheard(text: str) -> None:
    """What the summary has become longer by: of no use here."""


@asynccontextmanager
async def backend(setup: Setup) -> AsyncIterator[tuple[LocalBackend, Catalog]]:
    """The door to a model called `bench`, in this process."""
    with tempfile.TemporaryDirectory(prefix="llm-api-bench-") as folder:
        models = Path(folder) / "models.json"
        sizes = {"ctxSize": setup.context, "cells": setup.cells, "slots": setup.slots, "batchSize": setup.batch}
        models.write_text(
            json.dumps({"bench": {"params": {"model": str(setup.file), "threads": setup.threads, **sizes}}})
        )
        settings = load_settings(overrides={"paths.models": models, "paths.data_dir": folder})
        catalog = Catalog.from_settings(settings)
        pool = Pool(settings, catalog, Metrics())
        door = LocalBackend(pool, catalog, settings)
        try:
            yield door, catalog
        finally:
            await pool.close()
            door.close()
