"""What is remembered of jobs, and for how long."""

from __future__ import annotations

import pytest

from server.jobs import events
from server.jobs.events import EventLog


def told(log: EventLog, job: str) -> list[str]:
    return [event.data for event in log.after(job, (-1, 0))]


def test_a_place_grows_through_all_attempts() -> None:
    log = EventLog()
    log.add("a", 0, "state", "queued")
    log.add("a", 1, "token", "x")
    log.add("a", 2, "token", "y")
    first, second, third = log.after("a", (-1, 0))
    assert first.place < second.place < third.place
    assert log.after("a", second.place) == [third]


def test_nothing_follows_the_end() -> None:
    log = EventLog()
    log.add("a", 1, "state", "succeeded", last=True)
    log.add("a", 1, "token", "late")
    assert told(log, "a") == ["succeeded"]
    assert log.ended("a")


def test_those_that_ended_first_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_ENDED", 2)
    log = EventLog()
    for job in "abc":
        log.add(job, 1, "state", job, last=True)
    log.add("d", 1, "state", "d")
    assert [told(log, job) for job in "abcd"] == [[], ["b"], ["c"], ["d"]]


def test_the_end_has_the_same_place_wherever_it_is_told() -> None:
    one, other = EventLog(), EventLog()
    one.add("a", 1, "token", "x")
    for log in (one, other):
        log.add("a", 1, "state", "succeeded", last=True)
    assert one.newest("a") == other.newest("a") > (1, 5_000)
    assert other.newest("b") < (0, 0)


def test_what_has_ended_is_forgotten_before_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_LOGS", 3)
    log = EventLog()
    for job in "abc":
        log.add(job, 1, "state", job, last=job == "b")
    log.add("d", 1, "state", "d")
    assert [told(log, job) for job in "abcd"] == [["a"], [], ["c"], ["d"]]


def test_many_events_leave_room_for_few_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_KEPT", 10)
    log = EventLog()
    for job in "ab":
        for number in range(8):
            log.add(job, 1, "token", number)
        log.add(job, 1, "state", "end", last=True)
    assert told(log, "a") == []
    assert len(told(log, "b")) == 9
    log.forget("b")
    log.add("c", 1, "state", "end", last=True)
    assert told(log, "c") == ["end"]


def test_jobs_that_never_end_here_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_LOGS", 3)
    log = EventLog()
    for job in "abcd":
        log.add(job, 0, "state", job)
    assert [told(log, job) for job in "abcd"] == [[], ["b"], ["c"], ["d"]]
