"""Reasoning and content are told apart, however the text is cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat.channels import Channels


def run(pieces: list[str], **options: object) -> tuple[str, str]:
    channels = Channels(**options)  # type: ignore[arg-type]
    found = {"reasoning": "", "content": ""}
    for piece in [*(p for text in pieces for p in channels.feed(text)), *channels.finish()]:
        assert piece.text
        found[piece.channel] += piece.text
    return found["reasoning"], found["content"]


CASES = [
    ("<think>a</think>b", "a", "b"),
    ("\n <think>\n\na\nb\n</think>\n\nc\n", "a\nb", "c\n"),
    ("<think>\n\n</think>\n\nHello", "", "Hello"),
    ("no thought <think>x</think>", "", "no thought <think>x</think>"),
    ("  indented", "", "  indented"),
    ("<thin", "", "<thin"),
    ("<thinking>x", "", "<thinking>x"),
    ("<think>never closed</thi", "never closed</thi", ""),
    ("<think>a </ b <</think>c", "a </ b <", "c"),
    ("<think>a</think>b</think>c<think>d", "a", "b</think>c<think>d"),
    ("<think>ends\n", "ends\n", ""),
    ("<think>a</think>", "a", ""),
    ("", "", ""),
    (" " * 300 + "<think>a</think>", "", " " * 300 + "<think>a</think>"),
]


@pytest.mark.parametrize(("text", "reasoning", "content"), CASES)
def test_a_text_is_told_apart_cut_at_every_place(text: str, reasoning: str, content: str) -> None:
    assert run([text]) == (reasoning, content)
    assert run(list(text)) == (reasoning, content)
    for at in range(len(text)):
        assert run([text[:at], text[at:]]) == (reasoning, content)


def test_a_prompt_that_opened_the_tag_starts_in_reasoning() -> None:
    assert run(list("a\n</think>\n\nb"), open_reasoning=True) == ("a", "b")
    assert run(["all thought"], open_reasoning=True) == ("all thought", "")


def test_it_can_be_switched_off_and_given_other_tags() -> None:
    assert run(list("<think>a</think>b"), enabled=False) == ("", "<think>a</think>b")
    assert run(list("[THINK]a[/THINK]b"), tags=("[THINK]", "[/THINK]")) == ("a", "b")


def test_what_is_certain_is_given_out_at_once() -> None:
    channels = Channels()
    assert channels.feed("<thi") == []
    assert [piece.text for piece in channels.feed("nk>so <")] == ["so "]
    assert [piece.text for piece in channels.feed("b")] == ["<b"]
    assert channels.feed("</think>") == []
    assert [piece.text for piece in channels.feed("\nyes </think>")] == ["yes </think>"]


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "/", "think", ">", "\n", " ", "ü", "a"]), max_size=12),
    st.lists(st.integers(0, 60), max_size=8),
    st.booleans(),
)
def test_cuts_never_matter(words: list[str], cuts: list[int], open_reasoning: bool) -> None:
    text = "".join(words)
    at = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(at)]
    assert run(pieces, open_reasoning=open_reasoning) == run([text], open_reasoning=open_reasoning)
