"""What answers a turn: the models of this machine, or one behind a URL. Who asks cannot tell which."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from server.chat.messages import Delta, Turn, Usage


class Answer(Protocol):
    """An answer in the making. Iterate it for the deltas of all choices, in the order and company they came in."""

    @property
    def prompt_tokens(self) -> int:
        """Tokens of the prompt (of all prompts together), known before the first delta."""

    @property
    def fingerprint(self) -> str:
        """Model file and build, for `system_fingerprint`."""

    @property
    def usage(self) -> Usage:
        """What it has cost so far; complete when the iteration has ended."""

    def __aiter__(self) -> AsyncIterator[Sequence[Delta]]:
        """Deltas until every choice has had its `finish`; raises a ServerError when the answer broke.

        What comes together is fit to be sent together.
        """


class Backend(Protocol):
    """The one door: a turn goes in, an answer comes out."""

    def open(self, turn: Turn) -> AbstractAsyncContextManager[Answer]:
        """Enter to start: all that can be wrong with the turn is raised here, before the first delta.

        Leaving cancels whatever has not ended, within one step of the engine.
        """
