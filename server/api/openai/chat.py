"""`POST /v1/chat/completions`: messages in, one or several answers out, streamed or whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from server.api.body import read_body
from server.api.faces import openai_error
from server.api.house import Endpoint, House
from server.api.openai.fields import Effort, Fields, Generation
from server.api.openai.wire import FINISH, Frame, chat_logprobs, envelope, finish_of, usage_body
from server.api.streaming import Choice, Whole, event, respond, to_json
from server.catalog import ModelCard
from server.chat.backend import Answer
from server.chat.messages import Delta, Message, ToolCall, Turn, Usage
from server.chat.template import with_system
from server.errors import BadRequest, ServerError
from server.settings import Settings

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
    """A part that is known, so that its refusal can say why."""

    type: Literal["image_url"]
    image_url: dict[str, Any]
    text: ClassVar[str] = ""

    @model_validator(mode="after")
    def _refuse(self) -> ImagePart:
        raise ValueError("this model sees no images; expected parts of type 'text'")


Part = Annotated[TextPart | RefusalPart | ImagePart, Field(discriminator="type")]


class Function(Fields):
    """What a model called."""

    name: str
    arguments: str


class Call(Fields):
    """A call that a model made earlier in the conversation."""

    id: str
    type: Literal["function"] = "function"
    function: Function


class ChatMessage(Fields):
    """A message of any role; which fields a role needs is checked below."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    name: str | None = None
    reasoning_content: str | None = None
    tool_calls: Annotated[list[Call], Field(max_length=MAX_TOOL_CALLS)] | None = None
    tool_call_id: str | None = None

    @model_validator(mode="after")
    def _check_role(self) -> ChatMessage:
        if self.role == "assistant":
            if self.content is None and not self.tool_calls and not self.reasoning_content:
                raise ValueError("expected content or tool_calls in a message of the assistant")
        elif self.content is None:
            raise ValueError(f"expected content, a string or a list of parts, in a message of role {self.role!r}")
        if self.role == "tool" and not self.tool_call_id:
            raise ValueError("expected tool_call_id in a message of role 'tool'")
        return self

    def message(self) -> Message:
        return Message(
            role="system" if self.role == "developer" else self.role,
            content=self._text(),
            name=self.name,
            reasoning=self.reasoning_content,
            tool_calls=tuple(
                ToolCall(call.id, call.function.name, call.function.arguments) for call in self.tool_calls or ()
            ),
            tool_call_id=self.tool_call_id,
        )

    def _text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class ResponseFormat(Fields):
    """The form that the answer must have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: dict[str, Any] | None = None


class ChatBody(Generation):
    """The body of a chat completion."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0)] | None = None
    response_format: ResponseFormat | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    chat_template_kwargs: dict[str, Any] | None = None

    # Accepted without effect.
    store: bool | None = None
    metadata: dict[str, Any] | None = None
    service_tier: str | None = None
    prediction: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    reasoning_effort: Effort | None = None
    parallel_tool_calls: bool | None = None
    modalities: list[Literal["text"]] | None = None


def chat_turn(house: House, request: Request, body: ChatBody, card: ModelCard, personality: str = "") -> Turn:
    """The checked body as a Turn; `personality` is a system message before the client's own. Raises BadRequest."""
    limits = house.settings.limits
    body.check(limits)
    _refuse_unbuilt(body)
    if body.top_logprobs is not None:
        if not body.logprobs:
            raise BadRequest("top_logprobs needs logprobs: expected logprobs to be true.", param="top_logprobs")
        if body.top_logprobs > limits.top_logprobs:
            raise BadRequest(
                f"top_logprobs is {body.top_logprobs}: expected at most {limits.top_logprobs}.", param="top_logprobs"
            )
    said = tuple(message.message() for message in body.messages)
    return body.turn(
        request.state.principal,
        card,
        messages=with_system(said, personality),
        logprobs=(body.top_logprobs or 0) if body.logprobs else None,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        template_kwargs=body.chat_template_kwargs,
    )


