"""Conversations: trees of items that a key keeps here, so that its clients need not send them again and again.

Every item names its parent, so one conversation may have several branches; `head` is the end of the one that goes on.
All methods run on the store's threads; another key's conversation is as good as none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import totals
from server.store.conversation_search import Search, forget, remember, text_of
from server.store.conversation_tables import (
    Conversation,
    check_room,
    conversation_items,
    conversation_row,
    conversations,
    item_row,
    new_name,
    read_conversation,
    session_row,
    sessions,
)
from server.store.conversation_trees import Trees
from server.store.database import Database
from server.store.paging import Page, Window, cut, page_of_rows
from server.store.response_tables import Item, responses
from server.store.rows import ask, new_id, size_of, to_text

TITLE_LENGTH = 80
"""Of a title that is taken from what was said first."""

IN_ONE_QUESTION = 500
"""Ids in one SQL statement."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What was said up to an item, oldest first. `head` is that item's id; None: nothing was said."""

    items: list[Item]
    head: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another in a conversation; None: it stays."""

    metadata: dict[str, str] | None = None
    title: str | None = None
    head: str | None = None


class Conversations:
    """The conversations of all keys. `limit`: bytes that those of one key may take together."""

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit
        self.search = Search(database)
        self.trees = Trees(database)

    async def create(
        self,
        owner: str,
        metadata: dict[str, str],
        items: Sequence[Item],
        *,
        title: str = "",
        session: str | None = None,
        id: str | None = None,
    ) -> Conversation:
        """A new one that begins with these items; one that is there under this `id` is left as it is.

        Raises NotFound when there is no such session, and BadRequest when the key keeps too much.
        """
        name = id or new_name("conv")

        def work() -> Conversation:
            with self._database.write() as connection:
                if id is not None and _taken(connection, id):
                    return read_conversation(conversation_row(connection, owner, id))
                if session is not None:
                    session_row(connection, owner, session, locked=True)
                check_room(connection, owner, self._limit)
                begin(connection, owner, name, metadata, title, session)
                append(connection, owner, name, items)
                return read_conversation(conversation_row(connection, owner, name))

        return await ask(self._database, work)

    async def get(self, owner: str, id: str) -> Conversation:
        """Raises NotFound."""

        def work() -> Conversation:
            with self._database.read() as connection:
                return read_conversation(conversation_row(connection, owner, id))

        return await ask(self._database, work)

    async def list(self, owner: str, window: Window, session: str | None = None) -> Page[Conversation]:
        """A page of them, or of a session's. Raises BadRequest, or NotFound when there is no such session."""

        def work() -> Page[Conversation]:
            with self._database.read() as connection:
                mine = [conversations.c.owner == owner]
                if session is not None:
                    session_row(connection, owner, session)
                    mine = [conversations.c.session_id == session]
                page = page_of_rows(connection, conversations, mine, window)
                return Page([read_conversation(row) for row in page.items], page.has_more)

        return await ask(self._database, work)

    async def update(self, owner: str, id: str, change: Change) -> Conversation:
        """Raises NotFound, also for a head that is not among its items."""

        def work() -> Conversation:
            with self._database.write() as connection:
                row = conversation_row(connection, owner, id)
                values: dict[str, Any] = {}
                if change.head is not None:
                    values["head"] = item_row(connection, owner, id, change.head).id
                if change.title is not None:
                    values["title"] = change.title
                    forget(connection, id, None)
                    remember(connection, owner, id, [(None, change.title)])
                if change.metadata is not None:
                    values["metadata"] = to_text(change.metadata)
                grown = _own_size(values.get("title", row.title), values.get("metadata", row.metadata))
                grown -= _own_size(row.title, row.metadata)
                _change(connection, id, **values, size=conversations.c.size + grown)
                totals.of_conversations.add(connection, owner, grown)
                return read_conversation(conversation_row(connection, owner, id))

        return await ask(self._database, work)

    async def delete(self, owner: str, id: str) -> None:
        """With all items. Raises NotFound."""

        def work() -> None:
            with self._database.write() as connection:
                row = conversation_row(connection, owner, id)
                connection.execute(sa.delete(conversations).where(conversations.c.id == id))
                totals.of_conversations.add(connection, owner, -row.size)

        await ask(self._database, work)

    async def add(self, owner: str, id: str, items: Sequence[Item], *, before: str | None = None) -> Sequence[Item]:
        """The items as they are kept: an id that is taken there is replaced. They follow the head, or what stands
        before the item `before`, which begins a branch; the last one is the head then. Raises NotFound, or BadRequest
        when the key keeps too much.
        """

        def work() -> Sequence[Item]:
            with self._database.write() as connection:
                conversation_row(connection, owner, id)
                if before is not None:
                    go_back(connection, id, item_row(connection, owner, id, before).parent_id)
                check_room(connection, owner, self._limit)
                return append(connection, owner, id, items)

        return await ask(self._database, work)

    async def branch(self, owner: str, id: str, *, to_grow: bool = False, before: str | None = None) -> Branch:
        """What was said, up to the head, or to what stands before the item `before`. Raises NotFound; with `to_grow`
        also BadRequest, when the key keeps too much for that.
        """

        def work() -> Branch:
            with self._database.read() as connection:
                head = conversation_row(connection, owner, id).head
                if to_grow:
                    check_room(connection, owner, self._limit)
                if before is not None:
                    head = item_row(connection, owner, id, before).parent_id
                return Branch(branch(connection, id, head), head)

        return await ask(self._database, work)

    async def items(self, owner: str, id: str, window: Window, head: str | None = None) -> Page[Item]:
        """A page of what was said, up to the head or to the item `head`. Raises NotFound and BadRequest."""

        def work() -> Page[Item]:
            with self._database.read() as connection:
                end = conversation_row(connection, owner, id).head
                if head is not None:
                    end = item_row(connection, owner, id, head).id
                if window.newest_first and window.before is None:
                    return _back(connection, owner, id, end, window)
                page = cut(trail(connection, id, end), window)
                return Page(bodies(connection, id, page.items), page.has_more)

        return await ask(self._database, work)

    async def item(self, owner: str, id: str, item_id: str) -> Item:
        """Raises NotFound."""

        def work() -> Item:
            with self._database.read() as connection:
                found: Item = json.loads(item_row(connection, owner, id, item_id).body)
                return found

        return await ask(self._database, work)

    async def delete_item(self, owner: str, id: str, item_id: str) -> Conversation:
        """What followed it follows its parent then. Raises NotFound."""

        def work() -> Conversation:
            with self._database.write() as connection:
                gone = item_row(connection, owner, id, item_id)
                items = conversation_items.c
                here = items.conversation_id == id
                moved = {"parent_id": gone.parent_id}
                connection.execute(sa.update(conversation_items).where(here, items.parent_id == item_id).values(moved))
                connection.execute(sa.delete(conversation_items).where(here, items.id == item_id))
                forget(connection, id, item_id)
                values: dict[str, Any] = {"size": conversations.c.size - gone.size}
                if conversation_row(connection, owner, id).head == item_id:
                    values["head"] = gone.parent_id
                _change(connection, id, **values)
                connection.execute(
                    sa.update(responses)
                    .where(responses.c.conversation_id == id, responses.c.after_item == item_id)
                    .values(after_item=gone.parent_id)
                )
                totals.of_conversations.add(connection, owner, -gone.size)
                return read_conversation(conversation_row(connection, owner, id))

        return await ask(self._database, work)


