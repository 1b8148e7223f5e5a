"""Texts are cut where they pause, and no passage is too long."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from server.search.blocks import Block
from server.search.passages import Cutter, Passage, Recipe


def word_ends(text: str) -> list[int]:
    """A model whose tokens are words with the space before them, and signs."""
    return [len(text[: found.end()].encode()) for found in re.finditer(r"\s*\w+|\s*[^\w\s]", text)]


def cut(blocks: Iterable[Block], size: int, overlap: int = 0) -> list[Passage]:
    cutter = Cutter(Recipe(size, overlap))
    made = [passage for block in blocks for passage in cutter.feed(block, word_ends(block.text))]
    return made + cutter.finish()


def test_a_passage_ends_with_a_sentence() -> None:
    text = "One two three. Four five six! Seven eight? Nine ten."
    assert [passage.text for passage in cut([Block(text)], size=8)] == [
        "One two three. Four five six!",
        "Seven eight? Nine ten.",
    ]


def test_a_passage_begins_at_a_heading_and_knows_those_above_it() -> None:
    blocks = [
        *(Block("Handbook", 1), Block("Welcome here."), Block("Kitchen", 2), Block("The machine is blue.", page=3)),
        *(Block("Keys", 2), Block("Ask Marlene."), Block("Appendix", 1), Block("None.")),
    ]
    assert [(one.heading, one.text, one.page) for one in cut(blocks, size=100)] == [
        ("Handbook", "Welcome here.", None),
        ("Handbook > Kitchen", "The machine is blue.", 3),
        ("Handbook > Keys", "Ask Marlene.", None),
        ("Appendix", "None.", None),
    ]


def test_a_passage_is_on_one_page() -> None:
    blocks = [Block("One two.", page=1), Block("Three.", page=1), Block("Four.", page=2)]
    made = cut(blocks, size=100, overlap=50)
    assert [(one.text, one.page) for one in made] == [("One two.\n\nThree.", 1), ("Four.", 2)]


def test_a_heading_with_nothing_below_it_is_text() -> None:
    blocks = [Block("All", 1), Block("Bring a friend", 2, 7), Block("Eat", 2), Block("Now.")]
    assert [(one.heading, one.text, one.page) for one in cut(blocks, size=100)] == [
        ("All", "Bring a friend", 7),
        ("All > Eat", "Now.", None),
    ]
    assert [one.text for one in cut([Block("Alone", 1)], size=100)] == ["Alone"]


def test_neighbours_share_whole_sentences() -> None:
    text = "One two. Three four. Five six. Seven eight. Nine ten."
    made = cut([Block(text)], size=9, overlap=3)
    assert [one.text for one in made] == [
        "One two. Three four. Five six.",
        "Five six. Seven eight. Nine ten.",
    ]


def test_paragraphs_stay_apart() -> None:
    assert [one.text for one in cut([Block("One."), Block("Two.")], size=100)] == ["One.\n\nTwo."]


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    made = cut([Block("word " * 50)], size=8)
    assert all(passage.tokens <= 8 for passage in made)
    assert " ".join(passage.text for passage in made).split() == ["word"] * 50


TEXTS = st.lists(
    st.builds(
        Block,
        st.text(alphabet=st.sampled_from("ab é語.!?\n 。"), min_size=1, max_size=80),
        st.sampled_from([0, 0, 0, 1, 2]),
        st.sampled_from([None, 1, 2]),
    ),
    max_size=8,
)


@given(TEXTS, st.integers(4, 20), st.integers(0, 8))
def test_nothing_is_lost_and_nothing_is_too_long(blocks: list[Block], size: int, overlap: int) -> None:
    made = cut(blocks, size, min(overlap, size // 2))
    assert all(passage.tokens <= size for passage in made)
    whole = "".join(passage.heading + passage.text for passage in made)
    letters = {letter for block in blocks for letter in block.text if not letter.isspace()}
    assert letters <= set(whole) or not made
    if overlap == 0 and not any(block.level for block in blocks):
        said = "".join("".join(block.text.split()) for block in blocks)
        assert "".join("".join(passage.text.split()) for passage in made) == said
