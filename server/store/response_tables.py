"""The tables of kept answers, and what every way to them and to conversations asks first.

Items are kept as the JSON that clients read. A response's items are its input and its output, in order; what came
before them is found through `previous_id`, or in the conversation through `after_item`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from server.errors import NotFound
from server.ids import random_hex
from server.store.database import Database, Moment, Refused, metadata, unavailable

Item = dict[str, Any]
Result = TypeVar("Result")

SANE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What an id may be: our own, and those that clients give their items."""

ROW_BYTES = 256
"""What a row counts besides its text, so that a limit in bytes is one on the number of rows too."""

responses = sa.Table(
    "responses",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("previous_id", sa.String(64)),
    sa.Column("conversation_id", sa.String(64)),
    sa.Column("after_item", sa.String(64)),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_responses_owner", "owner", "created_at"),
    sa.Index("ix_responses_conversation_id", "conversation_id"),
)
"""`body` is the response object without its output. `previous_id` and `conversation_id` may name what is gone."""

response_items = sa.Table(
    "response_items",
    metadata,
    sa.Column("response_id", sa.ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("output", sa.Boolean, nullable=False),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_response_items_owner", "owner", "id"),
)
"""An item may stand in several responses: clients send back what they got."""


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
