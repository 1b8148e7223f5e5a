"""Conversations: trees of items that a key keeps here, so that its clients need not send them again and again.

Every item names its parent, so one conversation may have several branches; `head` is the end of the one that goes on.
All methods run on the store's threads; another key's conversation is as good as none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import BadRequest, NotFound
from server.store.database import Database
from server.store.response_tables import (
    Item,
    ask,
    check_id,
    conversation_items,
    conversations,
    new_id,
    responses,
    size_of,
    to_text,
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its items."""

    id: str
    created_at: datetime
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Branch:
    """What was said up to an item, oldest first. `head` is that item's id; None: nothing was said."""

    items: list[Item]
    head: str | None


class Conversations:
    """The conversations of all keys. `limit`: bytes that those of one key may take together."""

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit

    async def create(self, owner: str, metadata: dict[str, str], items: Sequence[Item]) -> Conversation:
        """A new one that begins with these items. Raises BadRequest when the key keeps too much."""
        made = Conversation(new_id("conv"), datetime.now(UTC), metadata)

        def work() -> Conversation:
            with self._database.write() as connection:
                self._check_room(connection, owner)
                text = to_text(metadata)
                values = {"id": made.id, "owner": owner, "created_at": made.created_at, "metadata": text}
                connection.execute(sa.insert(conversations).values(**values, head=None, size=size_of(text)))
                append(connection, owner, made.id, items)
            return made

        return await ask(self._database, work)

    async def get(self, owner: str, id: str) -> Conversation:
        """Raises NotFound."""

        def work() -> Conversation:
            with self._database.read() as connection:
                row = _row(connection, owner, id)
                return Conversation(row.id, row.created_at, json.loads(row.metadata))

        return await ask(self._database, work)

    async def update(self, owner: str, id: str, metadata: dict[str, str]) -> Conversation:
        """Metadata in the place of what there was. Raises NotFound."""

        def work() -> Conversation:
            with self._database.write() as connection:
                row = _row(connection, owner, id)
                text = to_text(metadata)
                _change(connection, id, metadata=text, size=size_of(text))
                return Conversation(row.id, row.created_at, metadata)

        return await ask(self._database, work)

    async def delete(self, owner: str, id: str) -> None:
        """With all items. Raises NotFound."""

        def work() -> None:
            with self._database.write() as connection:
                _row(connection, owner, id)
                connection.execute(sa.delete(conversations).where(conversations.c.id == id))

        await ask(self._database, work)

    async def add(self, owner: str, id: str, items: Sequence[Item], *, after: str | None = None) -> list[Item]:
        """The items as they are kept: an id that is taken there is replaced. They follow the head, or the item
        `after`, which begins a branch; the last one is the head then. Raises NotFound, or BadRequest when the key
        keeps too much.
        """

        def work() -> list[Item]:
            with self._database.write() as connection:
                _row(connection, owner, id)
                if after is not None:
                    _item(connection, owner, id, after)
                    _change(connection, id, head=after)
                self._check_room(connection, owner)
                return append(connection, owner, id, items)

        return await ask(self._database, work)

    async def branch(self, owner: str, id: str, *, to_grow: bool = False) -> Branch:
        """What was said, up to the head. Raises NotFound; with `to_grow` also BadRequest, when the key keeps too much
        for that.
        """

        def work() -> Branch:
            with self._database.read() as connection:
                head = _row(connection, owner, id).head
                if to_grow:
                    self._check_room(connection, owner)
                return Branch(branch(connection, id, head), head)

        return await ask(self._database, work)

    async def item(self, owner: str, id: str, item_id: str) -> Item:
        """Raises NotFound."""

        def work() -> Item:
            with self._database.read() as connection:
                found: Item = json.loads(_item(connection, owner, id, item_id).body)
                return found

        return await ask(self._database, work)

    async def delete_item(self, owner: str, id: str, item_id: str) -> Conversation:
        """What followed it follows its parent then. Raises NotFound."""

        def work() -> Conversation:
            with self._database.write() as connection:
                gone = _item(connection, owner, id, item_id)
                items = conversation_items.c
                here = items.conversation_id == id
                moved = {"parent_id": gone.parent_id}
                connection.execute(sa.update(conversation_items).where(here, items.parent_id == item_id).values(moved))
                connection.execute(sa.delete(conversation_items).where(here, items.id == item_id))
                row = _row(connection, owner, id)
                if row.head == item_id:
                    _change(connection, id, head=gone.parent_id)
                connection.execute(
                    sa.update(responses)
                    .where(responses.c.conversation_id == id, responses.c.after_item == item_id)
                    .values(after_item=gone.parent_id)
                )
                return Conversation(row.id, row.created_at, json.loads(row.metadata))

        return await ask(self._database, work)

    def _check_room(self, connection: Connection, owner: str) -> None:
        kept = sum(
            connection.execute(
                sa.select(sa.func.coalesce(sa.func.sum(table.c.size), 0)).where(table.c.owner == owner)
            ).scalar_one()
            for table in (conversations, conversation_items)
        )
        if kept >= self._limit:
            raise BadRequest(
                f"This key keeps {int(kept) >> 20} MB of conversations, and {self._limit >> 20} MB is the most. "
                "Delete conversations that are not needed, or have limits.kept_mb raised."
            )


