"""What each key keeps of jobs that have ended, counted as they come and go. Those of before count nothing, and go by
their age.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("size", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "job_totals",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_job_totals"),
    )


def downgrade() -> None:
    op.drop_table("job_totals")
    op.drop_column("jobs", "size")
