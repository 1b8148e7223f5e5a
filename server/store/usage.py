"""What was used: a row for each key, model and day (UTC). No row depends on another table, and none holds a word.

All methods block and may be called from any thread. Counts are added up by the database itself, so several processes
may share one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from server.store.database import Database, metadata
from server.store.key_table import auth_keys

Part = Literal["day", "key", "model"]
PARTS: tuple[Part, ...] = get_args(Part)
MOST_BY_DEFAULT = 10_000
"""Rows of one answer."""

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("key_id", sa.String(64), primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
    sa.Column("cached_tokens", sa.BigInteger, nullable=False),
    sa.Column("generated_tokens", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Index("ix_usage_key_id", "key_id", "day"),
)


class Place(NamedTuple):
    """Where something is counted."""

    day: date
    key: str
    model: str


@dataclass(slots=True)
class Counts:
    """What was used. Cached tokens are prompt tokens too; seconds are those from a request's start to its end."""

    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """What a day's budget is spent by."""
        return self.prompt_tokens + self.generated_tokens

    def add(self, other: Counts) -> None:
        self.requests += other.requests
        self.prompt_tokens += other.prompt_tokens
        self.cached_tokens += other.cached_tokens
        self.generated_tokens += other.generated_tokens
        self.seconds += other.seconds

    def less(self, other: Counts) -> Counts:
        """What this has more than another."""
        return Counts(
            self.requests - other.requests,
            self.prompt_tokens - other.prompt_tokens,
            self.cached_tokens - other.cached_tokens,
            self.generated_tokens - other.generated_tokens,
            self.seconds - other.seconds,
        )

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in COUNTED[:-1]} | {"seconds": round(self.seconds, 3)}


COUNTED = ("requests", "prompt_tokens", "cached_tokens", "generated_tokens", "seconds")


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows are wanted: of the days from `start` to `end`, both included, summed up but for the parts in `by`."""

    start: date
    end: date
    by: tuple[Part, ...] = PARTS
    key: str | None = None
    model: str | None = None
    most: int = MOST_BY_DEFAULT


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One line of an answer. Parts that were not asked for are None."""

    day: date | None
    key: str | None
    name: str | None
    """The key's; None where the key is unknown."""
    model: str | None
    counts: Counts

    def as_json(self, by: Sequence[Part]) -> dict[str, Any]:
        parts: dict[Part, Any] = {
            "day": None if self.day is None else self.day.isoformat(),
            "key": {"id": self.key, "name": self.name},
            "model": self.model,
        }
        return {part: parts[part] for part in by} | self.counts.as_json()


class UsageRows:
    """The rows in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, batch: Mapping[Place, Counts], today: date) -> dict[str, int]:
        """Add all of it in one transaction; gives the tokens that each key has used today, by whomever."""
        if not batch:
            with self._database.read() as connection:
                return _tokens_of(connection, today)
        # In one order in every process: two that add to the same rows must not wait for each other in a ring.
        rows = [
            {"day": place.day, "key_id": place.key, "model": place.model}
            | {name: getattr(counts, name) for name in COUNTED}
            for place, counts in sorted(batch.items())
        ]
        with self._database.write() as connection:
            insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(usage)
            total = {name: usage.c[name] + insert.excluded[name] for name in COUNTED}
            connection.execute(
                insert.on_conflict_do_update(index_elements=["day", "key_id", "model"], set_=total), rows
            )
            return _tokens_of(connection, today)

    def ask(self, question: Question) -> list[UsageRow]:
        """The newest day first, within a day by key and model. One row more than `most` tells that there are more."""
        named = {"day": usage.c.day, "key": usage.c.key_id, "model": usage.c.model}
        parts = [named[part] for part in question.by]
        sums = [sa.func.sum(usage.c[name]).label(name) for name in COUNTED]
        wanted = [usage.c.day >= question.start, usage.c.day <= question.end]
        wanted += [usage.c.key_id == question.key] if question.key is not None else []
        wanted += [usage.c.model == question.model] if question.model is not None else []
        order = [column.desc() if column is usage.c.day else column for column in parts]
        rows = sa.select(*parts, *sums).where(*wanted).group_by(*parts).order_by(*order).limit(question.most + 1)
        with self._database.read() as connection:
            found = [row._mapping for row in connection.execute(rows) if row.requests is not None]
            names = _names(connection) if "key" in question.by else {}
        return [
            UsageRow(
                row.get("day"),
                key := row.get("key_id"),
                names.get(key) if key is not None else None,
                row.get("model"),
                Counts(**{name: int(row[name]) for name in COUNTED[:-1]}, seconds=float(row["seconds"])),
            )
            for row in found
        ]


def as_csv(rows: Sequence[UsageRow], by: Sequence[Part]) -> str:
    """The rows as a table with a line of titles."""
    text = io.StringIO()
    titles = [title for part in by for title in (("key", "name") if part == "key" else (part,))]
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*titles, *COUNTED])
    for row in rows:
        facts = {"day": row.day, "key": row.key, "name": row.name or "", "model": row.model}
        writer.writerow([*(facts[title] for title in titles), *row.counts.as_json().values()])
    return text.getvalue()


def _tokens_of(connection: Connection, day: date) -> dict[str, int]:
    tokens = sa.func.sum(usage.c.prompt_tokens + usage.c.generated_tokens)
    rows = connection.execute(sa.select(usage.c.key_id, tokens).where(usage.c.day == day).group_by(usage.c.key_id))
    return {key: int(total) for key, total in rows}


def _names(connection: Connection) -> dict[str, str]:
    return {row.id: row.name for row in connection.execute(sa.select(auth_keys.c.id, auth_keys.c.name))}
