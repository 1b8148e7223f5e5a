"""Pulling a model: from a name on a hub to a card that is served. Blocks; a command calls it, or a thread of a job.

offer ──► room on the disk? ──► its files, one after the other ──► header ──► card in the overlay
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.catalog import Catalog
from server.errors import Conflict, StorageFull
from server.hub.cards import entry_for
from server.hub.hub import Cancelled, Hub, part_of
from server.hub.offers import Offer, RemoteFile, choose, projector_for
from server.hub.overlay import Overlay

SPARE = 256 * 2**20
"""Bytes of the disk that a download leaves free."""

Progress = Callable[[int, int, str], None]
"""Bytes that are here, all that there will be, and the file that is coming. From the thread that pulls."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be pulled."""

    repo: str
    file: str | None = None
    """A file's name or path, or a quantization; None: the usual one."""
    name: str | None = None
    """What the model is to be called here; None: after the repository."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of it."""

    name: str
    files: tuple[Path, ...]
    bytes: int


class Puller:
    """Pulls models into the data folder. Used by one thread at a time for one model."""

    def __init__(self, hub: Hub, catalog: Catalog, data_dir: Path) -> None:
        self.hub = hub
        self._catalog = catalog
        self._folder = data_dir / "models"
        self._overlay = Overlay(data_dir)

    def pull(self, order: Order, told: Progress, stop: threading.Event) -> Pulled:
        """Fetch and offer it. Raises ServerError, and Cancelled soon after `stop` is set; what has come by then is not
        fetched again.
        """
        listing = self.hub.list(order.repo)
        offer = choose(listing.offers, order.file, order.repo)
        projector = projector_for(listing.offers)
        name = order.name or self._name(order.repo, offer)
        self._check_name(name, order)
        wanted = [*offer.files, *(projector.files if projector is not None else ())]
        places = {file: self._place(order.repo, listing.revision, file) for file in wanted}
        self._check_room(places)
        total, here = sum(file.size for file in wanted), 0
        for file, place in places.items():
            come = here

            def heard(count: int, path: str = file.path) -> None:
                nonlocal come
                come += count
                told(come, total, path)

            if place.is_file() and place.stat().st_size == file.size:
                heard(file.size)
            else:
                self.hub.fetch(order.repo, listing.revision, file, place, heard, stop)
            here += file.size
        first = places[offer.files[0]]
        seen = None if projector is None else places[projector.files[0]]
        entry = entry_for(
            first,
            self._called(first),
            None if seen is None else (seen, self._called(seen)),
            f"{order.repo} ({offer.quant})" if offer.quant else order.repo,
        )
        if stop.is_set():
            raise Cancelled
        self._overlay.put(name, entry)
        return Pulled(name, tuple(places.values()), total)

    def _name(self, repo: str, offer: Offer) -> str:
        """After the repository; with its quantization where another model has that name already."""
        name = repo.rpartition("/")[2]
        name = name[:-5] if name.lower().endswith("-gguf") else name
        if name not in self._catalog.names() or self._is_ours(name, offer, repo):
            return name
        return f"{name}-{offer.quant or offer.name}"

    def _is_ours(self, name: str, offer: Offer, repo: str) -> bool:
        """Whether the overlay has this very model under this name."""
        entry = self._overlay.entries().get(name)
        file = (entry or {}).get("params", {}).get("model", "")
        return bool(file.endswith(f"{repo}/{offer.path}"))

    def _check_name(self, name: str, order: Order) -> None:
        if name in self._catalog.names() and name not in self._overlay.entries():
            raise Conflict(f"A model {name!r} stands in {self._catalog.files[0].name} already: expected another name.")

    def _place(self, repo: str, revision: str, file: RemoteFile) -> Path:
        """Where a file is, or is to be: in the hub's own cache, if that has it, or in our folder."""
        ours = self._folder / repo / file.path
        return ours if ours.is_file() else self.hub.kept(repo, revision, file) or ours

    def _check_room(self, places: dict[RemoteFile, Path]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        need = SPARE
        for file, place in places.items():
            part = part_of(place, file)
            there = place if place.is_file() else part
            need += max(0, file.size - (there.stat().st_size if there.is_file() else 0))
        free = shutil.disk_usage(self._folder).free
        if need > SPARE and need > free:
            raise StorageFull(
                f"The download needs {need // 1_000_000} MB with some to spare, and {free // 1_000_000} MB are free in "
                f"{self._folder}. Make room, or pull a smaller file."
            )

    def _called(self, file: Path) -> str:
        """How a card names a file: relative to the folder, if it lies there."""
        return str(file.relative_to(self._folder).as_posix()) if file.is_relative_to(self._folder) else str(file)
