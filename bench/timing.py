"""Figures out of answers and their times. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from bench.wire import Answer


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; not a number without values."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def middle(values: Sequence[float]) -> float:
    """The median; not a number without values."""
    return median(values) if values else float("nan")


def first_texts(answers: Sequence[Answer]) -> list[float]:
    """Seconds from sending to the first text, of the answers that had one."""
    return [answer.first for answer in answers if answer.first is not None]


def gaps(answer: Answer, begin: float = float("-inf"), end: float = float("inf")) -> list[float]:
    """Seconds between one text and the next, where some of the wait fell between `begin` and `end`."""
    return [later - earlier for earlier, later in pairwise(answer.times) if later > begin and earlier < end]


def aggregate_rate(answers: Sequence[Answer], most: int) -> float:
    """Tokens of all answers in a second, from the first request sent to the last text received."""
    begin = min(answer.started for answer in answers)
    end = max((answer.times[-1] for answer in answers if answer.times), default=begin)
    return sum(answer.token_count(most) for answer in answers) / (end - begin) if end > begin else 0.0


def generating_rate(answers: Sequence[Answer], most: int) -> float:
    """Tokens in a second while all answers were being generated; not a number when they never all were.

    The time in question lies between the last answer's first text and the first answer's last. In it each answer's
    pace is taken from its own first event to its own last, so that the edges cut nobody's step in two. An event may
    stand for several tokens: the server's own count of tokens says how many on average.
    """
    if not answers or not all(answer.times for answer in answers):
        return float("nan")
    begin = max(answer.times[0] for answer in answers)
    end = min(answer.times[-1] for answer in answers)
    rate = 0.0
    for answer in answers:
        inside = [when for when in answer.times if begin <= when <= end]
        if len(inside) < 8:
            return float("nan")
        rate += (len(inside) - 1) / (inside[-1] - inside[0]) * answer.token_count(most) / len(answer.times)
    return rate
