"""What answers a turn: the models of this machine, or one behind a URL. Who asks cannot tell which."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from server.chat.messages import Delta, Turn, Usage
from server.chat.vectors import Ranking, Scores, Texts, Vectors
from server.chat.written import Written
from server.errors import ServerError


class Token(NamedTuple):
    """A token and the bytes it stands for; a control token's are its name."""

    id: int
    data: bytes


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

    @property
    def waiting(self) -> bool:
        """Whether nobody works at it yet."""

    def __aiter__(self) -> AsyncIterator[Sequence[Delta]]:
        """Deltas until every choice has had its `finish`; raises a ServerError when the answer broke.

        What comes together is fit to be sent together.
        """

    def stop(self, error: ServerError) -> None:
        """End it now, whether or not somebody reads: what had come by then may be read still, and then this is raised.
        Without effect on an answer that is complete.
        """


class Backend(Protocol):
    """The one door: a turn goes in, an answer comes out."""

    def open(self, turn: Turn) -> AbstractAsyncContextManager[Answer]:
        """Enter to start: all that can be wrong with the turn is raised here, before the first delta.

        Leaving cancels whatever has not ended, within one step of the engine.
        """

    async def write(self, turn: Turn) -> Sequence[Written]:
        """The prompts that `open` would compute for this turn, however long. Raises what is wrong with it."""

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> Sequence[Token]:
        """The tokens of a text: `start` puts the model's start token, if it uses one, before them; `special` reads
        control tokens in it.
        """

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> Sequence[Token]:
        """The tokens of these ids. BadRequest for ids that the model has not."""

    async def count(self, model: str, texts: Sequence[str], *, owner: str) -> Sequence[int]:
        """The tokens of each text by itself, with nothing before it."""

    async def context(self, model: str, *, owner: str) -> int:
        """The tokens that one request may use, prompt and answer together."""

    def close(self) -> None:
        """Nobody opens it any more."""


class Embeddings(Protocol):
    """The one door for what is to be compared instead of answered. Cancelling either call ends it within one step."""

    async def embed(self, texts: Texts) -> Vectors:
        """A vector for each text. Raises what is wrong with any of them before any is computed."""

    async def rank(self, ranking: Ranking) -> Scores:
        """A score for each document."""

    def close(self) -> None:
        """Nobody asks it any more."""
