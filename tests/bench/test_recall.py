"""The bench of searching: what it asks has one answer, and all ways of searching run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.corpus import SECTIONS, corpus
from bench.recall import WAYS, measure


def test_every_question_has_one_answer() -> None:
    handbooks, asked = corpus(12)
    assert len({handbook.name for handbook in handbooks}) == 12
    assert len(asked) == 12 * len(SECTIONS) * 2
    text = "\n".join(handbook.text for handbook in handbooks)
    assert all(text.count(one.answer) == 1 for one in asked)
    assert corpus(12) == (handbooks, asked)


async def test_words_find_what_is_asked_in_the_same_words(tmp_path: Path) -> None:
    (row,) = await measure(tmp_path, 6, None)
    assert row.way == "full text"
    assert row.same_words > 0.95
    assert 0 < row.other_words <= 1


async def test_all_ways_run_with_a_model_for_embeddings(tmp_path: Path, model_file: Callable[[str], Path]) -> None:
    rows = await measure(tmp_path, 2, model_file("bert"))
    assert [row.way for row in rows] == list(WAYS)
    assert rows[0].same_words == 1.0
    assert all(0 < row.same_words <= 1 for row in rows)
