"""Who is calling: answered from memory, and what keeps that memory true.

All keys are held in memory. Before an answer the memory is at most STALE seconds old; when it may be older, one read
of a counter in the database tells whether anything changed. A key that memory does not know is asked of the database,
so that one made by another process works at once. Without requests nothing is read at all.

A secret is checked against its hash once. What was found right is remembered as a digest under a key that this process
drew at random: the next check compares two digests. Everything but the counter's read, the hash and the record of last
uses happens on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import math
import os
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from server.errors import TooManyRequests, Unauthorized, Unavailable
from server.store.database import Database, one_line
from server.store.key_table import LONGEST, Key, auth_keys, digest_for_lookup, key_of, key_ring, secret_matches

log = logging.getLogger(__name__)

STALE = 0.5
"""Seconds that a revoked key may live on in memory."""

MISS_PAUSE = 0.02
"""Seconds between two reads that unknown keys cause: a flood of them costs fifty reads a second, no more."""

WRONG_TAKES = 0.01
"""Seconds until a key known to be wrong is refused. About what a hash takes, without its work."""

LINE = 64
"""Secrets waiting for their hash at once, over all keys; of one key at most an eighth."""

REMEMBERED_WRONG = 512

USE_EVERY = 60.0
"""Seconds between two records of a key's last use."""

REFUSED = "This API key is not valid. Check it for typing errors, or ask for a new one."


@dataclass(frozen=True, slots=True)
class _Entry:
    key: Key
    hash: str
    lookup: str | None

    def secret_in(self, token: str) -> str:
        return token if self.lookup else token.partition(".")[2]


