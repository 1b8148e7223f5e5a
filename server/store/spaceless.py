"""Words of scripts that put no spaces between them: each two letters that stand together are one.

So are Chinese, Japanese, Thai, Lao, Khmer and Burmese written; Korean has spaces, but writes onto a noun what English
writes before it. Cut like this, a word is found wherever it stands, without a dictionary, at the price of some places
where its letters only happen to meet. All searches cut here what they keep and what they are asked:

    kept     図書館   図書 書館 館     the last letter alone, so that each letter is the beginning of a word
    asked    図書館   図書 書館
    asked    館       館…              a single letter: whatever begins with it
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LETTERS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ecd\u0edc-\u0edf"  # Lao
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d"  # Burmese
    "\u1780-\u17d3"  # Khmer
    "\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Japanese
    "\u3105-\u312f"  # Bopomofo
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9\U00020000-\U0002fa1d"  # Han
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3\uffa0-\uffdc"  # Korean
)
"""Their letters and the marks upon these, as a character class of a pattern has them inside."""

_LETTER = re.compile(f"[{LETTERS}]")
_MARKS = tuple(
    mark
    for mark in map(chr, (*range(0x0E01, 0x109E), *range(0x1780, 0x17D4), 0x3099, 0x309A))
    if _LETTER.match(mark) and unicodedata.category(mark).startswith("M")
)
"""Vowels and tones that stand upon a letter: a letter with its marks counts as one."""

_SPELT = {ord(mark): 0xE000 + number for number, mark in enumerate(_MARKS)}
"""Marks as they are written in words: as letters for private use, since SQLite ends a word at a mark."""
_PRIVATE = f"{chr(0xE000)}-{chr(0xE000 + len(_MARKS) - 1)}"

_WITH_MARKS = f"[{''.join(_MARKS)}]{{0,4}}"
"""More marks on one letter are letters of their own, so that no word is long."""
_UNIT = re.compile(f".{_WITH_MARKS}", re.DOTALL)
_SINGLE = re.compile(f"[{LETTERS}{_PRIVATE}][{_PRIVATE}]{{0,4}}")
_CUT = re.compile(f"[{LETTERS}{_PRIVATE}]")


def found_in(text: str) -> bool:
    """Whether letters of these scripts stand in a text."""
    return not text.isascii() and _LETTER.search(text) is not None


def kept(word: str) -> list[str]:
    """The words by which one of a text is found: a run of these letters is cut, another is kept as it is."""
    return [piece for _, piece in places(_one(word))] if found_in(word) else [word]


def asked(word: str) -> list[str]:
    """The words by which one of a question is looked for; all of them are kept of a text that holds it."""
    words = kept(word)
    return words[:-1] or words


def places(run: str) -> Iterator[tuple[int, str]]:
    """Where the words of a run of these letters begin in it, and what they are."""
    units = [(found.start(), found[0].translate(_SPELT)) for found in _UNIT.finditer(run)]
    for (start, unit), (_, following) in zip(units, [*units[1:], (0, "")], strict=True):
        yield start, unit + following


def is_cut(word: str) -> bool:
    """Whether a word is of a run that was cut."""
    return _CUT.match(word) is not None


def is_single(word: str) -> bool:
    """Whether it is one letter of these scripts: then whatever begins with it is meant."""
    return _SINGLE.fullmatch(word) is not None


def is_letter(letter: str) -> bool:
    """Whether a character is a letter of these scripts, or a mark upon one."""
    return _LETTER.match(letter) is not None


def _one(run: str) -> str:
    """In the one form that a run has: full and half width, and marks within letters or after them, are the same."""
    return unicodedata.normalize("NFKC", run)
