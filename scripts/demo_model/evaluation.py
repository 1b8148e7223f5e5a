"""The scores of a model: a running server is asked held-out questions, and its answers are judged."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from demo_model.batches import Skill
from demo_model.corpus.conversation import Call, Conversation, Expected
from demo_model.corpus.draw import Draw, Split
from demo_model.rendering import openai_messages

TARGETS = {
    "persona": 0.95,
    "context": 0.90,
    "unknown": 0.80,
    "memory": 0.90,
    "arithmetic": 0.80,
    "tool_call": 0.90,
    "no_call": 0.90,
    "ends_turn": 0.99,
}
"""What the model is to reach, by metric."""

ENDS_TURN = "ends_turn"
AT_ONCE = 8
_MOST_TOKENS = 400
_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation that is asked up to its last answer."""

    metric: str
    conversation: Conversation

    @property
    def expected(self) -> Expected:
        assert self.conversation.expected is not None, f"{self.metric}: no expectation"
        return self.conversation.expected


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: text without thoughts and calls, the calls, and whether the model ended by itself."""

    text: str
    calls: tuple[Call, ...]
    ended: bool
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    case: Case
    answer: Answer

    @property
    def right(self) -> bool:
        return self.case.expected.met_by(self.answer.text, self.answer.calls)


@dataclass(frozen=True, slots=True)
class Score:
    """The share of the answers that are right."""

    metric: str
    share: float
    count: int

    @property
    def target(self) -> float | None:
        return TARGETS.get(self.metric)


def cases(makers: Mapping[str, Skill], split: Split, each: int, first: int = 0) -> list[Case]:
    """So many of every metric from the one of this number on, the same ones every time."""
    return [
        Case(metric, make(Draw(f"{metric} {number}", split)))
        for metric, make in makers.items()
        for number in range(first, first + each)
    ]


async def ask(base_url: str, key: str, cases: Sequence[Case], model: str | None = None) -> list[Judged]:
    """All answers, `AT_ONCE` at a time. `base_url` is that of the API, with /v1; without a model its first is asked."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    room = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=120) as client:
        if model is None:
            models = (await client.get("/models")).raise_for_status().json()
            model = models["data"][0]["id"]

        async def judged(case: Case) -> Judged:
            async with room:
                response = await client.post("/chat/completions", json=request(case.conversation, str(model)))
            if response.is_error:
                raise RuntimeError(f"{case.metric}: HTTP {response.status_code}: {response.text[:500]}")
            return Judged(case, read_answer(response.json()["choices"][0]))

        return list(await asyncio.gather(*map(judged, cases)))


def request(conversation: Conversation, model: str) -> dict[str, Any]:
    """What a client sends to get the last answer."""
    body: dict[str, Any] = {
        "model": model,
        "messages": openai_messages(conversation.messages[:-1]),
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
    }
    if conversation.tools:
        body["tools"] = [tool.openai() for tool in conversation.tools]
    if conversation.thinking:
        body["chat_template_kwargs"] = {"enable_thinking": True}
    return body


def read_answer(choice: Mapping[str, Any]) -> Answer:
    """The answer in a choice of the response. Calls that the server left in the text are taken out of it."""
    message = choice["message"]
    raw = message.get("content") or ""
    called = [call["function"] for call in message.get("tool_calls") or ()]
    text = _THOUGHT.sub("", raw, count=1)
    parts = [_call(call["name"], call["arguments"]) for call in called]
    parts += [_written_call(written) for written in _CALL.findall(text)]
    text = _CALL.sub("", text).strip()
    shown = raw if not message.get("tool_calls") else f"{raw} {json.dumps(message['tool_calls'])}"
    return Answer(text, tuple(parts), choice.get("finish_reason") in ("stop", "tool_calls"), shown)


def scores(judged: Sequence[Judged]) -> list[Score]:
    """By metric, and over all of them how many answers ended by themselves."""
    found = []
    for metric in dict.fromkeys(one.case.metric for one in judged):
        own = [one.right for one in judged if one.case.metric == metric]
        found.append(Score(metric, sum(own) / len(own), len(own)))
    ended = [one.answer.ended for one in judged]
    return [*found, Score(ENDS_TURN, sum(ended) / max(1, len(ended)), len(ended))]


def show(found: Sequence[Score], console: Console) -> None:
    """A table of the scores beside what is to be reached."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("metric")
    for heading in ("score", "target", "n"):
        table.add_column(heading, justify="right")
    for score in found:
        colour = "" if score.target is None else "green" if score.share >= score.target else "red"
        share = f"{score.share:.1%}"
        target = "" if score.target is None else f"{score.target:.0%}"
        table.add_row(score.metric, f"[{colour}]{share}[/]" if colour else share, target, str(score.count))
    console.print(table)


def show_failures(judged: Sequence[Judged], metric: str, most: int, console: Console) -> None:
    """The first wrong answers of a metric, with the end of what was asked."""
    wrong = [
        one
        for one in judged
        if (not one.answer.ended if metric == ENDS_TURN else one.case.metric == metric and not one.right)
    ]
    console.print(f"[bold]{metric}[/]: {len(wrong)} wrong")
    for one in wrong[:most]:
        conversation = one.case.conversation
        if conversation.tools:
            console.print(f"[dim]tools: {escape(', '.join(tool.name for tool in conversation.tools))}[/]")
        for message in conversation.messages[:-1]:
            console.print(f"[dim]{message.role}:[/] {escape(message.content)}", highlight=False)
        right = conversation.messages[-1]
        console.print(
            f"[green]right:[/] {escape(right.content)} {escape(str(list(right.calls) or ''))}", highlight=False
        )
        console.print(f"[red]answer:[/] {escape(one.answer.raw)}\n", highlight=False)


def write_json(judged: Sequence[Judged], file: Path) -> None:
    """Scores and every answer."""
    data = {
        "scores": [
            {"metric": one.metric, "share": one.share, "target": one.target, "n": one.count} for one in scores(judged)
        ],
        "answers": [
            {
                "metric": one.case.metric,
                "messages": openai_messages(one.case.conversation.messages),
                "answer": one.answer.raw,
                "right": one.right,
                "ended": one.answer.ended,
            }
            for one in judged
        ],
    }
    file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _written_call(written: str) -> Call:
    try:
        found = json.loads(written)
        return _call(found["name"], found["arguments"])
    except (ValueError, KeyError, TypeError):
        return _unreadable(written)


def _call(name: str, arguments: str | Mapping[str, Any]) -> Call:
    """Arguments that were cut off in the middle are no JSON."""
    try:
        return Call(name, dict(json.loads(arguments) if isinstance(arguments, str) else arguments))
    except ValueError:
        return _unreadable(str(arguments))


def _unreadable(written: str) -> Call:
    """A call that is never right."""
    return Call("", {"unreadable": written})
