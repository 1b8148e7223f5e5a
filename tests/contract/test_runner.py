"""The plain runner: what it makes of a check's outcome, and how it counts."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import cast

import pytest

from tests.contract.__main__ import markdown, run, scores
from tests.contract.registry import Check, NotAsked, check
from tests.contract.target import Target

NOWHERE = cast(Target, None)


@check("numbers", "two and two is four")
def holds(target: Target) -> None:
    assert len("ab") + 2 == 4


@check("numbers", "two and two is five")
def fails(target: Target) -> None:
    found = {"sum": 4}
    assert found["sum"] == 5


@check("numbers", "a number is a word")
def says_why(target: Target) -> None:
    raise AssertionError("it is\nnone")


@check("words", "a word has no end")
def lacks(target: Target) -> None:
    raise NotAsked("no word was given")


@check("words", "a word can be divided")
def breaks(target: Target) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("one", "outcome", "reason"),
    [
        (holds, "passed", ""),
        (says_why, "failed", "it is none"),
        (lacks, "not asked", "no word was given"),
        (breaks, "failed", "ZeroDivisionError: no reason given"),
    ],
)
def test_what_becomes_of_a_check(one: Check, outcome: str, reason: str) -> None:
    result = run(one, NOWHERE)
    assert (result.outcome, result.reason) == (outcome, reason)


def test_a_bare_assertion_tells_what_was_found(tmp_path: Path) -> None:
    """From a file that pytest has not rewritten: its own assertions speak for themselves."""
    file = tmp_path / "checks.py"
    file.write_text("def fails(target):\n    found = {'sum': 4}\n    assert found['sum'] == 5\n", encoding="utf-8")
    names = runpy.run_path(str(file))
    assert run(check("numbers", "false")(names["fails"]), NOWHERE).reason == "found['sum'] == 5; found 4"


def test_what_was_not_asked_counts_neither_way() -> None:
    results = [run(one, NOWHERE) for one in (holds, fails, says_why, lacks)]
    numbers, words, everything = scores(results)
    assert (numbers.area, numbers.passed, numbers.asked) == ("numbers", 1, 3)
    assert (words.passed, words.asked, words.not_asked) == (0, 0, 1)
    assert (everything.passed, everything.asked) == (1, 3)
    assert markdown([numbers]).endswith("| numbers | 1 | 3 |")
