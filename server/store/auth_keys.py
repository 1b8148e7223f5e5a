"""The keys: made, listed, changed, revoked, imported, and checked.

All methods but `verify` block for some milliseconds and may be called from any thread; from the event loop, through
`asyncio.to_thread`. Every change is committed before it is written to the audit log, and before anybody is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import Conflict, NotFound
from server.settings import AuthSection, Settings, SettingsError
from server.store.audit import AuditLog
from server.store.database import Database
from server.store.key_changes import KeyChanges, KeyTerms, changed, differences
from server.store.key_check import KeyCheck
from server.store.key_table import (
    LONGEST,
    RIGHTS,
    Key,
    auth_keys,
    digest_for_lookup,
    hash_secret,
    key_of,
    key_ring,
    new_id,
    new_secret,
    row_of,
    secret_matches,
    sorted_rights,
)
from server.store.old_keys import read_old_keys

__all__ = ["RIGHTS", "AuthKeys", "FirstKey", "Imported", "Key"]

OWN_FORM = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{2,63})\.([!-~]{20,})")
SHORTEST_CHOSEN = 20
"""Characters of a first key's secret part."""


class FirstKey(NamedTuple):
    """What the start found or did. `text` only when the key was made just now; no key: none is active."""

    key: Key | None
    text: str | None


class Imported(NamedTuple):
    """`known`: how many of the file's keys were there already."""

    keys: list[Key]
    known: int


class AuthKeys:
    """The keys in the database. `verify` and `find` belong to one event loop."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit
        self._check = KeyCheck(database)

    @classmethod
    def open(cls, settings: Settings) -> AuthKeys:
        """With a database of its own, which `close` closes. Raises StoreError."""
        return cls(Database.open(settings), AuditLog(settings.paths.data_dir / "audit.log"))

    def close(self) -> None:
        self._check.close()
        self._database.close()

    async def verify(self, token: str) -> Key:
        """The key whose text this is. Raises Unauthorized if there is none, or it is revoked or expired."""
        return await self._check.verify(token)

    async def find(self, id: str) -> Key | None:
        """The key with this id, revoked and expired ones too, as the database had it within the last second."""
        return await self._check.find(id)

    def create(
        self, name: str, description: str = "", *, by: str = "command line", **terms: Unpack[KeyTerms]
    ) -> tuple[Key, str]:
        """The new key and its text, which is not kept and cannot be had again. Raises BadRequest."""
        key = changed(_blank(new_id()), {"name": name, "description": description, **terms})
        secret = new_secret()
        hashed = hash_secret(secret)
        with self._database.write() as connection:
            _insert(connection, key, hashed)
        self._changed("create", key, by)
        return key, f"{key.id}.{secret}"

    def list(self) -> list[Key]:
        """All keys, the oldest first, revoked ones too."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(auth_keys).order_by(auth_keys.c.created_at, auth_keys.c.id)).all()
        return [key_of(row) for row in rows]

    def show(self, id: str) -> Key:
        """Raises NotFound."""
        with self._database.read() as connection:
            return key_of(_row(connection, id))

    def update(self, id: str, changes: KeyChanges, *, by: str = "command line") -> Key:
        """The key as `changes` make it, in every process within a second.

        Raises NotFound, BadRequest, and Conflict for a key that was revoked.
        """
        with self._database.write() as connection:
            before = key_of(_row(connection, id))
            if before.revoked_at is not None:
                raise Conflict(f"The key {id!r} was revoked, which is for good. Make a new one.")
            key = changed(before, changes)
            connection.execute(sa.update(auth_keys).where(auth_keys.c.id == id).values(**row_of(key)))
            _count_change(connection)
        self._changed("update", key, by, changes=differences(before, key))
        return key

    def revoke(self, id: str, *, by: str = "command line") -> Key:
        """The key stops working in every process within a second. Again is no error. Raises NotFound."""
        with self._database.write() as connection:
            key = key_of(_row(connection, id))
            if key.revoked_at is not None:
                return key
            key = replace(key, revoked_at=datetime.now(UTC))
            connection.execute(sa.update(auth_keys).where(auth_keys.c.id == id).values(revoked_at=key.revoked_at))
            _count_change(connection)
        self._changed("revoke", key, by)
        return key

    def import_file(
        self, file: Path, *, rights: Iterable[str] = ("chat", "models"), by: str = "command line"
    ) -> Imported:
        """The keys of an `authKeys.json`, which go on working as they are. All or none. Raises BadRequest."""
        wanted = frozenset(sorted_rights(rights))
        # Hashed before the write begins: nobody waits for a write that computes.
        old_keys = [(old, hash_secret(old.text)) for old in read_old_keys(file)]
        added: list[Key] = []
        with self._database.write() as connection:
            pepper = _pepper(connection)
            for old, hashed in old_keys:
                lookup = digest_for_lookup(pepper, old.text)
                if _find_whole(connection, lookup) is None:
                    key = Key(new_id(), old.name, old.description, wanted, old.created_at, None, None, old.last_used_at)
                    _insert(connection, key, hashed, lookup)
                    added.append(key)
        for key in added:
            self._changed("import", key, by)
        return Imported(added, len(old_keys) - len(added))

    def start(self, auth: AuthSection) -> FirstKey:
        """What the server does first: the key that the settings name, or else, if there is none at all, a new one.

        Both have all rights. Raises SettingsError.
        """
        if text := _configured(auth):
            return FirstKey(self.ensure_first(text), None)
        keys = self.list()
        if not keys:
            return FirstKey(*self.create("first key", "made at the first start", rights=RIGHTS, by="server"))
        return FirstKey(next((key for key in keys if key.state == "active"), None), None)

    def ensure_first(self, text: str, *, by: str = "server") -> Key:
        """A key with this text and all rights exists. One that was revoked stays so. Raises SettingsError."""
        form = OWN_FORM.fullmatch(text)
        if form is None and not (len(text) >= SHORTEST_CHOSEN and text.isascii() and text.isprintable()):
            raise SettingsError(
                f"auth.first_key: expected id.secret, or a text of at least {SHORTEST_CHOSEN} ASCII characters; "
                "`llm-api keys create` shows what one looks like."
            )
        if len(text) > LONGEST:
            raise SettingsError(f"auth.first_key: longer than {LONGEST} characters.")
        id, secret = (form[1], form[2]) if form else (new_id(), text)
        hashed = hash_secret(secret)
        with self._database.write() as connection:
            lookup = None if form else digest_for_lookup(_pepper(connection), text)
            row = _find_whole(connection, lookup) if lookup else _find(connection, id)
            if row is not None and secret_matches(secret, row.hash):
                return key_of(row)
            if row is None:
                first: KeyChanges = {"name": "first key", "description": "given in the settings", "rights": RIGHTS}
                key = changed(_blank(id), first)
                _insert(connection, key, hashed, lookup)
            else:
                key = key_of(row)
                connection.execute(sa.update(auth_keys).where(auth_keys.c.id == id).values(hash=hashed))
                _count_change(connection)
        self._changed("create" if row is None else "change secret", key, by)
        return key

    def ensure_stand_in(self, id: str, description: str, *, by: str = "server") -> Key:
        """A key with this id exists, with the right to chat and a secret that nobody has: what acts as it is known by
        other means. One that was revoked stays so.
        """
        with self._database.read() as connection:
            if (row := _find(connection, id)) is not None:
                return key_of(row)
        hashed = hash_secret(new_secret())
        with self._database.write() as connection:
            if (row := _find(connection, id)) is not None:
                return key_of(row)
            terms: KeyChanges = {"name": id, "description": description, "rights": ("chat",)}
            key = changed(_blank(id), terms)
            _insert(connection, key, hashed)
        self._changed("create", key, by)
        return key

    def _changed(self, action: str, key: Key, by: str, **facts: object) -> None:
        self._check.forget()
        limits = {name: value for name, value in key.limits.as_json().items() if value}
        self._audit.add(action, by=by, key=key.id, name=key.name, rights=sorted_rights(key.rights), **limits, **facts)


