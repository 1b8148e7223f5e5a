"""What jobs cost where there is no database: counted at the worker, written down by a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from server.chat.meter import Account
from server.store.key_limits import NO_LIMITS, KeyLimits
from server.store.usage import Counts


class FarCharges:
    """A gate that lets everything through and counts it: whether the key may, the server says that lets a job begin."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], Counts] = {}

    async def check(self, owner: str, model: str) -> None:
        pass

    @asynccontextmanager
    async def admitted(self, owner: str, model: str, *, answered: bool) -> AsyncIterator[tuple[KeyLimits, Account]]:
        account = Account(self, owner, model)
        try:
            yield NO_LIMITS, account
        finally:
            account.close()

    def charge(self, key: str, model: str, counts: Counts) -> None:
        self._pending.setdefault((key, model), Counts()).add(counts)

    def remember(self, account: Account) -> None:
        pass

    def forget(self, account: Account) -> None:
        pass

    def take(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Key, model and counts of all that was not taken yet."""
        pending, self._pending = self._pending, {}
        return [(key, model, asdict(counts)) for (key, model), counts in pending.items()]

    def put_back(self, taken: list[tuple[str, str, dict[str, Any]]]) -> None:
        """This could not be told: it is taken again with what comes."""
        for key, model, counts in taken:
            self.charge(key, model, Counts(**counts))
