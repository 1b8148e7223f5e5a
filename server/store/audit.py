"""The audit log: what was done to keys, by whom and when. Lines of JSON that are only ever added, never a secret."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path


class AuditLog:
    """A file that each entry reaches in one write, so that processes may share it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def add(self, action: str, *, by: str, **facts: object) -> None:
        """`by`: a key's id, or "command line", or "server". On the disk when this returns."""
        entry = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "action": action, "by": by, **facts}
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, json.dumps(entry).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
