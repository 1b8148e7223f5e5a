"""Reads an `authKeys.json`: `{"<key>": {"name", "description", "createdAt", "lastActivity"}}`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.errors import BadRequest
from server.store.key_table import LONGEST

SHORTEST = 16
"""Characters of a key that is looked up by its whole text; fewer could be guessed."""


@dataclass(frozen=True, slots=True)
class OldKey:
    text: str
    name: str
    description: str
    created_at: datetime
    last_used_at: datetime | None


def read_old_keys(file: Path) -> list[OldKey]:
    """Raises BadRequest with what is wrong in which entry; an entry is named by its number, as its key is a secret."""
    try:
        entries = json.loads(file.read_bytes())
    except OSError as error:
        raise BadRequest(f"{file}: {error.strerror}.") from error
    except ValueError as error:
        raise BadRequest(f"{file}: not JSON: {error}") from error
    if not isinstance(entries, dict):
        raise BadRequest(f"{file}: expected an object with a member for each key, found {type(entries).__name__}.")
    return [_old_key(f"{file}: entry {n}", text, entry) for n, (text, entry) in enumerate(entries.items(), 1)]


def _old_key(where: str, text: str, entry: Any) -> OldKey:
    if not SHORTEST <= len(text) <= LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        raise BadRequest(f"{where}: the key must be {SHORTEST} to {LONGEST} ASCII characters without spaces.")
    if not isinstance(entry, dict):
        raise BadRequest(f"{where}: expected an object with name and description, found {type(entry).__name__}.")
    return OldKey(
        text=text,
        name=_plain(entry.get("name"), 200) or "imported",
        description=_plain(entry.get("description"), 2000),
        created_at=_moment(where, "createdAt", entry.get("createdAt")) or datetime.now(UTC),
        last_used_at=_moment(where, "lastActivity", entry.get("lastActivity")),
    )


def _plain(value: Any, length: int) -> str:
    """Such words as may go to a terminal and into any database."""
    return "".join(letter for letter in str(value or "") if letter.isprintable())[:length].strip()


def _moment(where: str, name: str, value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadRequest(f"{where}: {name}: expected an ISO time or null, found {value!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
