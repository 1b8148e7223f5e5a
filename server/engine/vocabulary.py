"""The tokens of a model: text becomes ids, ids become bytes."""

from __future__ import annotations

import ctypes
import threading
from array import array
from collections.abc import Iterable

from server.engine.llama import C, Model
from server.errors import BadRequest, ModelNotLoaded

_UNKNOWN = 1
_CONTROL = 8
_USER_DEFINED = 16
"""Bits of llama.cpp's token attributes."""


class Vocabulary:
    """The tokens of a model. `tokenize` and `labels` may be called from any thread, even while the model is being
    freed; the rest is read from memory of our own, or by the model's thread.
    """

    def __init__(self, model: Model) -> None:
        self.handle = handle = model.vocabulary_handle
        self._in_use = threading.Lock()
        self._open = True
        self.size = int(C.llama_vocab_n_tokens(handle))
        self.bos = int(C.llama_vocab_bos(handle))
        self.eos = int(C.llama_vocab_eos(handle))
        self.bos_text = self.text(self.bos) if self.bos >= 0 else ""
        self.eos_text = self.text(self.eos) if self.eos >= 0 else ""
        middle = (C.llama_vocab_fim_pre(handle), C.llama_vocab_fim_suf(handle), C.llama_vocab_fim_mid(handle))
        self.filling: tuple[int, int, int] | None = middle if min(middle) >= 0 else None
        """The tokens that stand before a text, before what is to follow it, and before what belongs between the two."""
        self.adds_bos = bool(C.llama_vocab_get_add_bos(handle)) and self.bos >= 0
        """Whether the model's own start token goes before a prompt."""
        self.ends = frozenset(t for t in range(self.size) if C.llama_vocab_is_eog(handle, t))
        attributes = [C.llama_vocab_get_attr(handle, token) for token in range(self.size)]
        self.control_ids = self._texts_of(attributes, _CONTROL)
        self.user_defined_ids = self._texts_of(attributes, _USER_DEFINED)
        """The special tokens by their texts: what a client's words must never become."""
        self.control = tuple(self.control_ids)
        self.user_defined = tuple(self.user_defined_ids)
        self.silent = frozenset(t for t, bits in enumerate(attributes) if bits & (_CONTROL | _UNKNOWN))
        """Tokens that stand for no text."""
        self._pieces: list[bytes | None] = [None] * self.size
        self._newline = self._raw("\n", special=False)
        self._prefixes_space = C.llama_vocab_type(handle) == 1
        self.front, self.back, self.between = self._frame()
        """What the model wants around a text of its own, and between two that it is to compare."""

    def _frame(self) -> tuple[array[int], array[int], array[int]]:
        whole = self._raw("", special=False, start=True)
        begins = int(self.adds_bos and whole[:1] == array("i", [self.bos]))
        back = whole[begins:]
        # Where a text ends with its own token, RoBERTa's kind has a separator after that; BERT ends it with one.
        separated = C.llama_vocab_get_add_eos(self.handle) and C.llama_vocab_get_add_sep(self.handle)
        separator = array("i", [C.llama_vocab_sep(self.handle)] if separated else [])
        return whole[:begins], back, back + separator

    def _texts_of(self, attributes: list[int], kind: int) -> dict[str, int]:
        texts = {self.text(token): token for token, bits in enumerate(attributes) if bits & kind}
        texts.pop("", None)
        return texts

    def text(self, token: int) -> str:
        """The token as the vocabulary spells it: for control tokens, their name."""
        data = C.llama_vocab_get_text(self.handle, token)
        return data.decode("utf-8", "replace") if data else ""

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for in an answer; control tokens stand for none."""
        known = self._pieces[token]
        if known is None:
            known = self._pieces[token] = self._piece(token, special=False)
        return known

    def _piece(self, token: int, *, special: bool) -> bytes:
        room = ctypes.create_string_buffer(64)
        size = C.llama_token_to_piece(self.handle, token, room, len(room), 0, special)
        if size < 0:
            room = ctypes.create_string_buffer(-size)
            size = C.llama_token_to_piece(self.handle, token, room, len(room), 0, special)
        return room.raw[:size]

    def label(self, token: int) -> bytes:
        """As `piece`, but control tokens by name: for showing which token it was."""
        return self._piece(token, special=True)

    def shown(self, token: int) -> bytes:
        """As `piece`, but control tokens by name: for answers that are to show them."""
        return self.piece(token) or self.label(token)

    def labels(self, tokens: Iterable[int]) -> list[bytes]:
        """As `label`, of many and from any thread. ModelNotLoaded if the model is gone."""
        with self._in_use:
            self._check_open()
            return [self.label(token) for token in tokens]

    def tokenize(self, text: str, *, special: bool, first: bool) -> array[int]:
        """Token ids of `text`. `special` reads control tokens in it; `first` adds the model's own start token.

        A fragment that is not the first gets no leading space, which some vocabularies would add. Run it on a thread
        with a deep stack: some pre-tokenizers recurse once a character. ModelNotLoaded if the model is gone.
        """
        with self._in_use:
            self._check_open()
            return self._tokenize(text, special=special, first=first)

    def segment(self, text: str) -> array[int]:
        """Token ids of a text that stands on its own within a frame. As `tokenize` otherwise; nothing in it is read
        as a control token.
        """
        with self._in_use:
            self._check_open()
            return self._raw(text, special=False)

    def _check_open(self) -> None:
        if not self._open:
            raise ModelNotLoaded("This model has just been unloaded. Try again.")

    def _tokenize(self, text: str, *, special: bool, first: bool) -> array[int]:
        if first or not self._prefixes_space or not text or not self._newline:
            return self._raw(text, special=special, start=first)
        tokens = self._raw("\n" + text, special=special)
        head = self._newline
        return tokens[len(head) :] if tokens[: len(head)] == head else self._raw(text, special=special)

    def _raw(self, text: str, *, special: bool, start: bool = False) -> array[int]:
        data = text.encode("utf-8", "replace")
        room = (C.llama_token * (len(data) + 8))()
        count = C.llama_tokenize(self.handle, data, len(data), room, len(room), start, special)
        if count < 0:
            raise BadRequest("This text could not be cut into tokens.")
        return array("i", memoryview(room).cast("B")[: count * 4].tobytes())

    def check(self, tokens: Iterable[int], param: str) -> array[int]:
        """Ids from a client, refused when the model has no such token."""
        result = array("i")
        for token in tokens:
            if not 0 <= token < self.size:
                raise BadRequest(f"Token ids of this model are 0 to {self.size - 1}, found {token}.", param=param)
            result.append(token)
        return result

    def close(self) -> None:
        """The model is about to be freed."""
        with self._in_use:
            self._open = False
