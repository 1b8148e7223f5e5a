"""A backend and a pool without an engine: the test writes what comes back, and reads what was asked."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from server.chat.backend import Token
from server.chat.channels import Channels
from server.chat.messages import CallPiece, Delta, Turn, Usage
from server.chat.tool_formats import named
from server.chat.written import Written
from server.engine.gguf import Estimate
from server.engine.request import FinishReason, TokenLogprob
from server.engine.states import Choice, ModelState, ModelStatus
from server.engine.uses import Uses
from server.errors import NotFound, ServerError, Stopped, Unauthorized
from server.store.key_table import RIGHTS, Key

STOP = FinishReason.STOP
LENGTH = FinishReason.LENGTH

Step = Delta | asyncio.Event | ServerError | Exception
"""A delta to give, an event to wait for, an error to raise."""


def say(*pieces: str, index: int = 0, finish: FinishReason = STOP) -> list[Step]:
    """The deltas of one choice that says these pieces."""
    return [*(Delta(index, piece) for piece in pieces), Delta(index, finish=finish)]


def write(turn: Turn, *texts: str, form: str = "hermes", index: int = 0) -> list[Step]:
    """The deltas of one choice of which a model writes these texts, read as the answers of real models are."""
    found = named(form)
    assert found is not None
    channels = Channels(calls=lambda: found.parser(turn.tools, parallel=turn.parallel_calls))
    pieces = [piece for text in texts for piece in channels.feed(text)] + channels.finish()
    steps: list[Step] = []
    for piece in pieces:
        if isinstance(piece, CallPiece):
            steps.append(Delta(index, call=piece))
        elif piece.channel == "reasoning":
            steps.append(Delta(index, reasoning=piece.text))
        else:
            steps.append(Delta(index, piece.text))
    return [*steps, Delta(index, finish=FinishReason.TOOL_CALLS if channels.called else STOP)]


def logprob(text: str, value: float = -0.5, top: Iterable[tuple[str, float]] = ()) -> TokenLogprob:
    return TokenLogprob(
        1, text.encode(), value, tuple((number, word.encode(), chance) for number, (word, chance) in enumerate(top))
    )


class ScriptedAnswer:
    def __init__(self, steps: list[Step], usage: Usage) -> None:
        self._steps = steps
        self.usage = usage
        self.prompt_tokens = usage.prompt_tokens
        self.fingerprint = "fp_scripted"
        self.waiting = False
        self._stopped = asyncio.Event()
        self._error: ServerError | None = None

    async def __aiter__(self) -> AsyncIterator[Sequence[Delta]]:
        for step in self._steps:
            if isinstance(step, asyncio.Event):
                await self._unless_stopped(step)
            if self._error is not None:
                raise self._error
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Delta):
                yield [step]

    async def _unless_stopped(self, step: asyncio.Event) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (step, self._stopped)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    def stop(self, error: ServerError) -> None:
        self._error = error
        self._stopped.set()


@dataclass
class ScriptedBackend:
    """Answers every turn with `steps`, or with what `steps` makes of the turn."""

    steps: list[Step] | Callable[[Turn], list[Step]] = field(default_factory=lambda: say("Hello", " world"))
    usage: Usage = field(default_factory=lambda: Usage(prompt_tokens=7, completion_tokens=2))
    gate: asyncio.Event | None = None
    """Opening waits for it, as for a model that is being loaded."""
    refusal: ServerError | None = None
    """Raised by opening."""
    turns: list[Turn] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an opening or an answer was left before its end."""

    def reset(self) -> None:
        """As new."""
        self.__dict__.update(ScriptedBackend().__dict__)

    @property
    def turn(self) -> Turn:
        return self.turns[-1]

    @asynccontextmanager
    async def open(self, turn: Turn) -> AsyncIterator[ScriptedAnswer]:
        self.turns.append(turn)
        self.entered.set()
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.refusal is not None:
                raise self.refusal
            yield ScriptedAnswer(list(self.steps(turn) if callable(self.steps) else self.steps), self.usage)
        except (asyncio.CancelledError, GeneratorExit, Stopped):
            self.cancelled.set()
            raise

    async def write(self, turn: Turn) -> list[Written]:
        """A token for each word that is said, or each prompt; the text is all of them."""
        self.turns.append(turn)
        words = " ".join([*(message.content for message in turn.messages), *map(str, turn.prompts)])
        return [Written(words, array("i", range(len(words.split()))))]

    async def tokenize(self, model: str, text: str, *, start: bool, special: bool, owner: str) -> list[Token]:
        """A token for each byte, after 1 for the start; a special one for all."""
        tokens = [Token(byte, bytes([byte])) for byte in text.encode()]
        return [*([Token(1, b"<s>")] if start else []), *([Token(2, text.encode())] if special else tokens)]

    async def label(self, model: str, tokens: Sequence[int], *, owner: str) -> list[Token]:
        return [Token(token, bytes([token])) for token in tokens]

    async def count(self, model: str, texts: Sequence[str], *, owner: str) -> list[int]:
        """A token for each word."""
        return [len(text.split()) for text in texts]

    async def context(self, model: str, *, owner: str) -> int:
        return 2048

    def close(self) -> None:
        pass


