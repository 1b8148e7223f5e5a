"""A model's text becomes what it thought (`reasoning`), what it says (`content`) and the calls it makes, while it
streams.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from server.chat.messages import CallPiece, Channel, Piece
from server.chat.tool_formats.reader import Parser

DEFAULT_TAGS = ("<think>", "</think>")

_WHITESPACE = 256
"""An answer that begins with more whitespace than this does not begin with a tag."""


class _State(enum.Enum):
    OPENING = "it may begin with the opening tag"
    REASONING = "within the tags"
    CLOSED = "newlines after the closing tag are dropped"
    CONTENT = "all that comes is content"


class Channels:
    """Tells reasoning from content. Reasoning stands between two tags at the start of an answer, or, with
    `open_reasoning`, from its first character on, when the prompt ended with the opening tag.

    Newlines just inside and just after the tags belong to neither. `feed` and `finish` give the same text however
    it was cut up; what may become a tag is held back until it is known.

    With `calls`, which makes the parser of a format of tool calls, the content goes through that.
    """

    def __init__(
        self,
        *,
        tags: tuple[str, str] = DEFAULT_TAGS,
        open_reasoning: bool = False,
        enabled: bool = True,
        calls: Callable[[], Parser] | None = None,
    ) -> None:
        self._make_parser = calls
        self._parser = calls() if calls else None
        self._opening, self._closing = tags
        self._opened = open_reasoning
        self._enabled = enabled
        self._held = ""
        self._begun = False
        """Whether some reasoning has been given out; newlines before it are dropped."""
        self._state = _State.CONTENT if not enabled else _State.REASONING if open_reasoning else _State.OPENING

    @classmethod
    def after(
        cls,
        prompt: str,
        *,
        tags: tuple[str, str] = DEFAULT_TAGS,
        enabled: bool = True,
        calls: Callable[[], Parser] | None = None,
    ) -> Channels:
        """For answers to a prompt, which may have opened the reasoning itself."""
        return cls(tags=tags, open_reasoning=opens_reasoning(prompt, tags), enabled=enabled, calls=calls)

    @property
    def reasoning(self) -> bool:
        """Whether the text just fed belongs to the reasoning."""
        return self._state is _State.REASONING or (self._parser is not None and self._parser.thinking)

    @property
    def apart(self) -> bool:
        """Whether the text just fed is none of the content, and nothing of it will be: a thought, or what ends one."""
        return self.reasoning or self._state is _State.CLOSED

    @property
    def called(self) -> bool:
        """Whether there were calls."""
        return self._parser is not None and self._parser.calls > 0

    @property
    def done(self) -> bool:
        """Whether nothing that follows counts, so that the answer may end: it has made the one call that was wanted."""
        return self._parser is not None and self._parser.done

    def fresh(self) -> Channels:
        """The same for another answer, from its beginning."""
        return Channels(
            tags=(self._opening, self._closing),
            open_reasoning=self._opened,
            enabled=self._enabled,
            calls=self._make_parser,
        )

    def feed(self, text: str) -> list[Piece | CallPiece]:
        """The pieces that are certain now."""
        return self._parsed(self._tell_apart(text))

    def finish(self) -> list[Piece | CallPiece]:
        """What was still held back: the answer is over."""
        pieces = self._parsed(self._left())
        return [*pieces, *self._parser.finish()] if self._parser is not None else pieces

    def _parsed(self, pieces: list[Piece]) -> list[Piece | CallPiece]:
        if self._parser is None:
            return [*pieces]
        found: list[Piece | CallPiece] = []
        for piece in pieces:
            found += self._parser.feed(piece.text) if piece.channel == "content" else [piece]
        return found

    def _tell_apart(self, text: str) -> list[Piece]:
        if self._state is _State.CONTENT:
            return [Piece("content", text)] if text else []
        self._held += text
        pieces: list[Piece] = []
        if self._state is _State.OPENING:
            self._open()
        if self._state is _State.REASONING:
            pieces += self._reason()
        if self._state is _State.CLOSED:
            self._held = self._held.lstrip("\n")
            if self._held:
                self._state = _State.CONTENT
        if self._state is _State.CONTENT and self._held:
            pieces.append(Piece("content", self._held))
            self._held = ""
        return pieces

    def _left(self) -> list[Piece]:
        text, self._held = self._held, ""
        channel: Channel = "reasoning" if self._state is _State.REASONING else "content"
        self._state = _State.CONTENT
        return [Piece(channel, text)] if text else []

    def _open(self) -> None:
        words = self._held.lstrip()
        if len(self._held) - len(words) > _WHITESPACE:
            self._state = _State.CONTENT
        elif words.startswith(self._opening):
            self._held = words[len(self._opening) :]
            self._state = _State.REASONING
        elif not self._opening.startswith(words):
            self._state = _State.CONTENT

    def _reason(self) -> list[Piece]:
        if not self._begun:
            self._held = self._held.lstrip("\n")
        end = self._held.find(self._closing)
        if end >= 0:
            thought = self._held[:end].rstrip("\n")
            self._held = self._held[end + len(self._closing) :]
            self._state = _State.CLOSED
        else:
            thought = self._held[: len(self._held) - self._undecided()].rstrip("\n")
            self._held = self._held[len(thought) :]
        self._begun = self._begun or bool(thought)
        return [Piece("reasoning", thought)] if thought else []

    def _undecided(self) -> int:
        """Length of the end of what is held that may become the closing tag."""
        for length in range(min(len(self._closing) - 1, len(self._held)), 0, -1):
            if self._held.endswith(self._closing[:length]):
                return length
        return 0


def opens_reasoning(prompt: str, tags: tuple[str, str]) -> bool:
    """Whether a prompt ends with the opening tag, so that the answer begins within its reasoning."""
    return prompt.rstrip().endswith(tags[0])
