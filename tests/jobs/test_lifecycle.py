"""The state machine of jobs: single moves, and random histories of workers that are late, dead, twofold or wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.jobs import lifecycle
from server.jobs.lifecycle import DEATHS, Policy
from server.store.job_table import ENDED, Job

T0 = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = Policy(lease=timedelta(seconds=10), attempts=4, backoff=timedelta(seconds=2))
ERROR = {"message": "no"}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def queued(**changes: Any) -> Job:
    return replace(Job("job_1", "me", "task", {}, 5, created_at=T0, due_at=T0), **changes)


def running(**changes: Any) -> Job:
    return replace(lifecycle.claim(queued(), T0, POLICY, "w"), **changes)


def test_a_claim_counts_before_the_run() -> None:
    job = running()
    assert (job.state, job.attempts, job.fence, job.worker) == ("running", 1, 1, "w")
    assert job.lease_until == at(10)
    assert lifecycle.claim(job, T0, POLICY, "other") is job


def test_nothing_is_claimed_before_it_is_due_or_after_its_deadline() -> None:
    early = queued(due_at=at(5))
    assert lifecycle.claim(queued(), at(-3600), POLICY, "w").state == "running", "the clock was set back"
    assert lifecycle.claim(early, at(4), POLICY, "w") is early
    assert lifecycle.claim(queued(deadline=at(1)), at(1), POLICY, "w").state == "expired"


def test_word_from_an_older_claim_is_not_heard() -> None:
    job = lifecycle.claim(lifecycle.lose(running(), at(11), POLICY, jitter=0), at(100), POLICY, "w2")
    assert job.fence == 2
    assert lifecycle.succeed(job, 1, at(101), "late") is job
    assert lifecycle.fail(job, 1, at(101), POLICY, ERROR, passes=True, jitter=0) is job
    assert lifecycle.renew(job, 1, at(101), POLICY) is job
    done = lifecycle.succeed(job, 2, at(102), "first")
    assert (done.state, done.result, done.ended_at) == ("succeeded", "first", at(102))
    assert lifecycle.succeed(done, 2, at(103), "second") is done


def test_what_may_pass_is_tried_again_later_and_later() -> None:
    job, waits = queued(), []
    for _ in range(POLICY.attempts - 1):
        job = lifecycle.claim(job, job.due_at, POLICY, "w")
        assert job.started_at is not None
        now = job.started_at
        job = lifecycle.fail(job, job.fence, now, POLICY, ERROR, passes=True, jitter=1.0)
        assert (job.state, job.error) == ("queued", ERROR)
        waits.append((job.due_at - now).total_seconds())
    assert waits == [2, 4, 8]
    job = lifecycle.claim(job, job.due_at, POLICY, "w")
    assert lifecycle.fail(job, job.fence, job.due_at, POLICY, ERROR, passes=True, jitter=0).state == "failed"


def test_what_a_keys_limits_refuse_is_no_attempt() -> None:
    job, refused = queued(), {"message": "60 a minute", "code": "rate_limit_exceeded"}
    for _ in range(10 * POLICY.attempts):
        job = lifecycle.claim(job, job.due_at, POLICY, "w")
        assert job.started_at is not None
        job = lifecycle.fail(job, job.fence, job.started_at, POLICY, refused, passes=True, jitter=1.0, wait=60)
        assert job.started_at is not None
        assert (job.state, job.error, job.attempts) == ("queued", refused, 0)
        assert (job.due_at - job.started_at).total_seconds() == 62
    stopping = lifecycle.cancel(lifecycle.claim(job, job.due_at, POLICY, "w"), job.due_at)
    stopped = lifecycle.fail(stopping, stopping.fence, job.due_at, POLICY, refused, passes=True, jitter=0)
    assert stopped.state == "cancelled"


def test_jitter_takes_up_to_half_of_the_wait() -> None:
    job = lifecycle.fail(running(), 1, T0, POLICY, ERROR, passes=True, jitter=0.0)
    assert job.due_at == at(1)


def test_what_will_not_pass_is_not_tried_again() -> None:
    job = lifecycle.fail(running(), 1, at(1), POLICY, ERROR, passes=False, jitter=0)
    assert (job.state, job.error, job.attempts) == ("failed", ERROR, 1)


def test_three_deaths_end_it_with_the_cause() -> None:
    job = queued()
    for _ in range(DEATHS):
        job = lifecycle.claim(job, job.due_at, POLICY, "w7")
        assert job.lease_until is not None
        assert lifecycle.lose(job, job.lease_until, POLICY, jitter=0) is job
        job = lifecycle.lose(job, job.lease_until + timedelta(seconds=1), POLICY, jitter=0)
    assert job.state == "dead"
    assert job.error is not None
    assert "w7" in job.error["message"]


def test_a_lease_from_before_the_clock_was_set_back_ends_all_the_same() -> None:
    job = lifecycle.lose(running(), at(-3600), POLICY, jitter=0)
    assert (job.state, job.lease_until) == ("running", at(-3590))
    assert lifecycle.lose(job, at(-3589), POLICY, jitter=0).state == "queued"
    assert lifecycle.renew(job, 1, at(-3595), POLICY).lease_until == at(-3585)


def test_cancel() -> None:
    assert lifecycle.cancel(queued(), at(1)).state == "cancelled"
    job = lifecycle.cancel(running(), at(1))
    assert (job.state, job.cancelling) == ("running", True)
    assert lifecycle.stop(job, 1, at(2)).state == "cancelled"
    assert lifecycle.lose(job, at(50), POLICY, jitter=0).state == "cancelled"
    assert lifecycle.release(job, 1, at(2)).state == "cancelled"
    assert lifecycle.fail(job, 1, at(2), POLICY, ERROR, passes=True, jitter=0).state == "cancelled"
    assert lifecycle.succeed(job, 1, at(2), "just so").state == "succeeded"


def test_a_release_is_no_attempt() -> None:
    job = lifecycle.release(running(), 1, at(3))
    assert (job.state, job.attempts, job.fence, job.due_at) == ("queued", 0, 1, T0)


def test_deadline_of_what_runs() -> None:
    assert lifecycle.stop(running(deadline=at(5)), 1, at(5)).state == "expired"
    assert lifecycle.overdue(queued(deadline=at(5)), at(5)).state == "expired"
    assert lifecycle.overdue(queued(deadline=at(5)), at(4)).state == "queued"


@dataclass
class History:
    """One job, a clock that jumps, and workers of which any number may believe that the job is theirs."""

    random: random.Random
    job: Job = field(default_factory=queued)
    now: datetime = T0
    claims: list[int] = field(default_factory=list)
    """The fences of all attempts that were ever begun, and that may yet be heard of."""
    cancels: int = 0
    mute: bool = False
    """No word of any attempt ever comes: it kills its workers."""

    def step(self) -> None:
        before = self.job
        self.job = self.random.choice(self.moves())()
        self.check(before, self.job)

    def moves(self) -> list[Any]:
        if self.mute:
            return [self.clock, self.claim, lambda: lifecycle.lose(self.job, self.now, POLICY, jitter=0.5)]
        fence = self.random.choice([*self.claims, 0])
        return [
            self.clock,
            self.clock,
            self.claim,
            self.claim,
            lambda: lifecycle.renew(self.job, fence, self.now, POLICY),
            lambda: lifecycle.tell(self.job, fence, {"done": self.random.random()}),
            lambda: lifecycle.succeed(self.job, fence, self.now, f"result of {fence}"),
            lambda: lifecycle.fail(
                self.job,
                fence,
                self.now,
                POLICY,
                ERROR,
                passes=self.random.random() < 0.8,
                jitter=self.random.random(),
            ),
            lambda: lifecycle.stop(self.job, fence, self.now) if self.job.cancelling else self.job,
            lambda: lifecycle.release(self.job, fence, self.now),
            lambda: lifecycle.lose(self.job, self.now, POLICY, jitter=self.random.random()),
            lambda: lifecycle.overdue(self.job, self.now),
            self.cancel,
        ]

    def clock(self) -> Job:
        self.now += timedelta(seconds=self.random.choice([0.1, 1, 5, 11, 300, -3, -400]))
        return self.job

    def claim(self) -> Job:
        after = lifecycle.claim(self.job, self.now, POLICY, f"w{self.random.randrange(3)}")
        if after.state == "running" and after is not self.job:
            self.claims.append(after.fence)
        return after

    def cancel(self) -> Job:
        if self.random.random() < 0.9:
            return self.job
        self.cancels += 1
        return lifecycle.cancel(self.job, self.now)

    def check(self, before: Job, after: Job) -> None:
        if before.state in ENDED:
            assert after is before, "nothing leads out of an end"
        assert after.fence >= before.fence
        assert (after.fence > before.fence) == (after.state == "running" and before.state == "queued")
        assert (after.state == "running") == (after.lease_until is not None)
        assert (after.state in ENDED) == (after.ended_at is not None)
        assert 0 <= after.attempts <= POLICY.attempts + DEATHS
        assert after.deaths <= DEATHS
        assert (after.result is not None) == (after.state == "succeeded")
        if after.state == "succeeded":
            assert after.result == f"result of {after.fence}", "the result is that of the last claim"
        if after.state == "cancelled":
            assert self.cancels
        if after.state == "dead":
            assert after.deaths == DEATHS
            assert after.error
        if after.state == "failed":
            assert after.error == ERROR


@pytest.mark.parametrize("seed", range(20))
def test_random_histories(seed: int) -> None:
    draw = random.Random(seed)
    ends = set()
    for _ in range(150):
        deadline = at(draw.choice([30, 1000])) if draw.random() < 0.3 else None
        history = History(draw, queued(deadline=deadline))
        for _ in range(60):
            history.step()
        ends.add(history.job.state)
    assert ends >= {"succeeded", "failed", "cancelled"}


def test_every_end_is_reached() -> None:
    draw = random.Random(1)
    ends = set()
    for number in range(1000):
        history = History(draw, queued(deadline=at(300) if number % 2 else None), mute=number % 4 == 0)
        for _ in range(60):
            history.step()
        ends.add(history.job.state)
    assert ends >= set(ENDED)
