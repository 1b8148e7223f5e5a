"""Keys, and the row that tells other processes when they changed."""

import os

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "auth_keys",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("rights", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("lookup", sa.String(32), nullable=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=True),
        sa.Column("revoked_at", sa.DateTime, nullable=True),
        sa.Column("last_used_at", sa.DateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_auth_keys"),
        sa.UniqueConstraint("lookup", name="uq_auth_keys_lookup"),
    )
    ring = op.create_table(
        "key_ring",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.Column("pepper", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_ring"),
    )
    op.bulk_insert(ring, [{"id": 1, "changes": 0, "pepper": os.urandom(32)}])


def downgrade() -> None:
    op.drop_table("key_ring")
    op.drop_table("auth_keys")
