"""The names of keys, for those who look after a server: an id tells them nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from server.api.auth import Principal
from server.api.house import House
from server.errors import NotFound


async def key_names(house: House, principal: Principal, ids: Iterable[str]) -> dict[str, str]:
    """The names of these keys, and of the one that asks. Those that are no keys any more have none."""
    names = {principal.id: principal.name}
    for id in set(ids) - {principal.id}:
        with suppress(NotFound):
            names[id] = (await asyncio.to_thread(house.keys.show, id)).name
    return names
