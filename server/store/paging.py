"""A page of a list, by the name of what it follows: whatever is added or deleted meanwhile, nothing is told twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import BadRequest
from server.store.database import Moment
from server.store.rows import SANE_ID

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """Which page: at most `limit`, after or before what has these ids."""

    limit: int = 20
    newest_first: bool = True
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page, and whether another one follows it."""

    items: list[T]
    has_more: bool


def cut(ids: Sequence[str], window: Window) -> Page[str]:
    """The page of a list that is at hand, given oldest first. Raises BadRequest."""
    ordered = list(ids)[::-1] if window.newest_first else list(ids)
    if window.after:
        ordered = ordered[_place(ordered, window.after, "after") + 1 :]
    if window.before:
        ordered = ordered[: _place(ordered, window.before, "before")]
    return Page(ordered[: window.limit], len(ordered) > window.limit)


def page_of_rows(
    connection: Connection, table: sa.Table, mine: Sequence[sa.ColumnElement[bool]], window: Window
) -> Page[sa.Row[Any]]:
    """The page of a table's rows by `updated_at`; an index must begin with what `mine` compares. Raises BadRequest."""
    columns = (table.c.updated_at, table.c.id)
    query = sa.select(table).where(*mine)
    for name, id, later in (
        ("after", window.after, not window.newest_first),
        ("before", window.before, window.newest_first),
    ):
        if id:
            if not SANE_ID.fullmatch(id):
                raise _not_here(id, name)
            row = connection.execute(sa.select(*columns).where(*mine, table.c.id == id)).one_or_none()
            if row is None:
                raise _not_here(id, name)
            mark = sa.tuple_(sa.literal(row.updated_at, Moment), sa.literal(row.id))
            query = query.where(sa.tuple_(*columns) > mark if later else sa.tuple_(*columns) < mark)
    order = [column.desc() if window.newest_first else column for column in columns]
    rows = list(connection.execute(query.order_by(*order).limit(window.limit + 1)))
    return Page(rows[: window.limit], len(rows) > window.limit)


def _place(ids: Sequence[str], id: str, name: str) -> int:
    try:
        return ids.index(id)
    except ValueError:
        raise _not_here(id, name) from None


def _not_here(id: str, name: str) -> BadRequest:
    return BadRequest(f"{name}: there is no {id[:64]!r} in this list.", param=name)
