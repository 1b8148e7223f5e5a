"""The nouns of a conversation: what a client wants said, and the pieces in which the answer comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from server.engine.request import FinishReason, SamplingParams, TokenLogprob

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model made. `arguments` is JSON text, as it goes over the wire."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of speech. `developer` has become `system` by now."""

    role: Role
    content: str
    name: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything about one call to a model, in no dialect. Exactly one of `messages` and `prompts` is given."""

    model: str
    """The card's own name, aliases resolved."""
    messages: tuple[Message, ...] = ()
    prompts: tuple[str | tuple[int, ...], ...] = ()
    """Plain text, not templated, or token ids: several prompts are several answers."""
    sampling: SamplingParams = field(default_factory=SamplingParams)
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    logprobs: int | None = None
    owner: str = ""
    scope: str = ""
    priority: int = 0
    template_kwargs: dict[str, Any] = field(default_factory=dict)
    tools: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a whole turn: a prompt counts once however many answers it got."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of one choice. The last one of a choice has `finish` and no text."""

    index: int
    content: str = ""
    reasoning: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    finish: FinishReason | None = None
