"""Sessions: what several conversations have in common. Which model answers, what it is told first, and what becomes of
a conversation that has outgrown it.

All methods run on the store's threads; another key's session is as good as none.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import totals
from server.store.conversation_tables import (
    check_room,
    conversation_row,
    conversations,
    new_name,
    session_row,
    sessions,
)
from server.store.database import Database
from server.store.paging import Page, Window, page_of_rows
from server.store.rows import ask, size_of, to_text

Truncation = Literal["auto", "disabled"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session's client may choose and change. `truncation`: refuse what has outgrown the model (disabled), or
    leave out the oldest turns and say so (auto).
    """

    model: str
    title: str = ""
    instructions: str = ""
    truncation: Truncation = "disabled"
    metadata: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session without its conversations."""

    id: str
    created_at: datetime
    updated_at: datetime
    terms: Terms


class Sessions:
    """The sessions of all keys. `limit`: bytes that one key's, with their conversations, may take together."""

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit

    async def create(self, owner: str, terms: Terms) -> Session:
        """Raises BadRequest when the key keeps too much."""
        id, now = new_name("sess"), datetime.now(UTC)

        def work() -> Session:
            with self._database.write() as connection:
                check_room(connection, owner, self._limit)
                values = _values(terms)
                place = {"id": id, "owner": owner, "created_at": now, "updated_at": now}
                connection.execute(sa.insert(sessions).values(**place, **values))
                totals.of_conversations.add(connection, owner, values["size"])
            return Session(id, now, now, terms)

        return await ask(self._database, work)

    async def get(self, owner: str, id: str) -> Session:
        """Raises NotFound."""

        def work() -> Session:
            with self._database.read() as connection:
                return _read(session_row(connection, owner, id))

        return await ask(self._database, work)

    async def of_conversation(self, owner: str, id: str) -> Session | None:
        """The session that a conversation is in; None when it is in none. Raises NotFound."""

        def work() -> Session | None:
            with self._database.read() as connection:
                row = conversation_row(connection, owner, id)
                return None if row.session_id is None else _read(session_row(connection, owner, row.session_id))

        return await ask(self._database, work)

    async def list(self, owner: str, window: Window) -> Page[Session]:
        """A page of them, those that something was said in last first. Raises BadRequest."""

        def work() -> Page[Session]:
            with self._database.read() as connection:
                page = page_of_rows(connection, sessions, [sessions.c.owner == owner], window)
                return Page([_read(row) for row in page.items], page.has_more)

        return await ask(self._database, work)

    async def update(self, owner: str, id: str, change: dict[str, Any]) -> Session:
        """These of its Terms anew, the others as they were; what was said stays. Raises NotFound."""

        def work() -> Session:
            with self._database.write() as connection:
                row = session_row(connection, owner, id, locked=True)
                terms = Terms(**asdict(_read(row).terms) | change)
                values = _values(terms)
                values |= {"size": row.size + values["size"] - _values(_read(row).terms)["size"]}
                changed = sa.update(sessions).where(sessions.c.id == id)
                connection.execute(changed.values(**values, updated_at=datetime.now(UTC)))
                totals.of_conversations.add(connection, owner, values["size"] - row.size)
                return _read(session_row(connection, owner, id))

        return await ask(self._database, work)

    async def delete(self, owner: str, id: str) -> None:
        """With all its conversations. Raises NotFound."""

        def work() -> None:
            with self._database.write() as connection:
                row = session_row(connection, owner, id, locked=True)
                gone = row.size + _size_of_conversations(connection, id)
                connection.execute(sa.delete(conversations).where(conversations.c.session_id == id))
                connection.execute(sa.delete(sessions).where(sessions.c.id == id))
                totals.of_conversations.add(connection, owner, -gone)

        await ask(self._database, work)


def _size_of_conversations(connection: Connection, id: str) -> int:
    size = sa.func.coalesce(sa.func.sum(conversations.c.size), 0)
    return int(connection.execute(sa.select(size).where(conversations.c.session_id == id)).scalar_one())


def _values(terms: Terms) -> dict[str, Any]:
    values = asdict(terms) | {"metadata": to_text(terms.metadata or {})}
    return values | {"size": size_of("".join(values.values()))}


def _read(row: sa.Row[Any]) -> Session:
    terms = Terms(row.model, row.title, row.instructions, row.truncation, json.loads(row.metadata))
    return Session(row.id, row.created_at, row.updated_at, terms)
