"""The tables of files that can be searched.

    vector_stores ◄── store_files ──► documents ◄── passages ◄── passages_fts
          ▲             │     └─► files                ▲
          └─ file_batches                              └─ cut_passages ◄── cut_passages_fts

A document is the text of a file, cut by one recipe: the same bytes are cut once for a key, in however many stores and
under however many names. A file of a store points to its document when that is whole; a document that nothing points
to is removed. `passages_fts` is the database's own index of words, which only `full_text.py` knows; `cut_passages` has
the words of passages in scripts without spaces, with an index of the same kind.
"""

from __future__ import annotations

import sqlalchemy as sa

from server.store.database import Moment, metadata
from server.store.files import files

vector_stores = sa.Table(
    "vector_stores",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("metadata", sa.Text, nullable=False),
    sa.Column("expires_days", sa.Integer),
    sa.Column("last_active_at", Moment, nullable=False),
    sa.Index("ix_vector_stores_owner", "owner", "created_at"),
)

file_batches = sa.Table(
    "file_batches",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("store_id", sa.ForeignKey("vector_stores.id", ondelete="CASCADE"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.Index("ix_file_batches_store_id", "store_id"),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("recipe", sa.String(512), nullable=False),
    sa.Column("embedding", sa.String(256), nullable=False),
    sa.Column("passages", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Index("ix_documents_owner", "owner", "digest"),
)
"""`digest` is SHA-256 of the file; `embedding` names the model of its vectors, empty: it has none."""

store_files = sa.Table(
    "store_files",
    metadata,
    sa.Column("store_id", sa.ForeignKey("vector_stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("file_id", sa.ForeignKey(files.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("batch_id", sa.String(64)),
    sa.Column("job_id", sa.String(64)),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("error_code", sa.String(64)),
    sa.Column("error_message", sa.Text),
    sa.Column("attributes", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("overlap", sa.Integer, nullable=False),
    sa.Column("document_id", sa.ForeignKey("documents.id")),
    sa.Index("ix_store_files_batch_id", "batch_id"),
    sa.Index("ix_store_files_document_id", "document_id"),
    sa.Index("ix_store_files_file_id", "file_id"),
)
"""`size` and `overlap`: of its passages, in tokens."""

passages = sa.Table(
    "passages",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("page", sa.Integer),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("heading", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("ix_passages_document_id", "document_id", "position", unique=True),
)

cut_passages = sa.Table(
    "cut_passages",
    metadata,
    sa.Column("passage_id", sa.ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("words", sa.Text, nullable=False),
)
"""`words`: with spaces between them. A passage without such letters has no row."""
