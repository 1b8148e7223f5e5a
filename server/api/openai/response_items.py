"""Items: what goes into a response and comes out of it, as clients write them, as they are kept, as messages.

    body ──pydantic──► a class of this file ──kept()──► Item (JSON, with an id) ──messages()──► Message

Items that came from a model or the store go the last step only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from server.api.openai.fields import Fields
from server.api.openai.images import DataUrl, Detail, from_url
from server.chat.messages import Image, Message, Role, ToolCall
from server.errors import BadRequest
from server.store.response_tables import Item
from server.store.rows import SANE_ID, new_id

Id = Annotated[str, Field(pattern=f"^{SANE_ID.pattern}$")]
Status = Literal["in_progress", "completed", "incomplete"]


class InputText(Fields):
    """What a user, a system or a tool says."""

    type: Literal["input_text", "text"]
    text: str

    def kept(self) -> Item:
        return {"type": "input_text", "text": self.text}


class OutputText(Fields):
    """What an assistant said."""

    type: Literal["output_text"]
    text: str
    annotations: list[dict[str, Any]] | None = None

    def kept(self) -> Item:
        return {"type": "output_text", "text": self.text, "annotations": self.annotations or [], "logprobs": []}


class Refused(Fields):
    """What an assistant would not say: to a model it is text like any other."""

    type: Literal["refusal"]
    refusal: str

    def kept(self) -> Item:
        return {"type": "refusal", "refusal": self.refusal}


class InputImage(Fields):
    """An image that a user, or a tool, shows."""

    type: Literal["input_image"]
    image_url: DataUrl | None = None
    file_id: str | None = None
    detail: Detail | None = None

    @model_validator(mode="after")
    def _check_source(self) -> InputImage:
        if self.image_url is None:
            raise ValueError("expected image_url with a data: URL that holds the image")
        return self

    def kept(self) -> Item:
        return {"type": "input_image", "image_url": self.image_url, "file_id": None, "detail": self.detail or "auto"}


class Unseen(Fields):
    """Parts that are known, so that their refusal can say why."""

    type: Literal["input_file", "input_audio"]

    @model_validator(mode="after")
    def _refuse(self) -> Unseen:
        raise ValueError("this model reads text and sees images only; expected parts of type 'input_text'")

    def kept(self) -> Item:
        raise AssertionError("refused when it was read")


Part = Annotated[InputText | InputImage | OutputText | Refused | Unseen, Field(discriminator="type")]


class MessageItem(Fields):
    """A message of any role."""

    type: Literal["message"]
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Part]
    id: Id | None = None
    status: Status | None = None

    def kept(self) -> Item:
        """With an id, and its content in parts."""
        if isinstance(self.content, list):
            content = [part.kept() for part in self.content]
        elif self.role == "assistant":
            content = [OutputText(type="output_text", text=self.content).kept()]
        else:
            content = [InputText(type="input_text", text=self.content).kept()]
        status = self.status or "completed"
        id = self.id or new_id("msg")
        return {"id": id, "type": "message", "status": status, "role": self.role, "content": content}


class CallItem(Fields):
    """A call that a model made."""

    type: Literal["function_call"]
    call_id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    arguments: str
    id: Id | None = None
    status: Status | None = None

    def kept(self) -> Item:
        said = {"call_id": self.call_id, "name": self.name, "arguments": self.arguments}
        return {"id": self.id or new_id("fc"), "type": "function_call", "status": self.status or "completed", **said}


class CallOutputItem(Fields):
    """What came of a call."""

    type: Literal["function_call_output"]
    call_id: Annotated[str, Field(min_length=1)]
    output: str | list[Part]
    id: Id | None = None
    status: Status | None = None

    def kept(self) -> Item:
        output = self.output if isinstance(self.output, str) else [part.kept() for part in self.output]
        head = {"id": self.id or new_id("fco"), "type": "function_call_output", "status": self.status or "completed"}
        return {**head, "call_id": self.call_id, "output": output}


class SummaryPart(Fields):
    type: Literal["summary_text"]
    text: str


class ThoughtPart(Fields):
    type: Literal["reasoning_text", "text"]
    text: str


class ReasoningItem(Fields):
    """What a model thought before it spoke."""

    type: Literal["reasoning"]
    summary: list[SummaryPart] = Field(default_factory=list)
    content: list[ThoughtPart] | None = None
    encrypted_content: str | None = None
    """Kept for the client; this server's models have no such thing."""
    id: Id | None = None
    status: Status | None = None

    def kept(self) -> Item:
        summary = [{"type": "summary_text", "text": part.text} for part in self.summary]
        content = [{"type": "reasoning_text", "text": part.text} for part in self.content or ()]
        kept = {"id": self.id or new_id("rs"), "type": "reasoning", "summary": summary, "content": content}
        return kept if self.encrypted_content is None else {**kept, "encrypted_content": self.encrypted_content}


