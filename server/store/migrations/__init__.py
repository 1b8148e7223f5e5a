"""The schema's history, one file a step under `versions/`, and how a database is brought along it.

A step that has been released is never edited: databases out there have taken it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import Connection

HEAD = "0012"
"""The newest step. Known without Alembic, which takes longer to import than a key takes to make."""


def upgrade(connection: Connection, present: str | None) -> bool:
    """From `present` to HEAD inside the caller's transaction. False if `present` is no step known here."""
    if present == HEAD:
        return True
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    steps = ScriptDirectory.from_config(config).walk_revisions()
    if present is not None and present not in {step.revision for step in steps}:
        return False
    command.upgrade(config, HEAD)
    return True
