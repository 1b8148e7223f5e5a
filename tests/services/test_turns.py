"""Transcripts as turns, and lines merged by speaker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from server.services.turns import consolidate, lines_of, sentences, virtual_turns


async def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


async def turns(text: str, longest: int = 100) -> list[str]:
    return [turn.text for turn in await virtual_turns(text, longest, words)]


async def test_each_line_has_its_speaker_or_the_one_before() -> None:
    assert await turns("hello\n\nAlice : hi\r\nthere you are\n   \nBob: yes\n") == [
        "(?)hello",
        "Alice : hi",
        "Alice : there you are",
        "Bob: yes",
    ]


async def test_a_time_is_taken_for_a_speaker_as_the_gateway_does() -> None:
    assert await turns("We met at 10:30\nand left") == ["We met at 10:30", "We met at 10:and left"]


async def test_a_line_that_is_just_short_enough_stays_whole() -> None:
    line = "Bob: one two three. Four five."
    assert await turns(line, longest=7) == [line]
    assert await turns(line, longest=6) == ["Bob: one two three.", "Bob: Four five."]


async def test_sentences_are_put_together_as_far_as_they_fit() -> None:
    found = await virtual_turns("Bob: One two. Cats doze. Eels swim. Gnus run far.", 7, words)
    assert [turn.text for turn in found] == ["Bob: One two. Cats doze.", "Bob: Eels swim. Gnus run far."]
    assert all(turn.tokens <= 7 for turn in found)


async def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    found = await virtual_turns("Bob: " + "word " * 20, 6, words)
    assert [turn.text for turn in found] == ["Bob: word word word word"] * 5
    assert all(turn.tokens <= 6 for turn in found)


async def test_no_turn_holds_the_speaker_alone() -> None:
    assert await turns("Bob: supercalifragilistic", longest=2) == ["Bob: supercalifragilistic"]


async def test_what_is_too_long_for_a_name_is_no_speaker() -> None:
    name = "Ann" * 33
    assert await turns(f"{name}: hi\nthere") == [f"{name}: hi", f"{name}: there"]
    assert await turns(f"Bob: yes\nno {name}: hi\nthere") == ["Bob: yes", f"Bob: no {name}: hi", "Bob: there"]


async def test_a_speaker_takes_at_most_half_of_a_turn() -> None:
    line = "Ann of the first house: one two three four. Five six."
    assert await turns(line, longest=10) == [
        "Ann of the first house: one two three four.",
        "Ann of the first house: Five six.",
    ]
    assert await turns(f"Bob: yes\n{line}\nSeven.", longest=9) == [
        "Bob: yes",
        "Bob: Ann of the first house: one two",
        "Bob: three four. Five six.",
        "Bob: Seven.",
    ]


async def test_turns_are_not_much_longer_than_what_was_said() -> None:
    text = "word " * 2200 + ": " + "said " * 5000
    found = await turns(text, longest=100)
    assert sum(map(len, found)) < 1.1 * len(text)


def test_blank_lines_are_none() -> None:
    assert lines_of(" \n\t\r\n\n") == []


def test_sentences() -> None:
    assert sentences('He asked: "Why?" Nobody knew! Dr. Who of U. S. fame came at 3.15 p.m. today… and left') == [
        'He asked: "Why?"',
        "Nobody knew!",
        "Dr. Who of U. S. fame came at 3.15 p.m. today…",
        "and left",
    ]
    assert sentences("今日は。明日も！") == ["今日は。", "明日も！"]
    assert sentences("  ") == []


@pytest.mark.parametrize(
    ("lines", "merged"),
    [
        (["Alice : a", "Alice : b", "Bob : c", "d"], ["Alice :  : a b", "Bob : : c d"]),
        (["x", "y"], ["(?): x y"]),
        ([], []),
    ],
)
def test_neighbouring_lines_of_a_speaker_are_merged(lines: list[str], merged: list[str]) -> None:
    assert consolidate(lines) == merged
