"""What is looked for every second, and for every page of a batch, is found by an index."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_index("ix_jobs_deadline", "jobs", ["state", "deadline"])
    op.drop_index("ix_jobs_parent", "jobs")
    op.create_index("ix_jobs_parent", "jobs", ["parent", "state", "id"])


def downgrade() -> None:
    op.drop_index("ix_jobs_parent", "jobs")
    op.create_index("ix_jobs_parent", "jobs", ["parent", "state"])
    op.drop_index("ix_jobs_deadline", "jobs")
