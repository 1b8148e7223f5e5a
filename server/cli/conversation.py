"""A conversation with one model of a server, as the chat command holds it."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from server.cli.client import Client, error_message
from server.cli.failure import Failure


class Piece(NamedTuple):
    """Text as it arrives."""

    text: str
    reasoning: bool


@dataclass
class Pace:
    """How fast an answer came."""

    asked: float = field(default_factory=time.monotonic)
    first: float | None = None
    last: float = 0.0
    tokens: int = 0
    """As the server counted them, or else one for each piece."""
    cut: bool = False
    """The answer ended because it reached its limit."""

    def heard(self) -> None:
        self.last = time.monotonic()
        if self.first is None:
            self.first = self.last
        self.tokens += 1

    def __str__(self) -> str:
        if self.first is None:
            return "no answer"
        words = [f"{self.tokens} token{'s' if self.tokens != 1 else ''}"]
        if self.tokens > 1 and self.last > self.first:
            words.append(f"{(self.tokens - 1) / (self.last - self.first):.1f} tok/s")
        words.append(f"first after {self.first - self.asked:.2f} s")
        if self.cut:
            words.append("cut off at its limit")
        return " · ".join(words)


class Conversation:
    """What was said so far. A question whose answer failed before its first word is taken back."""

    def __init__(self, client: Client, model: str, system: str = "", options: dict[str, Any] | None = None) -> None:
        self.model = model
        self.system = system
        self.options = options or {}
        """Further fields of each request, such as temperature."""
        self.turns: list[dict[str, str]] = []
        self.pace = Pace()
        self._client = client

    @property
    def messages(self) -> list[dict[str, str]]:
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, *self.turns]

    def ask(self, question: str) -> Generator[Piece, None, None]:
        """The answer as it comes. What had come is kept when the iteration is left early."""
        self.turns.append({"role": "user", "content": question})
        self.pace = Pace()
        answer: list[str] = []
        body = {
            **self.options,
            "model": self.model,
            "messages": self.messages,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        try:
            with self._client.events("POST", "chat/completions", body) as events:
                for event in events:
                    if event.data == "[DONE]":
                        break
                    for piece in self._pieces(event.data):
                        if not piece.reasoning:
                            answer.append(piece.text)
                        yield piece
        finally:
            if answer:
                self.turns.append({"role": "assistant", "content": "".join(answer)})
            elif self.pace.first is None:
                self.turns.pop()

    def _pieces(self, data: str) -> Iterator[Piece]:
        try:
            chunk = json.loads(data)
        except ValueError as error:
            raise Failure(f"The server sent what is not JSON: {data[:80]!r}") from error
        if chunk.get("error"):
            raise Failure(error_message(data) or "The answer broke.")
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            for name in ("reasoning_content", "content"):
                if text := delta.get(name):
                    self.pace.heard()
                    yield Piece(text, name != "content")
            if choice.get("finish_reason") == "length":
                self.pace.cut = True
        if usage := chunk.get("usage"):
            self.pace.tokens = usage.get("completion_tokens", self.pace.tokens)
