"""What the demo model is taught of tools: calls that a reader would make too, and tools in tests that are new."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from demo_model.corpus.conversation import Call, Conversation, Tool
from demo_model.corpus.draw import Draw, Split, split_of
from demo_model.corpus.tool_family import Family, ways
from demo_model.corpus.tool_values import KINDS, NOUNS, NUMBERS, value_of
from demo_model.corpus.toolbox import FAMILIES, PRACTISED, ask, can_repeat, family_offer, toolbox
from demo_model.corpus.tools import CASES, NO_TOOL, SKILLS, tool_call, tool_session
from demo_model.rendering import answer, prompt

SPLITS: tuple[Split, ...] = ("train", "dev", "test")
Make = Callable[[Draw], Conversation]
ALL = pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in {**SKILLS, **CASES}.items()])
GRADED = pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in CASES.items()])


def made(make: Make, split: Split, count: int = 40) -> list[Conversation]:
    return [make(Draw(seed, split)) for seed in range(count)]


def called(conversation: Conversation) -> list[tuple[str, Call, Tool]]:
    """Each call with all that users have said before it, and its tool."""
    tools = {tool.name: tool for tool in conversation.tools}
    found = []
    said = ""
    for before, message in pairwise(conversation.messages):
        said += before.content if before.role == "user" else ""
        found += [(said, call, tools[call.name]) for call in message.calls]
    return found


@ALL
@pytest.mark.parametrize("split", SPLITS)
def test_calls_are_what_the_tools_take_and_the_user_said(make: Make, split: Split) -> None:
    for conversation in made(make, split):
        for said, call, tool in called(conversation):
            assert set(call.arguments) <= set(tool.parameters)
            assert set(tool.parameters) - set(call.arguments) <= tool.optional
            assert list(call.arguments) == [name for name in tool.parameters if name in call.arguments]
            for name, value in call.arguments.items():
                schema = tool.parameters[name]
                kind = {"string": str, "integer": int, "number": int, "boolean": bool}[schema["type"]]
                assert type(value) is kind
                assert value in schema.get("enum", [value])
                assert isinstance(value, bool) or str(value) in said


@GRADED
@pytest.mark.parametrize("split", SPLITS)
def test_a_cases_own_answer_is_right(make: Make, split: Split) -> None:
    for conversation in made(make, split):
        last = conversation.messages[-1]
        assert conversation.expected is not None
        assert conversation.expected.met_by(last.content, last.calls)
        assert conversation.tools


@ALL
def test_the_same_seed_makes_the_same_text(make: Make) -> None:
    once, twice = (prompt(one) + answer(one.messages[-1]) for one in (make(Draw(5, "dev")), make(Draw(5, "dev"))))
    assert once == twice


@ALL
def test_a_conversation_fits_the_model(make: Make) -> None:
    lengths = [len(prompt(one) + answer(one.messages[-1])) for one in made(make, "train")]
    assert sum(lengths) / len(lengths) < 2000
    assert max(lengths) < 4000


def test_after_calls_each_result_is_told() -> None:
    for conversation in made(tool_session, "train"):
        results = 0
        for before, message in pairwise(conversation.messages):
            if message.role == "tool":
                results += 1
            elif results:
                assert message.role == "assistant"
                assert message.content
                results = 0
            if before.calls:
                assert message.role == "tool"


@pytest.mark.parametrize("family", [*FAMILIES, *PRACTISED], ids=lambda family: family.name)
def test_a_familys_phrases_hold_what_it_needs(family: Family) -> None:
    needed = ["{" + slot.role + "}" for slot in family.slots if not slot.tails]
    for phrase in (*family.ways.things, *family.ways.deeds, *family.ways.asks):
        assert [slot for slot in needed if slot not in phrase] == []
    for seed in range(3):
        offer = family_offer(Draw(seed), "snake", family)
        assert len(ask(Draw(seed), offer, 2 if can_repeat(offer) else 1).calls) in (1, 2)


def test_each_split_has_families_of_its_own() -> None:
    assert len(FAMILIES) > 120
    for split in ("dev", "test"):
        assert sum(split_of(family.name) == split for family in FAMILIES) >= 10


def test_what_is_practised_is_no_tool_of_a_test() -> None:
    names = [family.name for family in (*FAMILIES, *PRACTISED)]
    assert sorted(set(names)) == sorted(names)
    practised = {tool for family in PRACTISED for tool in family.ways.tools}
    for family in FAMILIES:
        if split_of(family.name) != "train":
            assert not practised & set(family.ways.tools), family.name


def test_no_invented_tool_of_a_test_is_trained_on() -> None:
    names = {
        split: {
            offer.tool.name for seed in range(150) for offer in toolbox(Draw(seed, split), 3, invented=1.0, unseen=0.0)
        }
        for split in SPLITS
    }
    assert not names["train"] & names["test"]
    assert not names["train"] & names["dev"]
    assert not names["dev"] & names["test"]


def test_words_in_brackets_are_ways_of_their_own() -> None:
    assert ways("[a|the] bell / go[| on]") == ("a bell", "the bell", "go", "go on")


def test_strange_tools_are_graded_apart() -> None:
    cases = made(CASES["strange_tool_call"], "dev")
    assert all(len(case.messages[-1].calls) == 1 for case in cases)
    plain = set(NOUNS)
    assert sum(not plain & set(case.messages[-1].calls[0].name.lower().split("_")) for case in cases) > 30


def test_half_of_the_graded_calls_are_of_invented_tools_and_some_are_several() -> None:
    familiar = {name for family in FAMILIES for name in family.ways.tools}
    plain = {"".join(name.split()).lower() for name in familiar}
    cases = made(tool_call, "test", 300)
    calls = [one.messages[-1].calls[0].name.lower().replace("_", "").replace("-", "") for one in cases]
    assert 0.35 < sum(name in plain for name in calls) / len(calls) < 0.65
    assert 0.1 < sum(len(one.messages[-1].calls) > 1 for one in cases) / len(cases) < 0.4


def test_what_no_tool_does_is_said_to_have_none() -> None:
    said = [one.messages[-1].content for one in made(CASES["no_call"], "test", 100)]
    assert 30 < said.count(NO_TOOL) < 70


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_stands_in_what_is_said(kind: str) -> None:
    for seed in range(10):
        said = value_of(kind, Draw(seed))
        assert str(said.value) in said.text
        assert isinstance(said.value, int) == (kind in NUMBERS)
