"""What a key is, how its text is made and read, and the tables it lies in.

A key's text is `id.secret`. Keys from elsewhere (an imported one, a first key somebody chose) may have another form;
then the whole text is the secret, and the key is found by a digest of it that the database's own pepper keys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from passlib.hash import pbkdf2_sha256

from server.errors import BadRequest
from server.store.database import Moment, metadata
from server.store.key_limits import NO_LIMITS, KeyLimits

RIGHTS = ("chat", "models", "admin")
"""chat: generate. models: load and unload. admin: everything about keys, usage and the server."""

LONGEST = 512
"""Characters of a key's text."""

auth_keys = sa.Table(
    "auth_keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("rights", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("lookup", sa.String(32), unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("revoked_at", Moment),
    sa.Column("last_used_at", Moment),
    sa.Column("requests_per_minute", sa.Integer),
    sa.Column("tokens_per_day", sa.BigInteger),
    sa.Column("streams", sa.Integer),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("models", sa.Text),
)
"""`models`: a list in JSON."""

key_ring = sa.Table(
    "key_ring",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("changes", sa.BigInteger, nullable=False),
    sa.Column("pepper", sa.LargeBinary, nullable=False),
)
"""One row. `changes` grows with every change to a key but its last use: who saw it unchanged has seen all keys."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key. Its secret is not."""

    id: str
    name: str
    description: str
    rights: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    limits: KeyLimits = NO_LIMITS

    @property
    def state(self) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= datetime.now(UTC) else "active"

    def as_json(self) -> dict[str, Any]:
        def text(moment: datetime | None) -> str | None:
            return None if moment is None else moment.isoformat(timespec="seconds")

        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "rights": sorted_rights(self.rights),
            "state": self.state,
            "created_at": text(self.created_at),
            "expires_at": text(self.expires_at),
            "revoked_at": text(self.revoked_at),
            "last_used_at": text(self.last_used_at),
            **self.limits.as_json(),
        }


def key_of(row: sa.Row[Any]) -> Key:
    """The Key that a row of `auth_keys` holds."""
    return Key(
        id=row.id,
        name=row.name,
        description=row.description,
        rights=frozenset(row.rights.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        limits=KeyLimits(
            requests_per_minute=row.requests_per_minute,
            tokens_per_day=row.tokens_per_day,
            streams=row.streams,
            priority=row.priority,
            models=None if row.models is None else frozenset(json.loads(row.models)),
        ),
    )


def row_of(key: Key) -> dict[str, Any]:
    """What of a Key lies in its row of `auth_keys`; the secret's hash does too."""
    limits = key.limits.as_json()
    return {
        "id": key.id,
        "name": key.name,
        "description": key.description,
        "rights": " ".join(sorted_rights(key.rights)),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        **limits,
        "models": None if limits["models"] is None else json.dumps(limits["models"]),
    }


def sorted_rights(rights: Iterable[str]) -> list[str]:
    """Each once, in the order of RIGHTS. Raises BadRequest for a right there is not."""
    given = set(rights)
    if unknown := given.difference(RIGHTS):
        raise BadRequest(
            f"There is no right {', '.join(sorted(map(repr, unknown)))}. There are: {', '.join(RIGHTS)}.",
            param="rights",
        )
    if not given:
        raise BadRequest(f"A key needs a right, one or more of: {', '.join(RIGHTS)}.", param="rights")
    return [right for right in RIGHTS if right in given]


def new_id() -> str:
    """Fifty random bits: short enough to be read out, and two keys do not meet."""
    return "llm-" + base64.b32encode(os.urandom(7))[:10].decode().lower()


def new_secret() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()


def digest_for_lookup(pepper: bytes, text: str) -> str:
    return hashlib.blake2b(text.encode(), key=pepper, digest_size=16).hexdigest()


def hash_secret(secret: str) -> str:
    """For the file at rest. The library's own count of rounds: secrets are random, so nobody counts through them."""
    return str(pbkdf2_sha256.hash(secret))


def secret_matches(secret: str, hashed: str) -> bool:
    """Slow on purpose: a matter for a thread."""
    return bool(pbkdf2_sha256.verify(secret, hashed))
