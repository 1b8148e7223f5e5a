"""Reads a model's words while they are still coming, and tells calls of tools from what is said.

How a format reads is a generator of straight code: it asks its Reader for what it expects, and where that has not come
yet it waits, by a bare `yield`. A Parser drives the generator with whatever text there is, so the outcome cannot depend
on how the text was cut.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from server.chat.messages import CallPiece, Channel, Piece, Tool, joined
from server.ids import random_hex

log = logging.getLogger(__name__)

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Code that waits for text."""

Emit = Callable[[str], None]

DEPTH = 64
"""Lists and objects within each other in a call's arguments."""


class Malformed(Exception):
    """What looked like a call is none. The text says what was expected, and nothing of what was found."""


class Enough(Exception):
    """A second call begins where only one is wanted."""


class Reader:
    """The text that has come and was not read yet, and the pieces that were made of it.

    Whitespace at the end of what is said is held back until it is known whether a call follows, which swallows it.
    """

    def __init__(self, tools: Sequence[Tool] = (), *, parallel: bool = True) -> None:
        self.tools = {tool.name: tool for tool in tools}
        self.pieces: list[Piece | CallPiece] = []
        self.calls = 0
        """Calls begun."""
        self.said = False
        """Whether there was content."""
        self.thinking = False
        """Whether the text that is read now is reasoning: kept by formats that have channels of their own."""
        self._parallel = parallel
        self._text = ""
        self._ended = False
        self._space = ""
        self._raw: str | None = None
        """What was read since a call began to look like one; None once its name is known."""

    # Text in

    def give(self, text: str) -> None:
        """More text has come."""
        self._text += text

    def end(self) -> None:
        """No more will come."""
        self._ended = True

    @property
    def rest(self) -> str:
        """What has come and was not read."""
        return self._text

    # Pieces out

    def say(self, text: str) -> None:
        """Content."""
        text = self._space + text
        words = text.rstrip()
        self._space = text[len(words) :]
        self.said = self.said or bool(words)
        self._put("content", words)

    def think(self, text: str) -> None:
        """Reasoning."""
        self._put("reasoning", text)

    def close(self) -> None:
        """All is read: whitespace that no call followed was said."""
        if not self.calls:
            self._put("content", self._space)
        self._space = ""

    def call(self, name: str) -> None:
        """A call of this tool begins. Raises Malformed when there is no such tool, Enough when none is wanted."""
        if name not in self.tools:
            raise Malformed("expected the name of a tool that was offered")
        if self.calls and not self._parallel:
            raise Enough
        self._space = ""
        self._raw = None
        self.pieces.append(CallPiece(self.calls, f"call_{random_hex(12)}", name))
        self.calls += 1

    def argue(self, text: str) -> None:
        """The next fragment of the call's arguments."""
        if text:
            self.pieces.append(CallPiece(self.calls - 1, arguments=text))

    def _put(self, channel: Channel, text: str) -> None:
        if text:
            self.pieces.append(Piece(channel, text))

    # What a format asks for

    def more(self) -> Steps[bool]:
        """Wait for more text; whether some came."""
        before = len(self._text)
        while len(self._text) == before and not self._ended:
            yield
        return len(self._text) > before

    def take(self, count: int) -> str:
        """The next characters, which are there."""
        taken, self._text = self._text[:count], self._text[count:]
        if self._raw is not None:
            self._raw += taken
        return taken

    def peek(self) -> Steps[str]:
        """The next character, which stays; empty at the end."""
        if not self._text:
            yield from self.more()
        return self._text[:1]

    def next(self, *texts: str) -> Steps[str]:
        """Read the longest of these texts if it comes next; empty when none does."""
        while True:
            found = max((text for text in texts if self._text.startswith(text)), key=len, default="")
            open_ = any(len(text) > len(self._text) and text.startswith(self._text) for text in texts)
            if self._ended or not open_:
                return self.take(len(found))
            yield from self.more()

    def expect(self, *texts: str) -> Steps[str]:
        """As `next`, but one of them must come; raises Malformed."""
        found = yield from self.next(*texts)
        if not found:
            raise Malformed(f"expected {' or '.join(map(repr, texts))}")
        return found

    def space(self) -> Steps[None]:
        """Read whitespace."""
        while (yield from self.peek()).isspace():
            self.take(len(self._text) - len(self._text.lstrip()))

    def match(self, pattern: re.Pattern[str]) -> Steps[str]:
        """Read as much as the pattern, which may be longer the more has come, matches."""
        while True:
            found = pattern.match(self._text)
            if self._ended or (found is not None and found.end() < len(self._text)):
                return self.take(found.end() if found else 0)
            if found is None and self._text:
                return ""
            yield from self.more()

    def until(self, *marks: str, emit: Emit) -> Steps[str]:
        """Emit text up to one of these marks, and read that; it is returned, or nothing at the end of all text."""
        while True:
            places = [(at, -len(mark), mark) for mark in marks if (at := self._text.find(mark)) >= 0]
            if places:
                at, _, mark = min(places)
                emit(self.take(at))
                self.take(len(mark))
                return mark
            keep = 0 if self._ended else max((_overlap(self._text, mark) for mark in marks), default=0)
            emit(self.take(len(self._text) - keep))
            if self._ended:
                return ""
            yield from self.more()

    def begin(self) -> None:
        """From here on something looks like a call, another one perhaps; see `attempt`."""
        self._raw = self._raw or ""

    def keep_none(self) -> None:
        """What was taken for a call so far was none, and nothing of it is said."""
        self._raw = None

    def capture(self, *marks: str) -> Steps[tuple[str, str]]:
        """Read text up to one of these marks, and the mark; both."""
        parts: list[str] = []
        mark = yield from self.until(*marks, emit=parts.append)
        return "".join(parts), mark

    def attempt(self, begun: str, steps: Callable[[], Steps[None]]) -> Steps[bool]:
        """Read a call of which `begun` has been read. If it turns out to be none, what was read of it is content.

        False then; what follows is not read yet. Calls lead to Malformed or Enough only in here.
        """
        self._raw = begun
        before = self.calls
        try:
            yield from steps()
            if self._raw is not None and self.calls == before:
                raise Malformed("expected a call")
        except Malformed as problem:
            log.warning("A model's call of a tool was not understood: %s", problem)
            if self._raw is not None:
                self.say(self._raw)
            return False
        finally:
            self._raw = None
        return True


