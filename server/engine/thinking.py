"""How long an answer thinks: counts a thought's tokens and says when it is to be closed. Pure."""

from __future__ import annotations

import codecs
import enum
from array import array

from server.engine.request import Thinking


class _State(enum.Enum):
    BEFORE = "it may begin with the opening tag"
    WITHIN = "it thinks"
    OVER = "it has thought, or will not"


class Clock:
    """Of one answer. Fed the bytes of its tokens; `due` once it has thought for as long as it may."""

    def __init__(self, thinking: Thinking) -> None:
        self._thinking = thinking
        self._state = _State.WITHIN if thinking.opened else _State.BEFORE
        self._tail = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._spent = 0

    @property
    def ends(self) -> array[int]:
        """The tokens that close the thought."""
        return self._thinking.ends

    @property
    def due(self) -> bool:
        """Whether the thought must be closed now: never within a character."""
        whole = not self._decoder.getstate()[0]
        return self._state is _State.WITHIN and self._spent >= self._thinking.budget and whole

    def take(self, data: bytes) -> None:
        """The next token's bytes."""
        if self._state is _State.OVER:
            return
        self._tail += data
        self._decoder.decode(data)
        if self._state is _State.BEFORE:
            self._begin()
        else:
            self._spent += 1
            self._end()

    def _begin(self) -> None:
        opening, words = self._thinking.opening, self._tail.lstrip()
        if words.startswith(opening):
            self._state, self._tail = _State.WITHIN, words[len(opening) :]
            self._end()
        elif not opening.startswith(words):
            self._state = _State.OVER

    def _end(self) -> None:
        closing = self._thinking.closing
        if closing in self._tail:
            self._state = _State.OVER
        self._tail = self._tail[1 - len(closing) :] if len(closing) > 1 else b""
