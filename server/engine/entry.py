"""A model's place in the pool: loaded or not, by whom it is used, and what is to be told about it."""

from __future__ import annotations

import asyncio

from server.catalog import ModelCard
from server.engine.live import LiveModel
from server.engine.states import Cells, ModelState, ModelStatus


class Entry:
    """What the pool knows of one model. The pool alone changes it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = ModelState.UNLOADED
        self.progress: float | None = None
        self.error: str | None = None
        self.live: LiveModel | None = None
        self.card: ModelCard | None = None
        """As it was when the model was loaded."""
        self.load: asyncio.Task[LiveModel] | None = None
        self.leases = 0
        self.used = 0.0
        self.idle_timer: asyncio.TimerHandle | None = None
        self.died = False
        """Its thread ended unexpectedly, and nobody has loaded it since."""
        self.stale = False
        """Its card has changed since it was loaded: the next idle moment takes it away."""

    @property
    def busy(self) -> bool:
        """Whether somebody has a lease or a request; it never goes to make room then."""
        return self.leases > 0 or (self.live is not None and self.live.busy)

    @property
    def status(self) -> ModelStatus:
        """As it is now."""
        live = self.live
        if live is None:
            return ModelStatus(self.name, self.state, self.progress, self.error)
        running = max(0, self.leases - live.waiting)
        cells = Cells(live.facts.cells, live.held) if live.facts.cells else None
        taken = live.taken.total
        return ModelStatus(self.name, self.state, self.progress, self.error, running, live.waiting, taken, cells)