def begin(
    connection: Connection, owner: str, id: str, metadata: dict[str, str], title: str, session: str | None
) -> None:
    """A conversation without items, within the caller's transaction."""
    text, now = to_text(metadata), datetime.now(UTC)
    size = _own_size(title, text)
    values = {"id": id, "owner": owner, "created_at": now, "updated_at": now, "metadata": text, "title": title}
    connection.execute(sa.insert(conversations).values(**values, session_id=session, head=None, size=size))
    remember(connection, owner, id, [(None, title)])
    totals.of_conversations.add(connection, owner, size)


def append(connection: Connection, owner: str, id: str, items: Sequence[Item]) -> list[Item]:
    """Items after the head of a conversation, within the caller's transaction; they as they are kept. A conversation
    without a title is named by what is said first.
    """
    row = _locked(connection, id)
    known = sa.select(conversation_items.c.id).where(conversation_items.c.conversation_id == id)
    taken = set(connection.execute(known.where(conversation_items.c.id.in_([item["id"] for item in items]))).scalars())
    parent, now = row.head, datetime.now(UTC)
    kept, rows = [], []
    for item in items:
        if item["id"] in taken:
            item = {**item, "id": new_id(item["id"].partition("_")[0])}
        taken.add(item["id"])
        text = to_text(item)
        place = {"conversation_id": id, "id": item["id"], "owner": owner, "parent_id": parent, "created_at": now}
        rows.append({**place, "size": size_of(text), "body": text})
        kept.append(item)
        parent = item["id"]
    if rows:
        connection.execute(sa.insert(conversation_items), rows)
        remember(connection, owner, id, [(item["id"], text_of(item)) for item in kept])
        title = row.title or _title(kept)
        grown = sum(row["size"] for row in rows) + len(title.encode()) - len(row.title.encode())
        _change(connection, id, head=parent, title=title, updated_at=now, size=conversations.c.size + grown)
        if row.session_id is not None:
            connection.execute(sa.update(sessions).where(sessions.c.id == row.session_id).values(updated_at=now))
        totals.of_conversations.add(connection, owner, grown)
    return kept


