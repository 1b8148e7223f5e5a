"""What rows of all tables are made with: their ids, their JSON, what they count; and how the store is asked."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from server.errors import NotFound
from server.ids import random_hex
from server.store.database import Database, Refused, unavailable

Result = TypeVar("Result")

SANE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What an id may be: our own, and those that clients give their items."""

ROW_BYTES = 256
"""What a row counts besides its text, so that a limit in bytes is one on the number of rows too."""


def new_id(prefix: str) -> str:
    """`resp`, `conv`, `msg` … and 192 random bits."""
    return f"{prefix}_{random_hex(24)}"


def check_id(id: str, what: str) -> str:
    """The id, if it can be one at all: what cannot is nowhere, and no database is asked. Raises NotFound."""
    if not SANE_ID.fullmatch(id):
        raise NotFound(f"There is no {what} {id[:64]!r}.")
    return id


def to_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def size_of(text: str) -> int:
    """What a row with this text counts."""
    return len(text.encode()) + ROW_BYTES


async def ask(database: Database, work: Callable[[], Result]) -> Result:
    """`work` on a thread of the store's. It is done even if nobody waits for it any more.

    Raises Unavailable where the database does not do it.
    """
    try:
        return await asyncio.shield(database.run(work))
    except Refused as error:
        raise unavailable(error) from error
