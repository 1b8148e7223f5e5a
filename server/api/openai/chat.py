"""`POST /v1/chat/completions`: messages in, one or several answers out, streamed or whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from server.api.auth import Principal
from server.api.body import read_body
from server.api.faces import openai_error
from server.api.house import Doors, Endpoint, House
from server.api.openai.fields import Effort, Fields, Generation, effort_kwargs
from server.api.openai.messages import ChatMessage, conversation
from server.api.openai.structured import Structured
from server.api.openai.tools import AllowedTools, FunctionBody, FunctionName, NamedTool, ToolBody, offer
from server.api.openai.wire import FINISH, LEGACY_FINISH, Frame, chat_logprobs, envelope, finish_of, usage_body
from server.api.streaming import Choice, Whole, event, respond, to_json
from server.catalog import ModelCard
from server.chat.backend import Answer
from server.chat.messages import CallPiece, Delta, Message, Turn, Usage
from server.chat.template import with_system
from server.errors import BadRequest, ServerError
from server.settings import Settings


class Reasoning(Fields):
    """How much a model is to think: OpenRouter's way to say it."""

    effort: Effort | None = None
    max_tokens: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class ChatBody(Structured, Generation):
    """The body of a chat completion."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0)] | None = None
    tools: list[ToolBody] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | AllowedTools | None = None
    parallel_tool_calls: bool | None = None
    functions: list[FunctionBody] | None = None
    """What came before tools; the answer then has the shape of that time."""
    function_call: Literal["none", "auto"] | FunctionName | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    reasoning_effort: Effort | None = None
    reasoning: Reasoning | None = None
    thinking_budget: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """Tokens after which a thought is closed."""
    continue_final_message: bool | None = None
    """Whether the answer goes on from the assistant's last message, as vLLM's clients say it."""
    add_generation_prompt: bool | None = None
    """What goes with that: not true then. Alone it has no effect."""

    # Accepted without effect.
    store: bool | None = None
    metadata: dict[str, Any] | None = None
    service_tier: str | None = None
    prediction: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    modalities: list[Literal["text"]] | None = None

    @property
    def legacy(self) -> bool:
        """Whether the client knows functions, and no tools."""
        return self.functions is not None

    @property
    def effort(self) -> Effort | None:
        """How hard the model is to think; `none`: not at all."""
        return self.reasoning_effort or (self.reasoning.effort if self.reasoning is not None else None)

    @property
    def budget(self) -> int | None:
        """Tokens that a thought may take."""
        if self.thinking_budget is not None:
            return self.thinking_budget
        if self.reasoning is not None and self.reasoning.max_tokens is not None:
            return self.reasoning.max_tokens
        return 0 if self.effort == "none" else None


def chat_turn(house: Doors, principal: Principal, body: ChatBody, card: ModelCard, personality: str = "") -> Turn:
    """The checked body as a Turn; `personality` is a system message before the client's own. Raises BadRequest."""
    limits = house.settings.limits
    body.check(limits)
    if body.top_logprobs is not None:
        if not body.logprobs:
            raise BadRequest("top_logprobs needs logprobs: expected logprobs to be true.", param="top_logprobs")
        if body.top_logprobs > limits.top_logprobs:
            raise BadRequest(
                f"top_logprobs is {body.top_logprobs}: expected at most {limits.top_logprobs}.", param="top_logprobs"
            )
    said = conversation(body.messages)
    if body.continue_final_message:
        _check_beginning(body, said)
    offered = offer(body, limits)
    return body.turn(
        principal,
        card,
        messages=with_system(said, personality),
        logprobs=(body.top_logprobs or 0) if body.logprobs else None,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        template_kwargs=effort_kwargs(body.effort) | (body.chat_template_kwargs or {}),
        tools=offered.tools,
        tool_choice=offered.choice,
        parallel_calls=offered.parallel,
        form=body.form(),
        thinking_budget=body.budget,
        continues=bool(body.continue_final_message),
    )


