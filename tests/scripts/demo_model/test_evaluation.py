"""Scores: what is sent, how answers are read, and what counts as right."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from demo_model import evaluation
from demo_model.corpus.conversation import Call, Conversation, Expected, Message, Tool
from demo_model.corpus.draw import Draw
from demo_model.evaluation import Answer, Case, Judged, read_answer
from rich.console import Console

TOOL = Tool("weather", "The weather.", {"city": {"type": "string"}})
CALL = Call("weather", {"city": "Ulm"})


def choice(content: str | None, reason: str = "stop", **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content, **more}, "finish_reason": reason}


def asked(draw: Draw) -> Conversation:
    city = f"City{draw.number(1, 10**6)}"
    calls = (Call("weather", {"city": city}),)
    messages = (Message("user", f"Weather in {city}?"), Message("assistant", calls=calls))
    return Conversation("tools", messages, (TOOL,), thinking=True, expected=Expected(calls=calls))


def test_a_request_is_what_a_client_sends() -> None:
    sent = evaluation.request(asked(Draw(1)), "demo")
    assert [message["role"] for message in sent["messages"]] == ["user"]
    assert sent["tools"] == [TOOL.openai()]
    assert sent["temperature"] == 0
    assert sent["chat_template_kwargs"] == {"enable_thinking": True}


@pytest.mark.parametrize(
    ("given", "text", "calls"),
    [
        (choice("Hello."), "Hello.", ()),
        (choice("<think>Let me see.</think>Hello."), "Hello.", ()),
        (choice('<tool_call>{"name": "weather", "arguments": {"city": "Ulm"}}</tool_call>'), "", (CALL,)),
        (choice("Yes.\n<tool_call>not json</tool_call>"), "Yes.", (Call("", {"unreadable": "not json"}),)),
        (
            choice(None, "tool_calls", tool_calls=[{"function": {"name": "weather", "arguments": '{"city": "Ulm"}'}}]),
            "",
            (CALL,),
        ),
    ],
)
def test_calls_and_thoughts_are_told_from_the_text(given: dict[str, Any], text: str, calls: tuple[Call, ...]) -> None:
    answer = read_answer(given)
    assert (answer.text, answer.calls, answer.ended) == (text, calls, True)


def test_a_call_that_was_cut_off_is_never_right() -> None:
    cut = {"function": {"name": "get_weather", "arguments": '{"city": "Lind'}}
    choice = {"finish_reason": "length", "message": {"content": "", "tool_calls": [cut]}}
    answer = read_answer(choice)
    assert (answer.calls, answer.ended) == ((Call("", {"unreadable": '{"city": "Lind'}),), False)


def test_an_answer_that_was_cut_off_has_not_ended() -> None:
    assert not read_answer(choice("and so on and", "length")).ended


def test_the_same_cases_come_every_time() -> None:
    first, again = (evaluation.cases({"tool_call": asked}, "dev", 5) for _ in range(2))
    assert first == again
    assert len({case.conversation.messages[0].content for case in first}) > 1
    assert evaluation.cases({"tool_call": asked}, "dev", 2, first=3) == first[3:], "those not asked before"


def test_scores_count_right_answers_and_ended_turns(tmp_path: Path) -> None:
    case = Case("tool_call", asked(Draw(1)))
    right, wrong = Answer("", case.expected.calls or (), True), Answer("I do not know.", (), False, "I do not know.")
    judged = [Judged(case, right), Judged(case, right), Judged(case, wrong)]
    tool_call, ends_turn = evaluation.scores(judged)
    assert (tool_call.share, tool_call.target, tool_call.count) == (2 / 3, 0.9, 3)
    assert ends_turn.share == 2 / 3
    evaluation.write_json(judged, tmp_path / "scores.json")
    assert [one["right"] for one in json.loads((tmp_path / "scores.json").read_text())["answers"]] == [
        True,
        True,
        False,
    ]


def test_failures_are_shown_with_what_would_be_right() -> None:
    case = Case("tool_call", asked(Draw(1)))
    console = Console(file=io.StringIO(), width=200)
    evaluation.show_failures([Judged(case, Answer("No [b]idea.", (), True, "No [b]idea."))], "tool_call", 3, console)
    evaluation.show(evaluation.scores([]), console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "No [b]idea." in shown
    assert "'city':" in shown
