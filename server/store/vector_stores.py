"""Stores of files that are searched together, by their OpenAI name "vector stores", and the files and batches in them.

All methods run on the store's threads; another key's store is as good as none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from server.errors import BadRequest, NotFound
from server.store.database import Database
from server.store.job_table import UNENDED, jobs
from server.store.rows import ask, new_id, to_text
from server.store.search_tables import file_batches, store_files, vector_stores
from server.store.vector_store_rows import (
    Attributes,
    FileBatch,
    NewFile,
    StoreFile,
    VectorStore,
    batch_of,
    documents_of,
    file_of,
    files_where,
    held,
    made,
    put,
    set_file,
    store_of,
    touch,
    unpointed,
    with_job,
)

LEFT = "The job that was to index this file ended before it had. Put the file into the store again."


class VectorStores:
    """The stores of all keys. `most`: how many one key may have."""

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._most = most

    async def create(self, store: VectorStore) -> VectorStore:
        """A new one, without files, as it is given; `new_store` makes one. Raises BadRequest where the key has too many
        already.
        """

        def work() -> VectorStore:
            mine = sa.select(sa.func.count()).where(vector_stores.c.owner == store.owner)
            with self._database.write() as connection:
                if connection.execute(mine).scalar_one() >= self._most:
                    raise BadRequest(f"This key has too many vector stores: at most {self._most}. Delete some.")
                connection.execute(
                    sa.insert(vector_stores).values(
                        id=store.id,
                        owner=store.owner,
                        created_at=store.created_at,
                        name=store.name,
                        description=store.description,
                        metadata=to_text(store.metadata),
                        expires_days=store.expires_days,
                        last_active_at=store.last_active_at,
                    )
                )
            return store

        return await ask(self._database, work)

    async def get(self, owner: str, id: str) -> VectorStore:
        """Raises NotFound."""

        def work() -> VectorStore:
            with self._database.read() as connection:
                return store_of(connection, owner, id)

        return await ask(self._database, work)

    async def all_of(self, owner: str) -> list[VectorStore]:
        """A key's, the oldest first."""

        def work() -> list[VectorStore]:
            mine = sa.select(vector_stores).where(vector_stores.c.owner == owner).order_by("created_at", "id")
            with self._database.read() as connection:
                rows = connection.execute(mine).all()
                counted = held(connection, [row.id for row in rows])
            return [made(row, counted) for row in rows]

        return await ask(self._database, work)

    async def update(self, owner: str, id: str, **values: Any) -> VectorStore:
        """Other columns' values; it counts as a use. Raises NotFound."""

        def work() -> VectorStore:
            with self._database.write() as connection:
                store_of(connection, owner, id)
                touch(connection, id, **values)
                return store_of(connection, owner, id)

        return await ask(self._database, work)

    async def delete(self, owner: str, id: str) -> list[str]:
        """With the files in it; the documents that nothing points to any more. Raises NotFound."""

        def work() -> list[str]:
            with self._database.write() as connection:
                store_of(connection, owner, id)
                gone = documents_of(connection, store_files.c.store_id == id)
                connection.execute(sa.delete(vector_stores).where(vector_stores.c.id == id))
                return unpointed(connection, gone)

        return await ask(self._database, work)

    async def attach(
        self, owner: str, id: str, files: Sequence[NewFile], *, batch: bool = False
    ) -> tuple[list[str], FileBatch | None]:
        """These files are to be in the store: the ids of those that are to be indexed. One that is there in the same
        form is not; it gets the attributes. Raises NotFound.
        """
        new_batch = new_id("vsfb") if batch else None

        def work() -> tuple[list[str], FileBatch | None]:
            now = datetime.now(UTC)
            with self._database.write() as connection:
                store_of(connection, owner, id)
                touch(connection, id)
                if new_batch is not None:
                    values = {"id": new_batch, "store_id": id, "created_at": now, "cancelled": False}
                    connection.execute(sa.insert(file_batches).values(values))
                due = [file.id for file in files if put(connection, id, file, new_batch, now)]
                return due, None if new_batch is None else batch_of(connection, id, new_batch)

        return await ask(self._database, work)

    async def file(self, owner: str, id: str, file_id: str) -> StoreFile:
        """Raises NotFound."""

        def work() -> StoreFile:
            with self._database.read() as connection:
                store_of(connection, owner, id)
                return file_of(connection, id, file_id)

        return await ask(self._database, work)

    async def files(self, owner: str, id: str, *, batch: str | None = None) -> list[StoreFile]:
        """The files of a store, or of a batch, the oldest first. Raises NotFound."""

        def work() -> list[StoreFile]:
            with self._database.read() as connection:
                store_of(connection, owner, id)
                where = [store_files.c.store_id == id]
                if batch is not None:
                    batch_of(connection, id, batch)
                    where.append(store_files.c.batch_id == batch)
                return files_where(connection, *where)

        return await ask(self._database, work)

    async def only_here(self, owner: str, id: str) -> list[str]:
        """The files of a store that are in no other one. Raises NotFound."""

        def work() -> list[str]:
            elsewhere = store_files.alias()
            shared = sa.exists().where(
                elsewhere.c.file_id == store_files.c.file_id, elsewhere.c.store_id != store_files.c.store_id
            )
            with self._database.read() as connection:
                store_of(connection, owner, id)
                query = sa.select(store_files.c.file_id).where(store_files.c.store_id == id, ~shared)
                return list(connection.execute(query).scalars())

        return await ask(self._database, work)

    async def describe(self, owner: str, id: str, file_id: str, attributes: Attributes) -> StoreFile:
        """Other attributes. Raises NotFound."""

        def work() -> StoreFile:
            with self._database.write() as connection:
                store_of(connection, owner, id)
                file_of(connection, id, file_id)
                touch(connection, id)
                set_file(connection, id, file_id, attributes=to_text(attributes))
                return file_of(connection, id, file_id)

        return await ask(self._database, work)

    async def detach(self, owner: str, id: str, file_id: str) -> list[str]:
        """The file is no longer in the store; as `delete` otherwise."""

        def work() -> list[str]:
            with self._database.write() as connection:
                store_of(connection, owner, id)
                file_of(connection, id, file_id)
                where = (store_files.c.store_id == id, store_files.c.file_id == file_id)
                gone = documents_of(connection, *where)
                connection.execute(sa.delete(store_files).where(*where))
                touch(connection, id)
                return unpointed(connection, gone)

        return await ask(self._database, work)

    async def settle(self, owner: str, id: str, file_id: str, document: str) -> None:
        """The file is indexed, if it is still wanted. Raises NotFound."""
        values = {"status": "completed", "document_id": document, "error_code": None, "error_message": None}
        await self._conclude(owner, id, file_id, values)

    async def fail(self, owner: str, id: str, file_id: str, code: str, message: str) -> None:
        """The file cannot be indexed. Raises NotFound."""
        await self._conclude(owner, id, file_id, {"status": "failed", "error_code": code, "error_message": message})

    async def _conclude(self, owner: str, id: str, file_id: str, values: Mapping[str, Any]) -> None:
        def work() -> None:
            with self._database.write() as connection:
                store_of(connection, owner, id)
                if file_of(connection, id, file_id).status == "in_progress":
                    set_file(connection, id, file_id, **values)

        await ask(self._database, work)

    async def work_begins(self, owner: str, id: str, files: Sequence[str], job: str) -> None:
        """A job is to index these files; also those that an earlier one left undone, or failed at. Raises NotFound."""

        def work() -> None:
            with self._database.write() as connection:
                store_of(connection, owner, id)
                free = (store_files.c.store_id == id, store_files.c.file_id.in_(files), ~with_job(*UNENDED))
                undone = (store_files.c.status.in_(("failed", "cancelled")), store_files.c.job_id != job)
                anew = {"status": "in_progress", "error_code": None, "error_message": None}
                connection.execute(sa.update(store_files).where(*free, *undone).values(anew))
                waiting = store_files.c.status == "in_progress"
                connection.execute(sa.update(store_files).where(*free, waiting).values(job_id=job))

        await ask(self._database, work)

    async def conclude_left(self, task: str, since: datetime | None = None) -> None:
        """Files whose job has ended without having indexed them, or is gone, are cancelled if it was, and have failed
        otherwise. All files are looked at; with `since`, only where a job of this task has ended after that.
        """

        def work() -> None:
            if since is not None:
                ended = sa.select(jobs.c.id).where(jobs.c.ended_at >= since, jobs.c.task == task).limit(1)
                with self._database.read() as connection:
                    if connection.execute(ended).one_or_none() is None:
                        return
            left = (store_files.c.status == "in_progress", store_files.c.job_id.is_not(None), ~with_job(*UNENDED))
            failed = {"status": "failed", "error_code": "server_error", "error_message": LEFT}
            with self._database.write() as connection:
                connection.execute(
                    sa.update(store_files).where(*left, with_job("cancelled")).values(status="cancelled")
                )
                connection.execute(sa.update(store_files).where(*left).values(failed))

        await ask(self._database, work)

    async def batch(self, owner: str, id: str, batch: str) -> FileBatch:
        """Raises NotFound."""

        def work() -> FileBatch:
            with self._database.read() as connection:
                store_of(connection, owner, id)
                return batch_of(connection, id, batch)

        return await ask(self._database, work)

    async def cancel_batch(self, owner: str, id: str, batch: str) -> FileBatch:
        """What is not indexed yet is not going to be. Raises NotFound."""

        def work() -> FileBatch:
            with self._database.write() as connection:
                store_of(connection, owner, id)
                batch_of(connection, id, batch)
                waiting = (store_files.c.batch_id == batch, store_files.c.status == "in_progress")
                connection.execute(sa.update(store_files).where(*waiting).values(status="cancelled"))
                connection.execute(sa.update(file_batches).where(file_batches.c.id == batch).values(cancelled=True))
                return batch_of(connection, id, batch)

        return await ask(self._database, work)

    async def empty_expired(self) -> list[str]:
        """The files of stores that have expired are no longer in them; as `delete` otherwise. The stores stay, to say
        so.
        """

        def work() -> list[str]:
            may = sa.select(vector_stores).where(vector_stores.c.expires_days.is_not(None))
            with self._database.write() as connection:
                gone = [store.id for row in connection.execute(may) if (store := made(row, {})).expired]
                where = store_files.c.store_id.in_(gone)
                documents = documents_of(connection, where)
                connection.execute(sa.delete(store_files).where(where))
                return unpointed(connection, documents)

        return await ask(self._database, work)

    async def searchable(self, owner: str, ids: Sequence[str]) -> list[StoreFile]:
        """The indexed files of these stores, which are in use now. Raises NotFound, also for one that has expired."""

        def work() -> list[StoreFile]:
            found: list[StoreFile] = []
            with self._database.write() as connection:
                for id in ids:
                    store = store_of(connection, owner, id)
                    if store.expired:
                        days = store.expires_days
                        raise NotFound(f"The vector store {id!r} has expired: it was not used for {days} days.")
                    touch(connection, id)
                    found += files_where(connection, store_files.c.store_id == id, store_files.c.status == "completed")
            return found

        return await ask(self._database, work)