def _check_beginning(body: ChatBody, said: Sequence[Message]) -> None:
    """Whether an answer can go on from the last message."""
    if body.add_generation_prompt:
        raise BadRequest(
            "continue_final_message and add_generation_prompt are both true: expected one of them, as an answer "
            "either goes on from a message or begins one.",
            param="add_generation_prompt",
        )
    if said[-1].role != "assistant":
        raise BadRequest("continue_final_message needs messages that end with the assistant's.", param="messages")


class ChatChunks:
    """The stream of a chat completion, as OpenAI's clients read it."""

    def __init__(self, answer: Answer, turn: Turn, *, include_usage: bool, legacy: bool = False) -> None:
        """`legacy`: a call has the shape from before tools, `function_call`."""
        self._finish = LEGACY_FINISH if legacy else FINISH
        self._call = _legacy_piece if legacy else _piece
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
        if delta.content and not (delta.reasoning or delta.call or delta.logprobs or delta.finish):
            return f"{self._heads[delta.index]}{to_json(delta.content)}{self._tail}".encode()
        return self._other(delta)

    def _other(self, delta: Delta) -> bytes:
        parts: dict[str, Any] = {}
        if delta.call is not None:
            parts |= self._call(delta.call)
        if delta.reasoning:
            parts["reasoning_content"] = delta.reasoning
        if delta.content or (delta.logprobs and not parts):
            parts["content"] = delta.content
        data = b""
        if parts:
            data = self._chunk(delta.index, parts, chat_logprobs(delta.logprobs) if delta.logprobs else None)
        if delta.finish is not None:
            data += self._chunk(delta.index, {}, finish=self._finish[delta.finish])
        return data

    def _chunk(self, index: int, delta: dict[str, Any], logprobs: Any = None, finish: str | None = None) -> bytes:
        return self._frame.chunk({"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish})

    def end(self, usage: Usage) -> bytes:
        return self._frame.end(usage)


def _piece(piece: CallPiece) -> dict[str, Any]:
    """The part of a delta that is a piece of a call."""
    if not piece.id:
        return {"tool_calls": [{"index": piece.number, "function": {"arguments": piece.arguments}}]}
    function = {"name": piece.name, "arguments": piece.arguments}
    return {"tool_calls": [{"index": piece.number, "id": piece.id, "type": "function", "function": function}]}


def _legacy_piece(piece: CallPiece) -> dict[str, Any]:
    named = {"name": piece.name} if piece.id else {}
    return {"function_call": {**named, "arguments": piece.arguments}}


def chat_body(turn: Turn, whole: Whole, *, legacy: bool = False) -> dict[str, Any]:
    """A whole chat completion; `legacy`: a call has the shape from before tools."""
    return {
        **envelope("chatcmpl", "chat.completion", turn.model, whole.fingerprint),
        "choices": [_choice(turn, index, choice, legacy) for index, choice in enumerate(whole.choices)],
        "usage": usage_body(whole.usage),
    }


def _choice(turn: Turn, index: int, choice: Choice, legacy: bool) -> dict[str, Any]:
    calls = choice.calls
    content = choice.content if choice.content or not calls else None
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    functions = [{"name": call.name, "arguments": call.arguments} for call in calls]
    if calls and legacy:
        message["function_call"] = functions[0]
    elif calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": function}
            for call, function in zip(calls, functions, strict=True)
        ]
    return {
        "index": index,
        "message": message,
        "logprobs": chat_logprobs(choice.logprobs) if turn.logprobs is not None else None,
        "finish_reason": finish_of(choice, LEGACY_FINISH if legacy else FINISH),
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
        chunks=lambda answer: ChatChunks(answer, turn, include_usage=body.include_usage, legacy=body.legacy),
        count=turn.n,
        body=lambda whole: finish(chat_body(turn, whole, legacy=body.legacy)),
        failure=lambda error: event(failure(error)),
    )


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A chat completion."""
        body = await read_body(request, ChatBody)
        turn = chat_turn(house, request.state.principal, body, house.catalog.get(body.named()))
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
