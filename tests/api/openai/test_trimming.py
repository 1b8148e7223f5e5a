"""What goes when a conversation is too long: the oldest, never a half of what belongs together."""

from __future__ import annotations

import pytest

from server.api.openai.trimming import excess, trimmed
from server.chat.messages import Message, ToolCall

SYSTEM = Message("system", "s" * 84)


def exchange(name: str) -> list[Message]:
    return [Message("user", name * 84), Message("assistant", name * 84)]


def step(name: str) -> list[Message]:
    calls = (ToolCall(name, name, "{}"),)
    return [Message("assistant", "", tool_calls=calls), Message("tool", name * 84, tool_call_id=name)]


A, B, C = exchange("a"), exchange("b"), exchange("c")
END = Message("user", "end")
TASK = Message("user", "task")


def test_whole_exchanges_go() -> None:
    said = [SYSTEM, *A, *B, *C, END]
    assert trimmed(said, 0.01) == (SYSTEM, *B, *C, END)
    assert trimmed(said, 0.4) == (SYSTEM, *C, END)
    assert trimmed(said, 0.99) == (SYSTEM, END)
    assert trimmed([SYSTEM, END], 0.5) is None


def test_of_one_exchange_the_steps_go() -> None:
    said = [SYSTEM, TASK, *step("a"), *step("b"), *step("c")]
    assert trimmed(said, 0.01) == (SYSTEM, TASK, *step("b"), *step("c"))
    assert trimmed(said, 0.99) == (SYSTEM, TASK, *step("c"))
    assert trimmed([SYSTEM, TASK, *step("c")], 0.5) is None


def test_where_no_user_speaks() -> None:
    assert trimmed([SYSTEM, *step("a"), *step("b")], 0.1) == (SYSTEM, *step("b"))
    assert trimmed([SYSTEM], 0.1) is None
    assert trimmed([], 0.1) is None


def test_how_much_must_go() -> None:
    assert excess(200, 100, None) == pytest.approx(1 - 75 / 200)
    assert excess(200, 100, 10) == pytest.approx(1 - 90 / 200)
    assert excess(200, 100, 1000) == pytest.approx(1 - 50 / 200)
    assert excess(10, 100, 10) == 0
