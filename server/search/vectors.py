"""Where the vectors of passages are kept and compared: files of plain float32 here, or a vector database.

`VectorIndex` is the protocol, and the place where a database would go. `VectorFiles` compares a query with every
vector there is, so it finds exactly the nearest. That costs the time to read them from memory: 150 MB, which are
100,000 passages of 384 numbers, took 18 ms on one core (`docs/search.md`).
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from server.chat.vectors import Floats
from server.store.database import make_private_folder
from server.store.documents import Place


class VectorWriter(Protocol):
    """A document's vectors in the making."""

    def append(self, rows: Floats) -> None:
        """Those of its next passages, of length 1."""


class VectorIndex(Protocol):
    """Keeps the vectors of documents. All methods block: call them on a thread."""

    def writing(self, document: str) -> AbstractContextManager[VectorWriter]:
        """A new document's; they are kept when the context is left without an error."""

    def nearest(self, documents: Sequence[str], queries: Floats, limit: int) -> list[list[Place]]:
        """For each query the passages of these documents that are most like it, the likest first."""

    def remove(self, documents: Sequence[str]) -> None:
        """Forget these. Documents that have no vectors are no error."""


class _File:
    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self.width = 0

    def append(self, rows: Floats) -> None:
        self.width = rows.shape[1]
        self._file.write(np.ascontiguousarray(rows, np.float32).tobytes())

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class VectorFiles:
    """A file for each document in one folder, `DOCUMENT.WIDTH.f32`: its vectors in the order of its passages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def writing(self, document: str) -> Iterator[VectorWriter]:
        """See VectorIndex. A file has its name only when it is on the disk."""
        make_private_folder(self._folder)
        path = self._folder / f"{document}.part"
        file = _File(path)
        try:
            yield file
            file.close()
            path.rename(self._path(document, file.width))
        finally:
            path.unlink(missing_ok=True)

    def nearest(self, documents: Sequence[str], queries: Floats, limit: int) -> list[list[Place]]:
        """See VectorIndex. Documents whose vectors have another width, of another model, are passed over."""
        scores: list[Floats] = []
        starts: list[tuple[int, str]] = []
        count = 0
        for document in documents:
            rows = self._rows(document, queries.shape[1])
            if rows is not None:
                starts.append((count, document))
                scores.append(rows @ queries.T)
                count += len(rows)
        if not scores:
            return [[] for _ in queries]
        together = np.concatenate(scores)
        firsts = np.array([start for start, _ in starts])
        found = []
        for column in together.T:
            best = np.argpartition(-column, min(limit, count) - 1)[:limit]
            best = best[np.argsort(-column[best], kind="stable")]
            owners = np.searchsorted(firsts, best, side="right") - 1
            found.append([(starts[at][1], int(row) - starts[at][0]) for row, at in zip(best, owners, strict=True)])
        return found

    def remove(self, documents: Sequence[str]) -> None:
        """See VectorIndex."""
        for document in documents:
            for path in self._folder.glob(f"{document}.*"):
                path.unlink(missing_ok=True)

    def _rows(self, document: str, width: int) -> Floats | None:
        """The document's vectors, mapped. Not by numpy's memmap, which takes longer to make than to multiply."""
        try:
            with open(self._path(document, width), "rb", buffering=0) as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, ValueError):  # ValueError: it is empty
            return None
        return np.frombuffer(mapped, np.float32).reshape(-1, width)

    def _path(self, document: str, width: int) -> str:
        return f"{self._folder}/{document}.{width}.f32"
