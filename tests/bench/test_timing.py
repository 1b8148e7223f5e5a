"""The figures that are made of answers and their times."""

from __future__ import annotations

import math

import pytest

from bench.finding import Finding, Target
from bench.prompts import common_prefix
from bench.servers import OURS
from bench.timing import aggregate_rate, first_texts, gaps, generating_rate
from bench.wire import Answer


def answer(times: list[float], *, started: float = 0.0, tokens: int | None = None) -> Answer:
    usage = None if tokens is None else {"completion_tokens": tokens}
    return Answer(started, times[-1], 200, times=times, texts=["x"] * len(times), usage=usage)


def steps(first: float, count: int, gap: float = 0.1) -> list[float]:
    return [first + n * gap for n in range(count)]


def test_only_the_time_in_which_all_generate_counts() -> None:
    alone_at_first = answer([*steps(0.0, 50, 0.01), *steps(0.55, 20)])
    late = answer(steps(0.5, 40))
    assert generating_rate([alone_at_first, late], 99) == pytest.approx(20)


def test_an_event_of_several_tokens_counts_as_several() -> None:
    assert generating_rate([answer(steps(0.0, 20), tokens=40)], 99) == pytest.approx(20)


def test_streams_that_never_ran_together_have_no_rate() -> None:
    assert math.isnan(generating_rate([answer(steps(0.0, 20)), answer(steps(5.0, 20))], 20))
    assert math.isnan(generating_rate([answer(steps(0.0, 20)), Answer(0.0, 1.0, 200)], 20))
    assert math.isnan(generating_rate([], 20))


def test_the_aggregate_rate_includes_the_wait() -> None:
    assert aggregate_rate([answer(steps(1.0, 11), tokens=20), answer(steps(1.0, 11), tokens=20)], 99) == pytest.approx(
        20
    )


def test_first_texts_and_gaps() -> None:
    stream = answer([1.5, 2.0, 4.0, 4.5], started=1.0)
    assert first_texts([stream, Answer(0.0, 1.0, 200)]) == [0.5]
    assert gaps(stream) == [0.5, 2.0, 0.5]
    assert gaps(stream, begin=2.5, end=3.0) == [2.0]  # it began before and ended after


def test_common_prefix() -> None:
    assert common_prefix([1, 2, 3], [1, 2, 4, 5]) == 2
    assert common_prefix([1, 2], [1, 2, 3]) == 2
    assert common_prefix([], [1]) == 0


@pytest.mark.parametrize(
    ("target", "values", "verdict"),
    [
        (Target(0.9, at_least=True), [0.95, 0.91, 0.2], "ok"),
        (Target(0.9, at_least=True), [0.95, 0.89, 0.2], "miss"),
        (Target(150), [100, float("nan"), 120], "ok"),
        (Target(150), [float("nan")], "-"),
        (None, [1.0], ""),
    ],
)
def test_the_median_decides(target: Target | None, values: list[float], verdict: str) -> None:
    assert Finding("mid", "scenario", "what", "s", {OURS: values}, target).verdict == verdict
