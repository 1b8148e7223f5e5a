"""What is to be told about the models of a pool."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class ModelState(enum.StrEnum):
    """Where a model is in its life."""

    UNLOADED = "unloaded"
    LOADING = "loading"
    READY = "ready"
    UNLOADING = "unloading"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Cells:
    """How full a model's pool is: all its cells, and how many each key's requests hold."""

    total: int
    held: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What is to be told about a model. `progress` is 0 to 1 while it loads; `running` and `waiting` are calls."""

    name: str
    state: ModelState
    progress: float | None = None
    error: str | None = None
    running: int = 0
    waiting: int = 0
    bytes: int | None = None
    cells: Cells | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that a client chose for all that do not name one, and the personality it is to have."""

    model: str
    personality: str | None = None
