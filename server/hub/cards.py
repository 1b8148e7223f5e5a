"""The card of a model that was just added: what its file's own header says of how it wants to be served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from server.catalog_file import Entry
from server.engine.gguf import Header, read_header
from server.engine.projector_file import read_projector
from server.engine.sizing import DEFAULT_CONTEXT

_SAMPLING = {
    "general.sampling.temp": ("temperature", float),
    "general.sampling.top_k": ("topK", int),
    "general.sampling.top_p": ("topP", float),
    "general.sampling.min_p": ("minP", float),
    "general.sampling.penalty_repeat": ("repeatPenalty", float),
}
"""How its makers say that it should draw tokens, and where a card says that."""


def entry_for(file: Path, model: str, projector: tuple[Path, str] | None = None, source: str = "") -> Entry:
    """An entry for this file, which is called `model` in it. Raises ModelLoadFailed for one that is no model.

    `projector`: its file and name, where there is one. `source`: where it came from, for people.
    """
    header = read_header(file)
    params: dict[str, Any] = {"model": model}
    if projector is not None:
        read_projector(projector[0])
        params["projector"] = projector[1]
    if header.causal and header.context_length:
        params["ctxSize"] = min(header.context_length, DEFAULT_CONTEXT)
    for key, (field, kind) in _SAMPLING.items():
        value = header.metadata.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            params[field] = kind(value)
    return {"params": params, "description": _description(header, source)}


def _description(header: Header, source: str) -> str:
    words = [header.name[:100]]
    size = header.metadata.get("general.size_label")
    if isinstance(size, str) and size.lower() not in header.name.lower():
        words.append(size[:20])
    if source:
        words.append(f"from {source}")
    return ", ".join(words)
