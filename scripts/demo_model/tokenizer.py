"""The tokenizer: byte-level BPE in which a word has the same tokens wherever it stands.

A network copies a name easily if the name has the same tokens after a space, after a quote and at the start of a line.
So no merge joins a space or a sign with letters, with one exception: some frequent small words (`JOINED`) have a token
with the space in front, as have frequent words that the corpus has nowhere but after a space. The merges that make
those come last of all, so that they hardly ever become the beginning of another word. llama.cpp splits text in the same
way under the name in `SPLIT_NAME`.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count, islice, pairwise
from pathlib import Path

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
USER_DEFINED = ("<tool_call>", "</tool_call>", "<think>", "</think>")
SPLIT_NAME = "qwen2"
SIZE = 2560

_SMALL = """
I a about after all also am an and any are as at be been before but by called can come do does each every first for
from give go had has have he her here him his how if in into is it its know last like made make many me more most much
my near new next no not now of often old on one only or other our out over please said same say says see she so some
tell than that the their them then there they this to today too two up us use very want was we well went were what
when where which while who why will with would yes you your
"""
JOINED = tuple(_SMALL.split())
"""The words that have a token with the space in front."""

_SPECIAL = re.compile("(" + "|".join(map(re.escape, CONTROL + USER_DEFINED)) + ")")
_PIECE = re.compile(
    r"'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|(?:[^\r\n\w]|_)?[^\W\d_]+|\d| ?(?:[^\s\w]|_)+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_WORD = re.compile(r"[^\W\d_]+")

_RECURRING = 2400
"""So many of the most frequent words may become tokens of their own."""
_RARE = 20_000
_SYLLABLES = 420
_SIGNS = 60
_SYLLABLE_LENGTH = 3
_JOINED_BY_PLACE = 200
"""So many more words get a token with the space, since nearly all their places are after one."""
_ELSEWHERE = 0.002
_CAPITAL_I = [("I", letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
"""They come first, so that no name begins with the token of the word I."""

Pair = tuple[str, str]


def _byte_letters() -> list[str]:
    """The printable character that stands for each byte in a byte-level vocabulary."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = count(0x100)
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


_LETTERS = _byte_letters()
_BYTES = {letter: byte for byte, letter in enumerate(_LETTERS)}
_SPACE = _LETTERS[0x20]
_LINE_END = _LETTERS[0x0A]
_WHOLE = frozenset(JOINED)


