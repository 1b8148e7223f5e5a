"""A file becomes a document: read, cut into passages, with vectors where a model makes them, and stored.

    file ──ingest──► blocks ──tokens──► Cutter ──► passages ──► Documents (words), VectorIndex (vectors)

The same bytes, cut by the same recipe, are one document of a key: who comes second is given the first one's.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from weakref import WeakValueDictionary

from server.catalog import Catalog
from server.chat.backend import Backend, Embeddings
from server.chat.vectors import Texts
from server.errors import ModelNotFound, NotFound
from server.search.blocks import Block
from server.search.ingest import Bounds, opened
from server.search.passages import Cutter, Passage, Recipe
from server.search.vectors import VectorIndex, VectorWriter
from server.settings import SearchSection
from server.store.documents import Documents, StoredPassage

Progress = Callable[[float, str], Awaitable[None]]
"""Told how much of a file is done, 0 to 1, and in words."""

_BATCH_CHARS = 32_000
"""Text that goes to the tokenizer at once."""
_BATCH_PASSAGES = 32
"""Passages that are embedded and stored at once."""


class Indexer:
    """Makes documents of files."""

    def __init__(
        self,
        settings: SearchSection,
        catalog: Catalog,
        backend: Backend,
        embeddings: Embeddings,
        documents: Documents,
        vectors: VectorIndex,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._backend = backend
        self._embeddings = embeddings
        self._documents = documents
        self._vectors = vectors
        self._locks: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()
        self._bounds = Bounds(settings.read_seconds, settings.read_memory_mb, settings.text_chars)

    async def index(self, owner: str, path: Path, name: str, recipe: Recipe, progress: Progress) -> str:
        """The id of the file's document. Raises FileUnreadable, NotFound for a model that is not there, and what the
        models raise.
        """
        measure, embedding = self._measure(), self._embedding()
        kind = Path(name).suffix.lower()[:16]
        signature = f"{kind} in {recipe.size}/{recipe.overlap} tokens of {measure} for {embedding or 'words'}"
        digest = await asyncio.to_thread(_digest, path)
        async with self._locks.setdefault((owner, digest, signature), asyncio.Lock()):
            known = await self._documents.find(owner, digest, signature)
            if known is not None:
                return known
            id = await self._documents.begin(owner, digest, signature, embedding)
            try:
                with ExitStack() as stack:
                    writer = stack.enter_context(self._vectors.writing(id)) if embedding else None
                    filling = _Filling(id, owner, measure, embedding, writer)
                    await self._fill(filling, path, name, recipe, progress)
                await self._documents.finish(id)
            except BaseException:
                await self.forget([id])
                raise
            return id

    async def forget(self, documents: Sequence[str]) -> None:
        """Remove these documents."""
        await self._documents.remove(documents)
        await asyncio.to_thread(self._vectors.remove, documents)

    async def _fill(self, filling: _Filling, path: Path, name: str, recipe: Recipe, progress: Progress) -> None:
        cutter = Cutter(recipe)
        due: list[Passage] = []
        async with opened(path, name, self._bounds) as reading:
            blocks = iter(reading)
            while batch := await asyncio.to_thread(_take, blocks):
                for block, ends in zip(batch, await self._ends(filling, batch), strict=True):
                    due += cutter.feed(block, ends)
                while len(due) >= _BATCH_PASSAGES:
                    await self._store(filling, due[:_BATCH_PASSAGES])
                    del due[:_BATCH_PASSAGES]
                await progress(reading.share, f"{filling.count} passages of {name}")
        await self._store(filling, due + cutter.finish())
        await progress(1.0, f"{filling.count} passages of {name}")

    async def _ends(self, filling: _Filling, blocks: Sequence[Block]) -> list[list[int]]:
        """For each block the bytes of its text at which tokens end."""
        text = "".join(block.text + "\n" for block in blocks)
        tokens = await self._backend.tokenize(filling.measure, text, start=False, special=False, owner=filling.owner)
        ends = list(accumulate(len(token.data) for token in tokens))
        # Vocabularies that change the text (case, spaces) say little of where in it a token lies: they are stretched.
        scale = len(text.encode()) / max(1, ends[-1] if ends else 1)
        found, start, at = [], 0, 0
        for block in blocks:
            stop = start + len(block.text.encode()) + 1
            own = []
            while at < len(ends) and ends[at] * scale <= stop + 1e-6:
                own.append(int(ends[at] * scale + 1e-6) - start)
                at += 1
            found.append(own)
            start = stop
        return found

    async def _store(self, filling: _Filling, passages: Sequence[Passage]) -> None:
        if not passages:
            return
        if filling.writer is not None:
            texts = tuple(spoken(passage.heading, passage.text) for passage in passages)
            made = await self._embeddings.embed(Texts(filling.embedding, texts, owner=filling.owner))
            await asyncio.to_thread(filling.writer.append, made.rows)
        first = filling.count
        await self._documents.add(
            [
                StoredPassage(filling.document, first + at, one.text, one.heading, one.page, one.tokens)
                for at, one in enumerate(passages)
            ]
        )
        filling.count += len(passages)

    def _embedding(self) -> str:
        """The embedding model's own name; empty: there is none."""
        name = self._settings.embedding_model
        return self._named("search.embedding_model", name) if name else ""

    def _measure(self) -> str:
        """The model whose tokens count."""
        if name := self._settings.tokens_model:
            return self._named("search.tokens_model", name)
        if self._settings.embedding_model:
            return self._embedding()
        names = self._catalog.names()
        if not names:
            raise NotFound(
                "There is no model by whose tokens a text could be cut: add one, or name one in search.tokens_model."
            )
        return names[0]

    def _named(self, setting: str, name: str) -> str:
        """The own name of the model that a setting names."""
        try:
            return self._catalog.get(name).name
        except ModelNotFound:
            raise NotFound(f"{setting}: there is no model {name!r} by which files could be indexed.") from None


class _Filling:
    """A document in the making."""

    def __init__(self, document: str, owner: str, measure: str, embedding: str, writer: VectorWriter | None) -> None:
        self.document = document
        self.owner = owner
        self.measure = measure
        self.embedding = embedding
        self.writer = writer
        self.count = 0


def spoken(heading: str, text: str) -> str:
    """A passage as models that compare texts read it: with where it stands."""
    return f"{heading}\n{text}" if heading else text


def _take(blocks: Iterator[Block]) -> list[Block]:
    taken: list[Block] = []
    size = 0
    for block in blocks:
        taken.append(block)
        size += len(block.text)
        if size >= _BATCH_CHARS:
            break
    return taken


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
