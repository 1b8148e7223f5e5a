"""Bytes of tokens become text that may be shown. Pure.

Two things are held back: the first bytes of a character whose rest has not come, and an ending that may turn out to
be the start of a stop string. Both are let go when it is clear what they are; nothing is lost at the end.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class Detokenizer:
    """One answer's bytes in, its text out; `stop` is the stop string that ended it, once one has been found."""

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._stop = tuple(stop)
        self._longest = max(map(len, self._stop), default=0)
        self._held = ""
        self.stop: str | None = None

    def feed(self, data: bytes) -> str:
        """The text that is certain now; what stands before a stop string, once one is found."""
        text = self._decode(data)
        if not self._stop:
            return text
        text = self._held + text
        found = [(at, stop) for stop in self._stop if (at := text.find(stop)) >= 0]
        if found:
            at, self.stop = min(found, key=lambda one: one[0])
            self._held = ""
            return text[:at]
        keep = self._possible_start(text)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def _possible_start(self, text: str) -> int:
        """How many characters at the end of `text` may be the start of a stop string."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            ending = text[-length:]
            if any(stop.startswith(ending) for stop in self._stop):
                return length
        return 0

    @property
    def stopped(self) -> bool:
        """Whether a stop string has been found: nothing follows any more."""
        return self.stop is not None

    @property
    def holds_back(self) -> bool:
        """Whether some text is known and not given out yet."""
        return bool(self._held)

    def finish(self) -> str:
        """The rest, when the answer ended without a stop string. A broken character becomes U+FFFD."""
        text = self._held + self._decode(b"", True)
        self._held = ""
        return text
