"""One response on its way: history → turn → the door → events → store; and the desk that knows those under way.

Nothing is written before the answer is over: until then the response is here and nowhere else. A response whose
client left is kept as `cancelled`, with what there was of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

from server.api.openai.file_search import Consulted, SearchPlan, consult
from server.api.openai.response_events import Event, Writer
from server.api.openai.response_items import ItemReference, before_answer, messages
from server.api.openai.trimming import excess, trimmed
from server.chat.backend import Answer, Backend
from server.chat.messages import Message, Turn, Usage
from server.chat.template import with_system
from server.engine.request import FinishReason
from server.errors import BadRequest, ContextLengthExceeded, NotFound, ServerError, Stopped
from server.search.search import Search
from server.store.conversations import Conversations
from server.store.response_tables import Item
from server.store.responses import Kept, Place, Responses

log = logging.getLogger(__name__)

ANSWERED = ("completed", "incomplete")
"""The statuses of what a conversation keeps: a client that was cut off may ask again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for."""

    response: dict[str, Any]
    """The response object with nothing in it yet."""
    turn: Turn
    """All but its messages."""
    given: Sequence[Item | ItemReference]
    instructions: str
    place: Place
    """What it goes on from."""
    store: bool
    trims: bool
    """Whether the oldest may be left out of what is too long for the model."""
    summary: bool
    """Whether thoughts are to come as a summary."""
    search: SearchPlan | None = None
    """The files that are searched first."""

    @property
    def id(self) -> str:
        return str(self.response["id"])


class Desk:
    """The responses under way, and the order in which those of one conversation go."""

    def __init__(self, backend: Backend, responses: Responses, conversations: Conversations, search: Search) -> None:
        self.backend = backend
        self.search = search
        self.responses = responses
        self.conversations = conversations
        self._running: dict[tuple[str, str], Run] = {}
        self._lines: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def running(self, owner: str, id: str) -> Run | None:
        """This key's response that is under way."""
        return self._running.get((owner, id))

    @asynccontextmanager
    async def admit(self, run: Run) -> AsyncIterator[None]:
        """Enter when it is this run's turn in its conversation."""
        name = run.owner, run.order.place.conversation or run.order.id
        line = self._lines.setdefault(name, asyncio.Lock())
        async with line:
            self._running[run.owner, run.order.id] = run
            try:
                yield
            finally:
                del self._running[run.owner, run.order.id]
                run.ended.set()


