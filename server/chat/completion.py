"""The one door: a Turn goes in, an answer in Deltas comes out, by a model of this machine.

    Turn ──► template ──► prompt text ──► token ids ──► engine ──► events ──► channels ──► Delta

Every way to a model ends here: chat, completions, the dialects. Leaving the context cancels what is unfinished.
"""

from __future__ import annotations

import asyncio
import itertools
import weakref
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from server.catalog import Catalog, ModelCard
from server.chat.channels import DEFAULT_TAGS, Channels
from server.chat.messages import Delta, Message, Turn, Usage
from server.chat.prompt import Fragment, Prompt, Specials
from server.chat.template import Bounds, ChatTemplate, source_for
from server.chat.template_trial import try_template
from server.engine.deep_thread import deep_executor
from server.engine.live import LiveModel, Mailbox
from server.engine.pool import Pool
from server.engine.request import GenerationRequest, TokenEvent
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest, ContextLengthExceeded, ServerError
from server.settings import Settings


class LocalBackend:
    """Answers turns with the models of a pool."""

    def __init__(self, pool: Pool, catalog: Catalog, settings: Settings) -> None:
        self._pool = pool
        self._catalog = catalog
        self._settings = settings
        self._numbers = itertools.count(1)
        self._writers = deep_executor("prompt", threads=2)
        self._templates: weakref.WeakKeyDictionary[LiveModel, asyncio.Task[ChatTemplate]] = weakref.WeakKeyDictionary()

    @asynccontextmanager
    async def open(self, turn: Turn) -> AsyncIterator[LocalAnswer]:
        """Load the model if need be, check everything, and start; see Backend."""
        card = self._catalog.get(turn.model)
        async with self._pool.lease(card.name) as live:
            box = live.enter(turn.owner)
            try:
                template = await self._template(card, live) if turn.messages else None
                run = asyncio.get_running_loop().run_in_executor
                prompts, channels = await run(self._writers, self._prompts, turn, card, live, template)
                requests = self._requests(turn, card, live, prompts)
                live.start(box, requests)
                yield LocalAnswer(live, box, requests, prompts, channels)
            finally:
                live.close(box)

    def close(self) -> None:
        """End the threads that write prompts."""
        self._writers.shutdown(wait=False, cancel_futures=True)

    def _prompts(
        self, turn: Turn, card: ModelCard, live: LiveModel, template: ChatTemplate | None
    ) -> tuple[list[array[int]], Channels | None]:
        """The token ids of each prompt, and what is to sort the answer's text: that of a plain completion is all
        content. Runs on a thread with a deep stack, since text of any length passes through C.
        """
        vocabulary = live.facts.vocabulary
        channels = None
        if template is not None:
            param = "messages"
            messages = [_dressed(message, card) for message in turn.messages]
            rendered = template.render(messages, tools=[tool.openai() for tool in turn.tools], kwargs=turn.template_kwargs)
            prompts = [_tokenize(vocabulary, rendered)]
            channels = Channels.after(rendered.text, tags=card.reasoning or DEFAULT_TAGS)
        else:
            param = "prompt"
            prompts = [
                _tokenize(vocabulary, Prompt((Fragment(prompt),)))
                if isinstance(prompt, str)
                else vocabulary.check(prompt, param)
                for prompt in turn.prompts
            ]
        for prompt in prompts:
            if len(prompt) >= live.context:
                raise ContextLengthExceeded(len(prompt), live.context, param=param)
            if not prompt:
                raise BadRequest("The prompt is empty, and this model has no start token to begin from.", param=param)
        return prompts, channels

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

    def _requests(
        self, turn: Turn, card: ModelCard, live: LiveModel, prompts: list[array[int]]
    ) -> list[GenerationRequest]:
        size = live.facts.vocabulary.size
        for token, _ in turn.sampling.logit_bias:
            if not 0 <= token < size:
                raise BadRequest(f"Token ids of this model are 0 to {size - 1}, found {token}.", param="logit_bias")
        scope = card.prefix_scope or self._settings.engine.prefix_scope
        base = GenerationRequest(
            id="",
            prompt=array("i"),
            max_tokens=turn.max_tokens or card.max_tokens,
            sampling=turn.sampling,
            stop=(*turn.stop, *card.stop),
            logprobs=turn.logprobs,
            owner=turn.owner,
            scope="" if scope == "server" else turn.owner,
            priority=turn.priority,
        )
        seed = turn.sampling.seed
        return [
            replace(
                base,
                id=f"{next(self._numbers)}",
                prompt=prompt,
                sampling=turn.sampling if seed is None else replace(turn.sampling, seed=seed + choice),
            )
            for prompt in prompts
            for choice in range(turn.n)
        ]