def _configured(auth: AuthSection) -> str:
    if auth.first_key:
        return auth.first_key.strip()
    if auth.first_key_file is None:
        return ""
    try:
        text = auth.first_key_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"auth.first_key_file: {auth.first_key_file} cannot be read: {error}") from error
    if not text:
        raise SettingsError(f"auth.first_key_file: {auth.first_key_file} is empty; it must hold a key.")
    return text


def _blank(id: str) -> Key:
    return Key(id, "", "", frozenset({"chat"}), datetime.now(UTC))


def _insert(connection: Connection, key: Key, hashed: str, lookup: str | None = None) -> None:
    connection.execute(sa.insert(auth_keys).values(**row_of(key), hash=hashed, lookup=lookup))
    _count_change(connection)


def _count_change(connection: Connection) -> None:
    connection.execute(sa.update(key_ring).values(changes=key_ring.c.changes + 1))


def _pepper(connection: Connection) -> bytes:
    return bytes(connection.execute(sa.select(key_ring.c.pepper)).scalar_one())


def _find(connection: Connection, id: str) -> sa.Row[Any] | None:
    return connection.execute(sa.select(auth_keys).where(auth_keys.c.id == id)).one_or_none()


def _find_whole(connection: Connection, lookup: str) -> sa.Row[Any] | None:
    return connection.execute(sa.select(auth_keys).where(auth_keys.c.lookup == lookup)).one_or_none()


def _row(connection: Connection, id: str) -> sa.Row[Any]:
    row = _find(connection, id) if id.isprintable() else None
    if row is None:
        raise NotFound(f"There is no key {id[:64]!r}. `llm-api keys list` shows all.")
    return row