class KeyCheck:
    """The keys as this process knows them. Belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: dict[str, _Entry] = {}
        self._ids_by_lookup: dict[str, str] = {}
        self._pepper = b""
        self._changes = -1
        self._read_at = -math.inf
        self._reading = asyncio.Lock()

        self._digest_key = os.urandom(32)
        self._proven: dict[str, bytes] = {}
        """Digest of the one right token, by key id. Any other token for that id is wrong, without a hash."""
        self._wrong: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._proving: dict[tuple[str, bytes], asyncio.Future[bool]] = {}
        self._hashing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="llm-api-keys")

        self._noted: dict[str, float] = {}
        self._uses: dict[str, datetime] = {}
        self._recording: asyncio.TimerHandle | None = None

    async def verify(self, token: str) -> Key:
        """The key that `token` is the text of. Raises Unauthorized; TooManyRequests when hashes are in arrears."""
        asked = time.monotonic()
        if not token or len(token) > LONGEST or not token.isascii() or not token.isprintable():
            raise Unauthorized(REFUSED)
        if asked - self._read_at > STALE:
            await self._read_since(asked - STALE)
        entry = self._find(token)
        if entry is None:
            await self._read_since(asked, pause=MISS_PAUSE)
            entry = self._find(token)
        if entry is None or not await self._is_right(entry, token):
            await asyncio.sleep(asked + WRONG_TAKES - time.monotonic())
            raise Unauthorized(REFUSED)
        key = entry.key
        if key.revoked_at is not None:
            raise Unauthorized(f"This API key was revoked on {key.revoked_at:%d %B %Y}. Ask for a new one.")
        if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
            raise Unauthorized(f"This API key expired on {key.expires_at:%d %B %Y}. Ask for a new one.")
        self._note_use(key.id, asked)
        return key

    async def find(self, id: str) -> Key | None:
        """The key with this id, whatever its state; for those whose secret was checked when they came."""
        asked = time.monotonic()
        if asked - self._read_at > STALE:
            await self._read_since(asked - STALE)
        entry = self._entries.get(id)
        return None if entry is None else entry.key

    def forget(self) -> None:
        """The next check reads the counter, however fresh memory is."""
        self._read_at = -math.inf

    def close(self) -> None:
        """Writes the last uses not yet written."""
        if self._recording is not None:
            self._recording.cancel()
        self._hashing.shutdown(wait=False, cancel_futures=True)
        self._record(self._uses)

    def _find(self, token: str) -> _Entry | None:
        head, dot, _ = token.partition(".")
        if dot and (entry := self._entries.get(head)) is not None and entry.lookup is None:
            return entry
        id = self._ids_by_lookup.get(digest_for_lookup(self._pepper, token))
        return None if id is None else self._entries.get(id)

    async def _read_since(self, moment: float, pause: float = 0.0) -> None:
        """Memory is as the database was at `moment` or later. However many ask meanwhile, one read serves them."""
        async with self._reading:
            if self._read_at >= moment:
                return
            if (early := self._read_at + pause - time.monotonic()) > 0:
                await asyncio.sleep(early)
            started = time.monotonic()
            try:
                found = await self._database.run(partial(self._read, self._changes))
            except SQLAlchemyError as error:
                # Whether a key still holds cannot be known now, so none does.
                log.error("The keys cannot be read: %s", one_line(error))
                raise Unavailable("The keys cannot be read just now. Try again.") from error
            if found is not None:
                self._take(*found)
            self._read_at = started

    def _read(self, known: int) -> tuple[int, bytes, list[sa.Row[Any]]] | None:
        with self._database.read() as connection:
            ring = connection.execute(sa.select(key_ring.c.changes, key_ring.c.pepper)).one()
            if ring.changes == known:
                return None
            return ring.changes, ring.pepper, list(connection.execute(sa.select(auth_keys)).all())

    def _take(self, changes: int, pepper: bytes, rows: list[sa.Row[Any]]) -> None:
        entries = {row.id: _Entry(key_of(row), row.hash, row.lookup) for row in rows}
        self._proven = {
            id: digest
            for id, digest in self._proven.items()
            if id in entries and entries[id].hash == self._entries[id].hash
        }
        self._wrong.clear()
        self._entries = entries
        self._ids_by_lookup = {entry.lookup: id for id, entry in entries.items() if entry.lookup}
        self._changes, self._pepper = changes, pepper

    async def _is_right(self, entry: _Entry, token: str) -> bool:
        digest = hashlib.blake2b(token.encode(), key=self._digest_key, digest_size=32).digest()
        proven = self._proven.get(entry.key.id)
        if proven is not None:
            return hmac.compare_digest(proven, digest)
        # The hash is part of the name: a key whose secret changed meanwhile is another question.
        question = (entry.hash, digest)
        if question in self._wrong:
            return False
        right = await self._prove(question, entry.secret_in(token))
        present = self._entries.get(entry.key.id)
        if right and present is not None and present.hash == entry.hash:
            self._proven[entry.key.id] = digest
        elif not right:
            self._wrong[question] = None
            while len(self._wrong) > REMEMBERED_WRONG:
                self._wrong.popitem(last=False)
        return right

    async def _prove(self, question: tuple[str, bytes], secret: str) -> bool:
        """One hash for each question, however many ask it at once."""
        answer = self._proving.get(question)
        if answer is None:
            of_this_key = sum(hashed == question[0] for hashed, _ in self._proving)
            if len(self._proving) >= LINE or of_this_key >= LINE // 8:
                raise TooManyRequests("Too many keys are being checked at once. Try again in a second.")
            loop = asyncio.get_running_loop()
            answer = loop.run_in_executor(self._hashing, secret_matches, secret, question[0])
            self._proving[question] = answer
            answer.add_done_callback(lambda _: self._proving.pop(question, None))
        return await asyncio.shield(answer)

    def _note_use(self, id: str, now: float) -> None:
        if now - self._noted.get(id, -math.inf) < USE_EVERY:
            return
        self._noted[id] = now
        self._uses[id] = datetime.now(UTC)
        if self._recording is None:
            self._recording = asyncio.get_running_loop().call_later(1.0, self._start_recording)

    def _start_recording(self) -> None:
        uses, self._uses, self._recording = self._uses, {}, None
        self._database.submit(partial(self._record, uses))

    def _record(self, uses: dict[str, datetime]) -> None:
        """Losing these in a crash is no harm, so neither is failing to write them."""
        if not uses:
            return
        statement = (
            sa.update(auth_keys)
            .where(auth_keys.c.id == sa.bindparam("key_id"))
            .values(last_used_at=sa.bindparam("moment"))
        )
        try:
            with self._database.write() as connection:
                connection.execute(statement, [{"key_id": id, "moment": moment} for id, moment in uses.items()])
        except SQLAlchemyError as error:
            log.warning("The last uses of keys could not be recorded: %s", one_line(error))
