"""What the engine brings becomes deltas: calls, the end of an answer that has made its call, log-probabilities."""

from __future__ import annotations

from array import array
from typing import Any

from server.chat.answer import LocalAnswer
from server.chat.channels import Channels
from server.chat.messages import Delta, Tool
from server.chat.tool_formats import GENERIC
from server.engine.request import FinishReason, GenerationRequest, Outcome, TokenEvent, TokenLogprob

NOW = '<tool_call>{"name": "now"}</tool_call>'


class Live:
    """A model whose events are written by the test."""

    fingerprint = "fp"

    def __init__(self) -> None:
        self.ended: list[str] = []

    def end(self, id: str) -> None:
        self.ended.append(id)


class Box:
    waiting = False

    def __init__(self, *events: TokenEvent) -> None:
        self._events = list(events)
        self.cached: dict[str, int] = {}

    async def take(self) -> list[TokenEvent]:
        return [self._events.pop(0)]


def event(text: str = "", *logprobs: str, end: FinishReason | None = None) -> TokenEvent:
    outcome = None if end is None else Outcome(end, 1, 0, 1)
    drawn = tuple(TokenLogprob(1, word.encode(), -1.0) for word in logprobs)
    return TokenEvent("0", (text,), drawn, outcome=outcome)


def answer_of(live: Live, *events: TokenEvent, parallel: bool = True) -> LocalAnswer:
    def parser() -> Any:
        return GENERIC.parser([Tool("now")], parallel=parallel)

    request = GenerationRequest("0", array("i", [1]))
    return LocalAnswer(live, Box(*events), [request], 1, Channels(calls=parser))  # type: ignore[arg-type]


async def read(live: Live, *events: TokenEvent, parallel: bool = True) -> list[Delta]:
    return [delta async for deltas in answer_of(live, *events, parallel=parallel) for delta in deltas]


async def test_an_answer_ends_when_it_begins_a_call_that_is_not_wanted() -> None:
    live = Live()
    events = [event(NOW), event(NOW), event(NOW), event(end=FinishReason.CANCELLED)]
    *calls, last = await read(live, *events, parallel=False)
    assert live.ended == ["0"]
    assert [delta.call.number for delta in calls if delta.call] == [0, 0]
    assert last.finish is FinishReason.TOOL_CALLS


async def test_calls_are_why_an_answer_ended_unless_it_was_cut_short() -> None:
    assert (await read(Live(), event(NOW, end=FinishReason.STOP)))[-1].finish is FinishReason.TOOL_CALLS
    assert (await read(Live(), event(NOW), event("\n<tool", end=FinishReason.LENGTH)))[-1].finish is FinishReason.LENGTH
    assert (await read(Live(), event("Hi", end=FinishReason.STOP)))[-1].finish is FinishReason.STOP


async def test_log_probabilities_wait_for_their_text_and_never_tell_of_calls() -> None:
    deltas = await read(Live(), event("Hi <", " <"), event("b", "b"), event(NOW, "x"), event(end=FinishReason.STOP))
    assert [(delta.content, [each.data for each in delta.logprobs]) for delta in deltas if delta.logprobs] == [
        ("Hi", [b" <"]),
        (" <b", [b"b"]),
    ]


async def test_log_probabilities_of_thoughts_are_not_told_with_what_is_said() -> None:
    words = ["<thi", "nk>", "\n", "Hm", ".", "\n", "</think>", "\n\n", "Hel", "lo"]
    deltas = await read(Live(), *(event(word, word) for word in words), event(end=FinishReason.STOP))
    assert "".join(delta.reasoning for delta in deltas) == "Hm."
    assert [(delta.content, [each.data for each in delta.logprobs]) for delta in deltas if delta.content] == [
        ("Hel", [b"Hel"]),
        ("lo", [b"lo"]),
    ]


async def test_what_a_step_brings_is_one_delta_and_its_thoughts_are_counted_token_by_token() -> None:
    parts = ("So ", "be", " it", "</", "think>", "\n", "Yes", ", ", "sir.")
    end = Outcome(FinishReason.STOP, 1, 0, len(parts))
    answer = answer_of(Live(), TokenEvent("0", ("<think>", "\n")), TokenEvent("0", parts, outcome=end))
    deltas = [delta async for deltas in answer for delta in deltas]
    assert [(delta.reasoning, delta.content) for delta in deltas] == [("So be it", ""), ("", "Yes, sir."), ("", "")]
    assert (answer.usage.completion_tokens, answer.usage.reasoning_tokens) == (11, 6)


async def test_a_call_that_is_forced_in_one_step_is_its_name_and_one_fragment() -> None:
    parts = ("<tool", "_call>", '{"name": ', '"now", ', '"arguments": ', '{"a": ', "1", "}", "}", "</tool_call>")
    deltas = await read(Live(), TokenEvent("0", parts, outcome=Outcome(FinishReason.STOP, 1, 0, len(parts))))
    calls = [delta.call for delta in deltas if delta.call]
    assert [(call.name, call.arguments) for call in calls] == [("now", ""), ("", '{"a": 1}')]
