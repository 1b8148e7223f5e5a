"""`python -m bench.recall`: of how many questions the answer is among the first five passages that a search brings.

By words, and, with `--embedding FILE.gguf`, by vectors and by both. The project has no model for embeddings: figures of
random weights say that all works, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.corpus import Asked, Handbook, corpus
from server.catalog import Catalog
from server.chat.completion import LocalBackend
from server.chat.embedding import LocalEmbeddings
from server.engine.pool import Pool
from server.search.passages import Recipe
from server.search.query import Question
from server.search.search import Search, open_search
from server.settings import ROOT, Settings, load_settings
from server.store.database import Database
from server.store.files import Files
from server.store.vector_store_rows import NewFile, new_store
from server.telemetry import Metrics

FIRST = 5
OWNER = "bench"
WAYS = {"full text": (1.0, 0.0), "vectors": (0.0, 1.0), "hybrid": (1.0, 1.0)}
"""How much words and vectors count in each."""


class Row(NamedTuple):
    """What one way of searching came to: shares of the questions, and the median time of a search."""

    way: str
    same_words: float
    other_words: float
    milliseconds: float


def settings_at(folder: Path, embedding: Path | None) -> Settings:
    """A server's settings in a folder of its own, with the demo model's tokens."""
    cards = {"demo": {"params": {"model": str(ROOT / "data" / "demo" / "demo.gguf")}}}
    if embedding is not None:
        cards["embedding"] = {"params": {"model": str(embedding.resolve())}}
    models = folder / "models.json"
    models.write_text(json.dumps(cards), encoding="utf-8")
    chosen = {"search.embedding_model": "embedding" if embedding is not None else "", "search.tokens_model": "demo"}
    return load_settings(overrides={"paths.models": models, "paths.data_dir": folder / "var", **chosen})


async def fill(search: Search, files: Files, handbooks: Sequence[Handbook], recipe: Recipe) -> str:
    """A store with these in it; its id."""
    store = await search.stores.create(new_store(OWNER))

    async def told(share: float, message: str) -> None:
        pass

    for handbook in handbooks:
        with files.receive() as received:
            received.write(handbook.text.encode())
            file = await files.keep(OWNER, received, handbook.name, "assistants")
        await search.stores.attach(OWNER, store.id, [NewFile(file.id, file.name, recipe.size, recipe.overlap)])
        path = await files.path(OWNER, file.id)
        document = await search.indexer.index(OWNER, path, file.name, recipe, told)
        await search.stores.settle(OWNER, store.id, file.id, document)
    return store.id


async def rate(search: Search, store: str, asked: Sequence[Asked], way: str) -> Row:
    """All questions, asked in one way."""
    words, vectors = WAYS[way]
    hits: dict[bool, list[bool]] = {False: [], True: []}
    taken: list[float] = []
    for one in asked:
        question = Question((one.query,), FIRST, text_weight=words, vector_weight=vectors)
        began = time.perf_counter()
        answered = await search.find(OWNER, [store], question)
        taken.append(time.perf_counter() - began)
        hits[one.other_words].append(any(one.answer in found.hit.passage.text for found in answered.found))
    shares = [sum(each) / max(1, len(each)) for each in hits.values()]
    return Row(way, shares[0], shares[1], median(taken) * 1000)


async def measure(folder: Path, count: int, embedding: Path | None) -> list[Row]:
    """A row for each way that there is."""
    settings = settings_at(folder, embedding)
    catalog = Catalog.from_settings(settings)
    pool, database = Pool(settings, catalog, Metrics()), Database.open(settings)
    backend, embeddings = LocalBackend(pool, catalog, settings), LocalEmbeddings(pool, catalog)
    try:
        search = open_search(settings, catalog, backend, embeddings, database)
        handbooks, asked = corpus(count)
        recipe = Recipe(settings.search.passage_tokens, settings.search.overlap_tokens)
        store = await fill(search, Files(database, folder / "files", 1 << 30, 10_000), handbooks, recipe)
        ways = list(WAYS) if embedding is not None else ["full text"]
        return [await rate(search, store, asked, way) for way in ways]
    finally:
        await pool.close()
        backend.close()
        embeddings.close()
        database.close()


def main(given: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.recall", description=__doc__)
    parser.add_argument("--documents", type=int, default=40, metavar="N", help="handbooks in the corpus (default 40)")
    parser.add_argument("--embedding", type=Path, metavar="FILE.gguf", help="a model for embeddings")
    options = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder), options.documents, options.embedding))
    table = Table(title=f"recall@{FIRST}, {options.documents} handbooks")
    for title in ("searched by", "asked in the same words", "in other words", "a search, ms"):
        table.add_column(title, justify="left" if title == "searched by" else "right")
    for row in rows:
        table.add_row(row.way, f"{row.same_words:.0%}", f"{row.other_words:.0%}", f"{row.milliseconds:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
