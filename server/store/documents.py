"""Documents: the passages of files, for whoever searches them.

A document is written in parts and counts only when it is whole. Its owner is checked where its id comes from: the
files of a store (`vector_stores.py`). All methods run on the store's threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from server.errors import NotFound
from server.store import full_text
from server.store.database import Database, Moment
from server.store.rows import ask, new_id
from server.store.search_tables import documents, passages, store_files

Place = tuple[str, int]
"""A document's id and a passage's position in it."""

BROKEN_OFF = timedelta(hours=24)
"""A document that is not whole after so long is nobody's work any more."""
UNUSED = timedelta(hours=1)
"""And one that no store points to after so long is not about to be."""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage where it stands."""

    document: str
    position: int
    text: str
    heading: str
    page: int | None
    tokens: int


class Documents:
    """The documents of all keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, owner: str, digest: str, recipe: str) -> str | None:
        """The whole document of these bytes, cut by this recipe."""

        def work() -> str | None:
            same = (documents.c.owner == owner, documents.c.digest == digest, documents.c.recipe == recipe)
            query = sa.select(documents.c.id).where(*same, documents.c.whole).order_by(documents.c.created_at).limit(1)
            with self._database.read() as connection:
                return connection.execute(query).scalar_one_or_none()

        return await ask(self._database, work)

    async def begin(self, owner: str, digest: str, recipe: str, embedding: str) -> str:
        """A document without passages yet; its id."""
        id = new_id("doc")

        def work() -> str:
            with self._database.write() as connection:
                connection.execute(
                    sa.insert(documents).values(
                        id=id,
                        owner=owner,
                        created_at=datetime.now(UTC),
                        whole=False,
                        digest=digest,
                        recipe=recipe,
                        embedding=embedding,
                        passages=0,
                        bytes=0,
                    )
                )
            return id

        return await ask(self._database, work)

    async def add(self, found: Sequence[StoredPassage]) -> None:
        """More passages of documents that are not whole."""
        rows = [
            {
                "document_id": one.document,
                "position": one.position,
                "page": one.page,
                "tokens": one.tokens,
                "heading": one.heading,
                "text": one.text,
            }
            for one in found
        ]

        def work() -> None:
            with self._database.write() as connection:
                into = sa.insert(passages).returning(passages.c.id, sort_by_parameter_order=True)
                ids = connection.execute(into, rows).scalars()
                texts = (f"{one.heading}\n{one.text}" for one in found)
                full_text.remember(connection, zip(ids, texts, strict=True))

        if rows:
            await ask(self._database, work)

    async def finish(self, id: str) -> int:
        """It is whole; how many passages it has. Raises NotFound if it was removed meanwhile."""

        def work() -> int:
            with self._database.write() as connection:
                sizes = sa.func.sum(_bytes_of(passages.c.text, connection.dialect.name))
                own = sa.select(sa.func.count(), sa.func.coalesce(sizes, 0))
                count, size = connection.execute(own.where(passages.c.document_id == id)).one()
                values = {"whole": True, "passages": count, "bytes": size}
                changed = connection.execute(sa.update(documents).where(documents.c.id == id).values(values))
                if not changed.rowcount:
                    raise NotFound(f"There is no document {id!r}.")
                return int(count)

        return await ask(self._database, work)

    async def remove(self, ids: Sequence[str]) -> None:
        """With their passages. Ids that are no more are no error."""

        def work() -> None:
            with self._database.write() as connection:
                connection.execute(sa.delete(passages).where(passages.c.document_id.in_(ids)))
                connection.execute(sa.delete(documents).where(documents.c.id.in_(ids)))

        if ids:
            await ask(self._database, work)

    async def useless(self) -> list[str]:
        """Those that no store points to, though some time has passed."""

        def work() -> list[str]:
            now = datetime.now(UTC)
            pointed = sa.exists().where(store_files.c.document_id == documents.c.id)
            unused, broken_off = sa.literal(now - UNUSED, Moment), sa.literal(now - BROKEN_OFF, Moment)
            age = documents.c.created_at < sa.case((documents.c.whole, unused), else_=broken_off)
            with self._database.read() as connection:
                return list(connection.execute(sa.select(documents.c.id).where(age, ~pointed)).scalars())

        return await ask(self._database, work)

    async def embedded(self, ids: Sequence[str], embedding: str) -> list[str]:
        """Those of the documents that have vectors of this model."""

        def work() -> list[str]:
            query = sa.select(documents.c.id).where(documents.c.id.in_(ids), documents.c.embedding == embedding)
            with self._database.read() as connection:
                return list(connection.execute(query).scalars())

        return await ask(self._database, work)

    async def search(self, ids: Sequence[str], query: str, limit: int) -> list[Place]:
        """The passages of these documents that hold the query's words best, the best first."""

        def work() -> list[Place]:
            with self._database.read() as connection:
                return full_text.search(connection, ids, query, limit)

        return await ask(self._database, work)

    async def passages(self, places: Sequence[Place]) -> list[StoredPassage]:
        """The passages at these places, in this order; what is gone is left out."""

        def work() -> list[StoredPassage]:
            found = self._select(sa.tuple_(passages.c.document_id, passages.c.position).in_(list(places)))
            by_place = {(one.document, one.position): one for one in found}
            return [by_place[place] for place in places if place in by_place]

        return await ask(self._database, work)

    async def beginnings(self, ids: Sequence[str], limit: int) -> list[StoredPassage]:
        """The first passages of these documents, so many in all, one of each before the second of any."""

        def work() -> list[StoredPassage]:
            found = self._select(sa.and_(passages.c.document_id.in_(ids), passages.c.position < limit))
            return sorted(found, key=lambda one: one.position)[:limit]

        return await ask(self._database, work)

    async def contents(self, id: str) -> list[StoredPassage]:
        """All passages of a document, in order."""
        return await ask(self._database, lambda: self._select(passages.c.document_id == id))

    def _select(self, where: sa.ColumnElement[bool]) -> list[StoredPassage]:
        columns = passages.c
        names = (columns.document_id, columns.position, columns.text, columns.heading, columns.page, columns.tokens)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*names).where(where).order_by(columns.document_id, columns.position))
            return [StoredPassage(*row) for row in rows]


def _bytes_of(text: sa.ColumnElement[str], kind: str) -> sa.ColumnElement[int]:
    """Not its letters. SQLite counts bytes by name since 3.43 only."""
    return sa.func.octet_length(text) if kind == "postgresql" else sa.func.length(sa.cast(text, sa.LargeBinary))
