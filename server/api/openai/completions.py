"""`POST /v1/completions`: plain text or token ids are continued, streamed or whole. OpenAI's older shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from server.api.auth import Principal
from server.api.body import read_body
from server.api.faces import openai_error
from server.api.house import Doors, Endpoint, House
from server.api.openai.fields import Generation
from server.api.openai.inputs import Inputs, each_of
from server.api.openai.structured import Structured
from server.api.openai.wire import FINISH, Frame, LegacyLogprobs, envelope, finish_of, usage_body
from server.api.streaming import Choice, Whole, event, respond, while_connected
from server.catalog import ModelCard
from server.chat.backend import Answer
from server.chat.messages import Delta, Turn, Usage
from server.errors import BadRequest
from server.settings import LimitsSection

SHORT = 16
"""Tokens of an answer when neither the client nor the card says: OpenAI's default on this path."""


class CompletionBody(Structured, Generation):
    """The body of a completion."""

    prompt: Inputs
    echo: bool | None = None
    logprobs: Annotated[int, Field(ge=0)] | None = None
    best_of: Annotated[int, Field(ge=1)] | None = None
    suffix: str | None = None
    max_tokens: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """0: the prompt alone, which `echo` tells and `logprobs` rates."""

    @property
    def drawn(self) -> int:
        """Answers to each prompt that are made, of which the best `n` are given."""
        return self.best_of or self.n or 1

    @property
    def rates(self) -> bool:
        """Whether the tokens of the prompt are rated too."""
        return bool(self.echo) and self.logprobs is not None


def completion_turn(house: Doors, principal: Principal, body: CompletionBody, card: ModelCard) -> Turn:
    """The checked body as a Turn. Raises BadRequest."""
    limits = house.settings.limits
    body.check(limits)
    _check(body, limits)
    prompts = each_of(body.prompt)
    if not prompts:
        raise BadRequest("prompt is an empty list: expected at least one prompt.", param="prompt")
    if len(prompts) > limits.prompts:
        raise BadRequest(f"prompt holds {len(prompts)} prompts: expected at most {limits.prompts}.", param="prompt")
    if body.suffix and not all(isinstance(prompt, str) for prompt in prompts):
        raise BadRequest("suffix needs prompts of text: expected no token ids.", param="suffix")
    ranks = body.drawn > (body.n or 1)
    return body.turn(
        principal,
        card,
        prompts=prompts,
        logprobs=0 if ranks and body.logprobs is None else body.logprobs,
        max_tokens=card.max_tokens or SHORT if body.max_tokens is None else body.max_tokens,
        n=body.drawn,
        form=body.form(),
        suffix=body.suffix or "",
        rates_prompts=body.rates,
    )


def _check(body: CompletionBody, limits: LimitsSection) -> None:
    if body.logprobs is not None and body.logprobs > limits.top_logprobs:
        raise BadRequest(f"logprobs is {body.logprobs}: expected at most {limits.top_logprobs}.", param="logprobs")
    if body.max_tokens == 0 and not body.echo:
        raise BadRequest("max_tokens is 0: expected at least 1, or echo.", param="max_tokens")
    if body.suffix and body.rates:
        raise BadRequest("suffix with echo and logprobs makes no sense: expected one or the other.", param="suffix")
    if body.best_of is None:
        return
    if not (body.n or 1) <= body.best_of <= limits.choices:
        raise BadRequest(
            f"best_of is {body.best_of}: expected n, which is {body.n or 1}, to {limits.choices}.", param="best_of"
        )
    if body.stream and body.best_of > (body.n or 1):
        raise BadRequest("best_of cannot be streamed: the best is known at the end. Expected n.", param="best_of")


async def echoes_of(house: Doors, turn: Turn, body: CompletionBody) -> list[str]:
    """What the choices of each prompt begin with: its text, or nothing."""
    if not body.echo:
        return [""] * len(turn.prompts)
    return [prompt if isinstance(prompt, str) else await _text(house, turn, prompt) for prompt in turn.prompts]


