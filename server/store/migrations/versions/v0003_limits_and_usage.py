"""Limits of keys, and what was used."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("auth_keys", sa.Column("requests_per_minute", sa.Integer, nullable=True))
    op.add_column("auth_keys", sa.Column("tokens_per_day", sa.BigInteger, nullable=True))
    op.add_column("auth_keys", sa.Column("streams", sa.Integer, nullable=True))
    op.add_column("auth_keys", sa.Column("priority", sa.Integer, nullable=False, server_default="0"))
    op.add_column("auth_keys", sa.Column("models", sa.Text, nullable=True))
    op.create_table(
        "usage",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_tokens", sa.BigInteger, nullable=False),
        sa.Column("generated_tokens", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("day", "key_id", "model", name="pk_usage"),
    )
    op.create_index("ix_usage_key_id", "usage", ["key_id", "day"])


def downgrade() -> None:
    op.drop_table("usage")
    for name in ("models", "priority", "streams", "tokens_per_day", "requests_per_minute"):
        op.drop_column("auth_keys", name)
