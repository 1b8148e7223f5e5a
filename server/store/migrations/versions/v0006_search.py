"""Files that can be searched: stores, documents, passages, and the database's index of words."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE passages_fts USING fts5("
    "heading, text, content='passages', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER passages_fts_insert AFTER INSERT ON passages BEGIN "
    "INSERT INTO passages_fts(rowid, heading, text) VALUES (new.id, new.heading, new.text); END",
    "CREATE TRIGGER passages_fts_delete AFTER DELETE ON passages BEGIN "
    "INSERT INTO passages_fts(passages_fts, rowid, heading, text) "
    "VALUES ('delete', old.id, old.heading, old.text); END",
)
POSTGRESQL_INDEX = (
    "ALTER TABLE passages ADD COLUMN passages_fts_words tsvector "
    "GENERATED ALWAYS AS (to_tsvector('english', heading || ' ' || text)) STORED",
    "CREATE INDEX passages_fts ON passages USING gin (passages_fts_words)",
)


def upgrade() -> None:
    op.create_table(
        "vector_stores",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("expires_days", sa.Integer, nullable=True),
        sa.Column("last_active_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vector_stores"),
    )
    op.create_index("ix_vector_stores_owner", "vector_stores", ["owner", "created_at"])
    op.create_table(
        "file_batches",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("store_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_batches"),
        _belongs_to("file_batches", "vector_stores", "store_id"),
    )
    op.create_index("ix_file_batches_store_id", "file_batches", ["store_id"])
    op.create_table(
        "documents",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("recipe", sa.String(512), nullable=False),
        sa.Column("embedding", sa.String(256), nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
    )
    op.create_index("ix_documents_owner", "documents", ["owner", "digest"])
    _files_and_passages()
    statements = SQLITE_INDEX if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_INDEX
    for statement in statements:
        op.execute(statement)


def _files_and_passages() -> None:
    op.create_table(
        "store_files",
        sa.Column("store_id", sa.String(64), nullable=False),
        sa.Column("file_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("batch_id", sa.String(64), nullable=True),
        sa.Column("job_id", sa.String(64), nullable=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error_code", sa.String(64), nullable=True),
        sa.Column("error_message", sa.Text, nullable=True),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("overlap", sa.Integer, nullable=False),
        sa.Column("document_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("store_id", "file_id", name="pk_store_files"),
        _belongs_to("store_files", "vector_stores", "store_id"),
        _belongs_to("store_files", "files", "file_id"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_store_files_document_id_documents"),
    )
    for column in ("batch_id", "document_id", "file_id"):
        op.create_index(f"ix_store_files_{column}", "store_files", [column])
    op.create_table(
        "passages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("document_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("page", sa.Integer, nullable=True),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passages"),
        _belongs_to("passages", "documents", "document_id"),
    )
    op.create_index("ix_passages_document_id", "passages", ["document_id", "position"], unique=True)


def _belongs_to(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE passages_fts")
    for table in ("passages", "store_files", "documents", "file_batches", "vector_stores"):
        op.drop_table(table)
