"""The rows of jobs: how they are looked for. What is done with them is tested in `tests/jobs/`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from server.settings import load_settings
from server.store.database import Database
from server.store.job_table import Job
from server.store.jobs import JobRows

NOW = datetime.now(UTC)
OFFER = partial(replace, lease_until=NOW)
LOOKS: dict[str, tuple[Callable[[JobRows], Awaitable[Any]], str]] = {
    "what is too late": (lambda rows: rows.due_for_a_look(NOW, NOW), "ix_jobs_deadline (state=? AND deadline<?)"),
    "what is on offer": (lambda rows: rows.offer(OFFER, ["task"], 5, NOW), "ix_jobs_lease (state=? AND lease_until>?)"),
    "who is next": (lambda rows: rows.claim(lambda job: job, ["task"], 1, NOW), "ix_jobs_state (state=?)"),
    "how far a batch is": (lambda rows: rows.counts("batch"), "COVERING INDEX ix_jobs_parent (parent=?)"),
}


@pytest.mark.parametrize("look", LOOKS)
async def test_what_is_asked_all_the_time_passes_over_no_arguments(tmp_path: Path, look: str) -> None:
    """They may be megabytes a row, and SQLite reads through them to what lies behind."""
    database = Database.open(load_settings(overrides={"paths.data_dir": tmp_path}))
    plans: list[str] = []

    def explain(_: Any, cursor: Any, statement: str, values: Any, *more: Any) -> None:
        plans.extend(row[3] for row in cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))

    rows = JobRows(database, 10, 1 << 20)
    await rows.add([[Job("job_1", "me", "task", {}, 5, NOW, NOW, deadline=NOW + timedelta(hours=1))]])
    sa.event.listen(database._engine, "before_cursor_execute", explain)
    asked, index = LOOKS[look]
    await asked(rows)
    assert any(plan.endswith(index) for plan in plans), plans
    assert not any("TEMP B-TREE" in plan or plan.startswith("SCAN") for plan in plans), plans
    database.close()