def append(connection: Connection, owner: str, id: str, items: Sequence[Item]) -> list[Item]:
    """Items after the head of a conversation, within the caller's transaction; they as they are kept."""
    # Locked: where several write at once (PostgreSQL), two that read the same head would make two branches.
    row = connection.execute(sa.select(conversations.c.head).where(conversations.c.id == id).with_for_update()).one()
    known = sa.select(conversation_items.c.id).where(conversation_items.c.conversation_id == id)
    taken = set(connection.execute(known.where(conversation_items.c.id.in_([item["id"] for item in items]))).scalars())
    parent, kept, rows = row.head, [], []
    for item in items:
        if item["id"] in taken:
            item = {**item, "id": new_id(item["id"].partition("_")[0])}
        taken.add(item["id"])
        text = to_text(item)
        place = {"conversation_id": id, "id": item["id"], "owner": owner, "parent_id": parent}
        rows.append({**place, "size": size_of(text), "body": text})
        kept.append(item)
        parent = item["id"]
    if rows:
        connection.execute(sa.insert(conversation_items), rows)
        _change(connection, id, head=parent)
    return kept


def branch(connection: Connection, id: str, end: str | None) -> list[Item]:
    """The items of a conversation from its beginning to the item `end`."""
    columns = conversation_items.c
    rows = connection.execute(
        sa.select(columns.id, columns.parent_id, columns.body).where(columns.conversation_id == id)
    )
    found = {row.id: row for row in rows}
    items: list[Item] = []
    while end is not None and end in found:
        row = found.pop(end)
        items.append(json.loads(row.body))
        end = row.parent_id
    return items[::-1]


def exists(connection: Connection, owner: str, id: str) -> bool:
    mine = (conversations.c.id == id, conversations.c.owner == owner)
    return connection.execute(sa.select(conversations.c.id).where(*mine)).one_or_none() is not None


def _row(connection: Connection, owner: str, id: str) -> sa.Row[tuple[str, str, datetime, str, str | None, int]]:
    mine = (conversations.c.id == check_id(id, "conversation"), conversations.c.owner == owner)
    row = connection.execute(sa.select(conversations).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no conversation {id!r}.")
    return row


def _item(
    connection: Connection, owner: str, id: str, item_id: str
) -> sa.Row[tuple[str, str, str, str | None, int, str]]:
    _row(connection, owner, id)
    columns = conversation_items.c
    here = (columns.conversation_id == id, columns.id == check_id(item_id, "item"))
    row = connection.execute(sa.select(conversation_items).where(*here)).one_or_none()
    if row is None:
        raise NotFound(f"There is no item {item_id!r} in the conversation {id!r}.")
    return row


def _change(connection: Connection, id: str, **values: str | int | None) -> None:
    connection.execute(sa.update(conversations).where(conversations.c.id == id).values(**values))
