"""Finding passages by their words: with SQLite's FTS5 or PostgreSQL's own search, one of them by the database's kind.

Both reduce words to their stems as English has them, which other languages bear. A passage need not hold all words of
a query; those that do, and those that hold the rarer ones, come first.

What stands in a script without spaces is one endless word to both of them. So passages that hold such letters have
their words cut besides (`spaceless.py`), in an index of its own, with the other words that stand against such letters;
what both indexes say of a passage is added up.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import ceil
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.engine import Connection

from server.store import spaceless
from server.store.search_tables import cut_passages, passages

MOST_WORDS, MOST_PIECES, LONGEST_WORD = 64, 192, 500
"""Of a query: words as they are written, words with those that were cut, and letters of one; what is more is left out.
PostgreSQL refuses words of more than 2,046 bytes.
"""

BROUGHT = 4
"""Passages that each index brings for one that is wanted: what is good in both need not be the best in either."""

_SMALL = (
    "a about am an and any are as at be been but by can could did do does for from had has have he her him his how "
    "i if in into is it its me my no not of on or our out she should so some than that the their them then there "
    "these they this to up us was we were what when where which who whom whose why will with would you your"
)
SMALL_WORDS = frozenset(_SMALL.split(sep=None))
"""Words that nearly every passage holds. They are searched for only where there are no others."""

_TOKEN = re.compile(rf"[\w{spaceless.LETTERS}]+")
"""What has no gap in it, of whatever scripts."""
_WORD = re.compile(rf"[{spaceless.LETTERS}]+|[^\W{spaceless.LETTERS}]+")
"""What is of one script or of those with spaces."""


def words_of(query: str) -> list[str]:
    """What is worth searching for."""
    found = list(dict.fromkeys(words_in(query)))
    return ([word for word in found if word not in SMALL_WORDS] or found)[:MOST_PIECES]


def words_in(text: str) -> list[str]:
    """All words of a text, in their order, in small letters, and cut where there are no spaces."""
    return _cut(text, spaceless.asked)


def length_of(query: str) -> int:
    """How many words are worth searching for. Three that were cut are about one that says something."""
    words = words_of(query)
    cut = sum(map(spaceless.is_cut, words))
    return len(words) - cut + ceil(cut / 3)


def _cut(text: str, how: Callable[[str], list[str]]) -> list[str]:
    return [piece[:LONGEST_WORD] for word in _WORD.findall(text) for piece in how(word.lower())]


def remember(connection: Connection, texts: Iterable[tuple[int, str]]) -> None:
    """From now on the passages with these ids are found by their texts' cut words too."""
    if rows := [{"passage_id": id, "words": words} for id, text in texts if (words := _cut_words(text))]:
        connection.execute(sa.insert(cut_passages), rows)


def _cut_words(text: str) -> str:
    """With spaces between them, each as often as it stands in the text; empty where no letter wants it."""
    if not spaceless.found_in(text):
        return ""
    joined = (token for token in _TOKEN.findall(text) if spaceless.found_in(token))
    return " ".join(piece for token in joined for piece in _cut(token, spaceless.kept))


def search(connection: Connection, documents: Sequence[str], query: str, limit: int) -> list[tuple[str, int]]:
    """Document and position of the passages that hold the query's words best, the best first."""
    words = words_of(query)
    if not words or not documents:
        return []
    whole = [word for word in words if not spaceless.is_cut(word)][:MOST_WORDS]
    in_texts, in_cut = _WAYS[connection.dialect.name]
    ways = [in_texts(whole), in_cut(words)] if whole else [in_cut(words)]
    points: defaultdict[tuple[int, str, int], float] = defaultdict(float)
    for way in ways:
        best = way.where(passages.c.document_id.in_(documents)).order_by(sa.desc("points"), passages.c.id)
        for *place, number in connection.execute(best.limit(limit * BROUGHT)):
            points[tuple(place)] += number
    found = sorted(points, key=lambda place: (-points[place], place))
    return [(document, position) for _, document, position in found[:limit]]


_PLACE = (passages.c.id, passages.c.document_id, passages.c.position)


def _fts5(table: str, words: Sequence[str]) -> sa.Select[Any]:
    index = sa.table(table, sa.column("rowid"))
    wanted = " OR ".join(f'"{word}"' + (" *" if spaceless.is_single(word) else "") for word in words)
    return (
        sa.select(*_PLACE, (-sa.literal_column(f"bm25({table})")).label("points"))  # the best have the least
        .join(index, index.c.rowid == passages.c.id)
        .where(sa.literal_column(table).op("MATCH")(wanted))
    )


def _tsvector(held: str, wanted: sa.ColumnElement[Any], count: int) -> sa.Select[Any]:
    vector: sa.ColumnElement[Any] = sa.literal_column(held)
    # 1: divided by the logarithm of the length, as long passages hold more words by chance
    rank = sa.func.ts_rank(vector, wanted, 1) * count  # of which it is the mean
    return sa.select(*_PLACE, rank.label("points")).where(vector.op("@@")(wanted))


def _in_texts(words: Sequence[str]) -> sa.Select[Any]:
    wanted = sa.func.to_tsquery(sa.literal_column("'english'"), " | ".join(f"'{word}'" for word in words))
    return _tsvector("passages.passages_fts_words", wanted, len(words))


def _in_cut(words: Sequence[str]) -> sa.Select[Any]:
    asked = " | ".join(f"'{word}'" + (":*" if spaceless.is_single(word) else "") for word in words)
    found = _tsvector("cut_passages.cut_passages_fts_words", sa.cast(asked, TSQUERY), len(words))
    return found.join(cut_passages, cut_passages.c.passage_id == passages.c.id)


_WAYS: dict[str, tuple[Callable[[Sequence[str]], sa.Select[Any]], ...]] = {
    "sqlite": (partial(_fts5, "passages_fts"), partial(_fts5, "cut_passages_fts")),
    "postgresql": (_in_texts, _in_cut),
}
"""How each kind of database finds passages that hold any of the words, with points: in texts, and in cut words."""
