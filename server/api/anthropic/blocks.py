"""Blocks of content as Anthropic's clients send them. Each kind knows what it adds to a Conversation.

A Conversation is built block by block: what follows each other in one role becomes one message, a tool's result a
message of its own.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from server.api.openai.fields import Fields
from server.api.openai.images import decoded
from server.chat.messages import Image, Message, Role, ToolCall
from server.errors import BadRequest

PARAGRAPH = "\n\n"
"""Stands between texts that were sent as blocks of their own."""


class Conversation:
    """The messages so far. `where`: the path of the block that is being added, for what is to be said about it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.where = ""
        self._shown: list[Image] = []
        """Images whose marks stand in the text that is said next."""
        self._tools: dict[str, str] = {}
        """Names of the tools that were called, by the id of the call."""

    def begin(self, role: Role) -> Message:
        """The message that what comes next belongs to."""
        if not self.messages or self.messages[-1].role != role:
            self.messages.append(Message(role, ""))
        return self.messages[-1]

    def say(self, role: Role, text: str) -> None:
        message = self.begin(role)
        self._put(replace(message, content=_joined(message.content, text), images=message.images + self._take_images()))

    def show(self, data: bytes) -> str:
        """What stands for an image in the text that is said next."""
        self._shown.append(Image(data, self.where))
        return self._shown[-1].mark

    def _take_images(self) -> tuple[Image, ...]:
        shown, self._shown = tuple(self._shown), []
        return shown

    def think(self, text: str) -> None:
        message = self.begin("assistant")
        self._put(replace(message, reasoning=_joined(message.reasoning or "", text)))

    def call(self, call: ToolCall) -> None:
        self._tools[call.id] = call.name
        message = self.begin("assistant")
        self._put(replace(message, tool_calls=(*message.tool_calls, call)))

    def result(self, id: str, text: str) -> None:
        if id not in self._tools:
            raise BadRequest(
                f"Invalid '{self.where}.tool_use_id': expected the id of an earlier tool_use, found {id[:100]!r}.",
                param=f"{self.where}.tool_use_id",
            )
        images = self._take_images()
        self.messages.append(Message("tool", text, name=self._tools[id], tool_call_id=id, images=images))

    def _put(self, message: Message) -> None:
        self.messages[-1] = message


def _holds_image(text: str) -> str:
    decoded(text)
    return text


def _joined(before: str, text: str) -> str:
    return f"{before}{PARAGRAPH}{text}" if before and text else before or text


class TextBlock(Fields):
    """Text."""

    type: Literal["text"]
    text: str

    def words(self, to: Conversation) -> str:
        return self.text

    def add(self, to: Conversation, role: Role) -> None:
        to.say(role, self.words(to))


class ImageData(Fields):
    """An image in the request itself."""

    type: Literal["base64"]
    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: Annotated[str, AfterValidator(_holds_image)]


class ImageElsewhere(Fields):
    """Sources that are known, so that their refusal can say why."""

    type: Literal["url", "file"]

    @model_validator(mode="after")
    def _refuse(self) -> ImageElsewhere:
        raise ValueError("expected a source of type 'base64' that holds the image, as this server fetches nothing")


class ImageBlock(Fields):
    """An image."""

    type: Literal["image"]
    source: Annotated[ImageData | ImageElsewhere, Field(discriminator="type")]

    def words(self, to: Conversation) -> str:
        assert isinstance(self.source, ImageData)
        return to.show(decoded(self.source.data))

    def add(self, to: Conversation, role: Role) -> None:
        to.say(role, self.words(to))


class TextSource(Fields):
    """A document's text."""

    type: Literal["text"]
    media_type: Literal["text/plain"] = "text/plain"
    data: str

    def words(self, to: Conversation) -> str:
        return self.data


class ContentSource(Fields):
    """A document as text, or as blocks."""

    type: Literal["content"]
    content: str | list[Annotated[TextBlock | ImageBlock, Field(discriminator="type")]]

    def words(self, to: Conversation) -> str:
        return words_of(self.content, to)