class SearchItem(Fields):
    """A search of files that came before an answer. What it found was said then, and is not said again."""

    type: Literal["file_search_call"]
    queries: list[str] = Field(default_factory=list)
    results: list[dict[str, Any]] | None = None
    id: Id | None = None
    status: Literal["in_progress", "searching", "completed", "incomplete", "failed"] | None = None

    def kept(self) -> Item:
        told = {"status": self.status or "completed", "queries": self.queries, "results": self.results}
        return {"id": self.id or new_id("fs"), "type": "file_search_call", **told}


class ItemReference(Fields):
    """An item that this server has, by its id."""

    type: Literal["item_reference"]
    id: Id


def _typed(value: Any) -> Any:
    """Clients leave the type out of two kinds of item, which are told by what else is in them."""
    if not isinstance(value, dict) or value.get("type") is not None:
        return value
    return {**value, "type": "item_reference" if "id" in value and "role" not in value else "message"}


MADE_BY_MODELS = ("reasoning", "function_call", "file_search_call")

Given = Annotated[
    MessageItem | CallItem | CallOutputItem | ReasoningItem | SearchItem | ItemReference,
    Field(discriminator="type"),
    BeforeValidator(_typed),
]
"""An item as a client may send it."""


def user_says(text: str) -> MessageItem:
    return MessageItem(type="message", role="user", content=text)


def before_answer(items: Sequence[Item]) -> list[Item]:
    """The items without what a model said, thought and called at their end: it is to be asked again."""
    end = len(items)
    while end and (items[end - 1]["type"] in MADE_BY_MODELS or items[end - 1].get("role") == "assistant"):
        end -= 1
    return list(items[:end])


def messages(items: Iterable[Item]) -> tuple[Message, ...]:
    """What was said, for a model. Raises BadRequest for what came of a call that nobody made."""
    telling = _Telling()
    for item in items:
        _READERS[item["type"]](telling, item)
    telling.pause()
    return tuple(telling.messages)


@dataclass(slots=True)
class _Telling:
    """Items become messages: what an assistant thought, said and called in one breath is one message."""

    messages: list[Message] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Of the functions that were called, by the calls' ids."""
    thought: str = ""
    said: str | None = None
    calls: list[ToolCall] = field(default_factory=list)

    def pause(self) -> None:
        """The assistant's breath is over."""
        if self.thought or self.said is not None or self.calls:
            reasoning = self.thought or None
            made = Message("assistant", self.said or "", reasoning=reasoning, tool_calls=tuple(self.calls))
            self.messages.append(made)
        self.thought, self.said, self.calls = "", None, []

    def message(self, item: Item) -> None:
        text, images = _told(item["content"])
        if item["role"] != "assistant":
            self.pause()
            role: Role = "user" if item["role"] == "user" else "system"
            self.messages.append(Message(role, text, images=images))
        elif self.calls and self.said:
            self.said = f"{self.said}\n\n{text}"
        else:
            if self.said is not None:
                self.pause()
            self.said = text

    def reasoning(self, item: Item) -> None:
        if self.said is not None or self.calls:
            self.pause()
        self.thought += _told(item.get("content") or item["summary"])[0]

    def call(self, item: Item) -> None:
        if item["status"] == "incomplete":
            return  # cut off: its arguments are no JSON
        self.calls.append(ToolCall(item["call_id"], item["name"], item["arguments"]))
        self.names[item["call_id"]] = item["name"]

    def search(self, item: Item) -> None:
        """Nothing that a model is told."""

    def call_output(self, item: Item) -> None:
        id = item["call_id"]
        if id not in self.names:
            raise BadRequest(
                f"A function_call_output has the call_id {id[:100]!r}, and no function_call with it comes before: "
                "expected the call among the items, or in the response or conversation that goes on.",
                param="input",
            )
        self.pause()
        output = item["output"]
        text, images = (output, ()) if isinstance(output, str) else _told(output)
        self.messages.append(Message("tool", text, name=self.names[id], tool_call_id=id, images=images))


def _told(parts: Iterable[Mapping[str, Any]]) -> tuple[str, tuple[Image, ...]]:
    """The parts as one text, and the images that it shows."""
    texts, images = [], []
    for part in parts:
        if part["type"] == "input_image":
            images.append(Image(from_url(part["image_url"]), "input"))
            texts.append(images[-1].mark)
        else:
            texts.append(part["refusal"] if part["type"] == "refusal" else part["text"])
    return "".join(texts), tuple(images)


_READERS: Mapping[str, Callable[[_Telling, Item], None]] = {
    "message": _Telling.message,
    "reasoning": _Telling.reasoning,
    "function_call": _Telling.call,
    "function_call_output": _Telling.call_output,
    "file_search_call": _Telling.search,
}
"""How each kind of item is told."""
