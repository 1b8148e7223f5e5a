"""Everything about searching files, wired together once for those above."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.catalog import Catalog
from server.chat.backend import Backend, Embeddings
from server.search.indexing import Indexer
from server.search.query import Hit, Method, Question, Retriever
from server.search.vectors import VectorFiles
from server.settings import Settings
from server.store.database import Database
from server.store.documents import Documents
from server.store.vector_store_rows import StoreFile
from server.store.vector_stores import VectorStores

BEGINNINGS = 5
"""Passages that stand in where nothing was found."""

Wanted = Callable[[StoreFile], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, and the file that it is from."""

    file: StoreFile
    hit: Hit


@dataclass(frozen=True, slots=True)
class Answered:
    """What a search brought, and how: without an embedding model by words alone."""

    found: tuple[Found, ...]
    method: Method
    reranked: bool


class Search:
    """The stores of files, what fills them, and what searches them."""

    def __init__(self, stores: VectorStores, documents: Documents, indexer: Indexer, retriever: Retriever) -> None:
        self.stores = stores
        self.documents = documents
        self.indexer = indexer
        self.retriever = retriever

    async def tidy(self) -> None:
        """Forget what is in stores that have expired, and documents that nothing points to any more."""
        await self.indexer.forget(await self.stores.empty_expired())
        await self.indexer.forget(await self.documents.useless())

    async def find(
        self,
        owner: str,
        stores: Sequence[str],
        question: Question,
        wanted: Wanted = lambda file: True,
        *,
        something: bool = False,
    ) -> Answered:
        """What the files of these stores that are `wanted` answer; a thread asks. With `something`, how they begin,
        where nothing in them is like the question: "Who wrote it?" shares no word with what it is about.

        Raises NotFound for a store that is none of the owner's, or has expired, and what the models raise.
        """
        there = await self.stores.searchable(owner, stores)
        files = await asyncio.to_thread(_chosen, there, wanted)
        findings = await self.retriever.find(owner, question, tuple(files))
        hits = findings.hits
        if something and not hits and not question.least:
            hits = tuple(Hit(each, 0.0) for each in await self.documents.beginnings(tuple(files), BEGINNINGS))
        found = tuple(Found(files[hit.passage.document], hit) for hit in hits)
        return Answered(found, findings.method, findings.reranked)


def _chosen(files: Sequence[StoreFile], wanted: Wanted) -> dict[str, StoreFile]:
    """Those that are wanted, by their documents. Of thousands and a large filter it takes a while."""
    chosen: dict[str, StoreFile] = {}
    for file in files:
        if file.document_id is not None and wanted(file):
            chosen.setdefault(file.document_id, file)
    return chosen


def open_search(
    settings: Settings, catalog: Catalog, backend: Backend, embeddings: Embeddings, database: Database
) -> Search:
    """Search as the settings want it."""
    section, documents = settings.search, Documents(database)
    vectors = VectorFiles(settings.paths.data_dir / "vectors")
    return Search(
        VectorStores(database, settings.limits.vector_stores),
        documents,
        Indexer(section, catalog, backend, embeddings, documents, vectors),
        Retriever(section, catalog, embeddings, documents, vectors),
    )
