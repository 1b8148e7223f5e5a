"""Templates that a model card can name, each in its published form: one small file in `templates/` each.

A model without a template of its own speaks `DEFAULT`, as in llama.cpp.
"""

from __future__ import annotations

from pathlib import Path

DEFAULT = "chatml"

_FOLDER = Path(__file__).parent / "templates"
_ALIASES = {
    "llama2": "llama-2",
    "llama3": "llama-3",
    "llama-3.1": "llama-3",
    "mistral-instruct": "mistral",
    "qwen": "chatml",
    "gemma-2": "gemma",
    "gemma-3": "gemma",
    "phi-3": "phi",
    "phi3": "phi",
    "commandr": "command-r",
}


def names() -> tuple[str, ...]:
    """Every name that `source` takes, aliases included, in order."""
    return tuple(sorted({file.stem for file in _FOLDER.glob("*.jinja")} | _ALIASES.keys()))


def source(name: str) -> str:
    """The template's Jinja source. Raises ValueError that says which names there are."""
    known = name.strip().lower()
    if known not in names():
        raise ValueError(f"there is no template named {name[:100]!r}; there are: {', '.join(names())}")
    return (_FOLDER / f"{_ALIASES.get(known, known)}.jinja").read_text(encoding="utf-8")
