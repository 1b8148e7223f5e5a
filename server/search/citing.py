"""Which passage a sentence of an answer comes from: by the words that they share.

Small models do not mark what they take from where, and larger ones do it in their own ways. So nobody asks them: what
is cited is what can be seen in the text. A sentence that shares little with any passage is cited as none's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from server.store.full_text import SMALL_WORDS, words_in

LEAST = 0.5
"""The share of a sentence's words, each worth the more the fewer passages hold it, that its passage must hold."""
_SENTENCE = re.compile(r".*?(?:[.!?…][\"')\]»”’]*(?=\s|$)|[。！？][\"')\]»”’」』）]*|\n|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage by its number from 0, cited at a place in the text: the end of what comes from it."""

    at: int
    passage: int


def citations(text: str, passages: Sequence[str]) -> list[Citation]:
    """The citations of a text, in order. Sentences one after the other from one passage have one, at their end."""
    held = [_words(passage) for passage in passages]
    spread = Counter(word for words in held for word in words)
    found: list[Citation] = []
    before: int | None = None
    for match in _SENTENCE.finditer(text):
        words = _words(match[0])
        if not words:
            continue
        passage = _best(words, held, spread)
        if passage is not None and passage == before:
            found.pop()
        if passage is not None:
            found.append(Citation(match.start() + len(match[0].rstrip()), passage))
        before = passage
    return found


def _best(words: set[str], held: Sequence[set[str]], spread: Counter[str]) -> int | None:
    """The first of the passages that hold most of these words."""
    worth = {word: 1 / max(1, spread[word]) for word in words}
    shares = [sum(worth[word] for word in words & own) for own in held]
    best = max(range(len(shares)), key=lambda at: (shares[at], -at), default=None)
    return best if best is not None and shares[best] >= LEAST * sum(worth.values()) else None


def _words(text: str) -> set[str]:
    """Words without the small ones and without the endings that a sentence changes most."""
    found = words_in(text)
    return {re.sub(r"(?<=\w{3})(?:es|s|ed|ing)$", "", word) for word in found if word not in SMALL_WORDS}
