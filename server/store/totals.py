"""What a key keeps, in bytes, counted in one row as it comes and goes: to add up a million rows takes seconds."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.database import metadata


class Totals:
    """One count for each key. Where several write at once they wait for each other at its row."""

    def __init__(self, name: str) -> None:
        self.table = sa.Table(
            name,
            metadata,
            sa.Column("owner", sa.String(64), primary_key=True),
            sa.Column("size", sa.BigInteger, nullable=False),
        )
        self._add = sa.text(
            f"INSERT INTO {name} (owner, size) VALUES (:owner, :size) "
            f"ON CONFLICT (owner) DO UPDATE SET size = {name}.size + excluded.size"
        )

    def add(self, connection: Connection, owner: str, size: int) -> None:
        """So many bytes more, or fewer, within the caller's transaction."""
        connection.execute(self._add, {"owner": owner, "size": size})

    def of(self, connection: Connection, owner: str) -> int:
        size = sa.select(self.table.c.size).where(self.table.c.owner == owner)
        return int(connection.execute(size).scalar_one_or_none() or 0)


of_conversations = Totals("conversation_totals")
"""Of sessions and conversations."""

of_responses = Totals("response_totals")

of_jobs = Totals("job_totals")
"""Of jobs that have ended."""
