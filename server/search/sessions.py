"""Sessions of questions about uploaded files: a vector store that takes files until the first question is asked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from server.errors import BadRequest, NotFound
from server.search.search import Search
from server.store.files import Files
from server.store.response_tables import to_text
from server.store.vector_store_rows import NewFile, VectorStore, new_store

STATE, INSTRUCTIONS = "session", "instructions"
"""What the store's metadata hold of its session."""
ACTIVE, LOCKED = "active", "locked"


class NoSession(NotFound):
    """No such session, or not this key's."""


@dataclass(frozen=True, slots=True)
class FileSession:
    """A session, by its UUID; its store's id is made of that."""

    id: str
    store: VectorStore

    @property
    def locked(self) -> bool:
        return self.store.metadata.get(STATE) == LOCKED

    @property
    def instructions(self) -> str:
        return self.store.metadata.get(INSTRUCTIONS, "")


def store_id(session: str) -> str:
    """The id of a session's store. Raises NoSession for what is no UUID."""
    try:
        return f"vs_{uuid.UUID(session).hex}"
    except ValueError:
        raise NoSession("Session not found") from None


class FileSessions:
    """The sessions of all keys: rows of vector stores, and nothing besides."""

    def __init__(self, search: Search, files: Files) -> None:
        self._search = search
        self._files = files

    async def begin(self, owner: str) -> FileSession:
        """A session without files."""
        id = uuid.uuid4()
        store = new_store(owner, id=f"vs_{id.hex}", name="Questions about files", metadata={STATE: ACTIVE})
        return FileSession(str(id), await self._search.stores.create(store))

    async def get(self, owner: str, id: str) -> FileSession:
        """Raises NoSession."""
        try:
            store = await self._search.stores.get(owner, store_id(id))
        except NotFound:
            raise NoSession("Session not found") from None
        if STATE not in store.metadata:
            raise NoSession("Session not found")
        return FileSession(id, store)

    async def holding(self, owner: str, id: str, name: str) -> FileSession:
        """The session with a file of this name that takes questions now: itself, or, if its own have been asked, a new
        one with the same files. Raises NoSession.
        """
        session = await self.get(owner, id)
        held = await self._search.stores.files(owner, session.store.id)
        if not any(file.name == name for file in held):
            raise NoSession("Session not found")
        if not session.locked:
            return session
        fresh = await self.begin(owner)
        copies = [NewFile(file.file_id, file.name, file.size, file.overlap) for file in held]
        await self._search.stores.attach(owner, fresh.store.id, copies)
        return fresh

    async def lock(self, owner: str, session: FileSession, instructions: str) -> FileSession:
        """No more files; these are its instructions, unless it has some already."""
        if session.locked:
            return session
        metadata = {**session.store.metadata, STATE: LOCKED, INSTRUCTIONS: instructions}
        store = await self._search.stores.update(owner, session.store.id, metadata=to_text(metadata))
        return FileSession(session.id, store)

    async def close(self, owner: str, id: str) -> None:
        """Forget a session, and its files where they are in no other store. Raises NoSession."""
        store = (await self.get(owner, id)).store.id
        own = await self._search.stores.only_here(owner, store)
        await self._search.indexer.forget(await self._search.stores.delete(owner, store))
        await self._forget(owner, own)

    async def empty(self, owner: str, id: str) -> None:
        """Forget only the files. Raises NoSession."""
        store = (await self.get(owner, id)).store.id
        own = await self._search.stores.only_here(owner, store)
        for file in await self._search.stores.files(owner, store):
            await self._search.indexer.forget(await self._search.stores.detach(owner, store, file.file_id))
        await self._forget(owner, own)

    async def _forget(self, owner: str, files: Sequence[str]) -> None:
        for file in files:
            try:
                await self._files.delete(owner, file)
            except NotFound:
                continue


def check_open(session: FileSession) -> None:
    """Raises BadRequest for a session that takes no more files."""
    if session.locked:
        raise BadRequest("Session is locked, no more files can be uploaded")
