"""What may be said of a key when it is made or changed, and what of it makes sense."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypedDict

from server.errors import BadRequest
from server.store.key_table import Key, sorted_rights

NAME_LENGTH = 200
DESCRIPTION_LENGTH = 2000
OF_LIMITS = ("requests_per_minute", "tokens_per_day", "streams", "priority")


class KeyTerms(TypedDict, total=False):
    """What a key is given; None: no limit."""

    rights: Iterable[str]
    expires_at: datetime | None
    requests_per_minute: int | None
    tokens_per_day: int | None
    streams: int | None
    priority: int
    models: Iterable[str] | None


class KeyChanges(KeyTerms, total=False):
    """What is to be as said here; all else stays."""

    name: str
    description: str


def changed(key: Key, changes: KeyChanges) -> Key:
    """The key as it is to be. Raises BadRequest."""
    limits = replace(key.limits, **{name: changes[name] for name in OF_LIMITS if name in changes})  # type: ignore[literal-required]
    if "models" in changes:
        models = changes["models"]
        limits = replace(limits, models=None if models is None else frozenset(models))
    limits.check()
    name = changes.get("name", key.name)
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise BadRequest(f"A key's name must be 1 to {NAME_LENGTH} printable characters.", param="name")
    description = changes.get("description", key.description)
    if len(description) > DESCRIPTION_LENGTH or not "".join(description.split()).isprintable():
        raise BadRequest(f"A description may be {DESCRIPTION_LENGTH} printable characters.", param="description")
    expires_at = changes.get("expires_at", key.expires_at)
    if "expires_at" in changes and expires_at is not None and expires_at <= datetime.now(UTC):
        raise BadRequest(f"The key would be expired at once: {expires_at.isoformat()} is past.", param="expires_at")
    return replace(
        key,
        name=name.strip(),
        description=description,
        rights=frozenset(sorted_rights(changes.get("rights", key.rights))),
        expires_at=expires_at,
        limits=limits,
    )


def differences(before: Key, after: Key) -> dict[str, list[object]]:
    """What is not as it was, each with what it was and what it is: for the log."""
    old, new = before.as_json(), after.as_json()
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}
