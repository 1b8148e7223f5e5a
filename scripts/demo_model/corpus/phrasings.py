"""Ways to say something that are put together from parts, so that what is held out is made of words that are known."""

from __future__ import annotations

from itertools import product


def listed(text: str) -> tuple[str, ...]:
    """The parts of a text between its bars. An empty part is one as well."""
    return tuple(part.strip() for part in text.split("|"))


def combined(*slots: str | tuple[str, ...]) -> tuple[str, ...]:
    """Every combination of one part of each slot, with single spaces between them, none before a mark. A slot that is
    text is `listed`.
    """
    parts = [listed(slot) if isinstance(slot, str) else slot for slot in slots]
    return tuple(dict.fromkeys(_spaced(chosen) for chosen in product(*parts)))


def _spaced(parts: tuple[str, ...]) -> str:
    text = ""
    for part in parts:
        text += part if not text or not part or part[0] in ",.?!:;\n" or text[-1] == "\n" else f" {part}"
    return text


def upper(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]
