"""What a key may still do, by a clock that the test turns."""

from __future__ import annotations

import random

import pytest

from server.chat.allowance import Allowances, Share
from server.errors import RateLimited
from server.store.key_limits import NO_LIMITS, KeyLimits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(allowances: Allowances, limits: KeyLimits) -> float | None:
    """The seconds that a refusal asks for; None: let in, and over at once."""
    try:
        allowances.take("ann", limits, answered=True)
    except RateLimited as refusal:
        return refusal.retry_after
    allowances.leave("ann")
    return None


def test_requests_go_on_where_the_first_of_them_is_a_minute_old() -> None:
    clock, limits = Clock(), KeyLimits(requests_per_minute=2)
    allowances = Allowances(clock)
    assert allowances.requests("ann", limits) == Share(2, 2, 0.0)
    assert ask(allowances, limits) is None
    clock.now += 20
    assert ask(allowances, limits) is None
    assert allowances.requests("ann", limits) == Share(2, 0, 60.0)
    assert ask(allowances, limits) == 40.0
    clock.now += 39.9
    assert ask(allowances, limits) == pytest.approx(0.1)
    clock.now += 0.2
    assert ask(allowances, limits) is None
    assert ask(allowances, limits) == pytest.approx(19.9)


def test_no_minute_ever_has_more_than_the_limit() -> None:
    clock, limits, luck = Clock(), KeyLimits(requests_per_minute=7), random.Random(1)
    allowances, let_in = Allowances(clock), list[float]()
    for _ in range(2000):
        clock.now += luck.choice([0.0, 0.1, 3.0, 30.0])
        if ask(allowances, limits) is None:
            let_in.append(clock.now)
    assert all(later - earlier >= 60 for earlier, later in zip(let_in, let_in[7:], strict=False))


def test_what_came_to_nothing_does_not_count() -> None:
    clock, limits = Clock(), KeyLimits(requests_per_minute=1)
    allowances = Allowances(clock)
    allowances.give_back("ann", allowances.take("ann", limits, answered=False))
    assert ask(allowances, limits) is None


def test_a_lower_limit_counts_what_was_before() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    for _ in range(5):
        assert ask(allowances, KeyLimits(requests_per_minute=5)) is None
        clock.now += 1
    assert ask(allowances, KeyLimits(requests_per_minute=2)) == 58.0
    assert allowances.requests("ann", KeyLimits(requests_per_minute=2)) == Share(2, 0, 59.0)
    assert ask(allowances, NO_LIMITS) is None


def test_answers_at_once_are_counted_until_they_end() -> None:
    allowances, limits = Allowances(Clock()), KeyLimits(streams=2)
    for _ in range(2):
        allowances.take("ann", limits, answered=True)
    with pytest.raises(RateLimited, match="2 at once"):
        allowances.take("ann", limits, answered=True)
    allowances.take("bob", limits, answered=True)
    allowances.take("ann", limits, answered=False)  # vectors take no answer's place
    allowances.leave("ann")
    allowances.take("ann", limits, answered=True)


def test_a_refusal_counts_nothing() -> None:
    allowances, limits = Allowances(Clock()), KeyLimits(requests_per_minute=2, streams=1)
    allowances.take("ann", limits, answered=True)
    for _ in range(5):
        with pytest.raises(RateLimited, match="at once"):
            allowances.take("ann", limits, answered=True)
    allowances.leave("ann")
    assert ask(allowances, limits) is None
