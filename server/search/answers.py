"""Questions answered from the files of a store, each on its own, as text with numbered notes of where it comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, and of whom."""

    turn: Turn
    """All but its messages."""
    store: str
    instructions: str
    queries: tuple[str, ...]
    cites: bool = True


class FileAnswers:
    """Answers from files."""

    def __init__(self, search: Search, backend: Backend) -> None:
        self._search = search
        self._backend = backend

    async def answer(self, asking: Asking, progress: Progress) -> list[str]:
        """An answer for each query, in order. Raises what the search and the model raise."""
        answers: list[str] = []
        room = await self._backend.context(asking.turn.model, owner=asking.turn.owner) // 2
        for query in asking.queries:
            answers.append(await self._one(asking, query, room))
            await progress(len(answers), len(asking.queries))
        return answers

    async def _one(self, asking: Asking, query: str, room: int) -> str:
        passages: list[Found] = []
        if query.strip():
            question = Question((query,), PASSAGES)
            answered = await self._search.find(asking.turn.owner, [asking.store], question, something=True)
            passages = fitting(answered.found, room)
        while True:
            asked = with_system([Message("user", quoted(passages, query))], asking.instructions)
            try:
                said = await self._said(replace(asking.turn, messages=asked))
                return noted(said, passages) if asking.cites else said
            except ContextLengthExceeded:
                if not passages:
                    raise
                passages.pop()

    async def _said(self, turn: Turn) -> str:
        async with self._backend.open(turn) as answer:
            return "".join([delta.content async for deltas in answer for delta in deltas])


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
