"""An answer as Anthropic's clients read it: a stream of typed events, or one message with blocks of content.

    message_start, ping
    content_block_start, content_block_delta …, content_block_stop    for each block
    message_delta, message_stop

A block is a thought, text, or one call of a tool; a new one begins where the answer turns to something else.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from server.api.streaming import Choice, Whole, event
from server.chat.backend import Answer
from server.chat.messages import Delta, ToolCall, Turn, Usage
from server.engine.request import FinishReason
from server.ids import random_hex

PING = event({"type": "ping"}, "ping")
"""Shows life; every client drops it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the thoughts a client gets to see: blocks for them at all, and their text in these."""

    thoughts: bool
    text: bool


def _envelope(turn: Turn, usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_{random_hex(12)}",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage,
    }


def usage_body(usage: Usage) -> dict[str, Any]:
    """Anthropic counts the part of a prompt that was cached apart from the rest of it."""
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        **({"estimate_margin": usage.margin} if usage.margin else {}),
    }


def _stop(turn: Turn, finish: FinishReason | None, stop: str | None, usage: Usage) -> dict[str, Any]:
    """Why it ended. A stop string of the card's own is the model's way to end its turn."""
    sequence = stop if stop in turn.stop else None
    if finish is FinishReason.TOOL_CALLS:
        reason = "tool_use"
    elif finish is FinishReason.LENGTH:
        most = None if usage.margin else turn.max_tokens  # an estimate does not tell which limit it was
        full = most is not None and usage.completion_tokens < most
        reason = "model_context_window_exceeded" if full else "max_tokens"
    elif finish is FinishReason.CONTENT_FILTER:
        reason = "refusal"
    else:
        reason = "end_turn" if sequence is None else "stop_sequence"
    return {"stop_reason": reason, "stop_sequence": sequence, "stop_details": None}


class Signature:
    """What stands for a thought's signature: a digest, so that equal thoughts have equal ones. Nobody checks it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, text: str) -> None:
        self._digest.update(text.encode("utf-8", "replace"))

    def text(self) -> str:
        return base64.b64encode(self._digest.digest()).decode()


def call_id(id: str) -> str:
    """A call's id with Anthropic's prefix."""
    return f"toolu_{id.removeprefix('call_')}"


class MessageEvents:
    """The stream of a message."""

    def __init__(self, answer: Answer, turn: Turn, shown: Shown) -> None:
        self._answer = answer
        self._turn = turn
        self._shown = shown
        self._index = -1
        self._open: tuple[str, int] | None = None
        """Kind and number of the block that is being written."""
        self._signature = Signature()
        self._finish: FinishReason | None = None
        self._stop: str | None = None

    def begin(self) -> bytes:
        message = _envelope(self._turn, usage_body(self._answer.usage))
        return event({"type": "message_start", "message": message}, "message_start") + PING

    def delta(self, delta: Delta) -> bytes:
        data = b""
        if delta.reasoning and self._shown.thoughts:
            data += self._turn_to(("thinking", 0), {"type": "thinking", "thinking": "", "signature": ""})
            self._signature.add(delta.reasoning)
            if self._shown.text:
                data += self._delta({"type": "thinking_delta", "thinking": delta.reasoning})
        if delta.content:
            data += self._turn_to(("text", 0), {"type": "text", "text": ""})
            data += self._delta({"type": "text_delta", "text": delta.content})
        if (call := delta.call) is not None:
            block = {"type": "tool_use", "id": call_id(call.id), "name": call.name, "input": {}}
            data += self._turn_to(("tool_use", call.number), block)
            data += self._delta({"type": "input_json_delta", "partial_json": call.arguments})
        if delta.finish is not None:
            self._finish, self._stop = delta.finish, delta.stop
        return data

    def _turn_to(self, wanted: tuple[str, int], block: dict[str, Any]) -> bytes:
        """The events that begin a block, unless it is open."""
        if self._open == wanted:
            return b""
        data = self._close()
        self._open = wanted
        self._index += 1
        start = {"type": "content_block_start", "index": self._index, "content_block": block}
        return data + event(start, "content_block_start")

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return event({"type": "content_block_delta", "index": self._index, "delta": delta}, "content_block_delta")

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        data = b""
        if self._open[0] == "thinking":
            data = self._delta({"type": "signature_delta", "signature": self._signature.text()})
            self._signature = Signature()
        self._open = None
        return data + event({"type": "content_block_stop", "index": self._index}, "content_block_stop")

    def end(self, usage: Usage) -> bytes:
        why = _stop(self._turn, self._finish, self._stop, usage)
        last = {"type": "message_delta", "delta": why, "usage": usage_body(usage)}
        return self._close() + event(last, "message_delta") + event({"type": "message_stop"}, "message_stop")


def message_body(turn: Turn, shown: Shown, whole: Whole) -> dict[str, Any]:
    """A whole message."""
    (choice,) = whole.choices
    return {
        **_envelope(turn, usage_body(whole.usage)),
        "content": _content(choice, shown),
        **_stop(turn, choice.finish, choice.stop, whole.usage),
    }


def _content(choice: Choice, shown: Shown) -> list[dict[str, Any]]:
    """The blocks that its stream would have."""
    blocks: list[dict[str, Any]] = []
    for part in choice.in_order:
        if isinstance(part, ToolCall):
            made = {"id": call_id(part.id), "name": part.name, "input": _input(part.arguments)}
            blocks.append({"type": "tool_use", **made})
        elif part.channel == "content" and blocks and blocks[-1]["type"] == "text":
            blocks[-1]["text"] += part.text  # a thought between them is not shown
        elif part.channel == "content":
            blocks.append({"type": "text", "text": part.text, "citations": None})
        elif shown.thoughts:
            signature = Signature()
            signature.add(part.text)
            thought = part.text if shown.text else ""
            blocks.append({"type": "thinking", "thinking": thought, "signature": signature.text()})
    return blocks


def _input(arguments: str) -> dict[str, Any]:
    """A call's arguments as an object; of arguments that were cut short, what there is."""
    try:
        value = from_json(arguments, allow_partial=True) if arguments else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
