"""What is on offer is counted by an index: beside a hundred thousand that wait it was looked for among all of them."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index("ix_jobs_lease", "jobs", ["state", "lease_until"])


def downgrade() -> None:
    op.drop_index("ix_jobs_lease", "jobs")
