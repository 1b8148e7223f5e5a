"""Words of scripts without spaces are cut: in passages, and anew in what was said."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from server.store import full_text, spaceless
from server.store.conversation_search import rows_of_words, text_of

revision = "0010"
down_revision = "0009"

AT_ONCE = 1000

SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE cut_passages_fts USING fts5("
    "words, content='cut_passages', content_rowid='passage_id', tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER cut_passages_fts_insert AFTER INSERT ON cut_passages BEGIN "
    "INSERT INTO cut_passages_fts(rowid, words) VALUES (new.passage_id, new.words); END",
    "CREATE TRIGGER cut_passages_fts_delete AFTER DELETE ON cut_passages BEGIN "
    "INSERT INTO cut_passages_fts(cut_passages_fts, rowid, words) VALUES ('delete', old.passage_id, old.words); END",
)
POSTGRESQL_INDEX = (
    "ALTER TABLE cut_passages ADD COLUMN cut_passages_fts_words tsvector "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED",
    "CREATE INDEX cut_passages_fts ON cut_passages USING gin (cut_passages_fts_words)",
)


def upgrade() -> None:
    op.create_table(
        "cut_passages",
        sa.Column(
            "passage_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=False
        ),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("passage_id", name="pk_cut_passages"),
        sa.ForeignKeyConstraint(
            ["passage_id"], ["passages.id"], name="fk_cut_passages_passage_id_passages", ondelete="CASCADE"
        ),
    )
    for statement in SQLITE_INDEX if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_INDEX:
        op.execute(statement)
    _passages()
    _conversations()


def _passages() -> None:
    passages = sa.table("passages", *map(sa.column, ("id", "heading", "text")))
    for rows in _in_parts(sa.select(passages), passages.c.id):
        full_text.remember(op.get_bind(), ((row.id, f"{row.heading}\n{row.text}") for row in rows))


def _conversations() -> None:
    """Rows with such letters are written anew under their numbers, by which they have their place in the list."""
    words = sa.table("conversation_words", *map(sa.column, ("number", "owner", "conversation_id", "item_id", "words")))
    items = sa.table("conversation_items", *map(sa.column, ("conversation_id", "id", "body")))
    talks = sa.table("conversations", *map(sa.column, ("id", "title")))
    here = sa.and_(items.c.conversation_id == words.c.conversation_id, items.c.id == words.c.item_id)
    both = words.join(talks, talks.c.id == words.c.conversation_id).outerjoin(items, here)
    for rows in _in_parts(sa.select(words, talks.c.title, items.c.body).select_from(both), words.c.number):
        new = []
        for row in filter(lambda row: spaceless.found_in(row.words), rows):
            text = row.title if row.item_id is None else text_of(json.loads(row.body or "{}"))
            made = rows_of_words(row.owner, row.conversation_id, [(row.item_id, text)])
            new += [{"number": row.number, **each} for each in made]
        if new:
            op.get_bind().execute(sa.delete(words).where(words.c.number.in_([row["number"] for row in new])))
            op.get_bind().execute(sa.insert(words), new)


def _in_parts(query: sa.Select[Any], number: sa.ColumnElement[int]) -> Iterator[list[sa.Row[Any]]]:
    """All rows, some at a time, each part read to its end before the next: what is read is written meanwhile."""
    last = -1
    while rows := list(op.get_bind().execute(query.where(number > last).order_by(number).limit(AT_ONCE))):
        yield rows
        last = getattr(rows[-1], number.name)


def downgrade() -> None:
    """What was said keeps its words: only the newest step knows how to look for those that were cut."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE cut_passages_fts")
    op.drop_table("cut_passages")
