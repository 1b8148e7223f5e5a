"""Models that are here already: files of this machine become cards in the overlay, and cards go again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from server.catalog import Catalog, CatalogError
from server.errors import BadRequest, Conflict, ModelLoadFailed, NotFound
from server.hub.cards import entry_for
from server.hub.overlay import Overlay

_PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})")


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a file: the name of its model, or why there is none."""

    file: Path
    name: str | None
    problem: str = ""


class Shelf:
    """The models of the overlay, and the files of the data folder that only they name."""

    def __init__(self, catalog: Catalog, data_dir: Path) -> None:
        self._catalog = catalog
        self._folder = data_dir / "models"
        self._overlay = Overlay(data_dir)

    def add(self, path: Path, name: str | None = None) -> list[Added]:
        """Offer a GGUF file, or each in a folder and those below it. A file that is no model is told, and left.

        Raises NotFound, BadRequest, Conflict.
        """
        path = path.absolute()
        if path.is_file():
            return [self._add(path, name)]
        if not path.is_dir():
            raise NotFound(f"There is no file or folder {str(path)!r}.")
        files = [file for file in sorted(path.rglob("*.gguf")) if not _is_beside(file)]
        if not files:
            raise NotFound(f"The folder {str(path)!r} holds no GGUF file of a model.")
        if name is not None and len(files) > 1:
            raise BadRequest(f"The folder {str(path)!r} holds {len(files)} models: they cannot all be called {name!r}.")
        return [self._add(file, name) for file in files]

    def _add(self, file: Path, name: str | None) -> Added:
        part = _PART.fullmatch(file.stem)
        name = name or (part[1] if part else file.stem)
        self._check_name(name)
        beside = [other for other in file.parent.glob("*.gguf") if "mmproj" in other.name.lower()]
        projector = beside[0] if len(beside) == 1 else None
        try:
            entry = entry_for(file, str(file), (projector, str(projector)) if projector is not None else None)
        except ModelLoadFailed as error:
            return Added(file, None, error.message)
        self._overlay.put(name, entry)
        return Added(file, name)

    def _check_name(self, name: str) -> None:
        if name in self._catalog.names() and name not in self._overlay.entries():
            raise Conflict(f"A model {name!r} stands in {self._catalog.files[0]} already: expected another name.")

    def remove(self, name: str, *, files: bool = False) -> list[Path]:
        """Offer a model no more; with `files`, delete those in the data folder that no other card names. Which they
        were. Raises ModelNotFound, and Conflict for a model of the file that came with the project, or where it cannot
        be told what other cards name.
        """
        card = self._catalog.get(name)
        kept = self._kept(card.name) if files else set()
        entry = self._overlay.remove(card.name)
        if entry is None:
            raise Conflict(
                f"The model {card.name!r} was not added by a command or a request: take it out of "
                f"{self._catalog.files[0]} by hand."
            )
        gone = [file for file in self._files(entry) if file.resolve() not in kept and file.is_file()] if files else []
        for file in gone:
            file.unlink()
        return gone

    def _kept(self, name: str) -> set[Path]:
        """The files that are named by other cards than the overlay's of this name. Raises Conflict."""
        try:
            written = self._catalog.written()
        except CatalogError as error:
            raise Conflict(f"It cannot be told which files other models have. {error}") from error
        others = [card for file, card in written if (file, card.name) != (self._overlay.file.absolute(), name)]
        return {part.resolve() for card in others for file in card.files for part in _parts(file)}

    def _files(self, entry: dict[str, Any]) -> Iterator[Path]:
        """The files of an entry that lie in the data folder, all parts of a model."""
        named = (entry.get("params", {}).get(field) for field in ("model", "projector"))
        for file in (self._folder / name for name in named if name is not None):
            if file.resolve().is_relative_to(self._folder.resolve()):
                yield from _parts(file)


def _parts(file: Path) -> Iterator[Path]:
    """The file and the others that belong to it, where it is a part of a model; those that are there."""
    part = _PART.fullmatch(file.stem)
    yield from file.parent.glob(f"{escape(part[1])}-?????-of-{part[3]}.gguf" if part else escape(file.name))


def _is_beside(file: Path) -> bool:
    """Whether a file belongs to a model that another file stands for: a projector, or a further part."""
    part = _PART.fullmatch(file.stem)
    return "mmproj" in file.name.lower() or (part is not None and int(part[2]) != 1)
