"""Uploaded files: what is known of each in the database, its bytes in the folder `files` of the data folder.

A file's path is made from its id and never from its name. The bytes are on the disk before the row is, and the row is
gone before the bytes are: a row without bytes does not exist, and bytes without a row are swept away.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.disk import sync_folder
from server.errors import BadRequest, NotFound
from server.store.database import Database, Moment, make_private_folder, metadata
from server.store.rows import ask, check_id, new_id

LONGEST_NAME = 255
"""Characters of a name, its ending included."""

LEFTOVER_SECONDS = 24 * 3600
"""Bytes without a row that are older than this belong to an upload that was broken off."""

UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What a name must not hold: characters that control how it is shown."""

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("name", sa.String(LONGEST_NAME), nullable=False),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Index("ix_files_owner", "owner", "created_at"),
    sa.Index("ix_files_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of a file."""

    id: str
    owner: str
    name: str
    purpose: str
    bytes: int
    created_at: datetime
    expires_at: datetime | None = None


class Files:
    """The files of all keys. `limit`: bytes of one key's, past which no more are taken; `most`: how many.

    The methods that are `async` work on the store's threads; the others block, and are for threads of one's own.
    """

    def __init__(self, database: Database, folder: Path, limit: int, most: int) -> None:
        self._database = database
        self._folder = folder
        self._limit = limit
        self._most = most

    @contextmanager
    def receive(self) -> Iterator[BinaryIO]:
        """A new file to be written, on the disk of those that are kept. Give it to `keep`; what is not kept is gone
        when the context is left.
        """
        make_private_folder(self._folder)
        path = self._folder / f"{secrets.token_hex(16)}.part"
        try:
            with open(path, "x+b", opener=_privately) as file:
                yield file
        finally:
            path.unlink(missing_ok=True)

    async def keep(
        self,
        owner: str,
        received: BinaryIO,
        name: str,
        purpose: str,
        expires_at: datetime | None = None,
        *,
        id: str | None = None,
        limited: bool = True,
    ) -> StoredFile:
        """Keep what was written. It is on the disk when this returns. Raises BadRequest where there is no room, unless
        it is not `limited`: it counts all the same.

        With an `id` of the caller's making, a file that has it already is returned instead.
        """
        await asyncio.to_thread(_sync, received)  # may take seconds, in which others want the store
        new = StoredFile(
            id or new_id("file"),
            owner,
            sane_name(name),
            purpose,
            os.fstat(received.fileno()).st_size,
            datetime.now(UTC),
            expires_at,
        )
        return await ask(self._database, lambda: self._keep(received, new, limited))

    async def get(self, owner: str, id: str) -> StoredFile:
        """Raises NotFound."""

        def work() -> StoredFile:
            with self._database.read() as connection:
                return _row(connection, owner, id)

        return await ask(self._database, work)

    async def list(self, owner: str, purpose: str | None = None) -> list[StoredFile]:
        """A key's files, the oldest first."""

        def work() -> list[StoredFile]:
            query = sa.select(files).where(files.c.owner == owner, _alive()).order_by("created_at", "id")
            if purpose is not None:
                query = query.where(files.c.purpose == purpose)
            with self._database.read() as connection:
                return [StoredFile(*row) for row in connection.execute(query)]

        return await ask(self._database, work)

    async def path(self, owner: str, id: str) -> Path:
        """Where its bytes are, for reading. Raises NotFound."""
        await self.get(owner, id)
        return self._at(id)

    async def delete(self, owner: str, id: str) -> None:
        """With its bytes. Raises NotFound."""

        def work() -> None:
            with self._database.write() as connection:
                _row(connection, owner, id)
                connection.execute(sa.delete(files).where(files.c.id == id))
            self._at(id).unlink(missing_ok=True)

        await ask(self._database, work)

    async def sweep(self) -> None:
        """Remove what has expired, and bytes that no row knows."""
        await ask(self._database, self._sweep)

    def _sweep(self) -> None:
        with self._database.write() as connection:
            connection.execute(sa.delete(files).where(sa.not_(_alive())))
        with self._database.read() as connection:
            known = set(connection.execute(sa.select(files.c.id)).scalars())
        if not self._folder.is_dir():
            return
        oldest = time.time() - LEFTOVER_SECONDS
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # an upload has just come to its end
                if path.name not in known and path.stat().st_mtime < oldest:
                    path.unlink()

    def _keep(self, received: BinaryIO, new: StoredFile, limited: bool) -> StoredFile:
        with self._database.write() as connection:
            there = connection.execute(sa.select(files).where(files.c.id == new.id)).one_or_none()
            if there is not None:
                return StoredFile(*there)
            if limited:
                self._check_room(connection, new)
            os.rename(received.name, self._at(new.id))
            sync_folder(self._folder)
            connection.execute(sa.insert(files).values(asdict(new)))
        return new

    def _check_room(self, connection: Connection, new: StoredFile) -> None:
        sums = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(files.c.bytes), 0))
        count, taken = connection.execute(sums.where(files.c.owner == new.owner)).one()
        if count >= self._most:
            raise BadRequest(f"This key has {count} files: at most {self._most} are kept. Delete some.", param="file")
        if taken + new.bytes > self._limit:
            raise BadRequest(
                f"This key's files take {taken} bytes and this one {new.bytes}: at most {self._limit} are kept. "
                "Delete some.",
                param="file",
            )

    def _at(self, id: str) -> Path:
        return self._folder / id


def sane_name(name: str) -> str:
    """A name to be shown: the last part of a path, without what controls a terminal or a page, and not too long."""
    last = UNFIT.sub("", name).replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    if len(last) > LONGEST_NAME:
        stem, dot, ending = last.rpartition(".")
        keeps = dot and len(ending) <= 16
        last = f"{stem[: LONGEST_NAME - 1 - len(ending)]}.{ending}" if keeps else last[:LONGEST_NAME]
    return "file" if last in ("", ".", "..") else last


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _alive() -> sa.ColumnElement[bool]:
    return sa.or_(files.c.expires_at.is_(None), files.c.expires_at > datetime.now(UTC))


def _row(connection: Connection, owner: str, id: str) -> StoredFile:
    mine = (files.c.id == check_id(id, "file"), files.c.owner == owner, _alive())
    row = connection.execute(sa.select(files).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no file {id!r}.")
    return StoredFile(*row)