async def _text(house: Doors, turn: Turn, prompt: tuple[int, ...]) -> str:
    tokens = await house.backend.label(turn.model, prompt, owner=turn.owner)
    return b"".join(token.data for token in tokens).decode("utf-8", "replace")


class CompletionChunks:
    """The stream of a completion."""

    def __init__(self, answer: Answer, turn: Turn, body: CompletionBody, echoes: list[str]) -> None:
        """`echoes`: what the choices of each prompt begin with."""
        head = envelope("cmpl", "text_completion", turn.model, answer.fingerprint)
        self._frame = Frame(head, include_usage=body.include_usage)
        self._echoes = [echo for echo in echoes for _ in range(turn.n)]
        self._rates = turn.rates_prompts
        self._logprobs = [LegacyLogprobs(0, turn.logprobs or 0) for _ in self._echoes]

    def begin(self) -> bytes:
        if self._rates:  # they go with what is known of their tokens
            return b""
        return b"".join(self._chunk(index, echo) for index, echo in enumerate(self._echoes) if echo)

    def delta(self, delta: Delta) -> bytes:
        text = delta.reasoning + delta.content
        data = b""
        if delta.rated:
            prompt = self._logprobs[delta.index].body(delta.rated)
            data = self._chunk(delta.index, self._echoes[delta.index], prompt)
        if text or delta.logprobs:
            rated = self._logprobs[delta.index].body(delta.logprobs) if delta.logprobs else None
            data += self._chunk(delta.index, text, rated)
        if delta.finish is not None:
            data += self._chunk(delta.index, "", finish=FINISH[delta.finish])
        return data

    def _chunk(self, index: int, text: str, logprobs: Any = None, finish: str | None = None) -> bytes:
        return self._frame.chunk({"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish})

    def end(self, usage: Usage) -> bytes:
        return self._frame.end(usage)


def completion_body(turn: Turn, body: CompletionBody, echoes: list[str], whole: Whole) -> dict[str, Any]:
    """A whole completion: of each prompt's choices the best."""

    def choice(index: int, echo: str, one: Choice) -> dict[str, Any]:
        rated = LegacyLogprobs(0, body.logprobs or 0).body([*one.rated, *one.logprobs])
        return {
            "text": echo + one.reasoning + one.content,
            "index": index,
            "logprobs": None if body.logprobs is None else rated,
            "finish_reason": finish_of(one),
        }

    groups = [whole.choices[at : at + turn.n] for at in range(0, len(whole.choices), turn.n)]
    pairs = [(echo, one) for echo, group in zip(echoes, groups, strict=True) for one in _best(group, body.n or 1)]
    return {
        **envelope("cmpl", "text_completion", turn.model, whole.fingerprint),
        "choices": [choice(index, echo, one) for index, (echo, one) in enumerate(pairs)],
        "usage": usage_body(whole.usage),
    }


def _best(choices: tuple[Choice, ...], count: int) -> Sequence[Choice]:
    """Those whose tokens were likeliest, on the average; all of them as they came."""
    return choices if len(choices) == count else sorted(choices, key=_likelihood, reverse=True)[:count]


def _likelihood(choice: Choice) -> float:
    return fmean(token.logprob for token in choice.logprobs) if choice.logprobs else -math.inf


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A completion."""
        body = await read_body(request, CompletionBody)
        turn = completion_turn(house, request.state.principal, body, house.catalog.get(body.named()))
        echoes = await while_connected(request.receive, echoes_of(house, turn, body))
        return await respond(
            request,
            house.backend.open(turn),
            house.settings,
            streamed=bool(body.stream),
            chunks=lambda answer: CompletionChunks(answer, turn, body, echoes),
            count=len(turn.prompts) * turn.n,
            body=lambda whole: completion_body(turn, body, echoes, whole),
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
