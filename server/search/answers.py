"""Questions answered from the files of a store, as text that may have numbered notes of where it comes from.

What was answered before may be told to the model again, as in a talk of which the questions were taken out: what asks
for it is one message of ours, as many templates refuse an answer that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from server.chat.backend import Backend
from server.chat.messages import Message, Turn
from server.chat.template import with_system
from server.errors import ContextLengthExceeded
from server.search.citing import citations
from server.search.indexing import spoken
from server.search.query import Question
from server.search.quoting import fitting, quoted
from server.search.search import Found, Search

PASSAGES = 20
"""That are looked at for one question; as many as fill half of the model's context are quoted."""

Progress = Callable[[int, int], Awaitable[None]]
Again = Callable[[Callable[[], Awaitable["FileAnswer"]]], Awaitable["FileAnswer"]]
"""Does what gives an answer, anew where that has failed and may not the next time."""


REMEMBER = "Say again what you have answered so far."
"""Stands before the earlier answers, in the place of the questions."""

ROOM = 4
"""One part in so many of the context is to be free for the answer, where earlier ones are told."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, and of whom."""

    turn: Turn
    """All but its messages."""
    store: str
    instructions: str
    queries: tuple[str, ...]
    earlier: tuple[str, ...] | None = None
    """What was answered before, the oldest first. These answers follow it; None: each question is on its own."""


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """An answer as the model said it, and what it was shown."""

    text: str
    passages: tuple[Found, ...]

    @property
    def noted(self) -> str:
        """With its notes."""
        return noted(self.text, self.passages)


class _Told(NamedTuple):
    """An earlier answer, and how many tokens it takes."""

    text: str
    tokens: int


class FileAnswers:
    """Answers from files."""

    def __init__(self, search: Search, backend: Backend) -> None:
        self._search = search
        self._backend = backend

    async def answer(self, asking: Asking, progress: Progress, again: Again | None = None) -> list[FileAnswer]:
        """An answer for each query, in order, `again` for each where it is given. Raises what the search and the model
        raise.
        """
        answers: list[FileAnswer] = []
        context = await self._backend.context(asking.turn.model, owner=asking.turn.owner)
        earlier = await self._counted(asking.turn, asking.earlier or ())
        for query in asking.queries:
            one = partial(self._one, asking, query, earlier, context)
            said = await (again(one) if again is not None else one())
            answers.append(said)
            if asking.earlier is not None:
                earlier += await self._counted(asking.turn, [said.text])
            await progress(len(answers), len(asking.queries))
        return answers

    async def _one(self, asking: Asking, query: str, earlier: Sequence[_Told], context: int) -> FileAnswer:
        passages: list[Found] = []
        if query.strip():
            question = Question((query,), PASSAGES)
            answered = await self._search.find(asking.turn.owner, [asking.store], question, something=True)
            passages = fitting(answered.found, context // 2)
        if earlier:
            words = await self._counted(asking.turn, [asking.instructions, query])
            taken = sum(each.tokens for each in words) + sum(found.hit.passage.tokens for found in passages)
            earlier = _newest(earlier, context - context // ROOM - taken)
        while True:
            said = [*_talk(earlier), Message("user", quoted(passages, query))]
            turn = replace(asking.turn, messages=with_system(said, asking.instructions))
            try:
                return FileAnswer(await self._said(turn), tuple(passages))
            except ContextLengthExceeded:
                if earlier:
                    earlier = earlier[(len(earlier) + 1) // 2 :]
                elif passages:
                    passages.pop()
                else:
                    raise

    async def _counted(self, turn: Turn, texts: Sequence[str]) -> list[_Told]:
        """Those of the texts that say something, with what they take."""
        texts = [text for text in texts if text.strip()]
        tokens = await self._backend.count(turn.model, texts, owner=turn.owner) if texts else ()
        return [*map(_Told, texts, tokens)]

    async def _said(self, turn: Turn) -> str:
        async with self._backend.open(turn) as answer:
            return "".join([delta.content async for deltas in answer for delta in deltas])


def _newest(earlier: Sequence[_Told], tokens: int) -> Sequence[_Told]:
    """The last of them that have at most so many tokens together."""
    start = len(earlier)
    while start and earlier[start - 1].tokens <= tokens:
        start -= 1
        tokens -= earlier[start].tokens
    return earlier[start:]


def _talk(earlier: Sequence[_Told]) -> list[Message]:
    if not earlier:
        return []
    return [Message("user", REMEMBER), Message("assistant", "\n\n".join(each.text for each in earlier))]


def noted(text: str, passages: Sequence[Found]) -> str:
    """A text with ` [1]` after what comes from the first of its files, and the files' names below it."""
    texts = [spoken(found.hit.passage.heading, found.hit.passage.text) for found in passages]
    numbers: dict[str, int] = {}
    names: list[str] = []
    pieces: list[str] = []
    start = 0
    for cited in citations(text, texts):
        file = passages[cited.passage].file
        if file.file_id not in numbers:
            numbers[file.file_id] = len(numbers) + 1
            names.append(file.name)
        pieces.append(f"{text[start : cited.at]} [{numbers[file.file_id]}]")
        start = cited.at
    marked = "".join(pieces) + text[start:]
    notes = "\n".join(f"[{number}] {name}" for number, name in enumerate(names, 1))
    return f"{marked}\n\n{notes}" if notes else marked
