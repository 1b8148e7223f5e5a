"""What each key keeps of responses, counted as they come and go."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "response_totals",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_response_totals"),
    )
    op.execute("INSERT INTO response_totals (owner, size) SELECT owner, sum(size) FROM responses GROUP BY owner")


def downgrade() -> None:
    op.drop_table("response_totals")
