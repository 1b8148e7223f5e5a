"""Where a loop lives: a thread of this process that loads the model, runs the loop, and frees everything.

The house above talks to it in messages (loop.py) and hears from it through two callbacks on its own event loop, so
that a loop in a child process could stand here instead.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from server.engine.constraint import Grammars
from server.engine.embedder import Embed, Embedder
from server.engine.llama import Context, LoadOptions, Model
from server.engine.loop import Loop, Message, StepReport, Stop, Submit
from server.engine.pace import Pace
from server.engine.projector import Projector
from server.engine.projector_file import ProjectorHeader
from server.engine.runner import Runner
from server.engine.scheduler import Limits, Scheduler
from server.engine.uses import Pooling, Uses
from server.engine.vocabulary import Vocabulary
from server.errors import EngineDied, ModelLoadFailed, ServerError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VectorPlan:
    """The context in which a model makes vectors, or scores."""

    options: LoadOptions
    longest: int
    """Tokens of one text."""
    step: int
    """Tokens of several texts that are computed together. The options' batch has room for either."""


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
    uses: Uses = field(default_factory=Uses)
    vectors: VectorPlan | None = None
    """Set when it makes vectors or scores. `options` are the same if it does nothing else."""
    projector: ProjectorHeader | None = None
    """Set when it sees images."""


