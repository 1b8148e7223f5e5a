"""Carries orders out: a summary call by call, a filled prompt in one."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from server.catalog import Catalog, ModelCard
from server.chat.messages import Turn, Usage
from server.engine.request import FinishReason
from server.errors import BadRequest, ServerError
from server.services.calls import Calls
from server.services.orders import PromptOrder, SummaryOrder, turn_for
from server.services.prompt import Prompt
from server.services.summary import Call, Room, Shape, Summary
from server.services.turns import Line, counted, lines_of, virtual_turns

Progress = Callable[[int, int], Awaitable[None]]
"""Told how many turns of how many are dealt with."""

Growth = Callable[[str], Awaitable[None]]
"""Told what the summary has become longer by, in order, as soon as it is there. A last call may yet change it all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a prompt service answers: text, or what its schema describes."""

    value: Any
    model: str
    usage: Usage


class Runner:
    """Carries orders out with the models of a catalog. On one event loop."""

    def __init__(self, calls: Calls, catalog: Catalog) -> None:
        self._calls = calls
        self._catalog = catalog

    async def summarize(
        self, order: SummaryOrder, owner: str, progress: Progress, growth: Growth, *, priority: int = 0
    ) -> str:
        """The summary. All that can be known to go wrong is raised before the first call; leaving cancels them all."""
        card = self._catalog.get(order.flavor.modelName)
        making = _Making(order, card, self._calls, owner, priority)
        return await making.run(progress, growth)

    async def answer(self, order: PromptOrder, owner: str, *, priority: int = 0) -> Answer:
        """The answer, asked for once. Raises what goes wrong."""
        flavor, card = order.flavor, self._catalog.get(order.flavor.modelName)
        turn = turn_for(
            flavor, card, order.prompt, owner=owner, priority=priority, system=order.system, schema=order.answer
        )
        said = await self._calls.say(turn)
        if order.answer is None:
            return Answer(said.text.strip(), card.name, said.usage)
        if said.finish is FinishReason.LENGTH:
            raise ServerError(
                f"The answer of {card.name} did not end within {flavor.maxGenerationLength} tokens, so it is no whole "
                f"JSON. Whoever runs the server can give the service {order.service!r} a larger maxGenerationLength."
            )
        try:
            return Answer(json.loads(said.text), card.name, said.usage)
        except ValueError:
            raise ServerError(f"{card.name} did not answer with JSON, though the schema asked for it.") from None


class _Making:
    """One summary in the making."""

    def __init__(self, order: SummaryOrder, card: ModelCard, calls: Calls, owner: str, priority: int) -> None:
        self._order = order
        self._card = card
        self._calls = calls
        self._owner = owner
        self._priority = priority
        self._prompt = Prompt.parse(order.prompt)
        self._reducing = self._prompt if order.reduce_prompt is None else Prompt.parse(order.reduce_prompt)

    async def run(self, progress: Progress, growth: Growth) -> str:
        summary = await self._prepare()
        await progress(0, summary.total)
        waiting: deque[Call] = deque()
        asked: dict[asyncio.Task[list[Line]], Call] = {}
        try:
            while True:
                waiting += summary.plan()
                while waiting and len(asked) < self._calls.at_once:
                    call = waiting.popleft()
                    asked[asyncio.create_task(self._ask(call))] = call
                if not asked:
                    return summary.text
                done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    summary.commit(asked.pop(task), task.result())
                if longer := summary.grown():
                    await growth(longer)
                await progress(summary.answered, summary.total)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def _prepare(self) -> Summary:
        """The turns, counted, and the room for them. Raises BadRequest, with the numbers, where there is none."""
        flavor = self._order.flavor
        context = await self._calls.context(self._card.name, self._owner)
        tokens = min(flavor.totalContextLength or context, context) - flavor.maxGenerationLength
        rooms = []
        for prompt in (self._prompt, self._reducing):
            own = await self._calls.prompt_tokens(self._turn(prompt, "", ""))
            if own >= tokens:
                raise BadRequest(
                    f"The prompt of {self._order.service!r} has {own} tokens, and {tokens} are left for it and the "
                    f"turns: a context of {tokens + flavor.maxGenerationLength} less maxGenerationLength, which is "
                    f"{flavor.maxGenerationLength}. Shorten either, or choose a model with a larger context."
                )
            offset = flavor.token_offset
            rooms.append(Room(tokens, own) if offset is None else Room(tokens, own + offset, margin=1.0))
        shape = Shape(
            self._order.rolling,
            flavor.maxNewTurns,
            flavor.summaryTurns,
            reduces=flavor.reduceSummary,
            consolidates=flavor.consolidateSummary,
        )
        turns = await virtual_turns(self._order.content, flavor.createNewTurnAfter, self._count)
        return Summary(turns, shape, rooms[0], reducing=rooms[1])

    async def _count(self, texts: Sequence[str]) -> Sequence[int]:
        return await self._calls.count(self._card.name, texts, self._owner)

    async def _ask(self, call: Call) -> list[Line]:
        prompt, values = (self._prompt, call.values)
        if call.reduces and self._order.reduce_prompt is not None:
            prompt, values = self._reducing, call.values[-1:]
        said = await self._calls.insist(self._turn(prompt, *values))
        return await counted(lines_of(said.text), self._count)

    def _turn(self, prompt: Prompt, *values: str) -> Turn:
        return turn_for(
            self._order.flavor,
            self._card,
            prompt.fill_in_order(*values),
            owner=self._owner,
            priority=self._priority,
        )