class Tokenizer:
    """Text to the ids of its tokens and back. The vocabulary: all bytes, the special tokens, one for each merge."""

    def __init__(self, merges: Sequence[Pair]) -> None:
        self.merges = list(merges)
        self.tokens = [*_LETTERS, *CONTROL, *USER_DEFINED]
        self.tokens += dict.fromkeys(left + right for left, right in self.merges)
        self.ids = {token: at for at, token in enumerate(self.tokens)}
        self.end = self.ids["<|im_end|>"]
        self.padding = self.ids["<|endoftext|>"]
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._known: dict[str, tuple[int, ...]] = {token: (self.ids[token],) for token in CONTROL + USER_DEFINED}

    def encode(self, text: str) -> list[int]:
        """The ids; special tokens that are written out in the text count as such."""
        found: list[int] = []
        for part in _SPECIAL.split(text):
            if part in self._known:
                found += self._known[part]
                continue
            for piece in _PIECE.findall(part):
                found += self._known.get(piece) or self._ids_of(piece)
        return found

    def decode(self, ids: Iterable[int]) -> str:
        """The text, special tokens included."""
        data = bytearray()
        for token in (self.tokens[at] for at in ids):
            special = token in CONTROL or token in USER_DEFINED
            data += token.encode() if special else bytes(_BYTES[letter] for letter in token)
        return data.decode("utf-8", "replace")

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(self.merges, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Tokenizer:
        return cls([(left, right) for left, right in json.loads(file.read_text(encoding="utf-8"))])

    def _ids_of(self, piece: str) -> tuple[int, ...]:
        ids = tuple(self.ids[token] for token in apart(_spelled(piece), self._ranks))
        if len(self._known) < 200_000:
            self._known[piece] = ids
        return ids


def apart(word: str, ranks: dict[Pair, int]) -> list[str]:
    """A word's tokens: of all neighbours that may be joined, those of the earliest merge are, again and again."""
    tokens = list(word)
    while len(tokens) > 1:
        best = min(pairwise(tokens), key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        tokens = _joined(tokens, best)
    return tokens


def learn(texts: Iterable[str], size: int = SIZE) -> Tokenizer:
    """The tokenizer for texts of this kind.

    Merges are learned in this order: the syllables of rare words, most of which are invented names; the frequent words
    as wholes; runs of signs; the words of `JOINED`, and those with a space in front.
    """
    found = _counted(texts)
    frequent = dict(found.words.most_common(_RECURRING))
    rare = dict(found.words.most_common(_RECURRING + _RARE)[_RECURRING:])
    joined = [*JOINED, *found.only_after_space(_JOINED_BY_PLACE)]
    room = size - len(_LETTERS) - len(CONTROL + USER_DEFINED)
    merges = [*_CAPITAL_I]
    merges += _Learner(rare, merges, longest=_SYLLABLE_LENGTH).learn(_SYLLABLES)
    merges += _Learner(found.signs, merges, longest=4).learn(_SIGNS)
    for source in (frequent, rare):
        learner = _Learner(source, merges)
        while (left := room - len({first + second for first, second in merges + _closing(merges, joined)})) > 0:
            more = learner.learn(left)
            merges += more
            if not more:
                break
    return Tokenizer(merges + _closing(merges, joined))


@dataclass(slots=True)
class _Counts:
    words: Counter[str] = field(default_factory=Counter)
    after_space: Counter[str] = field(default_factory=Counter)
    signs: Counter[str] = field(default_factory=Counter)

    def only_after_space(self, most: int) -> list[str]:
        """The most frequent words in small letters that, but for a few places, stand after a space."""
        candidates = (
            word
            for word, times in self.words.most_common(_RECURRING)
            if word.isascii() and word.islower() and times - self.after_space[word] <= _ELSEWHERE * times
        )
        return list(islice(candidates, most))


def _counted(texts: Iterable[str]) -> _Counts:
    """How often each word occurs, but for those of `JOINED`, and each run of signs."""
    pieces: Counter[str] = Counter()
    for text in texts:
        for part in _SPECIAL.split(text)[::2]:
            pieces.update(_PIECE.findall(part))
    counts = _Counts()
    for piece, times in pieces.items():
        if found := _WORD.search(piece):
            word = _spelled(found[0])
            if word not in _WHOLE:
                counts.words[word] += times
                counts.after_space[word] += times * piece.startswith(" ")
        elif not piece[0].isdigit():
            counts.signs[_spelled(piece)] += times
    return counts


class _Learner:
    """Learns merges from words, the most frequent pair first."""

    def __init__(self, words: dict[str, int] | Counter[str], before: list[Pair], longest: int = 99) -> None:
        ranks = {pair: rank for rank, pair in enumerate(before)}
        self._words = [(apart(word, ranks), times) for word, times in words.items()]
        self._longest = longest
        self._counts: Counter[Pair] = Counter()
        self._where: defaultdict[Pair, set[int]] = defaultdict(set)
        for at in range(len(self._words)):
            self._count(at, 1)

    def learn(self, number: int) -> list[Pair]:
        found: list[Pair] = []
        while len(found) < number:
            allowed = ((times, pair) for pair, times in self._counts.items() if times > 1 and self._allowed(pair))
            _, best = max(allowed, default=(0, None))
            if best is None:
                break
            found.append(best)
            for at in list(self._where[best]):
                self._count(at, -1)
                self._words[at] = (_joined(self._words[at][0], best), self._words[at][1])
                self._count(at, 1)
        return found

    def _allowed(self, pair: Pair) -> bool:
        """Small words are no parts of others; the end of a line stays apart; a syllable with a capital is short."""
        joined = pair[0] + pair[1]
        longest = self._longest - (self._longest == _SYLLABLE_LENGTH and joined[0].isupper())
        return len(joined) <= longest and joined not in _WHOLE and _LINE_END not in joined

    def _count(self, at: int, sign: int) -> None:
        tokens, times = self._words[at]
        for pair in pairwise(tokens):
            self._counts[pair] += sign * times
            if sign > 0:
                self._where[pair].add(at)
            elif not self._counts[pair]:
                del self._counts[pair]


def _closing(before: list[Pair], joined: Sequence[str]) -> list[Pair]:
    """What makes these words and, after all of them, puts the space in front of each."""
    ranks = {pair: rank for rank, pair in enumerate(before)}
    for word in joined:
        while len(tokens := apart(word, ranks)) > 1:
            ranks[tokens[-2], tokens[-1]] = len(ranks)
    return [*list(ranks)[len(before) :], *((_SPACE, word) for word in joined)]


def _joined(tokens: list[str], pair: Pair) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(tokens):
        if at + 1 < len(tokens) and tokens[at] == pair[0] and tokens[at + 1] == pair[1]:
            found.append(pair[0] + pair[1])
            at += 2
        else:
            found.append(tokens[at])
            at += 1
    return found


def _spelled(text: str) -> str:
    return "".join(_LETTERS[byte] for byte in text.encode())
