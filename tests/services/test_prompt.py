"""Prompts and their gaps."""

from __future__ import annotations

import pytest

from server.errors import BadRequest
from server.services.prompt import Prompt


def test_gaps_by_position_are_filled_in_order() -> None:
    assert Prompt.parse("So far:\n{}\nNow:\n{}").fill_in_order("a", "b") == "So far:\na\nNow:\nb"
    assert Prompt.parse("{1} after {0}").fill_in_order("a", "b") == "b after a"


def test_gaps_by_name_and_doubled_braces() -> None:
    prompt = Prompt.parse('Answer {{"sort": …}} for {subject}: {subject}')
    assert prompt.gaps == ("subject",)
    assert prompt.fill({"subject": "x"}) == 'Answer {"sort": …} for x: x'


def test_what_fills_a_gap_is_not_read_again() -> None:
    assert Prompt.parse("<{}>").fill_in_order("{} {0.__class__} }{") == "<{} {0.__class__} }{>"


def test_values_without_a_gap_are_left_out() -> None:
    prompt = Prompt.parse("Only {}")
    prompt.check("0", "1")
    assert prompt.fill_in_order("a", "b") == "Only a"


@pytest.mark.parametrize("text", ["{0.real}", "{a[b]}", "{a!r}", "{a:>3}", "{", "}", "{a b}", "{1a}"])
def test_no_prompt(text: str) -> None:
    with pytest.raises(BadRequest, match="The prompt cannot be read"):
        Prompt.parse(text)


def test_a_gap_that_nothing_fills_is_named() -> None:
    with pytest.raises(BadRequest, match=r"gap \{2\}: expected at most \{0\}, \{1\}"):
        Prompt.parse("{} {} {}").check("0", "1")
