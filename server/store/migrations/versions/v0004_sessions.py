"""Sessions; conversations with titles, in sessions, with words to be found by, and counted."""

import json

import sqlalchemy as sa
from alembic import op

from server.store.conversation_search import remember, text_of

revision = "0004"
down_revision = "0003"

AT_ONCE = 1000


def upgrade() -> None:
    _sessions()
    op.add_column("conversations", sa.Column("session_id", sa.String(64), nullable=True))
    op.add_column("conversations", sa.Column("title", sa.Text, nullable=False, server_default=sa.text("''")))
    for table in ("conversations", "conversation_items"):
        name = "updated_at" if table == "conversations" else "created_at"
        epoch = sa.text("'1970-01-01 00:00:00.000000'")
        op.add_column(table, sa.Column(name, sa.DateTime, nullable=False, server_default=epoch))
    op.execute("UPDATE conversations SET updated_at = created_at")
    op.execute(
        "UPDATE conversation_items SET created_at = "
        "(SELECT created_at FROM conversations WHERE conversations.id = conversation_items.conversation_id)"
    )
    op.drop_index("ix_conversations_owner", "conversations")
    op.create_index("ix_conversations_owner", "conversations", ["owner", "updated_at", "id"])
    op.create_index("ix_conversations_session_id", "conversations", ["session_id", "updated_at", "id"])
    _totals()
    _words()


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("instructions", sa.Text, nullable=False),
        sa.Column("truncation", sa.String(16), nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_owner", "sessions", ["owner", "updated_at", "id"])


def _totals() -> None:
    """A conversation's size is from now on its row's and its items'."""
    op.create_table(
        "conversation_totals",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_conversation_totals"),
    )
    op.execute(
        "UPDATE conversations SET size = size + COALESCE("
        "(SELECT sum(size) FROM conversation_items WHERE conversation_id = conversations.id), 0)"
    )
    op.execute(
        "INSERT INTO conversation_totals (owner, size) SELECT owner, sum(size) FROM conversations GROUP BY owner"
    )


def _words() -> None:
    op.create_table(
        "conversation_words",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("item_id", sa.String(64), nullable=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_conversation_words"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_conversation_words_conversation_id_conversations",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_conversation_words_conversation_id", "conversation_words", ["conversation_id", "item_id"])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_conversation_words_found ON conversation_words "
            "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )
    else:
        _sqlite_index()
    items = sa.table("conversation_items", *map(sa.column, ("owner", "conversation_id", "id", "body")))
    for rows in connection.execute(sa.select(items), execution_options={"yield_per": AT_ONCE}).partitions():
        for row in rows:
            remember(connection, row.owner, row.conversation_id, [(row.id, text_of(json.loads(row.body)))])


def _sqlite_index() -> None:
    """Full text without the text: that lies in the table, and triggers keep both alike, also where rows cascade.

    Beginnings of words are kept for three to five letters after the key's mark of five.
    """
    op.execute(
        "CREATE VIRTUAL TABLE conversation_words_index USING fts5(words, content='conversation_words', "
        "content_rowid='number', detail='none', prefix='8 9 10', tokenize='unicode61 remove_diacritics 0')"
    )
    added = "INSERT INTO conversation_words_index (rowid, words) VALUES (new.number, new.words)"
    gone = (
        "INSERT INTO conversation_words_index (conversation_words_index, rowid, words) "
        "VALUES ('delete', old.number, old.words)"
    )
    for name, event, work in (("added", "INSERT", added), ("gone", "DELETE", gone)):
        op.execute(f"CREATE TRIGGER conversation_words_{name} AFTER {event} ON conversation_words BEGIN {work}; END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE conversation_words_index")
    op.drop_table("conversation_words")
    op.drop_table("conversation_totals")
    op.drop_index("ix_conversations_session_id", "conversations")
    op.drop_index("ix_conversations_owner", "conversations")
    for name in ("session_id", "title", "updated_at"):
        op.drop_column("conversations", name)
    op.drop_column("conversation_items", "created_at")
    op.create_index("ix_conversations_owner", "conversations", ["owner"])
    op.drop_table("sessions")
