"""The overlay, `models.json` of the data folder: cards that were added by a command or a request. Nothing else writes
it, and the file that came with the project is never written.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from filelock import FileLock

from server import disk
from server.catalog_file import Entry, read_entries


class Overlay:
    """Reads and writes the overlay; a change replaces the file as a whole. The catalog takes it up by itself. Changes
    made at the same time, by threads or by processes, follow one another.
    """

    def __init__(self, data_dir: Path) -> None:
        self.file = data_dir / "models.json"

    def _locked(self) -> FileLock:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.file.with_name(".models.lock"))

    def entries(self) -> dict[str, Entry]:
        """By name. Raises CatalogError for a file that cannot be used."""
        return read_entries(self.file) if self.file.exists() else {}

    def put(self, name: str, entry: Entry) -> None:
        """Add an entry, or replace the one of this name. Raises CatalogError for an entry that would not do."""
        with self._locked():
            self._write({**self.entries(), name: entry})

    def remove(self, name: str) -> Entry | None:
        """Take an entry out; None where there is none."""
        with self._locked():
            entries = self.entries()
            gone = entries.pop(name, None)
            if gone is not None:
                self._write(entries)
            return gone

    def _write(self, entries: dict[str, Entry]) -> None:
        draft = self.file.with_name(f".models.{os.getpid()}.json")
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(json.dumps(entries, indent=2, ensure_ascii=False) + "\n")
            read_entries(draft)
            disk.put(draft, self.file)
        finally:
            draft.unlink(missing_ok=True)
