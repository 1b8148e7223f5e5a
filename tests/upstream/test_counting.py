"""Tokens of models whose vocabulary is not here."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from server.upstream.counting import Counter

WORDS = "ab cab hello world abba "


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """A tokenizer file for lower case."""
    vocabulary = {letter: at for at, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
    tokenizer = Tokenizer(models.BPE(vocab={**vocabulary, "ab": 26}, merges=[("a", "b")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "letters.json"))
    return tmp_path / "letters.json"


def test_texts_are_counted_by_the_file_or_estimated(letters: Path) -> None:
    assert Counter(letters).text(WORDS) == (16, 0.0)
    assert Counter(None).text("abcd" * 10 + "äöü" * 5) == (20, 0.3)


async def test_others_go_on_while_a_long_text_is_counted(letters: Path) -> None:
    counter, longest = Counter(letters), 0.0
    counter.text("a")  # reads the file
    begun = last = time.perf_counter()
    counting = asyncio.create_task(asyncio.to_thread(counter.text, WORDS * 50_000))
    while not counting.done():
        await asyncio.sleep(0)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    assert longest < 0.5 * (time.perf_counter() - begun)