class Parser:
    """One answer's text in, its pieces out: content, reasoning of formats that have it, and calls, token by token."""

    def __init__(self, read: Callable[[Reader], Steps[None]], tools: Sequence[Tool], *, parallel: bool = True) -> None:
        self._reader = Reader(tools, parallel=parallel)
        self._steps = read(self._reader)
        self.done = False
        """Nothing that follows counts: a second call began where one is wanted. The answer may end."""

    @property
    def calls(self) -> int:
        """Calls begun so far."""
        return self._reader.calls

    @property
    def thinking(self) -> bool:
        """Whether the text just fed belongs to reasoning."""
        return self._reader.thinking

    def feed(self, text: str) -> list[Piece | CallPiece]:
        """The pieces that are certain now."""
        if not self.done:
            self._reader.give(text)
            self._advance()
        return self._taken()

    def finish(self) -> list[Piece | CallPiece]:
        """What was held back: the answer is over."""
        if not self.done:
            self._reader.end()
            self._advance()
            self._reader.close()
        return self._taken()

    def _advance(self) -> None:
        try:
            next(self._steps)
        except StopIteration:
            pass
        except Enough:
            self.done = True

    def _taken(self) -> list[Piece | CallPiece]:
        pieces, self._reader.pieces = self._reader.pieces, []
        return joined(pieces)


def _overlap(text: str, mark: str) -> int:
    """Length of the longest end of `text` that may become `mark`."""
    for length in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:length]):
            return length
    return 0
