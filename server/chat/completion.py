"""The one door: a Turn goes in, an answer in Deltas comes out, by a model of this machine.

    Turn ──► template ──► prompt text ──► token ids ──► engine ──► events ──► channels ──► Delta

Every way to a model ends here: chat, completions, the dialects. Leaving the context cancels what is unfinished.
"""

from __future__ import annotations

import asyncio
import itertools
import weakref
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from server.catalog import Catalog, ModelCard
from server.chat import forms
from server.chat.answer import LocalAnswer
from server.chat.backend import Token
from server.chat.calling import Calling
from server.chat.channels import Channels
from server.chat.messages import Turn
from server.chat.prompt import Specials
from server.chat.seeing import Seeing
from server.chat.template import Bounds, ChatTemplate, source_for
from server.chat.template_trial import try_template
from server.chat.tool_formats.grammar import Tokens
from server.chat.written import Written, write
from server.engine.constraint import Grammar
from server.engine.deep_thread import deep_executor
from server.engine.live import LiveModel
from server.engine.pictures import Picture
from server.engine.pool import Pool
from server.engine.request import Constraint, GenerationRequest, Thinking
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest, ContextLengthExceeded
from server.settings import Settings


class LocalBackend:
    """Answers turns with the models of a pool."""

    def __init__(self, pool: Pool, catalog: Catalog, settings: Settings) -> None:
        self._pool = pool
        self._catalog = catalog
        self._settings = settings
        self._seeing = Seeing(settings.limits)
        self._numbers = itertools.count(1)
        self._writers = deep_executor("prompt", threads=2)
        self._compilers = deep_executor("grammar")
        self._templates: weakref.WeakKeyDictionary[LiveModel, asyncio.Task[ChatTemplate]] = weakref.WeakKeyDictionary()

    @asynccontextmanager
    async def open(self, turn: Turn) -> AsyncIterator[LocalAnswer]:
        """Load the model if need be, check everything, and start; see Backend."""
        card = self._catalog.get(turn.model)
        self._seeing.check(turn, card)
        async with self._pool.lease(card.name) as live:
            box = live.enter(turn.owner)
            try:
                template = await self._template(card, live) if turn.messages else None
                pictures = await self._seeing.look(turn, live, self._scope(turn, card))
                run = asyncio.get_running_loop().run_in_executor
                asked = await run(self._writers, self._ask, turn, card, live, template, pictures)
                _grammar = await self._grammar(turn, live, asked)  # kept until the answer has ended
                requests = self._requests(turn, card, live, asked)
                live.start(box, requests)
                yield LocalAnswer(live, box, requests, len(asked.prompts), asked.channels)
            finally:
                live.close(box)

    async def write(self, turn: Turn) -> list[Written]:
        """The prompts of a turn, unanswered; see Backend."""
        card = self._catalog.get(turn.model)
        self._seeing.check(turn, card)
        async with self._entered(card, turn.owner) as live:
            template = await self._template(card, live) if turn.messages else None
            pictures = await self._seeing.look(turn, live, self._scope(turn, card), counted=True)
            run = asyncio.get_running_loop().run_in_executor
            return await run(self._writers, write, turn, card, live.facts.vocabulary, template, pictures)

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> list[Token]:
        """The tokens of a text; see Backend."""
        async with self._entered(self._catalog.get(model), owner) as live:
            vocabulary = live.facts.vocabulary

            def cut() -> list[Token]:
                tokens = vocabulary.tokenize(text, special=special, first=start)
                return [*map(Token, tokens, vocabulary.labels(tokens))]

            return await asyncio.get_running_loop().run_in_executor(self._writers, cut)

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> list[Token]:
        """The tokens of these ids; see Backend."""
        async with self._entered(self._catalog.get(model), owner) as live:
            vocabulary = live.facts.vocabulary
            known = vocabulary.check(tokens, "tokens")
            run = asyncio.get_running_loop().run_in_executor
            return [*map(Token, known, await run(self._writers, vocabulary.labels, known))]

    async def count(self, model: str, texts: Sequence[str], *, owner: str) -> list[int]:
        """The tokens of each text; see Backend."""
        async with self._entered(self._catalog.get(model), owner) as live:
            tokenize = live.facts.vocabulary.tokenize

            def each() -> list[int]:
                return [len(tokenize(text, special=False, first=False)) for text in texts]

            return await asyncio.get_running_loop().run_in_executor(self._writers, each)

    async def context(self, model: str, *, owner: str) -> int:
        """The tokens that one request may use; see Backend."""
        async with self._entered(self._catalog.get(model), owner) as live:
            return live.context

    @asynccontextmanager
    async def _entered(self, card: ModelCard, owner: str) -> AsyncIterator[LiveModel]:
        """The model, whatever it is for, with a place in its line for work that is not the engine's."""
        async with self._pool.lease(card.name, use=None) as live:
            box = live.enter(owner)
            try:
                yield live
            finally:
                live.close(box)

    def close(self) -> None:
        """End the threads that write prompts and compile grammars."""
        self._writers.shutdown(wait=False, cancel_futures=True)
        self._compilers.shutdown(wait=False, cancel_futures=True)

    def _scope(self, turn: Turn, card: ModelCard) -> str:
        """Equal scopes share what was computed."""
        scope = card.prefix_scope or self._settings.engine.prefix_scope
        return "" if scope == "server" else turn.owner

    def _ask(
        self,
        turn: Turn,
        card: ModelCard,
        live: LiveModel,
        template: ChatTemplate | None,
        pictures: Mapping[str, Picture],
    ) -> _Asked:
        """What goes to the engine, and how to read what comes back. Runs on a thread with a deep stack, see
        `written.py`.
        """
        vocabulary = live.facts.vocabulary
        if turn.form is not None:
            forms.check(turn.form, self._settings.limits)
        written = write(turn, card, vocabulary, template, pictures)
        param = "messages" if turn.messages else "prompt"
        for prompt in written:
            if len(prompt.tokens) >= live.context:
                raise ContextLengthExceeded(len(prompt.tokens), live.context, param=param)
            if not prompt.tokens:
                raise BadRequest("The prompt is empty, and this model has no start token to begin from.", param=param)
        if turn.rates_prompts:
            self._check_rated(turn, written)
        if template is None:
            return _Asked(written, constraint=forms.constrain(turn.form) if turn.form is not None else None)
        calling, text = Calling(turn, card, template), written[0].text
        constraint = calling.constraint(text, _tokens(vocabulary, calling.marks))
        thinking = calling.thinking(text, vocabulary)
        return _Asked(written, calling.channels(text), constraint, calling.shows_control, thinking)

    def _check_rated(self, turn: Turn, written: list[Written]) -> None:
        """All log-probabilities of prompts are there at once before the first is told."""
        tokens = turn.n * sum(len(prompt.tokens) for prompt in written)
        found, most = tokens * (1 + (turn.logprobs or 0)), self._settings.limits.prompt_logprobs
        if found > most:
            raise BadRequest(
                f"The prompts have {tokens} tokens in all choices, which makes {found} log-probabilities: "
                f"expected at most {most} in a call. Ask for fewer prompts at a time, or fewer logprobs.",
                param="prompt",
            )

    async def _grammar(self, turn: Turn, live: LiveModel, asked: _Asked) -> Grammar | None:
        """The constraint's grammar, made on a thread of its own: it may take a second. BadRequest when it cannot be."""
        if asked.constraint is None:
            return None
        run = asyncio.get_running_loop().run_in_executor
        try:
            return await run(self._compilers, live.facts.grammars.prepare, asked.constraint)
        except BadRequest as error:
            raise BadRequest(error.message, param=turn.form.param if turn.form is not None else "tools") from None

    async def _template(self, card: ModelCard, live: LiveModel) -> ChatTemplate:
        """The template of a loaded model, made by whoever asks first; the others wait for it."""
        making = self._templates.get(live)
        if making is None:
            making = self._templates[live] = asyncio.create_task(self._make_template(card, live))
            making.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(making)

    async def _make_template(self, card: ModelCard, live: LiveModel) -> ChatTemplate:
        vocabulary, limits = live.facts.vocabulary, self._settings.limits
        bounds = Bounds(limits.template_seconds, limits.template_bytes)
        run = asyncio.get_running_loop().run_in_executor
        try:
            source = source_for(card, live.facts.template)
            if not source.ours:
                await try_template(source.text, bounds, self._pool.verdicts)
            special_tokens = {"bos_token": vocabulary.bos_text, "eos_token": vocabulary.eos_text}
            specials = Specials(vocabulary.control, vocabulary.user_defined)
            make = partial(ChatTemplate, source.text, special_tokens=special_tokens, specials=specials, bounds=bounds)
            return await run(self._writers, make)
        except BaseException:
            self._templates.pop(live, None)  # the next one tries again
            raise

    def _requests(self, turn: Turn, card: ModelCard, live: LiveModel, asked: _Asked) -> list[GenerationRequest]:
        size = live.facts.vocabulary.size
        for token, _ in turn.sampling.logit_bias:
            if not 0 <= token < size:
                raise BadRequest(f"Token ids of this model are 0 to {size - 1}, found {token}.", param="logit_bias")
        base = GenerationRequest(
            id="",
            prompt=array("i"),
            max_tokens=card.max_tokens if turn.max_tokens is None else turn.max_tokens,
            sampling=turn.sampling,
            stop=(*turn.stop, *card.stop),
            logprobs=turn.logprobs,
            owner=turn.owner,
            scope=self._scope(turn, card),
            priority=turn.priority,
            streams=turn.streams,
            constraint=asked.constraint,
            shows_control=asked.shows_control,
            thinking=asked.thinking,
        )
        seed = turn.sampling.seed
        return [
            replace(
                base,
                id=f"{next(self._numbers)}",
                prompt=prompt.tokens,
                images=prompt.images,
                rates_from=int(prompt.started) if turn.rates_prompts else None,
                sampling=turn.sampling if seed is None else replace(turn.sampling, seed=seed + choice),
            )
            for prompt in asked.prompts
            for choice in range(turn.n)
        ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A turn as the engine takes it."""

    prompts: list[Written]
    channels: Channels | None = None
    """What sorts the answer's text; that of a plain completion is all content."""
    constraint: Constraint | None = None
    shows_control: bool = False
    thinking: Thinking | None = None


def _tokens(vocabulary: Vocabulary, marks: tuple[str, ...]) -> Tokens:
    """Those of the texts that are control tokens of the vocabulary."""
    return Tokens({mark: token for mark in marks if (token := vocabulary.control_ids.get(mark)) is not None})