class Run:
    """A response under way. Its events are read once, by one task."""

    def __init__(self, desk: Desk, order: Order) -> None:
        self._desk = desk
        self.owner = order.turn.owner
        self.order = order
        self.ended = asyncio.Event()
        self.error: ServerError | None = None
        """Why it failed, after it had begun."""
        self._writer: Writer | None = None
        self._place = order.place
        self._consulted: Consulted | None = None
        """What the files say."""
        self._left_out = 0
        """Messages that are too old for the model's context."""
        self._given: list[Item] = []
        self._reason: FinishReason | None = None
        """How the answer ended; None: it was stopped."""
        self._closing: list[Event] = []
        """What is still to be told of the output when the answer is over."""
        self._answer: Answer | None = None

    @property
    def response(self) -> dict[str, Any]:
        """As it is now."""
        return self._writer.response if self._writer is not None else self.order.response

    def stop(self) -> None:
        """End it, if it has begun; `ended` is set when it is over."""
        if self._answer is not None:
            self._answer.stop(Stopped("This response was cancelled."))

    async def events(self) -> AsyncGenerator[list[Event], None]:
        """The events; those that come together in one list. All that can be wrong is raised before the first."""
        async with self._desk.admit(self), AsyncExitStack() as stack:
            # Entered first, so left last: the model is free by then, and the conversation waits for it.
            stack.push_async_callback(self._settle)
            self._answer = await self._open(stack, await self._consult(await self.messages()))
            left_out = {"truncated_messages": self._left_out} if self._left_out else {}
            self._writer = Writer(self.order.response | left_out, self._consulted, summary=self.order.summary)
            async with aclosing(self._written(self._answer, self._writer)) as written:
                async for together in written:
                    yield together
        yield self._closing + self._writer.last()

    async def _written(self, answer: Answer, writer: Writer) -> AsyncGenerator[list[Event], None]:
        """That it begins, at once: a client can look it up and cancel it before there is a word. Then what the answer
        brings; how it ended is in `_closing`.
        """
        try:
            yield writer.begin()
            async for together in answer:
                events = [event for delta in together for event in writer.add(delta)]
                self._reason = together[-1].finish
                if events:
                    yield events
            self._closing = writer.finish(self._reason, answer.usage)
        except Stopped:
            self._closing = writer.finish(None, answer.usage)
        except ServerError as error:
            self._fail(error, answer.usage)
        except Exception:
            log.exception("A response broke")
            self._fail(ServerError("The server made a mistake; this answer ends here."), answer.usage)
        except BaseException:  # whoever reads it left, or is made to leave
            self._closing = writer.finish(None, answer.usage)
            raise

    async def messages(self) -> tuple[Message, ...]:
        """All that is to be said to the model."""
        said = await self._history()
        for each in self.order.given:
            self._given.append(await self._referred(each, said) if isinstance(each, ItemReference) else each)
        spoken = with_system(messages([*said, *self._given]), self.order.instructions)
        if not spoken:
            raise BadRequest("input is empty, and there is nothing that it goes on from.", param="input")
        return spoken

    async def _history(self) -> list[Item]:
        place = self.order.place
        param = "conversation" if place.conversation else "previous_response_id"
        try:
            if place.conversation is not None:
                talks = self._desk.conversations
                branch = await talks.branch(self.owner, place.conversation, to_grow=True, before=place.replaces)
                said = branch.items
                if place.replaces is not None and not self.order.given:
                    said = before_answer(said)
                self._place = replace(place, after=said[-1]["id"] if said else None)
                return said
            if place.previous is not None:
                return await self._desk.responses.history(self.owner, place.previous)
        except NotFound as error:
            error.param = param
            raise
        return []

    async def _referred(self, reference: ItemReference, said: Sequence[Item]) -> Item:
        for item in said:
            if item["id"] == reference.id:
                return item
        return await self._desk.responses.item(self.owner, reference.id)

    async def _consult(self, said: tuple[Message, ...]) -> tuple[Message, ...]:
        """Search the files, where that is wanted."""
        if self.order.search is not None:
            self._consulted = await consult(self._desk.search, self.owner, self.order.search, said)
        return said

    async def _open(self, stack: AsyncExitStack, said: tuple[Message, ...]) -> Answer:
        """The answer, to as many passages as the model can take, and as much of what was said where the client wants
        that.
        """
        while True:
            asked = said if self._consulted is None else self._consulted.asked(said)
            turn = replace(self.order.turn, messages=asked)
            try:
                return await stack.enter_async_context(self._desk.backend.open(turn))
            except BadRequest as error:
                error.param = "input" if error.param == "messages" else error.param
                if not isinstance(error, ContextLengthExceeded):
                    raise
                share = excess(error.prompt_tokens, error.context, turn.max_tokens)
                if self._consulted is not None and self._consulted.shorten(share):
                    continue
                if not self.order.trims:
                    raise
                shorter = trimmed(said, share)
                if shorter is None:
                    raise
                self._left_out += len(said) - len(shorter)
                said = shorter

    def _fail(self, error: ServerError, usage: Usage | None = None) -> None:
        assert self._writer is not None
        self.error = error
        self._closing += self._writer.fail(error, usage)

    async def _settle(self) -> None:
        """Store what is to be stored, if it ever began."""
        if self._writer is None:
            return
        response = self._writer.response
        append = self._place.conversation is not None and response["status"] in ANSWERED
        if not (self.order.store or append):
            return
        kept = Kept(response, self._given)
        try:
            await self._desk.responses.save(self.owner, kept, self._place, keep=self.order.store, append=append)
        except ServerError as error:
            log.warning("The response %s could not be kept: %s", kept.id, error.message)
            self._fail(error)
