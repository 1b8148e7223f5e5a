"""A URL that fails is left alone, and tried again by one request at a time, by a clock that the test turns."""

from __future__ import annotations

import random

from server.upstream.breaker import FAILURES, LONGEST_REST, PROBE_WAIT, REST, Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.end(breaker.begin(), good=False)


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    fail(breaker, FAILURES)
    return breaker


def test_it_opens_after_failures_in_a_row_alone() -> None:
    breaker = Breaker(Clock())
    for _ in range(3):
        fail(breaker, FAILURES - 1)
        assert not breaker.wait
        breaker.end(breaker.begin(), good=True)
    fail(breaker, FAILURES)
    assert breaker.wait == REST


def test_one_request_tries_and_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += REST
    assert not breaker.wait
    tries = breaker.begin()
    assert tries
    assert breaker.wait == PROBE_WAIT
    breaker.end(tries, good=True)
    assert not breaker.wait
    fail(breaker, FAILURES - 1)
    assert not breaker.wait


def test_each_try_that_fails_doubles_the_rest() -> None:
    clock = Clock()
    breaker = opened(clock)
    rests = []
    for _ in range(8):
        rests.append(breaker.wait)
        clock.now += breaker.wait
        fail(breaker)
    assert rests[:3] == [REST, 2 * REST, 4 * REST]
    assert rests[-1] == LONGEST_REST


def test_a_try_that_was_given_up_leaves_it_to_the_next() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += REST
    breaker.end(breaker.begin(), good=None)
    assert not breaker.wait
    assert breaker.begin()


def test_what_began_before_it_opened_changes_nothing() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    early = [breaker.begin() for _ in range(FAILURES + 2)]
    for tries in early[:-2]:
        breaker.end(tries, good=False)
    breaker.end(early[-2], good=True)
    assert breaker.wait == REST
    clock.now += REST
    tries = breaker.begin()
    breaker.end(early[-1], good=False)
    breaker.end(tries, good=True)
    assert not breaker.wait


def test_whatever_happens_it_is_never_shut_for_good() -> None:
    clock, luck = Clock(), random.Random(3)
    for _ in range(200):
        breaker, running = Breaker(clock), list[bool]()
        for _ in range(60):
            if not breaker.wait and luck.random() < 0.6:
                running.append(breaker.begin())
            elif running:
                breaker.end(running.pop(luck.randrange(len(running))), luck.choice([True, False, None]))
            clock.now += luck.choice([0.0, 1.0, 50.0])
        for tries in running:
            breaker.end(tries, good=None)
        clock.now += LONGEST_REST
        assert not breaker.wait
