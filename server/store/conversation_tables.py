"""The tables of sessions and conversations, and the count of what a key keeps in them.

    session ──< conversation ──< item (each names the one before it: a tree)
                     │  head ──────▲ the end of the branch that goes on
                     └──< words: of its title and of each message, for the search

`size` counts bytes of rows with all that hangs on them; `totals.of_conversations` has their sum for each key. Words
hang on what they were said in; they are looked for through an index that each kind of database has in its own way
(`conversation_search.py`). Rows are locked downward in the drawing.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import BadRequest, NotFound
from server.store import totals
from server.store.database import Moment, metadata
from server.store.rows import check_id

EMPTY = sa.text("''")

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("instructions", sa.Text, nullable=False),
    sa.Column("truncation", sa.String(16), nullable=False),
    sa.Column("metadata", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Index("ix_sessions_owner", "owner", "updated_at", "id"),
)
"""`updated_at`: when something was last said in it, or it was changed."""

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("metadata", sa.Text, nullable=False),
    sa.Column("head", sa.String(64)),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("session_id", sa.String(64)),
    sa.Column("title", sa.Text, nullable=False, server_default=EMPTY),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Index("ix_conversations_owner", "owner", "updated_at", "id"),
    sa.Index("ix_conversations_session_id", "session_id", "updated_at", "id"),
)
"""No foreign key to the session: SQLite adds none to a table that is there. Whoever writes locks the session's row."""

conversation_items = sa.Table(
    "conversation_items",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("parent_id", sa.String(64)),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_conversation_items_owner", "owner", "id"),
)

conversation_words = sa.Table(
    "conversation_words",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("item_id", sa.String(64)),
    sa.Column("words", sa.Text, nullable=False),
    sa.Index("ix_conversation_words_conversation_id", "conversation_id", "item_id"),
)
"""`number` grows with time: what was said last is found first. Without an item the words are a title's."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its items. `head`: the item that the next one follows."""

    id: str
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str]
    title: str
    session: str | None
    head: str | None


def read_conversation(row: sa.Row[Any]) -> Conversation:
    """A row of the conversations' table."""
    metadata = json.loads(row.metadata)
    return Conversation(row.id, row.created_at, row.updated_at, metadata, row.title, row.session_id, row.head)


def new_name(prefix: str) -> str:
    """`sess` or `conv` and a UUID, by which alone the clients of some dialects know it."""
    return f"{prefix}_{uuid.uuid4().hex}"


def session_row(connection: Connection, owner: str, id: str, *, locked: bool = False) -> sa.Row[Any]:
    """A session of this key's; `locked`: nobody else changes or deletes it before the transaction ends. Raises
    NotFound.
    """
    mine = (sessions.c.id == check_id(id, "session"), sessions.c.owner == owner)
    query = sa.select(sessions).where(*mine)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no session {id!r}.")
    return row


def conversation_row(connection: Connection, owner: str, id: str) -> sa.Row[Any]:
    """A conversation of this key's. Raises NotFound."""
    mine = (conversations.c.id == check_id(id, "conversation"), conversations.c.owner == owner)
    row = connection.execute(sa.select(conversations).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no conversation {id!r}.")
    return row


def item_row(connection: Connection, owner: str, id: str, item_id: str) -> sa.Row[Any]:
    """An item of a conversation of this key's. Raises NotFound."""
    conversation_row(connection, owner, id)
    columns = conversation_items.c
    here = (columns.conversation_id == id, columns.id == check_id(item_id, "item"))
    row = connection.execute(sa.select(conversation_items).where(*here)).one_or_none()
    if row is None:
        raise NotFound(f"There is no item {item_id!r} in the conversation {id!r}.")
    return row


def check_room(connection: Connection, owner: str, limit: int) -> None:
    """Raises BadRequest when the key keeps `limit` bytes or more."""
    kept = totals.of_conversations.of(connection, owner)
    if kept >= limit:
        raise BadRequest(
            f"This key keeps {kept >> 20} MB of conversations, and {limit >> 20} MB is the most. "
            "Delete conversations that are not needed, or have limits.kept_mb raised."
        )