class LocalAnswer:
    """An answer in the making; see Answer."""

    def __init__(
        self,
        live: LiveModel,
        box: Mailbox,
        requests: list[GenerationRequest],
        prompts: list[array[int]],
        channels: Channels | None,
    ) -> None:
        self._box = box
        self._indices = {request.id: index for index, request in enumerate(requests)}
        self._channels = {id: channels.fresh() for id in self._indices} if channels is not None else {}
        self._choices = len(requests) // len(prompts)
        self._cached = 0
        self._completion = 0
        self._reasoning = 0
        self.fingerprint = live.fingerprint
        self.prompt_tokens = sum(map(len, prompts))

    @property
    def usage(self) -> Usage:
        """Tokens so far; a prompt counts once, however many answers it got."""
        return Usage(self.prompt_tokens, self._completion, self._cached, self._reasoning)

    async def __aiter__(self) -> AsyncIterator[list[Delta]]:
        left = len(self._indices)
        while left:
            together: list[Delta] = []
            error: ServerError | None = None
            for event in await self._box.take():
                together += self._deltas(event)
                if event.outcome is not None:
                    left -= 1
                    error = error or event.outcome.error
            if together:
                yield together
            if error is not None:
                raise error

    def _deltas(self, event: TokenEvent) -> list[Delta]:
        """What one event is to the reader."""
        index = self._indices[event.id]
        self._completion += event.tokens
        outcome = event.outcome
        channels = self._channels.get(event.id)
        deltas = []
        if channels is None:
            if event.text:
                deltas.append(Delta(index, event.text, logprobs=event.logprobs))
        else:
            pieces = channels.feed(event.text)
            if outcome is not None and outcome.error is None:
                pieces += channels.finish()
            logprobs = event.logprobs
            for piece in pieces:
                if piece.channel == "reasoning":
                    deltas.append(Delta(index, reasoning=piece.text))
                else:
                    deltas.append(Delta(index, piece.text, logprobs=logprobs))
                    logprobs = ()
            if channels.reasoning:
                self._reasoning += event.tokens
        if outcome is not None:
            if index % self._choices == 0:
                self._cached += outcome.cached_tokens
            if outcome.error is None:
                deltas.append(Delta(index, finish=outcome.reason))
        return deltas


def _dressed(message: Message, card: ModelCard) -> Message:
    """What the user says, between the texts that the card puts around it."""
    if message.role != "user" or not (card.in_prefix or card.in_suffix):
        return message
    return replace(message, content=f"{card.in_prefix}{message.content}{card.in_suffix}")


def _tokenize(vocabulary: Vocabulary, prompt: Prompt) -> array[int]:
    """Each fragment on its own, so that no token is made across a border. The start token once, at the front."""
    tokens = array("i")
    begun = vocabulary.adds_bos and prompt.text.startswith(vocabulary.bos_text)
    for at, fragment in enumerate(prompt.fragments):
        first = at == 0 and not begun
        tokens.extend(vocabulary.tokenize(fragment.text, special=not fragment.plain, first=first))
    return tokens
