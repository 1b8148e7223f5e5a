"""Which titles and messages hold all words of a question.

Text becomes words here and nowhere else, so that both kinds of database find the same: letters and digits without case
and accents; what is written without spaces is cut (`spaceless.py`). Each begins with a mark of its key, so that the
index itself keeps keys apart, and one key's questions cost nothing of what others said: SQLite's FTS5, PostgreSQL's
GIN, both made by the migration that made the table.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import BadRequest
from server.store import spaceless
from server.store.conversation_tables import (
    Conversation,
    conversation_items,
    conversation_words,
    conversations,
    read_conversation,
)
from server.store.database import Database
from server.store.paging import Page, Window
from server.store.response_tables import Item
from server.store.rows import ask

MOST_WORDS, LONGEST_WORD = 4000, 40
"""Of one message; what goes beyond is not found."""

MOST_ASKED, MOST_PIECES = 16, 64
"""Of a question: words as they are written; more are refused. Those that were cut of them; more are not looked for."""
SHORTEST_BEGINNING = 3
"""Letters of a question's last word from which on it may be the beginning of a word: it may still be being typed."""

WORD = re.compile(f"[{spaceless.LETTERS}]+|[^\\W_{spaceless.LETTERS}]+")

END = 2**62
"""Beyond all numbers."""

SNIPPET = 160
"""Characters shown around the first word that was found."""


@dataclass(frozen=True, slots=True)
class Match:
    """A title or a message that was found."""

    id: str
    conversation: Conversation
    item: str | None
    """None: the title."""
    snippet: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A word that is looked for."""

    word: str
    begins: bool
    """It may go on."""

    def is_in(self, words: Iterable[str]) -> bool:
        return any(word.startswith(self.word) if self.begins else word == self.word for word in words)


def words_of(text: str) -> list[str]:
    """By which a text is found, in their order, each as often as it stands there."""
    return [piece[:LONGEST_WORD] for word in _written(text) for piece in spaceless.kept(word)]


def asked_of(question: str) -> list[Asked]:
    """What a text must hold. Raises BadRequest."""
    written = _written(question)
    if not written or len(written) > MOST_ASKED:
        raise BadRequest(f"query: expected 1 to {MOST_ASKED} words, found {len(written)}.", param="query")
    pieces = [piece[:LONGEST_WORD] for word in written for piece in spaceless.asked(word)]
    asked = [Asked(piece, spaceless.is_single(piece)) for piece in pieces[:MOST_PIECES]]
    if len(asked[-1].word) >= SHORTEST_BEGINNING and not spaceless.is_cut(asked[-1].word):
        asked[-1] = Asked(asked[-1].word, True)
    return asked


def _written(text: str) -> list[str]:
    """The words of a text before they are cut."""
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in letters if not unicodedata.combining(each) or spaceless.is_letter(each))
    return WORD.findall(text.casefold())


def text_of(item: Item) -> str:
    """What a message says; nothing of other items is looked for."""
    content = item.get("content") if item.get("type") == "message" else None
    if isinstance(content, str):
        return content
    return " ".join(part.get("text") or part.get("refusal") or "" for part in content or ())


def _mark(owner: str) -> str:
    """Five characters; two keys may have the same, so rows are asked whose they are besides."""
    return hashlib.sha256(owner.encode()).hexdigest()[:5]


def rows_of_words(owner: str, id: str, texts: Iterable[tuple[str | None, str]]) -> list[dict[str, Any]]:
    """The rows by which these items of a conversation are found; None: its title."""
    mark = _mark(owner)
    rows = []
    for item, text in texts:
        found = sorted(set(words_of(text[: MOST_WORDS * LONGEST_WORD])[:MOST_WORDS]))
        if found:
            words = " ".join(mark + word for word in found)
            rows.append({"owner": owner, "conversation_id": id, "item_id": item, "words": words})
    return rows


def remember(connection: Connection, owner: str, id: str, texts: Iterable[tuple[str | None, str]]) -> None:
    """From now on these are found."""
    if rows := rows_of_words(owner, id, texts):
        connection.execute(sa.insert(conversation_words), rows)


def forget(connection: Connection, id: str, item: str | None) -> None:
    """The words of an item that is taken out, or of a title that is changed."""
    columns = conversation_words.c
    here = (columns.conversation_id == id, columns.item_id.is_(None) if item is None else columns.item_id == item)
    connection.execute(sa.delete(conversation_words).where(*here))


class Search:
    """Looks through all that a key's conversations say."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, owner: str, question: str, window: Window) -> Page[Match]:
        """What holds all words of the question, what was said last first. Raises BadRequest."""
        asked = asked_of(question)
        if window.after is not None and not re.fullmatch(r"[0-9]{1,18}", window.after):
            raise BadRequest(f"after: there is no {window.after[:64]!r} in this list.", param="after")
        end = END if window.after is None else int(window.after)

        def work() -> Page[Match]:
            with self._database.read() as connection:
                rows = _rows(connection, owner, asked, end, window.limit + 1)
                found = [_match(row, asked) for row in rows[: window.limit]]
                return Page(found, len(rows) > window.limit)

        return await ask(self._database, work)


