"""A conversation seen as the tree that it is: where its branches end, and all of it for an export."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.conversation_tables import conversation_items, conversation_row
from server.store.database import Database
from server.store.response_tables import Item
from server.store.rows import ask


@dataclass(frozen=True, slots=True)
class End:
    """Where a branch ends. `shared`: the last item that it has in common with the one that goes on, itself if it is
    that one.
    """

    id: str
    created_at: datetime
    length: int
    shared: str | None
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """An item and where it stands."""

    item: Item
    parent: str | None
    created_at: datetime


class Trees:
    """The conversations of all keys, whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ends(self, owner: str, id: str) -> list[End]:
        """Every branch, what was said last first. Raises NotFound."""

        def work() -> list[End]:
            with self._database.read() as connection:
                head = conversation_row(connection, owner, id).head
                columns = conversation_items.c
                rows = _rows(connection, id, columns.id, columns.parent_id, columns.created_at)
                return _ends(rows, head)

        return await ask(self._database, work)

    async def items(self, owner: str, id: str) -> list[Placed]:
        """All items of all branches, each after its parent. Raises NotFound."""

        def work() -> list[Placed]:
            with self._database.read() as connection:
                conversation_row(connection, owner, id)
                rows = _in_order(_rows(connection, id, *conversation_items.c))
                return [Placed(json.loads(row.body), row.parent_id, row.created_at) for row in rows]

        return await ask(self._database, work)


def _rows(connection: Connection, id: str, *columns: sa.ColumnElement[Any]) -> Sequence[sa.Row[Any]]:
    here = conversation_items.c.conversation_id == id
    return connection.execute(sa.select(*columns).where(here).order_by(conversation_items.c.created_at)).all()


def _ends(rows: Sequence[sa.Row[Any]], head: str | None) -> list[End]:
    found: Mapping[str, sa.Row[Any]] = {row.id: row for row in rows}
    parents = {row.parent_id for row in rows}
    spine = set(_upward(found, head))
    ends = []
    for row in reversed(rows):
        if row.id not in parents or row.id == head:
            path = _upward(found, row.id)
            shared = next((id for id in path if id in spine), None)
            ends.append(End(row.id, row.created_at, len(path), shared, row.id == head))
    return ends


def _upward(found: Mapping[str, sa.Row[Any]], end: str | None) -> list[str]:
    path = []
    while end is not None and end in found:
        path.append(end)
        end = found[end].parent_id
    return path


def _in_order(rows: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """Each after its parent; of two with one parent the older first, with all that follows it."""
    children: dict[str | None, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row)
    ordered: list[sa.Row[Any]] = []
    waiting = children.pop(None, [])[::-1]
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting += children.pop(row.id, [])[::-1]
    return ordered
