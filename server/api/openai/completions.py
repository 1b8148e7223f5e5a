"""`POST /v1/completions`: plain text or token ids are continued, streamed or whole. OpenAI's older shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, cast

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from server.api.body import read_body
from server.api.faces import openai_error
from server.api.house import Endpoint, House
from server.api.openai.fields import Generation
from server.api.openai.structured import Structured
from server.api.openai.wire import FINISH, Frame, LegacyLogprobs, envelope, finish_of, usage_body
from server.api.streaming import Choice, Whole, event, respond
from server.catalog import ModelCard
from server.chat.backend import Answer
from server.chat.messages import Delta, Turn, Usage
from server.errors import BadRequest

SHORT = 16
"""Tokens of an answer when neither the client nor the card says: OpenAI's default on this path."""

Token = Annotated[int, Field(ge=0, lt=2**31)]
Tokens = Annotated[list[Token], Field(min_length=1)]


class CompletionBody(Structured, Generation):
    """The body of a completion."""

    prompt: str | list[str] | list[Token] | list[Tokens]
    echo: bool | None = None
    logprobs: Annotated[int, Field(ge=0)] | None = None
    best_of: Annotated[int, Field(ge=1)] | None = None
    suffix: str | None = None

    def prompts(self) -> tuple[str | tuple[int, ...], ...]:
        """One entry for each answer wanted (times n)."""
        if isinstance(self.prompt, str):
            return (self.prompt,)
        if self.prompt and isinstance(self.prompt[0], int):
            return (tuple(self.prompt),)
        return tuple(
            each if isinstance(each, str) else tuple(each) for each in cast(list[str | list[int]], self.prompt)
        )


def completion_turn(house: House, request: Request, body: CompletionBody, card: ModelCard) -> Turn:
    """The checked body as a Turn. Raises BadRequest."""
    limits = house.settings.limits
    body.check(limits)
    prompts = body.prompts()
    if not prompts:
        raise BadRequest("prompt is an empty list: expected at least one prompt.", param="prompt")
    if len(prompts) > limits.prompts:
        raise BadRequest(f"prompt holds {len(prompts)} prompts: expected at most {limits.prompts}.", param="prompt")
    if body.suffix:
        raise BadRequest("This version does not fill in before a suffix: expected none.", param="suffix")
    if body.best_of is not None and body.best_of != (body.n or 1):
        raise BadRequest("best_of is not ranked by this version: expected it to equal n.", param="best_of")
    if body.logprobs is not None and body.logprobs > limits.top_logprobs:
        raise BadRequest(f"logprobs is {body.logprobs}: expected at most {limits.top_logprobs}.", param="logprobs")
    if body.echo and body.logprobs is not None:
        raise BadRequest("echo with logprobs is not possible: a prompt's tokens are not rated.", param="echo")
    if body.echo and not all(isinstance(prompt, str) for prompt in prompts):
        raise BadRequest("echo needs prompts of text: token ids are not turned back into text.", param="echo")
    turn = body.turn(
        request.state.principal,
        card,
        prompts=prompts,
        logprobs=body.logprobs,
        max_tokens=body.max_tokens or card.max_tokens or SHORT,
    )
    return replace(turn, form=body.form())


def _echoes(turn: Turn, body: CompletionBody) -> list[str]:
    """What each choice begins with: its prompt, or nothing."""
    return [str(prompt) if body.echo else "" for prompt in turn.prompts for _ in range(turn.n)]


class CompletionChunks:
    """The stream of a completion."""

    def __init__(self, answer: Answer, turn: Turn, body: CompletionBody) -> None:
        head = envelope("cmpl", "text_completion", turn.model, answer.fingerprint)
        self._frame = Frame(head, include_usage=body.include_usage)
        self._echoes = _echoes(turn, body)
        self._logprobs = [LegacyLogprobs(0, turn.logprobs or 0) for _ in self._echoes]

    def begin(self) -> bytes:
        return b"".join(self._chunk(index, echo) for index, echo in enumerate(self._echoes) if echo)

    def delta(self, delta: Delta) -> bytes:
        text = delta.reasoning + delta.content
        data = b""
        if text or delta.logprobs:
            rated = self._logprobs[delta.index].body(delta.logprobs) if delta.logprobs else None
            data = self._chunk(delta.index, text, rated)
        if delta.finish is not None:
            data += self._chunk(delta.index, "", finish=FINISH[delta.finish])
        return data

    def _chunk(self, index: int, text: str, logprobs: Any = None, finish: str | None = None) -> bytes:
        return self._frame.chunk({"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish})

    def end(self, usage: Usage) -> bytes:
        return self._frame.end(usage)


def completion_body(turn: Turn, body: CompletionBody, whole: Whole) -> dict[str, Any]:
    """A whole completion."""

    def choice(index: int, echo: str, one: Choice) -> dict[str, Any]:
        rated = turn.logprobs is not None
        return {
            "text": echo + one.reasoning + one.content,
            "index": index,
            "logprobs": LegacyLogprobs(0, turn.logprobs or 0).body(one.logprobs) if rated else None,
            "finish_reason": finish_of(one),
        }

    pairs = zip(_echoes(turn, body), whole.choices, strict=True)
    return {
        **envelope("cmpl", "text_completion", turn.model, whole.fingerprint),
        "choices": [choice(index, echo, one) for index, (echo, one) in enumerate(pairs)],
        "usage": usage_body(whole.usage),
    }


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A completion."""
        body = await read_body(request, CompletionBody)
        turn = completion_turn(house, request, body, house.catalog.get(body.named()))
        return await respond(
            request,
            house.backend.open(turn),
            house.settings,
            streamed=bool(body.stream),
            chunks=lambda answer: CompletionChunks(answer, turn, body),
            count=len(turn.prompts) * turn.n,
            body=lambda whole: completion_body(turn, body, whole),
            failure=lambda error: event(openai_error(error)),
        )

    endpoint = Endpoint(
        "POST",
        "/v1/completions",
        create,
        summary="Continue a text",
        tag="chat",
        body=CompletionBody,
        description="A prompt is text or token ids; several prompts are answered in one call.",
    )
    return [endpoint, endpoint.at("/completions")]
