"""Texts with questions: answers stand in the text, what is not said is not, and nothing of the tests is trained on."""

from __future__ import annotations

import pytest
from demo_model.corpus import asking, deeds, passages, reading, summaries, world
from demo_model.corpus.conversation import Conversation
from demo_model.corpus.draw import Draw, Split, _by_split, split_of
from demo_model.corpus.kinds import KINDS
from demo_model.corpus.phrasings import combined
from demo_model.corpus.values import ANY

MAKERS = {**reading.SKILLS, **reading.CASES, **summaries.SKILLS}
CASES = {**reading.CASES, **summaries.CASES}
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
PHRASES = {
    f"{module.__name__} {name}": phrases
    for module in (asking, deeds, summaries, world)
    for name, phrases in vars(module).items()
    if name != "_MORE"
    and isinstance(phrases, tuple)
    and len(phrases) > 20
    and all(isinstance(one, str) for one in phrases)
}


def prompt(conversation: Conversation) -> str:
    return "\n".join(message.content for message in conversation.messages[:-1])


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", CASES)
def test_the_right_answer_of_each_case_is_right(name: str, split: Split) -> None:
    for seed in range(120):
        made = CASES[name](Draw(seed, split))
        assert made.expected is not None
        assert made.expected.met_by(made.messages[-1].content), made


@pytest.mark.parametrize("name", MAKERS)
def test_a_seed_makes_the_same_conversation_again(name: str) -> None:
    assert MAKERS[name](Draw(7)) == MAKERS[name](Draw(7))
    assert MAKERS[name](Draw(7)) != MAKERS[name](Draw(8))


@pytest.mark.parametrize("split", SPLITS)
def test_an_answer_is_copied_from_the_text(split: Split) -> None:
    for seed in range(120):
        made = reading.context(Draw(seed, split))
        assert made.expected is not None
        for part in made.expected.contains:
            assert isinstance(part, str)
            assert part.lower() in prompt(made).lower(), made


def test_what_is_not_said_is_not_in_the_facts() -> None:
    gaps = 0
    for seed in range(200):
        draw = Draw(seed)
        made = passages.description(draw)
        asked = made.ask(draw, known=False)
        assert asked.answer == passages.NOT_SAID
        gaps += asked.about in made.things
    assert 80 < gaps < 190, "most are asked of things that the text speaks of, some of others"


def test_both_kinds_of_question_stand_in_one_conversation() -> None:
    answers = [m.content for seed in range(100) for m in reading.reading(Draw(seed)).messages if m.role == "assistant"]
    share = answers.count(passages.NOT_SAID) / len(answers)
    assert 0.2 < share < 0.45


def test_no_conversation_is_in_two_splits() -> None:
    texts = {split: {prompt(reading.context(Draw(seed, split))) for seed in range(150)} for split in SPLITS}
    assert not texts["train"] & texts["test"]
    assert not texts["train"] & texts["dev"]
    assert not texts["dev"] & texts["test"]


@pytest.mark.parametrize("split", SPLITS)
def test_invented_names_are_of_their_split(split: Split) -> None:
    for seed in range(60):
        thing = passages.some_thing(Draw(seed, split), KINDS[0], set())
        assert split_of(thing.name) == split


@pytest.mark.parametrize("split", SPLITS)
def test_every_property_of_every_kind_can_be_stated_and_asked(split: Split) -> None:
    draw = Draw(1, split)
    assert len(KINDS) >= 20
    for kind in KINDS:
        assert len({one.nouns[0] for one in kind.properties}) == len(kind.properties) >= 5, kind.noun
        for one in kind.properties:
            value = one.make(draw)
            assert value.bare in value.text
            assert value.bare.lower() in value.answer.lower()
            assert value.answer.endswith(".")
            assert all("{v}" in said for said in one.says)
            assert all("{n}" in part for pair in one.asks for part in pair)


@pytest.mark.parametrize("split", SPLITS)
def test_values_of_all_sorts_can_be_made_in_every_split(split: Split) -> None:
    draw = Draw(3, split)
    for make in ANY:
        assert make(draw).text


@pytest.mark.parametrize("split", SPLITS)
def test_a_summary_is_the_main_sentences_in_order(split: Split) -> None:
    for seed in range(120):
        made = summaries.sketch(Draw(seed, split))
        assert 3 <= len(made.sentences) <= 10
        assert 1 <= len(made.main) <= 3
        assert [one for one in made.sentences if one in made.main] == list(made.main)


def test_no_placeholder_is_left() -> None:
    for name, make in MAKERS.items():
        for seed in range(60):
            for message in make(Draw(seed)).messages:
                assert "{" not in message.content, (name, message.content)
                assert message.content.strip()


def test_phrasings_are_put_together_from_parts() -> None:
    assert combined("|please", "tell me", "{i}", "?|.") == (
        "tell me {i}?",
        "tell me {i}.",
        "please tell me {i}?",
        "please tell me {i}.",
    )


def words(phrases: list[str]) -> set[str]:
    return {word.strip(".,:;?!").lower() for phrase in phrases for word in phrase.split()}


def test_phrasings_that_are_held_out_have_words_that_are_trained_on() -> None:
    parts = {split: [phrase for one in PHRASES.values() for phrase in _by_split(one)[split]] for split in SPLITS}
    assert words(parts["dev"] + parts["test"]) - words(parts["train"]) == set()


def test_remarks_begin_otherwise_than_what_counts() -> None:
    assert not set(summaries._ASIDES) & set(summaries._MAIN)
    assert not set(summaries._ASIDES) & set(world._KNOWN)
