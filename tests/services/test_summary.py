"""The plan of a summary, told answers by the test."""

from __future__ import annotations

import random

import pytest

from server.errors import BadRequest
from server.services.summary import Call, Room, Shape, Summary
from server.services.turns import Line

WIDE = Room(10_000, 10)


def short(count: int, tokens: int = 3) -> list[Line]:
    return [Line(f"t{number}", tokens) for number in range(1, count + 1)]


def answer(number: int) -> list[Line]:
    return [Line(f"A{number}", 1), Line(f"B{number}", 1)]


def run(summary: Summary) -> tuple[list[Call], list[int]]:
    """Answer call n with the lines An and Bn, one at a time; all calls, and the progress after each."""
    calls: list[Call] = []
    progress = [summary.answered]
    waiting = summary.plan()
    while waiting:
        call = waiting.pop(0)
        calls.append(call)
        summary.commit(call, answer(len(calls)))
        progress.append(summary.answered)
        waiting += summary.plan()
    return calls, progress


def test_rolling_calls_are_shown_the_end_of_the_summary() -> None:
    summary = Summary(short(20), Shape(True, 9, 3), WIDE)
    calls, progress = run(summary)
    assert [call.turns for call in calls] == [9, 9, 2]
    assert [call.values[0] for call in calls] == ["", "A1\nB1", "B1\nA2\nB2"]
    assert calls[2].values[1] == "t19\nt20"
    assert progress == [0, 9, 18, 20]
    assert summary.text == "A1\nB1\nA2\nB2\nA3\nB3"


def test_without_a_number_of_lines_all_are_shown() -> None:
    calls, _ = run(Summary(short(3), Shape(True, 1, 0), WIDE))
    assert [call.values[0] for call in calls] == ["", "A1\nB1", "A1\nB1\nA2\nB2"]


def test_independent_calls_come_at_once_and_stand_in_order() -> None:
    summary = Summary(short(20), Shape(False, 9, 3), WIDE)
    calls = summary.plan()
    assert [call.turns for call in calls] == [9, 9, 2]
    assert all(len(call.values) == 1 for call in calls)
    assert summary.plan() == []
    for call in reversed(calls):
        summary.commit(call, answer(call.number + 1))
    assert summary.plan() == []
    assert summary.text == "A1\nB1\nA2\nB2\nA3\nB3"


def test_it_grows_in_order_and_what_is_early_waits() -> None:
    summary = Summary(short(5), Shape(False, 1, 3), WIDE)
    calls = summary.plan()
    grown = [summary.grown()]
    for number in (1, 0, 3, 4, 2):
        lines = [] if number == 3 else answer(number + 1)
        summary.commit(calls[number], lines)
        grown.append(summary.grown())
    assert grown == ["", "", "A1\nB1\nA2\nB2", "", "", "\nA3\nB3\nA5\nB5"]
    assert summary.grown() == ""
    assert "".join(grown) == summary.text


def test_it_does_not_grow_by_the_call_that_reduces_it() -> None:
    summary = Summary(short(1), Shape(False, 1, 1, reduces=True), WIDE, reducing=WIDE)
    (first,) = summary.plan()
    summary.commit(first, answer(1))
    assert summary.grown() == "A1\nB1"
    (last,) = summary.plan()
    summary.commit(last, answer(2))
    assert (summary.grown(), summary.text) == ("", "A2\nB2")


@pytest.mark.parametrize("rolling", [True, False])
def test_a_last_call_reduces_the_whole(rolling: bool) -> None:
    summary = Summary(short(4), Shape(rolling, 2, 1, reduces=True), WIDE, reducing=WIDE)
    calls, progress = run(summary)
    assert calls[-1].reduces
    assert calls[-1].values == (("", "A1\nB1\nA2\nB2") if rolling else ("A1\nB1\nA2\nB2",))
    assert progress == [0, 2, 4, 4]
    assert summary.text == "A3\nB3"


def test_what_is_too_long_is_not_reduced() -> None:
    summary = Summary(short(4), Shape(False, 2, 1, reduces=True), WIDE, reducing=Room(14, 10))
    assert not any(call.reduces for call in run(summary)[0])
    assert summary.text == "A1\nB1\nA2\nB2"


def test_lines_are_consolidated_last() -> None:
    summary = Summary(short(1), Shape(False, 1, 1, consolidates=True), WIDE)
    summary.commit(summary.plan()[0], [Line("Al: a", 1), Line("b", 1), Line("Bo: c", 1)])
    assert summary.text == "Al:  : a b\nBo: : c"


def test_nothing_makes_an_empty_summary_without_a_call() -> None:
    summary = Summary([], Shape(True, 9, 3, reduces=True), WIDE, reducing=WIDE)
    assert (run(summary), summary.text) == (([], [0]), "")


def test_a_turn_that_fits_nowhere_is_told_with_the_numbers_before_anything_is_asked() -> None:
    with pytest.raises(
        BadRequest, match=r"Turn 2 of 2 .* has 90 tokens and the prompt 10, together 114 .* at most 100"
    ):
        Summary([Line("a", 5), Line("b", 90)], Shape(False, 9, 3), Room(100, 10))


@pytest.mark.parametrize("rolling", [True, False])
def test_no_call_is_larger_than_the_room_and_no_turn_is_lost(rolling: bool) -> None:
    for seed in range(200):
        draw = random.Random(seed)
        turns = [Line(f"t{number}", draw.randint(1, 50)) for number in range(draw.randint(1, 40))]
        room = Room(draw.randint(90, 300), draw.randint(1, 25))
        summary = Summary(turns, Shape(rolling, draw.randint(1, 12), draw.randint(0, 5)), room)
        tokens = {turn.text: turn.tokens for turn in turns}
        seen: list[str] = []
        waiting = summary.plan()
        while waiting:
            call = waiting.pop(0)
            carried = call.values[0].splitlines() if rolling else []
            taken = call.values[-1].splitlines()
            assert room.fits(sum(int(line[1:]) for line in carried) + sum(tokens[line] for line in taken))
            seen += taken
            summary.commit(call, [Line(f"s{size}", size) for size in (draw.randint(1, 60), draw.randint(1, 60))])
            waiting += summary.plan()
        assert seen == [turn.text for turn in turns]
        assert summary.answered == summary.total