def go_back(connection: Connection, id: str, item: str | None) -> None:
    """What is appended next follows this item; None: nothing. An item that is gone meanwhile changes nothing."""
    _locked(connection, id)
    here = (conversation_items.c.conversation_id == id, conversation_items.c.id == item)
    if item is None or connection.execute(sa.select(conversation_items.c.id).where(*here)).one_or_none() is not None:
        _change(connection, id, head=item)


def trail(connection: Connection, id: str, end: str | None) -> list[str]:
    """The ids of a conversation's items from its beginning to the item `end`."""
    columns = conversation_items.c
    rows = connection.execute(sa.select(columns.id, columns.parent_id).where(columns.conversation_id == id))
    parents = {row.id: row.parent_id for row in rows}
    ids: list[str] = []
    while end is not None and end in parents:
        ids.append(end)
        end = parents.pop(end)
    return ids[::-1]


def _back(connection: Connection, owner: str, id: str, end: str | None, window: Window) -> Page[Item]:
    """The page that goes back from `end`, or from the window's `after`: it costs the same however long the past is."""
    if window.after is not None:
        end = item_row(connection, owner, id, window.after).parent_id
    columns = conversation_items.c
    step = sa.select(columns.id, columns.parent_id, sa.literal(0).label("depth"))
    walk = step.where(columns.conversation_id == id, columns.id == end).cte("walk", recursive=True)
    earlier = sa.select(columns.id, columns.parent_id, walk.c.depth + 1)
    here = (columns.conversation_id == id, columns.id == walk.c.parent_id, walk.c.depth < window.limit)
    walk = walk.union_all(earlier.where(*here))
    ids = list(connection.execute(sa.select(walk.c.id).order_by(walk.c.depth)).scalars())
    return Page(bodies(connection, id, ids[: window.limit]), len(ids) > window.limit)


def bodies(connection: Connection, id: str, ids: Sequence[str]) -> list[Item]:
    """The items of these ids, in their order."""
    columns = conversation_items.c
    found: dict[str, Item] = {}
    for at in range(0, len(ids), IN_ONE_QUESTION):
        these = columns.id.in_(ids[at : at + IN_ONE_QUESTION])
        rows = connection.execute(sa.select(columns.id, columns.body).where(columns.conversation_id == id, these))
        found |= {row.id: json.loads(row.body) for row in rows}
    return [found[each] for each in ids]


def branch(connection: Connection, id: str, end: str | None) -> list[Item]:
    """The items of a conversation from its beginning to the item `end`."""
    return bodies(connection, id, trail(connection, id, end))


def exists(connection: Connection, owner: str, id: str) -> bool:
    mine = (conversations.c.id == id, conversations.c.owner == owner)
    return connection.execute(sa.select(conversations.c.id).where(*mine)).one_or_none() is not None


def _taken(connection: Connection, id: str) -> bool:
    return connection.execute(sa.select(conversations.c.id).where(conversations.c.id == id)).one_or_none() is not None


def _title(items: Sequence[Item]) -> str:
    said = next((text_of(item) for item in items if item.get("role") == "user"), "").replace("\0", "")
    line = " ".join(said[: 10 * TITLE_LENGTH].split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def _own_size(title: str, metadata: str) -> int:
    return size_of(metadata) + len(title.encode())


def _locked(connection: Connection, id: str) -> sa.Row[Any]:
    """The row, which nobody else writes to before the transaction ends: of two that read the same head at once
    (PostgreSQL), each would begin a branch. Its session's first, as whoever deletes that locks it first.
    """
    here = conversations.c.id == id
    session = sa.select(conversations.c.session_id).where(here).scalar_subquery()
    connection.execute(sa.select(sessions.c.id).where(sessions.c.id == session).with_for_update())
    return connection.execute(sa.select(conversations).where(here).with_for_update()).one()


def _change(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(sa.update(conversations).where(conversations.c.id == id).values(**values))
