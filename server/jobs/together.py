"""Committing together what comes at one time: it is the disk that costs, not what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from server.errors import ServerError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST = 500
"""In one transaction."""


class Together(Generic[Asked, Answer]):
    """Calls of `commit`, each for all that was asked while the one before was under way."""

    def __init__(self, commit: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]]) -> None:
        """`commit` answers each in its place; an exception is for whoever asked."""
        self._commit = commit
        self._asked: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._work: asyncio.Task[None] | None = None

    async def do(self, asked: Asked) -> Answer:
        """The answer, when it is committed."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.append((asked, future))
        if self._work is None:
            self._work = asyncio.create_task(self._go(), name="commit what came together")
        return await future

    async def _alone(self, asked: Asked) -> Answer | Exception:
        try:
            return (await self._commit([asked]))[0]
        except Exception as error:
            return error

    async def _go(self) -> None:
        try:
            while self._asked:
                some, self._asked = self._asked[:MOST], self._asked[MOST:]
                answers: Sequence[Answer | Exception]
                try:
                    answers = await self._commit([asked for asked, _ in some])
                except ServerError as error:
                    answers = [error] * len(some)
                except Exception as error:  # something asked for cannot be committed; the others must not suffer
                    answers = [error] if len(some) == 1 else [await self._alone(asked) for asked, _ in some]
                for (_, future), answer in zip(some, answers, strict=True):
                    if future.done():  # nobody waits for it any more
                        continue
                    if isinstance(answer, Exception):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
        finally:
            self._work = None
