"""Which models are loaded: loads, unloads, evicts, and tells whoever listens.

    UNLOADED ──load──► LOADING ──► READY ──unload, idle, evicted──► UNLOADING ──► UNLOADED
                          │          │
                          └─────► FAILED ◄── its thread died           (the next request tries again)

One load however many ask; one load at a time. A model with a lease or a request is busy, and never goes to make room.
Everything here runs on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from server.catalog import Catalog, Change, ModelCard
from server.engine import gguf, llama
from server.engine.entry import Entry
from server.engine.host import ThreadHost
from server.engine.live import LiveModel
from server.engine.room import Memory, Room, Taken, room_beside, taken_by
from server.engine.sizing import Sized, size
from server.engine.states import Choice, ModelState, ModelStatus
from server.engine.trial import try_file
from server.engine.uses import Kinds, Use, Uses, uses_behind_url, uses_of
from server.engine.verdicts import Verdicts
from server.errors import (
    BadRequest,
    Conflict,
    Draining,
    EngineDied,
    ModelLoadFailed,
    ModelNotFound,
    ModelNotLoaded,
    OutOfMemory,
    ServerError,
)
from server.settings import Settings
from server.telemetry import Metrics

log = logging.getLogger(__name__)


class Pool:
    """The loaded models of this process."""

    def __init__(self, settings: Settings, catalog: Catalog, metrics: Metrics) -> None:
        self._settings = settings
        self._catalog = catalog
        self._metrics = metrics
        self._entries: dict[str, Entry] = {}
        self._one_load = asyncio.Lock()
        self._changed = asyncio.Event()
        """Set, and replaced, at every change."""
        self._idle = asyncio.Event()
        """Set whenever a model has become idle."""
        self._kinds = Kinds()
        self.verdicts = Verdicts(settings.paths.data_dir / "verdicts.json")
        self.chosen: Choice | None = None
        self.draining = False

    # Asking

    @property
    def alive(self) -> bool:
        """False when the thread of a model has died and nobody has loaded it again."""
        return not any(entry.died for entry in self._entries.values())

    def statuses(self) -> tuple[ModelStatus, ...]:
        """Every configured model, and those that are loaded though they are not configured any more."""
        names = dict.fromkeys([*self._catalog.names(), *self._entries])
        return tuple(self._status(name) for name in names)

    def _status(self, name: str) -> ModelStatus:
        entry = self._entries.get(name)
        if entry is None:
            return ModelStatus(name, ModelState.READY if self._lives_elsewhere(name) else ModelState.UNLOADED)
        return entry.status

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[tuple[ModelStatus, ...]]]:
        """The present state, then one for every change. A slow reader misses what lies between, and delays nobody."""

        async def changes() -> AsyncGenerator[tuple[ModelStatus, ...]]:
            while True:
                changed = self._changed
                yield self.statuses()
                await changed.wait()

        async with contextlib.aclosing(changes()) as stream:
            yield stream

    async def estimate(self, name: str) -> gguf.Estimate:
        """What loading this model would take, from its header alone, if it is not loaded."""
        card = self._here(name)
        header = await asyncio.to_thread(gguf.read_header, card.file)
        live = self._entry(card.name).live
        room = self._room().without([live.taken] if live is not None else [])
        return (await self._sized(card, header, room)).estimate

    def choose(self, model: str | None, personality: str | None = None) -> None:
        """Remember (or forget) the model for clients that do not name one."""
        self.chosen = None if model is None else Choice(self._catalog.get(model).name, personality)
        self._tell()

    # Loading

    async def load(self, name: str) -> None:
        """Have the model ready; joins a load that is under way. One behind a URL always is."""
        if not self._lives_elsewhere(name):
            await self._ready(self._catalog.get(name))

    async def uses(self, name: str) -> Uses:
        """What a model is for, loaded or not. ModelLoadFailed when its file cannot be read."""
        card = self._catalog.get(name)
        if card.upstream is not None:
            return uses_behind_url(card)
        entry = self._entries.get(card.name)
        if entry is not None and entry.live is not None:
            return replace(entry.live.plan.uses, by_cosine=card.rerank)
        return uses_of(card, await asyncio.to_thread(self._kinds.of, card.file))

    @asynccontextmanager
    async def lease(self, name: str, use: Use | None = Use.TEXT) -> AsyncIterator[LiveModel]:
        """The model, loaded if it may be, and kept for as long as the lease is held. BadRequest, and no load, when it
        is not for this use; None is for what any model can do.
        """
        card = self._here(name)
        if use is not None:
            with contextlib.suppress(ModelLoadFailed):  # what is wrong with a file is told by the load
                (await self.uses(card.name)).check(card.name, use)
        entry = self._entry(card.name)
        entry.leases += 1
        if entry.leases == 1:
            self._tell()
        try:
            if entry.live is None and entry.load is None and not self._may_autoload(card):
                raise ModelNotLoaded(f"The model {card.name!r} is not loaded, and it is not to be loaded by a request.")
            yield await self._ready(card)
        finally:
            entry.leases -= 1
            if not entry.busy:
                self._became_idle(entry)
                self._tell()

    def _lives_elsewhere(self, name: str) -> bool:
        """Whether a model is behind a URL. One that is not configured any more is not."""
        return name in self._catalog.names() and self._catalog.get(name).upstream is not None

    def _here(self, name: str) -> ModelCard:
        """The card of a model of this machine."""
        card = self._catalog.get(name)
        if card.upstream is not None:
            raise BadRequest(f"The model {card.name!r} lives behind a URL: there is no file of it here.", param="model")
        return card

    def _may_autoload(self, card: ModelCard) -> bool:
        return self._settings.models.autoload if card.autoload is None else card.autoload

    def _entry(self, name: str) -> Entry:
        return self._entries.setdefault(name, Entry(name))

    async def _ready(self, card: ModelCard) -> LiveModel:
        if self.draining:
            raise Draining("The server is shutting down and takes no new work.")
        entry = self._entry(card.name)
        if entry.live is not None:
            return entry.live
        if entry.load is None:
            entry.load = asyncio.create_task(self._load(entry, card), name=f"load {card.name}")
            entry.load.add_done_callback(lambda task: task.cancelled() or task.exception())
        load = entry.load
        try:
            return await asyncio.shield(load)
        except asyncio.CancelledError:
            if not load.cancelled():  # it is who asks that is cancelled; the load goes on for the next one
                raise
            raise ModelLoadFailed(f"The load of {card.name!r} was cancelled.") from None

    async def _load(self, entry: Entry, card: ModelCard) -> LiveModel:
        entry.state, entry.progress, entry.error = ModelState.LOADING, 0.0, None
        self._tell()
        metrics = self._metrics.model(card.name)
        began = asyncio.get_running_loop().time()
        try:
            async with self._one_load:
                live = await self._open(entry, card)
        except BaseException as error:
            metrics.load_failed()
            entry.state = ModelState.UNLOADED if isinstance(error, asyncio.CancelledError) else ModelState.FAILED
            entry.error = error.message if isinstance(error, ServerError) else None
            raise
        else:
            entry.live, entry.card, entry.state = live, card, ModelState.READY
            entry.died, entry.stale = False, self._concerns_the_load(entry)  # the card may have been edited meanwhile
            metrics.loaded(asyncio.get_running_loop().time() - began)
            log.info("%s is ready: %d cells, %d MB", card.name, live.facts.cells, live.taken.total // 1_000_000)
            if not entry.busy:
                self._became_idle(entry)
            return live
        finally:
            entry.load, entry.progress = None, None
            self._tell()

    async def _open(self, entry: Entry, card: ModelCard) -> LiveModel:
        log.info("Loading %s", card.name)
        header = await asyncio.to_thread(gguf.read_header, card.file)
        sized = await self._sized(card, header, self._room())
        models = self._settings.models
        await try_file(card.file, self.verdicts, projector=sized.plan.projector, seconds=models.trial_seconds)
        sized = await self._make_room(entry, card, header)
        metrics = self._metrics.model(card.name)

        def on_progress(done: float) -> None:
            if entry.progress is None or int(done * 100) != int(entry.progress * 100):
                entry.progress = done
                self._tell()

        live: LiveModel | None = None
        host = ThreadHost(sized.plan, on_progress, lambda report: live.receive(report) if live else None)
        try:
            facts = await host.start()
        except asyncio.CancelledError:
            await host.stop(ModelLoadFailed("the load was cancelled"))
            raise
        limits, options = self._settings.limits, sized.plan.options
        live = LiveModel(
            host,
            facts,
            taken_by(facts.buffers, sized.estimate, droppable=options.mmap and not options.mlock),
            _fingerprint(card),
            metrics,
            card.max_waiting or limits.waiting,
            limits.waiting_per_key,
            lambda died: self._died(entry, died),
        )
        return live

    async def _sized(self, card: ModelCard, header: gguf.Header, room: Room) -> Sized:
        return await asyncio.to_thread(size, card, header, self._settings.engine, room)

    async def _make_room(self, entry: Entry, card: ModelCard, header: gguf.Header) -> Sized:
        """Unload what has been idle longest until this model fits, and has no fewer layers on the GPU than it would
        have without the idle. Its sizes are those for the room that there is then.
        """
        while True:
            room = self._room()
            sized = await self._sized(card, header, room)
            best = await self._sized(card, header, room.without(self._idle_beside(entry).values()))
            shortage = room.shortage(sized.estimate)
            if shortage is None and sized.gpu_layers >= best.gpu_layers:
                return sized
            short = shortage.memory if shortage is not None else Memory.GPU
            idle = [each for each, taken in self._idle_beside(entry).items() if taken.of(short)]
            if idle:
                await self._unload(min(idle, key=lambda e: e.used))
            elif shortage is not None:
                raise OutOfMemory(shortage.told_of(entry.name))
            else:
                return sized

    def _idle_beside(self, entry: Entry) -> dict[Entry, Taken]:
        """The models that may go, and what each of them takes."""
        others = (each for each in self._entries.values() if each is not entry and not each.busy)
        return {each: each.live.taken for each in others if each.live is not None}

    def _room(self) -> Room:
        loaded = [e.live.taken for e in self._entries.values() if e.live is not None]
        return room_beside(loaded, self._settings.models.memory_limit_mb * 1_000_000)

    # Unloading

    async def unload(self, name: str, *, force: bool = False) -> None:
        """Free the model, or abort its load. Conflict when it is in use, unless `force`, which ends its answers."""
        entry = self._entries.get(name) or self._entries.get(self._catalog.get(name).name)
        if entry is None:
            return
        if entry.load is not None:
            load = entry.load
            load.cancel()
            await asyncio.wait([load])
        elif entry.live is not None:
            if entry.busy and not force:
                raise Conflict(f"The model {entry.name!r} is answering; wait for it, or unload it by force.")
            await self._unload(entry)

    async def _unload(self, entry: Entry) -> None:
        live, entry.live = entry.live, None
        if live is None:
            return
        self._cancel_timer(entry)
        entry.state = ModelState.UNLOADING
        self._tell()
        await live.stop(ModelNotLoaded(f"The model {entry.name!r} was unloaded."), at_once=live.busy)
        if entry.state is ModelState.UNLOADING:
            entry.state = ModelState.UNLOADED
        log.info("%s is unloaded", entry.name)
        self._tell()

    def _became_idle(self, entry: Entry) -> None:
        loop = asyncio.get_running_loop()
        entry.used = loop.time()
        self._idle.set()
        self._cancel_timer(entry)
        if entry.live is None:
            return
        seconds = 0.001 if entry.stale else self._settings.models.idle_seconds
        with contextlib.suppress(ModelNotFound):
            said = self._catalog.get(entry.name).idle_seconds
            seconds = said if said is not None and not entry.stale else seconds
        if seconds:
            entry.idle_timer = loop.call_later(seconds, self._idle_out, entry)

    def _idle_out(self, entry: Entry) -> None:
        if not entry.busy and entry.live is not None:
            log.info("%s has been idle and is unloaded", entry.name)
            task = asyncio.create_task(self._unload(entry))
            task.add_done_callback(lambda done: done.exception())

    def _cancel_timer(self, entry: Entry) -> None:
        if entry.idle_timer is not None:
            entry.idle_timer.cancel()
            entry.idle_timer = None

    def _died(self, entry: Entry, died: EngineDied) -> None:
        entry.live, entry.state, entry.error, entry.died = None, ModelState.FAILED, died.message, True
        self._cancel_timer(entry)
        self._tell()

    async def cards_changed(self, change: Change) -> None:
        """An edit of the catalog: what was loaded from a changed or removed card goes as soon as nobody uses it."""
        for name in (*change.changed, *change.removed):
            entry = self._entries.get(name)
            if entry is not None and entry.live is not None and self._concerns_the_load(entry):
                if entry.busy:
                    entry.stale = True
                else:
                    await self._unload(entry)
        self._tell()

    def _concerns_the_load(self, entry: Entry) -> bool:
        """Whether its card says something else now about how to load it, not only about how to use it."""
        try:
            card = self._catalog.get(entry.name)
        except ModelNotFound:
            return True
        return entry.card is None or not card.loads_as(entry.card)

    # The end

    async def drain(self, seconds: float) -> None:
        """Refuse new work and let running answers finish for so long; then end the rest with an error."""
        self.draining = True
        self._tell()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(entry.busy for entry in self._entries.values()):
                    self._idle.clear()
                    await self._idle.wait()
        error = Draining("The server was shut down before this answer was finished.")
        for entry in self._entries.values():
            if entry.live is not None:
                entry.live.close_all(error)

    async def close(self) -> None:
        """Unload everything."""
        self.draining = True
        for entry in list(self._entries.values()):
            if entry.load is not None:
                entry.load.cancel()
                await asyncio.wait([entry.load])
            await self._unload(entry)

    def _tell(self) -> None:
        for status in self.statuses():
            self._metrics.model(status.name).state(status.state.value)

        told, self._changed = self._changed, asyncio.Event()
        told.set()


def _fingerprint(card: ModelCard) -> str:
    """The same for the same file in the same build."""
    stat = card.file.stat()
    text = f"{card.file.name} {stat.st_size} {stat.st_mtime_ns} {llama.build()}"
    return "fp_" + hashlib.sha256(text.encode()).hexdigest()[:12]