class DocumentBlock(Fields):
    """A document, whose title and context stand before its text. Files that are no text are refused by their source."""

    type: Literal["document"]
    source: Annotated[TextSource | ContentSource, Field(discriminator="type")]
    title: str | None = None
    context: str | None = None

    def words(self, to: Conversation) -> str:
        parts = (self.title, self.context, self.source.words(to))
        return PARAGRAPH.join(part for part in parts if part)

    def add(self, to: Conversation, role: Role) -> None:
        to.say(role, self.words(to))


class SearchResultBlock(Fields):
    """Something that was found, with where."""

    type: Literal["search_result"]
    title: str
    source: str
    content: list[TextBlock]

    def words(self, to: Conversation) -> str:
        return PARAGRAPH.join((f"{self.title} ({self.source})", words_of(self.content, to)))

    def add(self, to: Conversation, role: Role) -> None:
        to.say(role, self.words(to))


class ToolResultBlock(Fields):
    """What a tool gave back. Models are told of a failure in words, as their templates know no other way."""

    type: Literal["tool_result"]
    tool_use_id: str
    content: (
        str
        | list[Annotated[TextBlock | ImageBlock | DocumentBlock | SearchResultBlock, Field(discriminator="type")]]
        | None
    ) = None
    is_error: bool | None = None

    def add(self, to: Conversation, role: Role) -> None:
        text = words_of(self.content or "", to)
        to.result(self.tool_use_id, f"Error: {text}" if self.is_error else text)


class ThinkingBlock(Fields):
    """A thought of the model's. Its signature is not asked for: nothing here rests on who wrote it."""

    type: Literal["thinking"]
    thinking: str
    signature: str | None = None

    def add(self, to: Conversation, role: Role) -> None:
        to.think(self.thinking)


class RedactedThinkingBlock(Fields):
    """A thought that only its author can read: nothing for a model of ours."""

    type: Literal["redacted_thinking"]
    data: str

    def add(self, to: Conversation, role: Role) -> None:
        to.begin(role)


class ToolUseBlock(Fields):
    """A call that the model made."""

    type: Literal["tool_use"]
    id: Annotated[str, Field(min_length=1)]
    name: str
    input: dict[str, Any]

    def add(self, to: Conversation, role: Role) -> None:
        to.call(ToolCall(self.id, self.name, json.dumps(self.input, ensure_ascii=False)))


Worded = TextBlock | ImageBlock | DocumentBlock | SearchResultBlock
UserBlock = Annotated[Worded | ToolResultBlock, Field(discriminator="type")]
AssistantBlock = Annotated[
    TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock, Field(discriminator="type")
]


def words_of(content: str | list[Any], to: Conversation) -> str:
    """Text, or the text of blocks."""
    if isinstance(content, str):
        return content
    where, parts = to.where, []
    for index, block in enumerate(content):
        to.where = f"{where}.content[{index}]"
        parts.append(block.words(to))
    to.where = where
    return PARAGRAPH.join(part for part in parts if part)


class UserMessage(Fields):
    """What the user, or the user's tools, said."""

    role: Literal["user"]
    content: str | list[UserBlock]


class SystemMessage(Fields):
    """An instruction in the middle of a conversation."""

    role: Literal["system"]
    content: str | list[TextBlock]


class AssistantMessage(Fields):
    """What the model said; as the last message, how it is to begin."""

    role: Literal["assistant"]
    content: str | list[AssistantBlock]


AnyMessage = Annotated[UserMessage | AssistantMessage | SystemMessage, Field(discriminator="role")]


def conversation(messages: list[UserMessage | AssistantMessage | SystemMessage]) -> tuple[Message, ...]:
    """The messages as models know them. Raises BadRequest that names the block at fault."""
    to = Conversation()
    for number, message in enumerate(messages):
        if isinstance(message.content, str):
            to.say(message.role, message.content)
            continue
        if not message.content:
            to.begin(message.role)
        for index, block in enumerate(message.content):
            to.where = f"messages[{number}].content[{index}]"
            block.add(to, message.role)
    return tuple(to.messages)
