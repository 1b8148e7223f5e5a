"""Vectors and scores are counted and limited like answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import pytest_asyncio

from server.catalog import Catalog
from server.chat.backend import Embeddings
from server.chat.messages import Message, Turn
from server.chat.meter import Meter
from server.chat.metered import MeteredBackend, MeteredEmbeddings, Turnstile
from server.chat.vectors import Ranking, Scores, Texts, Vectors
from server.errors import BadRequest, ModelNotAllowed, RateLimited, Unauthorized
from server.store.database import Database
from server.store.key_limits import KeyLimits
from server.store.key_table import Key
from server.store.usage import Question, UsageRows
from tests.api.scripted import ScriptedBackend
from tests.api.served import settings_at

TEXTS, RANKING = Texts("tiny", ("x",), owner="ann"), Ranking("tiny", "q", ("d",), "ann")
TURN = Turn("tiny", (Message("user", "Hi"),), owner="ann")
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


class Door:
    """Vectors of seven tokens, scores of eight."""

    refusal: BadRequest | None = None

    async def embed(self, texts: Texts) -> Vectors:
        if self.refusal is not None:
            raise self.refusal
        return Vectors(np.ones((1, 1), np.float32), 7)

    async def rank(self, ranking: Ranking) -> Scores:
        return Scores((1.0,), 8)


class Stage:
    """One key, whose limits the test sets, and both doors."""

    def __init__(self, folder: Path) -> None:
        settings = settings_at(folder)
        self.database = Database.open(settings)
        self.rows = UsageRows(self.database)
        self.key = Key("ann", "Ann", "", frozenset({"chat"}), WHEN)
        self.turnstile = Turnstile(self, Catalog.from_settings(settings), Meter(self.database, self.rows))
        self.inner = Door()
        self.vectors = MeteredEmbeddings(cast(Embeddings, self.inner), self.turnstile)
        self.answers = MeteredBackend(ScriptedBackend(), self.turnstile)

    async def find(self, id: str) -> Key | None:
        return self.key if id == "ann" else None

    def limit(self, **limits: object) -> None:
        self.key = replace(self.key, limits=KeyLimits(**limits))  # type: ignore[arg-type]

    async def counted(self) -> tuple[int, int]:
        await self.turnstile.meter.close()
        rows = self.rows.ask(Question(date.min, date.max, ("key",)))
        return (rows[0].counts.requests, rows[0].counts.tokens) if rows else (0, 0)


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    one = Stage(tmp_path)
    yield one
    one.database.close()


async def test_vectors_and_scores_are_counted(stage: Stage) -> None:
    await stage.vectors.embed(TEXTS)
    await stage.vectors.rank(RANKING)
    assert await stage.counted() == (2, 15)


async def test_what_is_refused_is_not(stage: Stage) -> None:
    stage.limit(requests_per_minute=1)
    stage.inner.refusal = BadRequest("No.")
    for _ in range(3):
        with pytest.raises(BadRequest):
            await stage.vectors.embed(TEXTS)
    stage.inner.refusal = None
    await stage.vectors.embed(TEXTS)
    with pytest.raises(RateLimited):
        await stage.vectors.rank(RANKING)
    assert await stage.counted() == (1, 7)


async def test_they_share_one_budget_with_answers(stage: Stage) -> None:
    stage.limit(tokens_per_day=15)
    await stage.vectors.embed(TEXTS)
    async with stage.answers.open(TURN) as answer:
        assert [delta.content async for deltas in answer for delta in deltas] == ["Hello", " world", ""]
    with pytest.raises(RateLimited, match="15 tokens a day and has used 16"):
        await stage.vectors.embed(TEXTS)


async def test_work_of_a_key_that_no_longer_holds_is_not_begun(stage: Stage) -> None:
    stage.key = replace(stage.key, revoked_at=WHEN)
    with pytest.raises(Unauthorized, match="revoked"):
        await stage.vectors.embed(TEXTS)
    with pytest.raises(Unauthorized):
        await stage.answers.write(TURN)


async def test_a_key_for_other_models_gets_nothing_of_this_one(stage: Stage) -> None:
    stage.limit(models=frozenset({"org/big"}))
    with pytest.raises(ModelNotAllowed):
        await stage.vectors.rank(RANKING)
    with pytest.raises(ModelNotAllowed):
        await stage.answers.tokenize("tiny", "x", start=False, special=False, owner="ann")
    await stage.answers.tokenize("org/big", "x", start=False, special=False, owner="ann")
