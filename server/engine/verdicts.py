"""What was found about untrusted files: remembered in a file of the data folder, so that each is tried once."""

from __future__ import annotations

import json
import os
from pathlib import Path

REMEMBERED = 1000
"""Verdicts that are kept, the newest."""


class Verdicts:
    """Sentences by key; an empty one says that all was well. Whoever writes a key chooses when it is another one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> str | None:
        """What was found, or None if it was never tried."""
        return self._read().get(key)

    def remember(self, key: str, verdict: str) -> None:
        """Keep a verdict, across restarts."""
        known = [*((old, words) for old, words in self._read().items() if old != key), (key, verdict)]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        draft.write_text(json.dumps(dict(known[-REMEMBERED:]), indent=1))
        draft.replace(self._path)

    def _read(self) -> dict[str, str]:
        """What is remembered; nothing, if the file is not there or is not ours."""
        try:
            known = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(known, dict):
            return {}
        return {key: value for key, value in known.items() if isinstance(value, str)}
