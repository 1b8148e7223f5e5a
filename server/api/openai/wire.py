"""The shapes that chat and completions share on the wire: the frame of a chunk, usage, log-probabilities."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from server.api.streaming import Choice, to_json
from server.chat.messages import Usage
from server.engine.request import FinishReason, TokenLogprob
from server.ids import random_hex

DONE = b"data: [DONE]\n\n"

FINISH = {
    FinishReason.STOP: "stop",
    FinishReason.LENGTH: "length",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.CANCELLED: "stop",
}
LEGACY_FINISH = {**FINISH, FinishReason.TOOL_CALLS: "function_call"}
"""As it was said before there were tools."""

LOWEST = -9999.0
"""Stands for a probability of nothing, as JSON has no infinity."""


def envelope(prefix: str, kind: str, model: str, fingerprint: str) -> dict[str, Any]:
    """The head of an answer; a stream has one for all its chunks."""
    return {
        "id": f"{prefix}-{random_hex(16)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": fingerprint,
    }


def usage_body(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        **estimate(usage),
    }


def estimate(usage: Usage) -> dict[str, Any]:
    """How far numbers may be off that could only be estimated; nothing where they were counted."""
    return {"estimate_margin": usage.margin} if usage.margin else {}


class Frame:
    """The constant bytes around the choice of a chunk, made once a stream: thousands of chunks differ in little.

    `choice` must be one JSON object; `head + choice + tail` is one event.
    """

    def __init__(self, head: dict[str, Any], *, include_usage: bool) -> None:
        self._include_usage = include_usage
        self.head = f'data: {to_json(head)[:-1]},"choices":['
        self.tail = '],"usage":null}\n\n' if include_usage else "]}\n\n"

    def chunk(self, choice: dict[str, Any]) -> bytes:
        return f"{self.head}{to_json(choice)}{self.tail}".encode()

    def end(self, usage: Usage) -> bytes:
        """The chunk with the usage, if it was asked for, and the mark of success."""
        if not self._include_usage:
            return DONE
        return f'{self.head}],"usage":{to_json(usage_body(usage))}}}\n\n'.encode() + DONE


def finish_of(choice: Choice, names: Mapping[FinishReason, str] = FINISH) -> str:
    return names[choice.finish or FinishReason.STOP]


def token_text(data: bytes) -> str:
    """A token as text; one that holds part of a character is written as its bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)


def _probability(data: bytes, logprob: float) -> dict[str, Any]:
    return {"token": token_text(data), "logprob": max(logprob, LOWEST), "bytes": list(data)}


def chat_logprobs(tokens: tuple[TokenLogprob, ...] | list[TokenLogprob]) -> dict[str, Any]:
    """The shape of chat."""
    content = [
        {
            **_probability(token.data, token.logprob),
            "top_logprobs": [_probability(data, value) for _, data, value in token.top],
        }
        for token in tokens
    ]
    return {"content": content, "refusal": None}


class LegacyLogprobs:
    """The shape of completions; it counts the characters of one choice to tell where each token's text begins."""

    def __init__(self, offset: int, top: int) -> None:
        """`offset`: characters that stand before the first token. `top`: how many alternatives were asked for."""
        self._offset = offset
        self._top = top

    def body(self, tokens: tuple[TokenLogprob, ...] | list[TokenLogprob]) -> dict[str, Any]:
        offsets = []
        for token in tokens:
            offsets.append(self._offset)
            # A character counts where it begins: the other bytes of a character are 10xxxxxx.
            self._offset += sum(byte & 0xC0 != 0x80 for byte in token.data)
        best = [
            None
            if math.isnan(token.logprob)
            else {token_text(data): max(value, LOWEST) for _, data, value in token.top}
            for token in tokens
        ]
        return {
            "tokens": [token_text(token.data) for token in tokens],
            "token_logprobs": [None if math.isnan(token.logprob) else max(token.logprob, LOWEST) for token in tokens],
            "top_logprobs": best if self._top else None,
            "text_offset": offsets,
        }
