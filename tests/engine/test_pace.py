"""The budget keeps a step under the target gap, and prompts never starve."""

from __future__ import annotations

import pytest

from server.engine.pace import Pace


def step(generating: int, prompt: int, per_sequence: float, per_prompt_token: float) -> float:
    return generating * per_sequence + prompt * per_prompt_token


@pytest.mark.parametrize(("per_sequence", "per_prompt_token"), [(0.002, 0.0004), (0.001, 0.0001), (0.0005, 0.002)])
def test_steps_come_to_last_as_long_as_wished(per_sequence: float, per_prompt_token: float) -> None:
    pace = Pace(0.1)
    for _ in range(3):
        pace.learn(4, 0, step(4, 0, per_sequence, per_prompt_token))
    for _ in range(10):
        prompt = pace.budget(4)
        seconds = step(4, prompt, per_sequence, per_prompt_token)
        pace.learn(4, prompt, seconds)
    assert 0.08 <= seconds <= 0.12


def test_a_full_step_before_anybody_generated_teaches_the_cost() -> None:
    pace = Pace(0.1)
    pace.learn(0, 512, 0.2)
    assert 200 <= pace.budget(1) <= 256


def test_prompts_get_a_quarter_of_the_time_of_a_model_that_is_too_slow_for_the_wish() -> None:
    pace = Pace(0.1)
    pace.learn(8, 0, 0.6)
    pace.learn(8, 64, 0.6 + 64 * 0.01)
    assert pace.budget(8) == pytest.approx(20, abs=1)


def test_prompts_get_long_steps_where_nobody_reads_along() -> None:
    pace = Pace(0.1)
    pace.learn(2, 0, 0.02)
    pace.learn(2, 20, 0.02 + 20 * 0.004)
    assert pace.budget(2) == pytest.approx(20, abs=1)
    assert pace.budget(2, streams=False) == pytest.approx(245, abs=2)


def test_a_prompt_that_gets_slower_as_it_grows_does_not_run_away() -> None:
    pace = Pace(0.1)
    pace.learn(3, 0, 0.006)
    worst = 0.0
    done = 0
    pace.learn(0, 512, 512 * 0.0004)
    while done < 2400:
        prompt = pace.budget(3)
        cost = 0.0004 * (1 + done / 2400)
        seconds = 0.006 + prompt * cost
        worst = max(worst, seconds)
        pace.learn(3, prompt, seconds)
        done += prompt
    assert worst < 0.13


def test_a_slow_moment_is_forgotten() -> None:
    pace = Pace(0.1)
    pace.learn(0, 512, 0.2)
    pace.learn(1, 0, 0.003)
    pace.learn(1, 24, 0.9)  # somebody else had the machine
    for _ in range(12):
        prompt = pace.budget(1)
        pace.learn(1, prompt, 0.003 + 0.005 + prompt * 0.0004)
    assert pace.budget(1) > 150
