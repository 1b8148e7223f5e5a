"""The messages of a chat, and what must hold between them: a result follows its call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from server.api.openai.fields import Fields
from server.api.openai.images import ImageUrl
from server.chat.messages import Image, Message, Role, ToolCall
from server.errors import BadRequest

MAX_TOOL_CALLS = 128


class TextPart(Fields):
    """A part of a message that is text."""

    type: Literal["text"]
    text: str


class RefusalPart(Fields):
    """A part in which an assistant refused: to a model it is text like any other."""

    type: Literal["refusal"]
    refusal: str

    @property
    def text(self) -> str:
        return self.refusal


class ImagePart(Fields):
    """A part that is an image."""

    type: Literal["image_url"]
    image_url: ImageUrl


Part = Annotated[TextPart | RefusalPart | ImagePart, Field(discriminator="type")]


class Function(Fields):
    """What a model called."""

    name: str
    arguments: str


class Call(Fields):
    """A call that a model made earlier in the conversation."""

    id: Annotated[str, Field(min_length=1)]
    type: Literal["function"] = "function"
    function: Function


class ChatMessage(Fields):
    """A message of any role; which fields a role needs is checked below."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    name: str | None = None
    reasoning_content: str | None = None
    tool_calls: Annotated[list[Call], Field(max_length=MAX_TOOL_CALLS)] | None = None
    tool_call_id: str | None = None
    function_call: Function | None = None
    """What came before tool_calls."""

    @model_validator(mode="after")
    def _check_role(self) -> ChatMessage:
        if self.role == "assistant":
            if self.content is None and not (self.tool_calls or self.function_call or self.reasoning_content):
                raise ValueError("expected content or tool_calls in a message of the assistant")
        elif self.content is None:
            raise ValueError(f"expected content, a string or a list of parts, in a message of role {self.role!r}")
        if self.role == "tool" and not self.tool_call_id:
            raise ValueError("expected tool_call_id in a message of role 'tool'")
        if self.role == "function" and not self.name:
            raise ValueError("expected the function's name in a message of role 'function'")
        return self

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls of the assistant."""
        return tuple(ToolCall(call.id, call.function.name, call.function.arguments) for call in self.tool_calls or ())

    def said(self, where: str) -> tuple[str, tuple[Image, ...]]:
        """The content as one text, and the images that it shows; `where`: the message's path."""
        if not isinstance(self.content, list):
            return self.content or "", ()
        texts, images = [], []
        for at, part in enumerate(self.content):
            if isinstance(part, ImagePart):
                images.append(Image(part.image_url.data, f"{where}.content[{at}]"))
                texts.append(images[-1].mark)
            else:
                texts.append(part.text)
        return "".join(texts), tuple(images)


def conversation(messages: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """The messages as the nouns of a conversation. Raises BadRequest where calls and results do not belong together.

    What came before tools, functions, becomes tools: a call gets an id, and the next result by that name is its.
    """
    said: list[Message] = []
    open_: dict[str, str] = {}
    """Calls without a result so far: their names by id."""
    for at, message in enumerate(messages):
        if message.role in ("tool", "function"):
            said.append(_result(message, at, open_))
            continue
        _all_answered(open_, at)
        calls = message.calls() if message.role == "assistant" else ()
        if message.role == "assistant" and message.function_call is not None:
            made = message.function_call
            calls = (*calls, ToolCall(f"call_{at}", made.name, made.arguments))
        open_ = {call.id: call.name for call in calls}
        if len(open_) < len(calls):
            raise BadRequest(f"Invalid 'messages[{at}].tool_calls': expected ids that differ.", param=f"messages[{at}]")
        role: Role = "system" if message.role == "developer" else message.role  # type: ignore[assignment]
        text, images = message.said(f"messages[{at}]")
        said.append(Message(role, text, message.name, message.reasoning_content, calls, images=images))
    _all_answered(open_, len(messages))
    return tuple(said)


def _result(message: ChatMessage, at: int, open_: dict[str, str]) -> Message:
    """What a tool gave back; its call is not open any more."""
    id = message.tool_call_id
    if message.role == "function":
        id = next((id for id, name in open_.items() if name == message.name), None)
    if id is None or id not in open_:
        field = "tool_call_id" if message.role == "tool" else "name"
        raise BadRequest(
            f"Invalid 'messages[{at}].{field}': expected a result of a call in the assistant's message before it.",
            param=f"messages[{at}].{field}",
        )
    open_.pop(id)
    text, images = message.said(f"messages[{at}]")
    return Message("tool", text, name=message.name, tool_call_id=id, images=images)


def _all_answered(open_: dict[str, str], at: int) -> None:
    if open_:
        ids = ", ".join(repr(id[:60]) for id in list(open_)[:4])
        raise BadRequest(
            f"Invalid 'messages[{at - 1}]': expected a message of role 'tool' for each call before it; {ids} has none.",
            param=f"messages[{at - 1}]",
        )
