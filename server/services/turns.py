"""A transcript becomes virtual turns: lines that name their speaker, none longer than so many tokens.

The speakers' marks and the form of merged lines are those of the gateway whose services run here unchanged.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

SPEAKER = re.compile(r"[a-zA-Z0-9 \-éèêëàâäôöùûüçïîÿæœñ]{1,100} ?: ?")
"""At the start of a line. It takes "10:" of "10:30" for one, too. As it stands before each of the speaker's turns,
what is longer than a name is none: a transcript would grow without bound.
"""

NOBODY = "(?)"
"""Stands before lines of which nobody knows who said them."""

BREAK = 1
"""Tokens that a line has besides its own: what parts it from the line before."""

_LINES = re.compile(r"\r\n|\r|\n")
_ENDS = re.compile(r"[.!?…]+[\"'»”’)\]]*\s+|[。！？]+[”’」）]*\s*")
_SHORT = frozenset(
    {"dr", "mr", "mrs", "ms", "mme", "mlle", "prof", "st", "etc", "e.g", "i.e", "cf", "vs", "no", "p", "a.m", "p.m"}
)
"""Words that a full stop shortens."""

Count = Callable[[Sequence[str]], Awaitable[Sequence[int]]]
"""The tokens of each text."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a transcript or of a summary, and its tokens, with the one that parts it from others."""

    text: str
    tokens: int


def lines_of(text: str) -> list[str]:
    """The lines that are not blank."""
    return [line for line in _LINES.split(text) if line.strip()]


def speaking(lines: Iterable[str], besides: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """Each line as its speaker's mark, the last one where it has none, and what was said. `besides`: what looks like a
    mark and is none.
    """
    speaker = NOBODY
    for line in lines:
        found = SPEAKER.match(line)
        if found is not None and found[0] in besides:
            found = None
        if found is not None:
            speaker = found[0]
        yield speaker, line if found is None else line[found.end() :]


async def virtual_turns(text: str, longest: int, count: Count) -> list[Line]:
    """The turns of a transcript. A line of more than `longest` tokens becomes several of the same speaker: cut between
    sentences, and between words where one sentence alone is too long. A mark that takes more than half of `longest` is
    none: little would be left for what was said.
    """
    lines = await asyncio.to_thread(lines_of, text)
    too_long = await _longer(await asyncio.to_thread(_marks, lines), longest / 2, count)
    spoken = await asyncio.to_thread(lambda: list(speaking(lines, too_long)))
    sizes = await count([speaker + words for speaker, words in spoken])
    turns: list[Line] = []
    for (speaker, words), tokens in zip(spoken, sizes, strict=True):
        if tokens + BREAK <= longest:
            turns.append(Line(speaker + words, tokens + BREAK))
        else:
            turns += await _cut(speaker, words, longest, count)
    return turns


def _marks(lines: Sequence[str]) -> list[str]:
    """All that stands where a speaker's mark does, each once."""
    return list(dict.fromkeys(found[0] for line in lines if (found := SPEAKER.match(line)) is not None))


async def _longer(texts: Sequence[str], tokens: float, count: Count) -> frozenset[str]:
    """Those of more than so many tokens."""
    return frozenset(text for text, size in zip(texts, await count(texts), strict=True) if size > tokens)


async def _cut(speaker: str, words: str, longest: int, count: Count) -> list[Line]:
    mark, *sizes = await count([speaker, *(" " + sentence for sentence in sentences(words))])
    room = longest - BREAK - mark
    pieces: list[Line] = []
    for sentence, tokens in zip(sentences(words), sizes, strict=True):
        if tokens <= room:
            pieces.append(Line(sentence, tokens))
        else:
            single = sentence.split()
            of_words = await count([" " + word for word in single])
            pieces += _packed([*map(Line, single, of_words)], room)
    texts = [speaker + piece.text for piece in _packed(pieces, room)]
    return await counted(texts, count)


async def counted(texts: Sequence[str], count: Count) -> list[Line]:
    """These texts as lines."""
    return [Line(text, tokens + BREAK) for text, tokens in zip(texts, await count(texts), strict=True)]


def _packed(pieces: Sequence[Line], room: int) -> list[Line]:
    """Neighbours put together as long as they fit; one that does not fit by itself stays alone."""
    packed: list[Line] = []
    for piece in pieces:
        if packed and packed[-1].tokens + piece.tokens <= room:
            packed[-1] = Line(f"{packed[-1].text} {piece.text}", packed[-1].tokens + piece.tokens)
        else:
            packed.append(piece)
    return packed


def sentences(text: str) -> list[str]:
    """The sentences of a text, without the blanks between them."""
    found: list[str] = []
    start = 0
    for end in _ENDS.finditer(text):
        before = text[start : end.start()].rpartition(" ")[2].lower()
        if end[0].startswith(".") and (before in _SHORT or (len(before) == 1 and before.isalpha())):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]


def consolidate(lines: Iterable[str]) -> list[str]:
    """Neighbouring lines of one speaker, merged. The mark keeps its own colon, and all but the last get another blank:
    so the clients of the dialect know it.
    """
    groups = [
        (speaker, " ".join(words.strip() for _, words in said))
        for speaker, said in groupby(speaking(lines), key=lambda each: each[0])
    ]
    last = len(groups) - 1
    return [f"{speaker}{':' if at == last else ' :'} {said}" for at, (speaker, said) in enumerate(groups)]