def _refuse_unbuilt(body: ChatBody) -> None:
    """What could only be ignored is refused: an answer that looks constrained and is not would be worse."""
    if body.response_format is not None and body.response_format.type != "text":
        raise BadRequest(
            f"response_format {body.response_format.type!r} cannot be enforced by this version; expected 'text'.",
            param="response_format",
        )
    if body.tools and body.tool_choice != "none":
        raise BadRequest("This version calls no tools: expected no tools, or tool_choice to be 'none'.", param="tools")
    if not body.tools and body.tool_choice not in (None, "none", "auto"):
        raise BadRequest("tool_choice needs tools, and there are none.", param="tool_choice")


class ChatChunks:
    """The stream of a chat completion, as OpenAI's clients read it."""

    def __init__(self, answer: Answer, turn: Turn, *, include_usage: bool) -> None:
        head = envelope("chatcmpl", "chat.completion.chunk", turn.model, answer.fingerprint)
        self._frame = Frame(head, include_usage=include_usage)
        self._count = turn.n
        # Nearly all chunks are a piece of text: for those, only the text is written as JSON.
        self._heads = [f'{self._frame.head}{{"index":{index},"delta":{{"content":' for index in range(turn.n)]
        self._tail = f'}},"logprobs":null,"finish_reason":null}}{self._frame.tail}'

    def begin(self) -> bytes:
        role = {"role": "assistant", "content": "", "refusal": None}
        return b"".join(self._chunk(index, role) for index in range(self._count))

    def delta(self, delta: Delta) -> bytes:
        if delta.content and not (delta.reasoning or delta.logprobs or delta.finish):
            return f"{self._heads[delta.index]}{to_json(delta.content)}{self._tail}".encode()
        return self._other(delta)

    def _other(self, delta: Delta) -> bytes:
        parts = {}
        if delta.reasoning:
            parts["reasoning_content"] = delta.reasoning
        if delta.content or (delta.logprobs and not delta.reasoning):
            parts["content"] = delta.content
        data = b""
        if parts:
            data = self._chunk(delta.index, parts, chat_logprobs(delta.logprobs) if delta.logprobs else None)
        if delta.finish is not None:
            data += self._chunk(delta.index, {}, finish=FINISH[delta.finish])
        return data

    def _chunk(self, index: int, delta: dict[str, Any], logprobs: Any = None, finish: str | None = None) -> bytes:
        return self._frame.chunk({"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish})

    def end(self, usage: Usage) -> bytes:
        return self._frame.end(usage)


def chat_body(turn: Turn, whole: Whole) -> dict[str, Any]:
    """A whole chat completion."""
    return {
        **envelope("chatcmpl", "chat.completion", turn.model, whole.fingerprint),
        "choices": [_choice(turn, index, choice) for index, choice in enumerate(whole.choices)],
        "usage": usage_body(whole.usage),
    }


def _choice(turn: Turn, index: int, choice: Choice) -> dict[str, Any]:
    message = {"role": "assistant", "content": choice.content, "refusal": None}
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    return {
        "index": index,
        "message": message,
        "logprobs": chat_logprobs(choice.logprobs) if turn.logprobs is not None else None,
        "finish_reason": finish_of(choice),
    }


async def answer_chat(
    request: Request,
    opening: AbstractAsyncContextManager[Answer],
    settings: Settings,
    body: ChatBody,
    turn: Turn,
    *,
    failure: Callable[[ServerError], Any] = openai_error,
    finish: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Response:
    """The answer to a turn. A dialect may have its own object for an error in a stream, and add to a whole body."""
    return await respond(
        request,
        opening,
        settings,
        streamed=bool(body.stream),
        chunks=lambda answer: ChatChunks(answer, turn, include_usage=body.include_usage),
        count=turn.n,
        body=lambda whole: finish(chat_body(turn, whole)),
        failure=lambda error: event(failure(error)),
    )


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A chat completion."""
        body = await read_body(request, ChatBody)
        turn = chat_turn(house, request, body, house.catalog.get(body.named()))
        return await answer_chat(request, house.backend.open(turn), house.settings, body, turn)

    endpoint = Endpoint(
        "POST",
        "/v1/chat/completions",
        create,
        summary="Answer a conversation",
        tag="chat",
        body=ChatBody,
        description="With `stream` the answer comes as server-sent events.",
    )
    return [endpoint, endpoint.at("/chat/completions")]
