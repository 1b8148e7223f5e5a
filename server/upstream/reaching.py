"""From a model's card to a URL that answers: the line, the choice of a URL, and trying again."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

from server.catalog import ModelCard, Upstream
from server.errors import BadRequest, ServerError, UpstreamFailed
from server.settings import LimitsSection
from server.telemetry import Metrics
from server.upstream.places import Place, Places, Visit
from server.upstream.refusals import passes

log = logging.getLogger(__name__)

T = TypeVar("T")
Start = Callable[[Place], AbstractAsyncContextManager[T]]

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 20.0
"""Seconds between two tries where no other URL is left; doubled each time, with jitter. Where we are asked to wait
longer than the longest, it is for the client to come again.
"""


class Reach:
    """The places behind all cards. A card that says something else of its URLs begins anew."""

    def __init__(self, limits: LimitsSection, metrics: Metrics) -> None:
        self._limits = limits
        self._tries = metrics.upstream_tries
        self._places: dict[str, tuple[Upstream, Places]] = {}

    @asynccontextmanager
    async def reach(self, card: ModelCard, upstream: Upstream, owner: str, start: Start[T]) -> AsyncIterator[T]:
        """What `start` makes of the first place that answers.

        `start` is entered again, with another place if there is one, as long as it raises what may pass. Once it has
        given something, what fails is the caller's to hear.
        """
        places = self._places_of(card, upstream)
        async with places.enter(owner), AsyncExitStack() as held:
            visit, found = await self._first(card.name, upstream, places, start, held)
            try:
                yield found
            except UpstreamFailed as error:
                visit.good = False
                self._tries.labels(card.name, visit.url, "broke").inc()
                log.warning("%s at %s broke off: %s", card.name, visit.url, error.message)
                raise

    async def _first(
        self, name: str, upstream: Upstream, places: Places, start: Start[T], held: AsyncExitStack
    ) -> tuple[Visit, T]:
        tried: list[Place] = []
        while True:
            place = places.choose(name, tried)
            try:
                found = await _try(place, start, held)
                self._tries.labels(name, place.url, "answered").inc()
                return found
            except ServerError as error:
                failed = isinstance(error, UpstreamFailed)
                self._tries.labels(name, place.url, "failed" if failed else "refused").inc()
                tried.append(place)
                pause = _pause(error, places, tried) if len(tried) <= upstream.retries else None
                if not isinstance(error, BadRequest):
                    then = "Not tried again." if pause is None else f"Tried again in {pause:.1f} s."
                    log.warning("%s at %s: %s %s", name, place.url, error.message, then)
                if pause is None:
                    raise
            await asyncio.sleep(pause)

    def _places_of(self, card: ModelCard, upstream: Upstream) -> Places:
        known = self._places.get(card.name)
        if known is None or known[0] != upstream:
            places = Places(
                upstream.urls,
                concurrency=upstream.concurrency,
                waiting=card.max_waiting or self._limits.waiting,
                waiting_per_owner=self._limits.waiting_per_key,
            )
            known = self._places[card.name] = upstream, places
        return known[1]


async def _try(place: Place, start: Start[T], held: AsyncExitStack) -> tuple[Visit, T]:
    """What `start` makes of one place; it is left when `held` is."""
    async with AsyncExitStack() as stack:
        visit = stack.enter_context(place.visit())
        try:
            found = await stack.enter_async_context(start(place))
        except UpstreamFailed:
            visit.good = False
            raise
        except BadRequest:
            visit.good = True  # who finds a fault with a request is well
            raise
        visit.good = True
        await held.enter_async_context(stack.pop_all())
        return visit, found


def _pause(error: ServerError, places: Places, tried: list[Place]) -> float | None:
    """Seconds until the next try; None: there is none."""
    if not passes(error):
        return None
    if any(place not in tried and not place.breaker.wait for place in places.all):
        return 0.0
    asked = error.retry_after or 0.0
    if asked > LONGEST_PAUSE:
        return None
    return max(asked, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (len(tried) - 1)) * random.uniform(0.5, 1.0))
