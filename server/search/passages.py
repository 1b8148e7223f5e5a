"""Passages: pieces of a text that are short enough to be put before a model, cut where the text itself pauses.

A passage begins at a heading or on a page, or where the one before it was full, and ends with a sentence or a line,
unless a single one is longer than a passage may be. It keeps the headings it stands under and the page it is on.
Lengths are counted in tokens of a model, by whoever feeds the blocks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from server.search.blocks import Block

_BORDER = re.compile(r"(?<=[.!?…。！？])[\"')\]»”’]*\s+|\n+|(?<=[。！？])")
"""Where a text may be cut: after a sentence, at the end of a line."""
_SPACE = re.compile(r"\s+")
_BETWEEN = "\n\n"
"""What stands between blocks; its token or two are not counted."""
_HEADING_CHARS = 200


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long passages are, and how much of its end each shares with the next one's beginning; both in tokens."""

    size: int
    overlap: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text and where it stood."""

    text: str
    heading: str
    """The headings above it, the outermost first, with ` > ` between them; empty where there are none."""
    page: int | None
    tokens: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, a line, or a part of one that is too long, with the space that follows it."""

    text: str
    tokens: int
    page: int | None


class Cutter:
    """Blocks go in, passages come out; the same ones however few blocks are fed at a time."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._headings: list[tuple[int, str]] = []
        self._units: list[_Unit] = []
        self._tokens = 0
        self._fresh = 0
        """Units at the end of `_units` that no passage has held yet."""
        self._bare: Passage | None = None
        """The last heading as a passage, as long as nothing stands below it."""

    def feed(self, block: Block, ends: Sequence[int]) -> list[Passage]:
        """The passages that this block fills. `ends`: the byte of its text, in UTF-8, at which each token ends."""
        if not block.text.strip():
            return []
        if block.level and len(ends) <= self._recipe.size:  # a longer one is a paragraph in the dress of a heading
            made = self._close(block.level)
            self._headings = [(level, title) for level, title in self._headings if level < block.level]
            title = " ".join(block.text.split())
            self._bare = Passage(title, self._above(), block.page, len(ends))
            self._headings.append((block.level, title))
            return made
        made = []
        if self._units and block.page != self._units[-1].page:
            made = self._passage()
            self._units, self._tokens = [], 0
        for unit in self._cut(block, ends):
            if self._tokens + unit.tokens > self._recipe.size:
                made += self._passage()
                self._share(self._recipe.size - unit.tokens)
            self._units.append(unit)
            self._tokens += unit.tokens
            self._fresh += 1
            self._bare = None
        if self._units:
            last = self._units[-1]
            self._units[-1] = _Unit(last.text.rstrip() + _BETWEEN, last.tokens, last.page)
        return made

    def finish(self) -> list[Passage]:
        """The last passage: the text is over."""
        return self._close(0)

    def _close(self, level: int) -> list[Passage]:
        """What is under way where a heading of this level comes. One that it does not stand below is text itself."""
        made = self._passage()
        self._units, self._tokens = [], 0
        if self._bare is not None and level <= self._headings[-1][0]:
            made, self._bare = [self._bare], None
        return made

    def _passage(self) -> list[Passage]:
        if not self._fresh:
            return []
        self._fresh = 0
        text = "".join(unit.text for unit in self._units).strip()
        return [Passage(text, self._above(), self._units[0].page, self._tokens)] if text else []

    def _above(self) -> str:
        heading = " > ".join(title for _, title in self._headings)
        return heading if len(heading) <= _HEADING_CHARS else "…" + heading[-_HEADING_CHARS:]

    def _share(self, room: int) -> None:
        """Keeps the last units of the passage that was made, as many as may be shared and leave the next unit room."""
        room = min(room, self._recipe.overlap)
        kept: list[_Unit] = []
        self._tokens = 0
        for unit in reversed(self._units):
            if self._tokens + unit.tokens > room:
                break
            kept.insert(0, unit)
            self._tokens += unit.tokens
        self._units = kept

    def _cut(self, block: Block, ends: Sequence[int]) -> list[_Unit]:
        units: list[_Unit] = []
        at = 0
        for text in _split(block.text, _BORDER):
            units += self._bearable(text, at, ends, block.page)
            at += len(text.encode())
        return units

    def _bearable(self, text: str, at: int, ends: Sequence[int], page: int | None) -> list[_Unit]:
        """A sentence as one unit; one that is longer than a passage, in several, between words where there are any."""
        tokens = _count(ends, at, at + len(text.encode()))
        if tokens <= self._recipe.size:
            return [_Unit(text, tokens, page)]
        most = max(1, len(text) * self._recipe.size // (2 * tokens))
        units: list[_Unit] = []
        part = ""
        for word in _split(text, _SPACE):
            for piece in (word[start : start + most] for start in range(0, len(word), most)):
                joined = part + piece
                if part and _count(ends, at, at + len(joined.encode())) > self._recipe.size:
                    units.append(_Unit(part, _count(ends, at, at + len(part.encode())), page))
                    at += len(part.encode())
                    joined = piece
                part = joined
        units.append(_Unit(part, _count(ends, at, at + len(part.encode())), page))
        return units


def _split(text: str, border: re.Pattern[str]) -> list[str]:
    """The text in pieces that each end with a border."""
    pieces, start = [], 0
    for found in border.finditer(text):
        if found.end() > start:
            pieces.append(text[start : found.end()])
            start = found.end()
    return [*pieces, text[start:]] if start < len(text) else pieces


def _count(ends: Sequence[int], start: int, end: int) -> int:
    """Tokens that end in a piece of the text; a piece has one at least."""
    return max(1, bisect_right(ends, end) - bisect_right(ends, start))
