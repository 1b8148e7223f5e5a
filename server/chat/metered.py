"""Who may go through the doors, how often, and what it costs them. Stands right before both doors.

A turn is charged for what it really was, while it runs and to its end, also one that was cut off; so the tokens of a
day may be overdrawn by what is under way when they end. A request that is refused counts nowhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Protocol

from server.catalog import Catalog
from server.chat.allowance import Allowances, Share, Standing
from server.chat.backend import Answer, Backend, Embeddings, Token
from server.chat.messages import Turn
from server.chat.meter import Account, Meter
from server.chat.vectors import Ranking, Scores, Texts, Vectors
from server.chat.written import Written
from server.errors import ModelNotAllowed, RateLimited, ServerError, Unauthorized
from server.store.key_limits import NO_LIMITS, KeyLimits
from server.store.key_table import Key


class Keys(Protocol):
    """Where keys are looked up."""

    async def find(self, id: str) -> Key | None:
        """The key with this id as it is now, give or take a second."""


class Turnstile:
    """Lets the requests of keys in, as their limits allow."""

    def __init__(self, keys: Keys, catalog: Catalog, meter: Meter, allowances: Allowances | None = None) -> None:
        self.meter = meter
        self._keys = keys
        self._catalog = catalog
        self._allowances = allowances or Allowances()

    async def check(self, owner: str, model: str) -> KeyLimits:
        """The key's limits, if it still holds and may use this model. Raises Unauthorized, ModelNotAllowed,
        ModelNotFound.
        """
        key = await self._keys.find(owner) if owner else None
        if key is None:
            return NO_LIMITS
        if key.state != "active":
            raise Unauthorized(f"The key that this is for is {key.state}.")
        if key.limits.models is not None:
            card = self._catalog.get(model)
            if not key.limits.allows((card.name, *card.aliases)):
                raise ModelNotAllowed(card.name)
        return key.limits

    @asynccontextmanager
    async def admitted(self, owner: str, model: str, *, answered: bool) -> AsyncIterator[tuple[KeyLimits, Account]]:
        """A request inside the limits, and its account, for as long as the context lasts. Raises RateLimited too.

        `answered`: it takes one of the answers that a key may have at once.
        """
        limits = await self._within_budget(owner, model)
        moment = self._allowances.take(owner, limits, answered=answered)
        account = self.meter.account(owner, model)
        try:
            yield limits, account
        except ServerError:
            if not account.opened:
                self._allowances.give_back(owner, moment)
            raise
        finally:
            account.close()
            if answered:
                self._allowances.leave(owner)

    async def allow(self, owner: str, model: str) -> None:
        """Count in a request that is answered in another process. Raises as `admitted` does; it takes none of the
        answers at once, and its tokens are charged when they are known.
        """
        self._allowances.take(owner, await self._within_budget(owner, model), answered=False)

    async def _within_budget(self, owner: str, model: str) -> KeyLimits:
        limits = await self.check(owner, model)
        if limits.tokens_per_day is not None:
            await self.meter.refresh()
            self._check_tokens(owner, limits.tokens_per_day)
        return limits

    def standing(self, owner: str, limits: KeyLimits) -> Standing:
        """What is left of a key's requests and tokens."""
        return Standing(self._allowances.requests(owner, limits), self._tokens(owner, limits.tokens_per_day))

    def _tokens(self, owner: str, most: int | None) -> Share | None:
        spent = self.meter.spent(owner) if most is not None else None
        if most is None or spent is None:
            return None
        return Share(most, max(0, most - spent), self.meter.left_of_day if spent else 0.0)

    def _check_tokens(self, owner: str, most: int) -> None:
        spent = self.meter.spent(owner) or 0
        if spent >= most:
            raise RateLimited(
                f"This key may use {most} tokens a day and has used {spent}. The next day begins at midnight UTC.",
                retry_after=self.meter.left_of_day,
            )


class Gate(Protocol):
    """Who lets requests through, and counts them. A Turnstile; at a worker elsewhere, one that only counts."""

    async def check(self, owner: str, model: str) -> object:
        """Raises where the key may not use this model."""

    def admitted(
        self, owner: str, model: str, *, answered: bool
    ) -> AbstractAsyncContextManager[tuple[KeyLimits, Account]]:
        """Enter with a request; leave when it is over."""


class MeteredBackend:
    """A door that only those who may get to."""

    def __init__(self, door: Backend, turnstile: Gate) -> None:
        self.door = door
        self._turnstile = turnstile

    @asynccontextmanager
    async def open(self, turn: Turn) -> AsyncIterator[Answer]:
        """As the door's; the key's priority is added to the turn's own."""
        async with (
            self._turnstile.admitted(turn.owner, turn.model, answered=True) as (limits, account),
            self.door.open(_first(turn, limits.priority)) as answer,
        ):
            account.watch(answer)
            try:
                yield answer
            finally:
                account.close()  # before the door's end, after which nobody knows whether it was worked at

    async def write(self, turn: Turn) -> Sequence[Written]:
        await self._turnstile.check(turn.owner, turn.model)
        return await self.door.write(turn)

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> Sequence[Token]:
        await self._turnstile.check(owner, model)
        return await self.door.tokenize(model, text, start=start, special=special, owner=owner)

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> Sequence[Token]:
        await self._turnstile.check(owner, model)
        return await self.door.label(model, tokens, owner=owner)

    async def count(self, model: str, texts: Sequence[str], *, owner: str) -> Sequence[int]:
        await self._turnstile.check(owner, model)
        return await self.door.count(model, texts, owner=owner)

    async def context(self, model: str, *, owner: str) -> int:
        await self._turnstile.check(owner, model)
        return await self.door.context(model, owner=owner)

    def close(self) -> None:
        self.door.close()


def _first(turn: Turn, priority: int) -> Turn:
    """The turn, by so much before others."""
    return replace(turn, priority=turn.priority + priority) if priority else turn


class MeteredEmbeddings:
    """The same for the door for vectors."""

    def __init__(self, door: Embeddings, turnstile: Gate) -> None:
        self.door = door
        self._turnstile = turnstile

    async def embed(self, texts: Texts) -> Vectors:
        async with self._turnstile.admitted(texts.owner, texts.model, answered=False) as (_, account):
            vectors = await self.door.embed(texts)
            account.charge(vectors.prompt_tokens)
            return vectors

    async def rank(self, ranking: Ranking) -> Scores:
        async with self._turnstile.admitted(ranking.owner, ranking.model, answered=False) as (_, account):
            scores = await self.door.rank(ranking)
            account.charge(scores.prompt_tokens)
            return scores

    def close(self) -> None:
        self.door.close()
