"""Finding passages by their words: with SQLite's FTS5 or PostgreSQL's own search, one of them by the database's kind.

Both reduce words to their stems as English has them, which other languages bear. A passage need not hold all words of
a query; those that do, and those that hold the rarer ones, come first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.search_tables import passages

MOST_WORDS, LONGEST_WORD = 64, 500
"""Of a query, and its letters; what is longer is cut off. PostgreSQL refuses words of more than 2,046 bytes."""

_SMALL = (
    "a about am an and any are as at be been but by can could did do does for from had has have he her him his how "
    "i if in into is it its me my no not of on or our out she should so some than that the their them then there "
    "these they this to up us was we were what when where which who whom whose why will with would you your"
)
SMALL_WORDS = frozenset(_SMALL.split(sep=None))
"""Words that nearly every passage holds. They are searched for only where there are no others."""


def words_of(query: str) -> list[str]:
    """What is worth searching for."""
    found = list(dict.fromkeys(word.lower()[:LONGEST_WORD] for word in re.findall(r"\w+", query)))
    return ([word for word in found if word not in SMALL_WORDS] or found)[:MOST_WORDS]


def search(connection: Connection, documents: Sequence[str], query: str, limit: int) -> list[tuple[str, int]]:
    """Document and position of the passages that hold the query's words best, the best first."""
    words = words_of(query)
    if not words or not documents:
        return []
    statement = _RANKED[connection.dialect.name](words)
    where = passages.c.document_id.in_(documents)
    rows = connection.execute(statement.where(where).limit(limit))
    return [(row.document_id, row.position) for row in rows]


def _sqlite(words: Sequence[str]) -> sa.Select[Any]:
    index = sa.table("passages_fts", sa.column("rowid"))
    wanted = " OR ".join(f'"{word}"' for word in words)
    return (
        sa.select(passages.c.document_id, passages.c.position)
        .join(index, index.c.rowid == passages.c.id)
        .where(sa.literal_column("passages_fts").op("MATCH")(wanted))
        .order_by(sa.literal_column("bm25(passages_fts, 1.0, 1.0)"), passages.c.id)
    )


def _postgresql(words: Sequence[str]) -> sa.Select[Any]:
    held: sa.ColumnElement[Any] = sa.literal_column("passages.passages_fts_words")
    wanted = sa.func.to_tsquery(sa.literal_column("'english'"), " | ".join(f"'{word}'" for word in words))
    # 1: divided by the logarithm of the length, as long passages hold more words by chance
    rank = sa.func.ts_rank(held, wanted, 1)
    return (
        sa.select(passages.c.document_id, passages.c.position)
        .where(held.op("@@")(wanted))
        .order_by(rank.desc(), passages.c.id)
    )


_RANKED: dict[str, Callable[[Sequence[str]], sa.Select[Any]]] = {"sqlite": _sqlite, "postgresql": _postgresql}
