"""What can be said of the models without a server: from the catalog, and from the headers of their files."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from server.catalog import Catalog, ModelCard
from server.errors import BadRequest, ModelLoadFailed
from server.settings import Settings

_DEFAULTS = {field.name: field.default for field in fields(ModelCard)}


def entries(settings: Settings) -> list[dict[str, Any]]:
    """One for each model, in the form of the server's list."""
    return [_entry(card) for card in Catalog.from_settings(settings).cards()]


def entry(settings: Settings, name: str) -> dict[str, Any]:
    """All there is to say of one model: what differs from the defaults, and its file's facts."""
    from server.engine.gguf import read_header
    from server.engine.uses import uses_of

    card = Catalog.from_settings(settings).get(name)
    said = {key: _plain(value) for key, value in asdict(card).items() if value and value != _DEFAULTS.get(key)}
    for hidden in ("meta", "name", "file") if card.upstream is not None else ("meta", "name"):
        said.pop(hidden, None)
    found: dict[str, Any] = {**_entry(card), **said, "size": None}
    if card.upstream is not None:
        return found
    try:
        header = read_header(card.file)
    except ModelLoadFailed as error:
        return {**found, "problem": error.message}
    return {
        **found,
        "size": header.size,
        "capabilities": [str(use) for use in uses_of(card, header).all],
        "architecture": header.architecture,
        "layers": header.layers,
        "trained_context": header.context_length,
        "vocabulary": header.vocabulary,
    }


def estimate(settings: Settings, name: str) -> dict[str, Any]:
    """Bytes that a load would take on this machine."""
    from server.engine.gguf import read_header
    from server.engine.room import room_beside
    from server.engine.sizing import size

    card = Catalog.from_settings(settings).get(name)
    if card.upstream is not None:
        raise BadRequest(f"The model {card.name!r} lives behind a URL: there is nothing to load here.")
    room = room_beside(limit=settings.models.memory_limit_mb * 1_000_000)
    sized = size(card, read_header(card.file), settings.engine, room)
    return sized.estimate.as_json(card.name, room.gpu)


def _entry(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.name,
        "aliases": list(card.aliases),
        "description": card.description,
        "state": _state(card),
        "context": card.context,
        "file": str(card.file) if card.upstream is None else None,
        "size": card.file.stat().st_size if card.file.is_file() else None,
    }


def _state(card: ModelCard) -> str:
    if card.upstream is not None:
        return "behind a URL"
    return "unloaded" if card.file.is_file() else "no file"


def _plain(value: Any) -> Any:
    """As JSON would have it."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
