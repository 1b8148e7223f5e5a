"""The nouns of a conversation: what a client wants said, and the pieces in which the answer comes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from server.engine.request import FinishReason, SamplingParams, TokenLogprob
from server.errors import BadRequest
from server.settings import LimitsSection

Role = Literal["system", "user", "assistant", "tool"]
Channel = Literal["content", "reasoning"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model made. `arguments` is JSON text, as it goes over the wire."""

    id: str
    name: str
    arguments: str


IMAGE = "\ufdd0"
"""A character that is none, on both sides of an image's name: so an image stands in its message's content, and wherever
that is moved. Who writes such a name among their own words sees their own image there, and nobody else's.
"""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as a client sent it, in any format."""

    data: bytes = field(repr=False)
    where: str = field(compare=False)
    """Its path in the client's body, for what is to be said about it."""
    name: str = field(init=False)
    """The hash of its bytes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", hashlib.sha256(self.data).hexdigest())

    @property
    def mark(self) -> str:
        """What stands for it in a content."""
        return f"{IMAGE}{self.name}{IMAGE}"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of speech. `developer` has become `system` by now."""

    role: Role
    content: str
    """Where it shows images, their marks stand in it."""
    name: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call. `parameters` is the JSON schema of its arguments."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    strict: bool = False
    """Whether the arguments must follow the schema: they are constrained then."""

    def openai(self) -> dict[str, Any]:
        """As OpenAI's clients write it, and as templates read it."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether tools are to be called. `name`: this one and no other, with mode `required`."""

    mode: Literal["auto", "none", "required"] = "auto"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What an answer's text must look like. `value`: the JSON schema, the grammar's or pattern's text, the choices."""

    kind: Literal["json_object", "json_schema", "lark", "gbnf", "regex", "choice"]
    value: Any = None
    param: str = "response_format"
    """Where the client said it: what an error names."""


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
    streams: bool = False
    """Whether the answer is read while it is written: then its tokens come evenly, else all of it comes sooner."""
    template_kwargs: dict[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_calls: bool = True
    """Whether one answer may make several calls."""
    form: Form | None = None
    thinking_budget: int | None = None
    """Tokens after which a thought is closed."""
    suffix: str = ""
    """What is to follow the answer to a plain prompt."""
    rates_prompts: bool = False
    """Whether the tokens of plain prompts are rated too; `logprobs` says how."""
    continues: bool = False
    """The last message is the assistant's, and the answer goes on from where that ends."""


def check_stop(stop: Sequence[str], limits: LimitsSection, param: str) -> None:
    """Raises BadRequest for stop strings past the limits. `param` is what the client's dialect calls them."""
    if len(stop) > limits.stop_strings:
        raise BadRequest(f"{param} has {len(stop)} strings: expected at most {limits.stop_strings}.", param=param)
    if not all(1 <= len(one) <= limits.stop_length for one in stop):
        raise BadRequest(f"{param}: expected strings of 1 to {limits.stop_length} characters.", param=param)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a whole turn: a prompt counts once however many answers it got."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    margin: float = 0.0
    """How far the numbers may be off, as a share of them, where they could only be estimated."""


@dataclass(frozen=True, slots=True)
class CallPiece:
    """The next piece of a call that the model is making. The first piece of a call, and only that, has id and name."""

    number: int
    """Which call of the answer, from 0."""
    id: str = ""
    name: str = ""
    arguments: str = ""
    """A fragment of JSON text: a call's fragments joined are its arguments."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one channel; never empty."""

    channel: Channel
    text: str


def joined(pieces: Iterable[Piece | CallPiece]) -> list[Piece | CallPiece]:
    """The same said in as few pieces as may be."""
    found: list[Piece | CallPiece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, Piece) and isinstance(last, Piece) and piece.channel == last.channel:
            found[-1] = Piece(piece.channel, last.text + piece.text)
        elif isinstance(piece, CallPiece) and not piece.id and isinstance(last, CallPiece) and not last.id:
            found[-1] = CallPiece(piece.number, arguments=last.arguments + piece.arguments)
        else:
            found.append(piece)
    return found


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of one choice: text, a thought or a piece of a call. The last one of a choice has `finish` and
    nothing else.
    """

    index: int
    content: str = ""
    reasoning: str = ""
    call: CallPiece | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    rated: tuple[TokenLogprob, ...] = ()
    """In the first delta of a choice, of a turn that asks for it: the tokens of its prompt."""
    finish: FinishReason | None = None
    stop: str | None = None
    """With `finish`: the stop string that ended it."""
