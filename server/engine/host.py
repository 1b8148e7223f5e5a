"""Where a loop lives: a thread of this process that loads the model, runs the loop, and frees everything.

The house above talks to it in messages (loop.py) and hears from it through two callbacks on its own event loop, so
that a loop in a child process could stand here instead.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.engine.llama import Context, LoadOptions, Model
from server.engine.loop import Loop, Message, StepReport, Stop
from server.engine.pace import Pace
from server.engine.runner import Runner
from server.engine.scheduler import Limits, Scheduler
from server.engine.vocabulary import Vocabulary
from server.errors import EngineDied, ModelLoadFailed, ServerError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to load, and how."""

    name: str
    file: Path
    options: LoadOptions
    context: int
    """Tokens that one request may use."""
    target_gap: float
    """Seconds."""
    store: int = 0
    """Tokens whose cells may be kept outside the pool."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is known once the model is open."""

    vocabulary: Vocabulary
    template: str | None
    trained_context: int
    cells: int
    buffers: tuple[tuple[str, str, float], ...]
    """Device, kind and MiB, as llama.cpp reported them."""

    @property
    def bytes(self) -> int:
        """What all of it takes; 0 where llama.cpp did not say."""
        return int(sum(mib for _, _, mib in self.buffers) * 1024 * 1024)


class ThreadHost:
    """One model in one thread. Made, started and stopped on the event loop."""

    def __init__(
        self, plan: Plan, on_progress: Callable[[float], None], on_report: Callable[[StepReport], None]
    ) -> None:
        """Both callbacks are called on the event loop that made the host."""
        self.plan = plan
        self._events = asyncio.get_running_loop()
        self._on_progress = on_progress
        self._on_report = on_report
        self._loaded: asyncio.Future[Loaded] = self._events.create_future()
        self._ended = asyncio.Event()
        self._abandoned = threading.Event()
        self._loop: Loop | None = None
        self._context: Context | None = None
        self._thread = threading.Thread(target=self._run, name=f"model {plan.name}", daemon=True)

    async def start(self) -> Loaded:
        """Load the model. Raises what is wrong with it; cancelling, or `stop`, aborts the load."""
        self._thread.start()
        try:
            return await asyncio.shield(self._loaded)
        except asyncio.CancelledError:
            self._abandoned.set()
            raise

    def post(self, message: Message) -> None:
        """Hand a message to the loop of a started host."""
        assert self._loop is not None
        self._loop.post(message)

    async def stop(self, error: ServerError, *, at_once: bool = False) -> None:
        """End what runs with `error`, free the model, end the thread. `at_once` does not wait for the step."""
        self._abandoned.set()
        if self._loop is not None:
            self._loop.post(Stop(error))
            if at_once and self._context is not None:
                self._context.interrupt()
        if self._thread.ident is not None:
            await self._ended.wait()

    # On the thread

    def _run(self) -> None:
        try:
            self._load_and_loop()
        except ServerError as error:
            self._tell(self._fail, error)
        except Exception:
            log.exception("Loading %s failed unexpectedly", self.plan.name)
            self._tell(self._fail, ModelLoadFailed(f"{self.plan.file.name} could not be loaded; see the server's log."))
        finally:
            self._tell(self._ended.set)

    def _load_and_loop(self) -> None:
        plan, options = self.plan, self.plan.options
        model = Model(plan.file, options, self._progress)
        try:
            if not model.has_decoder:
                raise ModelLoadFailed(f"{plan.file.name} is not a model that writes text.")
            self._context = context = model.context(options)
            vocabulary = Vocabulary(model)
            runner = Runner(vocabulary, context, options.threads)
            try:
                store = plan.store if model.cuttable and not model.windowed else 0
                limits = Limits(context.cells, options.slots, options.batch, model.cuttable, store)
                self._loop = Loop(
                    Scheduler(limits),
                    runner,
                    vocabulary,
                    Pace(plan.target_gap),
                    min(plan.context, context.cells),
                    lambda report: self._tell(self._on_report, report),
                )
                if self._abandoned.is_set():
                    raise ModelLoadFailed(f"{plan.file.name} could not be loaded: the load was cancelled.")
                runner.warm_up()
                facts = Loaded(vocabulary, model.template, model.trained_context, context.cells, tuple(model.buffers()))
                self._tell(self._succeed, facts)
                self._loop.run()
            finally:
                runner.close()
                vocabulary.close()
                context.close()
        finally:
            model.close()

    def _progress(self, done: float) -> bool:
        self._tell(self._on_progress, done)
        return not self._abandoned.is_set()

    def _tell(self, callback: Callable[..., None], *values: object) -> None:
        try:
            self._events.call_soon_threadsafe(callback, *values)
        except RuntimeError:  # the event loop is closed: nobody is left to be told
            log.debug("%s had something to say after the end", self.plan.name)

    def _succeed(self, facts: Loaded) -> None:
        if not self._loaded.done():
            self._loaded.set_result(facts)

    def _fail(self, error: ServerError) -> None:
        if not self._loaded.done():
            self._loaded.set_exception(error)
            self._loaded.exception()  # a cancelled starter does not fetch it
        else:
            self._on_report(StepReport(died=error if isinstance(error, EngineDied) else EngineDied(error.message)))