@dataclass(frozen=True, slots=True)
class VectorFacts:
    """What is known of a model that makes vectors, or scores."""

    width: int
    """Numbers in a vector."""
    context: int
    """Tokens of the longest text."""
    rank_template: str | None
    """How a query and a document become one text, if the file says."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is known once the model is open."""

    vocabulary: Vocabulary
    grammars: Grammars
    template: str | None
    trained_context: int
    cells: int
    vectors: VectorFacts | None
    buffers: tuple[tuple[str, str, float], ...]
    """Device, kind and MiB, as llama.cpp reported them."""
    projector: Projector | None = None
    """What it sees images with."""


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
        self._embedder: Embedder | None = None
        self._contexts: list[Context] = []
        self._thread = threading.Thread(target=self._run, name=f"model {plan.name}", daemon=True)

    async def start(self) -> Loaded:
        """Load the model. Raises what is wrong with it; cancelling, or `stop`, aborts the load."""
        self._thread.start()
        try:
            return await asyncio.shield(self._loaded)
        except asyncio.CancelledError:
            self._abandoned.set()
            raise

    def post(self, message: Message | Embed) -> None:
        """Hand a message to a started host: to the loop, the embedder, or both."""
        if self._loop is not None and not isinstance(message, Embed):
            self._loop.post(message)
        if self._embedder is not None and not isinstance(message, Submit):
            self._embedder.post(message)

    async def stop(self, error: ServerError, *, at_once: bool = False) -> None:
        """End what runs with `error`, free the model, end the thread. `at_once` does not wait for the step."""
        self._abandoned.set()
        self.post(Stop(error))
        if at_once:
            for context in self._contexts:
                context.interrupt()
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
        with ExitStack() as freed:  # in the opposite order
            model = Model(self.plan.file, self.plan.options, self._progress)
            freed.callback(model.close)
            vocabulary = Vocabulary(model)
            freed.callback(vocabulary.close)
            grammars = Grammars(vocabulary)
            projector = self._make_projector(model, freed)
            cells = self._make_loop(model, vocabulary, grammars, projector, freed) if self.plan.uses.writes else 0
            vectors = self._make_embedder(model, freed)
            if self._abandoned.is_set():
                raise self._cancelled()
            buffers = tuple(model.buffers())
            facts = Loaded(
                vocabulary, grammars, model.template, model.trained_context, cells, vectors, buffers, projector
            )
            self._tell(self._succeed, facts)
            self._run_both()

    def _make_projector(self, model: Model, freed: ExitStack) -> Projector | None:
        """What it sees images with, if its card names that."""
        header = self.plan.projector
        if header is None:
            return None
        projector = Projector(model, header.file, self.plan.options, whole=header.whole)
        freed.callback(projector.close)
        return projector

    def _make_loop(
        self, model: Model, vocabulary: Vocabulary, grammars: Grammars, projector: Projector | None, freed: ExitStack
    ) -> int:
        """The loop that writes text, and how many cells it got."""
        plan, options = self.plan, self.plan.options
        if not model.has_decoder:
            raise ModelLoadFailed(f"{plan.file.name} is not a model that writes text.")
        warming = threading.Thread(target=grammars.warm_up, name=f"words {plan.name}", daemon=True)
        freed.callback(warming.join)
        warming.start()  # while the context is made, which Python has little to do with
        context = model.context(options)
        freed.callback(context.close)
        runner = Runner(vocabulary, context, options.threads, grammars)
        freed.callback(runner.close)
        store = plan.store if model.cuttable and not model.windowed else 0
        grids = projector is not None and projector.grid
        limits = Limits(
            context.cells,
            options.slots,
            options.batch,
            reuse=model.cuttable,
            store=store,
            outputs=options.outputs,
            answers=options.answers,
            grids=grids,
        )
        runner.warm_up()
        self._contexts.append(context)
        self._loop = Loop(
            Scheduler(limits),
            runner,
            vocabulary,
            Pace(plan.target_gap),
            min(plan.context, context.cells),
            self._report,
        )
        return context.cells

    def _make_embedder(self, model: Model, freed: ExitStack) -> VectorFacts | None:
        """What makes vectors, if the model is to, and what is to be known about it."""
        plan, pooling = self.plan.vectors, self.plan.uses.pooling
        if plan is None or pooling is None:
            return None
        context = model.vector_context(plan.options, ranks=pooling is Pooling.RANK)
        freed.callback(context.close)
        embedder = Embedder(context, pooling, plan.step, plan.options.slots, self._report)
        embedder.warm_up()
        self._contexts.append(context)
        self._embedder = embedder
        return VectorFacts(context.width, min(plan.longest, context.most), model.rank_template)

    def _run_both(self) -> None:
        """Where there are both, the embedder has a thread of its own beside the loop's, and they end together."""
        if self._loop is None or self._embedder is None:
            alone = self._loop or self._embedder
            assert alone is not None
            alone.run()
            return
        beside = threading.Thread(target=self._embed, name=f"vectors {self.plan.name}", daemon=True)
        beside.start()
        self._loop.run()
        self._embedder.post(_ended())
        beside.join()

    def _embed(self) -> None:
        assert self._loop is not None
        assert self._embedder is not None
        self._embedder.run()
        self._loop.post(_ended())

    def _report(self, report: StepReport) -> None:
        self._tell(self._on_report, report)

    def _progress(self, done: float) -> bool:
        self._tell(self._on_progress, done)
        return not self._abandoned.is_set()

    def _tell(self, callback: Callable[..., None], *values: object) -> None:
        try:
            self._events.call_soon_threadsafe(callback, *values)
        except RuntimeError:  # the event loop is closed: nobody is left to be told
            log.debug("%s had something to say after the end", self.plan.name)

    def _succeed(self, facts: Loaded) -> None:
        if self._abandoned.is_set():
            self._fail(self._cancelled())
        elif not self._loaded.done():
            self._loaded.set_result(facts)

    def _cancelled(self) -> ModelLoadFailed:
        return ModelLoadFailed(f"{self.plan.file.name} could not be loaded: the load was cancelled.")

    def _fail(self, error: ServerError) -> None:
        if not self._loaded.done():
            self._loaded.set_exception(error)
            self._loaded.exception()  # a cancelled starter does not fetch it
        else:
            self._on_report(StepReport(died=error if isinstance(error, EngineDied) else EngineDied(error.message)))


def _ended() -> Stop:
    """What each of two that share a model tells the other at its own end."""
    return Stop(EngineDied("The engine of this model ended unexpectedly. The next request loads it anew."))
