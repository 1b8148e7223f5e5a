"""Sessions of questions about uploaded files: a vector store that takes files until the first question is asked, and a
conversation of what was answered, whose id is made of the same UUID.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from server.errors import BadRequest, NotFound
from server.search.search import Search
from server.store.conversation_search import text_of
from server.store.conversations import Conversations
from server.store.files import Files
from server.store.paging import Window
from server.store.response_tables import Item
from server.store.rows import to_text
from server.store.vector_store_rows import NewFile, VectorStore, new_store

log = logging.getLogger(__name__)

STATE, INSTRUCTIONS = "session", "instructions"
"""What the store's metadata hold of its session."""
ACTIVE, LOCKED = "active", "locked"
NAME = "Questions about files"
MOST_EARLIER = 500
"""Answers that are looked back at."""


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


def talk_id(session: str) -> str:
    """The id of the conversation that keeps a session's answers."""
    return store_id(session).replace("vs_", "conv_")


class FileSessions:
    """The sessions of all keys: rows of vector stores and conversations, and nothing besides."""

    def __init__(self, search: Search, files: Files, conversations: Conversations) -> None:
        self._search = search
        self._files = files
        self._conversations = conversations

    async def begin(self, owner: str) -> FileSession:
        """A session without files."""
        id = uuid.uuid4()
        store = new_store(owner, id=f"vs_{id.hex}", name=NAME, metadata={STATE: ACTIVE})
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
        copies = [NewFile(file.file_id, file.name, file.passage_tokens, file.overlap_tokens) for file in held]
        await self._search.stores.attach(owner, fresh.store.id, copies)
        return fresh

    async def lock(self, owner: str, session: FileSession, instructions: str) -> FileSession:
        """No more files; these are its instructions, unless it has some already."""
        if session.locked:
            return session
        metadata = {**session.store.metadata, STATE: LOCKED, INSTRUCTIONS: instructions}
        store = await self._search.stores.update(owner, session.store.id, metadata=to_text(metadata))
        return FileSession(session.id, store)

    async def earlier(self, owner: str, id: str) -> tuple[str, ...]:
        """What was answered in a session, the oldest first; of much, the latest."""
        window = Window(MOST_EARLIER, newest_first=True)
        try:
            page = await self._conversations.items(owner, talk_id(id), window)
        except NotFound:
            return ()
        return tuple(text_of(item) for item in reversed(page.items) if item.get("role") == "assistant")

    async def remember(self, owner: str, id: str, job: str, answers: Sequence[str]) -> None:
        """These are a session's latest answers. However often one job tells of its answers, they are kept once; they
        are not, where the session is gone, or the key keeps too much already.
        """
        items = [_said(f"msg_{job}_{number}", text) for number, text in enumerate(answers) if text.strip()]
        if not items:
            return
        talks, talk = self._conversations, talk_id(id)
        try:
            session = await self.get(owner, id)
            await talks.create(owner, {"vector_store_id": session.store.id}, (), title=NAME, id=talk)
            if not await self._keeps(owner, talk, items[0]["id"]):
                await talks.add(owner, talk, items)
        except (NotFound, BadRequest) as error:
            log.info("The answers of a session are not kept: %s", error.message)

    async def _keeps(self, owner: str, talk: str, item: str) -> bool:
        try:
            await self._conversations.item(owner, talk, item)
        except NotFound:
            return False
        return True

    async def close(self, owner: str, id: str) -> None:
        """Forget a session with its answers, and its files where they are in no other store. Raises NoSession."""
        store = (await self.get(owner, id)).store.id
        own = await self._search.stores.only_here(owner, store)
        await self._search.indexer.forget(await self._search.stores.delete(owner, store))
        await self._forget(owner, own)
        with suppress(NotFound):
            await self._conversations.delete(owner, talk_id(id))

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


def _said(id: str, text: str) -> Item:
    """An answer as conversations keep it."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": id, "type": "message", "status": "completed", "role": "assistant", "content": [part]}


def check_open(session: FileSession) -> None:
    """Raises BadRequest for a session that takes no more files."""
    if session.locked:
        raise BadRequest("Session is locked, no more files can be uploaded")
