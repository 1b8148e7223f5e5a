"""Rows of stores, their files and batches: what they are read as, and what every method on them needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import NotFound
from server.store.job_table import State, jobs
from server.store.rows import check_id, new_id, to_text
from server.store.search_tables import documents, file_batches, store_files, vector_stores

Status = Literal["in_progress", "completed", "failed", "cancelled"]
Attributes = dict[str, str | float | bool]

NO_COUNTS: Mapping[Status, int] = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0}


@dataclass(frozen=True, slots=True)
class VectorStore:
    """A store, and how far its files are."""

    id: str
    owner: str
    created_at: datetime
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    expires_days: int | None = None
    """After its last use."""
    last_active_at: datetime = datetime.min
    counts: Mapping[Status, int] = field(default_factory=lambda: NO_COUNTS)
    bytes: int = 0

    @property
    def expires_at(self) -> datetime | None:
        return None if self.expires_days is None else self.last_active_at + timedelta(days=self.expires_days)

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be in a store."""

    id: str
    name: str
    passage_tokens: int
    overlap_tokens: int
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A file in a store."""

    store_id: str
    file_id: str
    created_at: datetime
    batch_id: str | None
    job_id: str | None
    name: str
    status: Status
    error_code: str | None
    error_message: str | None
    attributes: Attributes
    passage_tokens: int
    overlap_tokens: int
    document_id: str | None
    bytes: int


@dataclass(frozen=True, slots=True)
class FileBatch:
    """Files that came into a store together."""

    id: str
    store_id: str
    created_at: datetime
    cancelled: bool
    counts: Mapping[Status, int]


def new_store(owner: str, **values: Any) -> VectorStore:
    """A store that begins now."""
    now = datetime.now(UTC)
    return VectorStore(**{"id": new_id("vs"), "owner": owner, "created_at": now, "last_active_at": now, **values})


def put(connection: Connection, id: str, file: NewFile, batch: str | None, now: datetime) -> bool:
    """Whether it is to be indexed."""
    here = (store_files.c.store_id == id, store_files.c.file_id == file.id)
    known = connection.execute(sa.select(store_files).where(*here)).one_or_none()
    fresh = {"attributes": to_text(file.attributes), **({"batch_id": batch} if batch else {})}
    stands = known is not None and known.status == "completed"
    if stands and known is not None and (known.size, known.overlap) == (file.passage_tokens, file.overlap_tokens):
        set_file(connection, id, file.id, **fresh)
        return False
    values = {
        "store_id": id,
        "file_id": file.id,
        "created_at": now,
        "batch_id": batch,
        "job_id": None,
        "name": file.name,
        "status": "in_progress",
        "error_code": None,
        "error_message": None,
        "document_id": None,
        "size": file.passage_tokens,
        "overlap": file.overlap_tokens,
        **fresh,
    }
    connection.execute(sa.delete(store_files).where(*here))
    connection.execute(sa.insert(store_files).values(values))
    return True


def store_of(connection: Connection, owner: str, id: str) -> VectorStore:
    mine = (vector_stores.c.id == check_id(id, "vector store"), vector_stores.c.owner == owner)
    row = connection.execute(sa.select(vector_stores).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no vector store {id!r}.")
    return made(row, held(connection, [id]))


def made(row: Any, counted: Mapping[str, tuple[dict[Status, int], int]]) -> VectorStore:
    counts, size = counted.get(row.id, (NO_COUNTS, 0))
    columns = {**row._mapping, "metadata": json.loads(row.metadata)}
    return VectorStore(**columns, counts=counts, bytes=size)


def held(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[dict[Status, int], int]]:
    """Of each store how many files are how far, and the bytes of their text."""
    query = (
        sa.select(
            store_files.c.store_id,
            store_files.c.status,
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(documents.c.bytes), 0),
        )
        .outerjoin(documents, documents.c.id == store_files.c.document_id)
        .where(store_files.c.store_id.in_(ids))
        .group_by(store_files.c.store_id, store_files.c.status)
    )
    found: dict[str, tuple[dict[Status, int], int]] = {}
    for id, status, count, size in connection.execute(query):
        counts, total = found.get(id, (dict(NO_COUNTS), 0))
        found[id] = ({**counts, status: count}, total + int(size))
    return found


def files_where(connection: Connection, *where: sa.ColumnElement[bool]) -> list[StoreFile]:
    query = (
        sa.select(store_files, sa.func.coalesce(documents.c.bytes, 0).label("bytes"))
        .outerjoin(documents, documents.c.id == store_files.c.document_id)
        .where(*where)
        .order_by(store_files.c.created_at, store_files.c.file_id)
    )
    return [_file(row) for row in connection.execute(query)]


def _file(row: sa.Row[Any]) -> StoreFile:
    columns = dict(row._mapping)
    sizes = {"passage_tokens": columns.pop("size"), "overlap_tokens": columns.pop("overlap")}
    return StoreFile(**{**columns, **sizes, "attributes": json.loads(row.attributes)})


def file_of(connection: Connection, id: str, file_id: str) -> StoreFile:
    found = files_where(
        connection, store_files.c.store_id == id, store_files.c.file_id == check_id(file_id, "file in this store")
    )
    if not found:
        raise NotFound(f"There is no file {file_id!r} in the vector store {id!r}.")
    return found[0]


def batch_of(connection: Connection, id: str, batch: str) -> FileBatch:
    here = (file_batches.c.id == check_id(batch, "file batch"), file_batches.c.store_id == id)
    row = connection.execute(sa.select(file_batches).where(*here)).one_or_none()
    if row is None:
        raise NotFound(f"There is no file batch {batch!r} in the vector store {id!r}.")
    counted = sa.select(store_files.c.status, sa.func.count()).where(store_files.c.batch_id == batch)
    counts = {row[0]: row[1] for row in connection.execute(counted.group_by(store_files.c.status))}
    return FileBatch(row.id, row.store_id, row.created_at, row.cancelled, {**NO_COUNTS, **counts})


def touch(connection: Connection, id: str, **values: Any) -> None:
    values = {"last_active_at": datetime.now(UTC), **values}
    connection.execute(sa.update(vector_stores).where(vector_stores.c.id == id).values(values))


def set_file(connection: Connection, id: str, file_id: str, **values: Any) -> None:
    here = (store_files.c.store_id == id, store_files.c.file_id == file_id)
    connection.execute(sa.update(store_files).where(*here).values(values))


def documents_of(connection: Connection, *where: sa.ColumnElement[bool]) -> list[str]:
    query = sa.select(store_files.c.document_id).where(*where, store_files.c.document_id.is_not(None)).distinct()
    return list(connection.execute(query).scalars())


def unpointed(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of these documents that no store points to."""
    pointed = sa.select(store_files.c.document_id).where(store_files.c.document_id.in_(ids))
    return sorted(set(ids) - set(connection.execute(pointed).scalars()))


def with_job(*states: State) -> sa.ColumnElement[bool]:
    """Whether the job that is to index a file is in one of these states."""
    return sa.exists().where(jobs.c.id == store_files.c.job_id, jobs.c.state.in_(states))
