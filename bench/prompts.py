"""Prompts of an exact number of tokens, and the tokens of a text, from a model's own vocabulary."""

from __future__ import annotations

import ctypes
import itertools
import random
import secrets
import string
from collections.abc import Sequence
from pathlib import Path

import llama_cpp


class Vocabulary:
    """The vocabulary of a GGUF file, opened without its weights."""

    def __init__(self, file: Path) -> None:
        silence()
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        self._model = llama_cpp.llama_model_load_from_file(str(file).encode(), params)
        if not self._model:
            raise RuntimeError(f"{file}: llama.cpp cannot read the vocabulary")
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.eos = int(llama_cpp.llama_vocab_eos(self._vocab))
        self.size = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        words = ("".join(letters) for n in (3, 2, 1) for letters in itertools.product(string.ascii_lowercase, repeat=n))
        self._words = [word for word in words if len(self.tokens(f" {word}")) == 1]
        if len(self._words) < 16:
            raise RuntimeError(f"{file}: the vocabulary has too few short words to make prompts of")
        self._ids: dict[bytes, int] = {}
        self._run = secrets.token_hex(8)

    def tokens(self, text: str) -> list[int]:
        """Token ids of plain text."""
        data = text.encode()
        room = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), room, len(room), False, False)
        return list(room[:count])

    def words(self, count: int, seed: str) -> str:
        """`count` words of a token each; every one begins with a space.

        The same seed gives the same words in this run, and others in the next: a peer that runs on has not seen them.
        """
        return "".join(f" {word}" for word in random.Random(f"{self._run} {seed}").choices(self._words, k=count))

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """The tokens with these texts, up to the first text that is no token's."""
        if not self._ids:
            room = ctypes.create_string_buffer(512)
            for token in range(self.size):
                length = llama_cpp.llama_token_to_piece(self._vocab, token, room, len(room), 0, False)
                self._ids.setdefault(room.raw[: max(length, 0)], token)
        found = (self._ids.get(piece.encode()) for piece in pieces)
        return list(itertools.takewhile(lambda token: token is not None, found))  # type: ignore[arg-type]


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _swallow(level: int, text: bytes, user_data: ctypes.c_void_p) -> None:
    pass


def silence() -> None:
    """llama.cpp writes to standard error as it loads; a table is to stay a table."""
    llama_cpp.llama_log_set(_swallow, ctypes.c_void_p(0))
