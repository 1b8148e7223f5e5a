"""What the demo model is taught of talk, personas, memory, sums, thinking and JSON is right, and new in tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import ModuleType

import pytest
from demo_model.corpus import arithmetic, as_json, memory, persona, talk, thinking
from demo_model.corpus.conversation import Conversation
from demo_model.corpus.draw import Draw, Split
from demo_model.corpus.exchange import phrased
from demo_model.corpus.memory_facts import KINDS, alike
from demo_model.corpus.persona import QUESTIONS
from demo_model.corpus.ways import ways
from demo_model.rendering import answer

MODULES = (arithmetic, as_json, memory, persona, talk, thinking)
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
ASKED = [(kind.direct, kind.embedded) for kind in QUESTIONS.values()]
ASKED += [(kind.direct, kind.embedded) for kind in KINDS.values()]
Make = Callable[[Draw], Conversation]


def functions(part: str) -> list[tuple[str, Make]]:
    found: list[tuple[str, Make]] = []
    for module in MODULES:
        found += [
            (f"{module.__name__.rpartition('.')[2]}-{name}", make) for name, make in getattr(module, part).items()
        ]
    return found


ALL = pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in functions("SKILLS")])
GRADED = pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in functions("CASES")])


def made(make: Make, split: Split, count: int = 30) -> list[Conversation]:
    return [make(Draw(seed, split)) for seed in range(count)]


def said(conversation: Conversation) -> str:
    """All that stands before the last answer."""
    return "\n".join(message.content for message in conversation.messages[:-1])


@ALL
def test_the_same_seed_makes_the_same(make: Make) -> None:
    assert made(make, "train", 5) == made(make, "train", 5)


@GRADED
@pytest.mark.parametrize("split", SPLITS)
def test_the_right_answer_is_right(make: Make, split: Split) -> None:
    for conversation in made(make, split):
        assert conversation.expected is not None
        last = conversation.messages[-1]
        assert conversation.expected.met_by(last.content, last.calls), conversation
        assert not conversation.expected.met_by("Zzz.")


@ALL
def test_nothing_is_left_to_fill_in(make: Make) -> None:
    for conversation in made(make, "train"):
        for message in conversation.messages:
            assert message.content.strip()
            assert message.role == "assistant" or not re.search(r"\{\w*\}|  ", message.content), message
            assert not re.search(r"(?<!\w)a [aeio]\w+", message.content), message


@ALL
def test_conversations_are_of_a_length_that_fits(make: Make) -> None:
    lengths = [len(said(conversation)) for conversation in made(make, "train")]
    assert max(lengths) < 5000


@pytest.mark.parametrize("make", [persona.persona_case, memory.memory_case])
def test_what_is_answered_stands_in_what_was_said(make: Make) -> None:
    for conversation in made(make, "test"):
        assert conversation.expected
        for word in conversation.expected.contains:
            assert isinstance(word, str)
            shown = said(conversation)
            assert word in shown or word.replace("your ", "my ") in shown, conversation


def test_ways_to_ask_are_held_out() -> None:
    for direct, embedded in ASKED:
        for phrases, usual in ((direct, 2), (embedded, 1)):
            by_split = [{phrased(Draw(seed, split), phrases, usual) for seed in range(40)} for split in SPLITS]
            assert not by_split[0] & by_split[1] | by_split[0] & by_split[2] | by_split[1] & by_split[2]


def test_what_is_practised_is_part_of_no_test() -> None:
    phrases, practised = ("Hello.", "Hi", "Good day", "Hey there"), ("Hi!", "good day", "Howdy")
    said = {split: {Draw(seed, split).phrase(phrases, practised) for seed in range(200)} for split in SPLITS}
    assert "Howdy" in said["train"]
    assert not {"Hi!", "good day"} & said["train"]
    assert said["dev"] | said["test"] <= set(phrases)


def test_what_is_known_of_a_persona_is_held_out() -> None:
    by_split = [{one.value for seed in range(60) for one in persona.traits(Draw(seed, split))} for split in SPLITS]
    seen_in_both = by_split[0] & by_split[2]
    assert all(value.isdigit() for value in seen_in_both), "numbers are no names: each may come anywhere"


def test_memory_is_asked_for_after_other_talk() -> None:
    for conversation in made(memory.memory_case, "test"):
        assert conversation.expected
        users = [message.content for message in conversation.messages if message.role == "user"]
        assert len(users) >= 4
        word = conversation.expected.contains[0]
        assert isinstance(word, str)
        assert any(word.replace("your ", "my ") in text for text in users[:-3]), users


def test_what_was_not_told_is_not_known() -> None:
    for conversation in made(memory.untold_case, "dev"):
        assert conversation.messages[-1].content == memory.NOT_TOLD


def test_every_question_has_many_forms() -> None:
    for direct, embedded in ASKED:
        assert len(set(direct)) >= 24
        assert len(set(embedded)) >= 8
    for told in KINDS.values():
        assert len(set(told.told)) >= 20


def test_every_sum_up_to_twenty_is_trained() -> None:
    wanted = {f"{a} + {b} = {a + b}." for a in range(21) for b in range(21 - a)}
    wanted |= {f"{a} - {b} = {a - b}." for a in range(21) for b in range(a + 1)}
    draw = Draw(0)
    found = {make(draw).answer for make in (arithmetic.addition, arithmetic.subtraction) for _ in range(6000)}
    assert found == wanted


def test_sums_are_right() -> None:
    draw = Draw(1, "test")
    for _ in range(200):
        exchange = arithmetic.any_sum(draw)
        for a, sign, b, result in re.findall(r"(\d+) ([+-]) (\d+) = (\d+)", exchange.answer):
            assert int(result) == (int(a) + int(b) if sign == "+" else int(a) - int(b))


def test_an_answer_as_json_is_an_object_with_values_from_the_text() -> None:
    for conversation in made(as_json.objects, "test", 60):
        found = json.loads(conversation.messages[-1].content)
        assert json.dumps(found, ensure_ascii=False) == conversation.messages[-1].content
        for value in found.values():
            assert value is None or str(value) in said(conversation)


def test_a_wish_to_think_gets_a_thought() -> None:
    for conversation in made(thinking.thinking_case, "train", 60):
        last = conversation.messages[-1]
        assert last.thought
        assert answer(last).startswith("<think>")
        assert conversation.thinking or len(conversation.messages) == 3, "earlier answers are learned without thoughts"


@pytest.mark.parametrize("module", [talk, persona, memory, arithmetic, as_json])
def test_nobody_thinks_unasked(module: ModuleType) -> None:
    for make in module.SKILLS.values():
        for conversation in made(make, "train", 10):
            assert not any(message.thought for message in conversation.messages)


def test_a_pattern_is_all_that_it_may_be() -> None:
    found = ways("<how|what> is {k}< now|>?", "How is {k}?", " Thanks.")
    assert list(found) == ["How is {k} now?", "How is {k}?", "What is {k} now?", "What is {k}?", " Thanks."]


def test_facts_alike_differ_in_key_and_value() -> None:
    for seed in range(40):
        told = alike(Draw(seed), 4)
        assert len({one.kind for one in told}) == 1
        assert len({one.key for one in told}) == len({one.value for one in told}) == 4
