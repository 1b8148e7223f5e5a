"""When a thought is over, and when it is to be closed."""

from __future__ import annotations

from array import array

import pytest

from server.engine.request import Thinking
from server.engine.thinking import Clock


def clock(budget: int, *, opened: bool = False) -> Clock:
    return Clock(Thinking(budget, b"<think>", b"</think>", array("i", [1, 2]), opened))


def due_after(one: Clock, *pieces: bytes) -> list[bool]:
    found = [one.due]
    for piece in pieces:
        one.take(piece)
        found.append(one.due)
    return found


def test_tokens_within_a_thought_count_and_those_before_do_not() -> None:
    assert due_after(clock(2), b"\n", b"<think>", b"a", b"b") == [False, False, False, False, True]
    assert due_after(clock(2, opened=True), b"a", b"b") == [False, False, True]
    assert due_after(clock(0), b"<think>") == [False, True]
    assert due_after(clock(0, opened=True)) == [True]


@pytest.mark.parametrize("size", range(1, 17))
def test_tags_are_found_however_they_are_cut(size: int) -> None:
    text = b" <think>so </thin </think>and <think> on </think>"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    one = clock(1000)
    for piece in pieces:
        one.take(piece)
    assert not one.due
    never = due_after(clock(0), *pieces)
    first = min(at for at, due in enumerate(never) if due) if any(never) else None
    assert first is None or text[: first * size].startswith(b" <think>")
    assert not never[-1]


def test_an_answer_that_begins_with_something_else_never_thinks() -> None:
    assert not any(due_after(clock(0), b"Hi", b" <think>", b"a", b"b"))
    assert not any(due_after(clock(0), b"<thought>", b"<think>", b"a"))


def test_what_follows_a_thought_does_not_count() -> None:
    assert not any(due_after(clock(3, opened=True), b"a", b"</think>", b"b", b"c", b"d", b"e"))


def test_a_thought_is_not_closed_within_a_character() -> None:
    flag = "é🎉".encode()
    assert due_after(clock(1, opened=True), *(flag[i : i + 1] for i in range(6))) == [
        False,
        False,
        True,
        False,
        False,
        False,
        True,
    ]