def _rows(connection: Connection, owner: str, asked: list[Asked], end: int, limit: int) -> list[sa.Row[Any]]:
    """With the conversation of each and the item's body, in one question: a page has twenty."""
    query = _FINDING[connection.dialect.name](_mark(owner), asked, end)
    found = query.where(conversation_words.c.owner == owner).limit(limit).subquery()
    items = conversation_items.c
    here = sa.and_(items.conversation_id == found.c.conversation_id, items.id == found.c.item_id)
    both = found.join(conversations, conversations.c.id == found.c.conversation_id)
    columns = (*conversations.c, found.c.number, found.c.item_id, items.body)
    whole = sa.select(*columns).select_from(both.outerjoin(conversation_items, here))
    return list(connection.execute(whole.order_by(found.c.number.desc())))


FOUND = (conversation_words.c.number, conversation_words.c.conversation_id, conversation_words.c.item_id)


def _in_sqlite(mark: str, asked: list[Asked], end: int) -> sa.Select[Any]:
    index = sa.table("conversation_words_index", sa.column("rowid"))
    words = " AND ".join(f'"{mark}{each.word}"' + (" *" if each.begins else "") for each in asked)
    return (
        sa.select(*FOUND)
        .select_from(index.join(conversation_words, conversation_words.c.number == index.c.rowid))
        .where(sa.text("conversation_words_index MATCH :words").bindparams(words=words), index.c.rowid < end)
        .order_by(index.c.rowid.desc())  # the index's own order: it stops when the page is full
    )


def _in_postgresql(mark: str, asked: list[Asked], end: int) -> sa.Select[Any]:
    words = " & ".join(f"'{mark}{each.word}'" + (":*" if each.begins else "") for each in asked)
    holds = sa.text("array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:words AS tsquery)").bindparams(words=words)
    return sa.select(*FOUND).where(holds, FOUND[0] < end).order_by(FOUND[0].desc())


_FINDING = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}
"""How each kind of database finds what holds all words, the last number first."""


def _match(row: sa.Row[Any], asked: list[Asked]) -> Match:
    text = row.title if row.body is None else text_of(json.loads(row.body))
    return Match(str(row.number), read_conversation(row), row.item_id, snippet(text, asked))


def snippet(text: str, asked: list[Asked]) -> str:
    """The part of a text that holds the first of these words that stands in it."""
    text = " ".join(text.split())
    if len(text) <= SNIPPET:
        return text
    starts = (start for start, words in _places(text) if any(each.is_in(words) for each in asked))
    begin = max(0, min(next(starts, 0) - SNIPPET // 4, len(text) - SNIPPET))
    shown = text[begin : begin + SNIPPET].strip()
    return f"{'…' if begin else ''}{shown}{'…' if begin + SNIPPET < len(text) else ''}"


def _places(text: str) -> Iterator[tuple[int, list[str]]]:
    """Where words stand in a text, and as what they are found."""
    for found in WORD.finditer(text):
        if spaceless.found_in(found[0]):
            yield from ((found.start() + start, [piece]) for start, piece in spaceless.places(found[0]))
        else:
            yield found.start(), words_of(found[0])