class ScriptedPool:
    """Holds the states that the test sets; loading takes until `gate` is set, or fails with `refusal`."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = tuple(names)
        self.reset()

    def reset(self) -> None:
        """As new."""
        self._statuses: dict[str, ModelStatus] = {name: ModelStatus(name, ModelState.UNLOADED) for name in self._names}
        self._listeners: set[asyncio.Event] = set()
        self.deserted = asyncio.Event()
        """The last listener has left."""
        self.chosen: Choice | None = None
        self.gate: asyncio.Event | None = None
        self.refusal: ServerError | None = None
        self.loads: list[str] = []
        self.draining = False
        self.alive = True

    def set(self, name: str, **facts: object) -> None:
        self._statuses[name] = replace(self._statuses[name], **facts)  # type: ignore[arg-type]
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener.set()

    def statuses(self) -> tuple[ModelStatus, ...]:
        return tuple(self._statuses.values())

    async def load(self, name: str) -> None:
        self.loads.append(name)
        self.set(name, state="loading", progress=0.0)
        if self.gate is not None:
            await self.gate.wait()
        if self.refusal is not None:
            self.set(name, state="failed", progress=None, error=self.refusal.message)
            raise self.refusal
        self.set(name, state="ready", progress=None, bytes=123)

    async def uses(self, name: str) -> Uses:
        return Uses()

    async def unload(self, name: str, *, force: bool = False) -> None:
        self.set(name, state="unloaded", progress=None, bytes=None)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[tuple[ModelStatus, ...]]]:
        changed = asyncio.Event()
        self._listeners.add(changed)

        async def states() -> AsyncIterator[tuple[ModelStatus, ...]]:
            while True:
                yield self.statuses()
                await changed.wait()
                changed.clear()

        try:
            yield states()
        finally:
            self._listeners.discard(changed)
            if not self._listeners:
                self.deserted.set()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    async def estimate(self, name: str) -> Estimate:
        return Estimate(weights=100, kv=20, compute=3, layer=(60, 60), head=0, gpu_layers=0)

    def choose(self, name: str | None, personality: str | None = None) -> None:
        self.chosen = None if name is None else Choice(name, personality)
        self._tell()

    async def cards_changed(self, change: object) -> None:
        self._tell()

    async def drain(self, seconds: float) -> None:
        self.draining = True
        self._tell()

    async def close(self) -> None:
        pass


class ScriptedKeys:
    """Knows its texts without a database, whose hashes are slow on purpose."""

    def __init__(self, *texts: str, chatting: Sequence[str] = ()) -> None:
        """All may do everything but those in `chatting`."""
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        self._keys = {
            text: Key(f"key{number}", f"key {number}", "", frozenset(["chat"] if text in chatting else RIGHTS), moment)
            for number, text in enumerate((*texts, *chatting), 1)
        }

    async def verify(self, token: str) -> Key:
        if token not in self._keys:
            raise Unauthorized("This API key is not valid.")
        return self._keys[token]

    async def find(self, id: str) -> Key | None:
        return next((key for key in self._keys.values() if key.id == id), None)

    def show(self, id: str) -> Key:
        for key in self._keys.values():
            if key.id == id:
                return key
        raise NotFound(f"There is no key {id!r}.")

    def close(self) -> None:
        pass


MODELS: Mapping[str, object] = {
    "tiny": {
        "params": {"model": "tiny.gguf", "ctxSize": 2048, "temperature": 0.25, "topK": 7, "nPredict": 99},
        "aliases": ["small"],
        "personalities": {"teacher": "You teach geography.", "poet": "You rhyme."},
    },
    "org/big": {"params": {"model": "big.gguf"}},
}
"""A models.json for tests of the endpoints."""
