"""What is swept when nobody can ask for it any more."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from server.catalog import Catalog
from server.chat.backend import Backend, Embeddings
from server.search.passages import Recipe
from server.search.search import open_search
from server.store.database import Database
from server.store.documents import UNUSED
from server.store.files import Files
from server.store.search_tables import documents
from server.store.vector_store_rows import NewFile, new_store
from tests.api.scripted import ScriptedBackend
from tests.api.served import settings_at


@pytest.mark.asyncio
async def test_the_text_of_a_deleted_file_goes_though_no_other_is_indexed(tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    database = Database.open(settings)
    search = open_search(
        settings,
        Catalog.from_settings(settings),
        cast(Backend, ScriptedBackend()),
        cast(Embeddings, None),
        database,
    )
    files = Files(database, tmp_path / "files", 1000, 1000)
    with files.receive() as received:
        received.write(b"The coffee machine is blue.")
        file = await files.keep("ada", received, "notes.txt", "assistants")

    async def told(share: float, message: str) -> None:
        pass

    document = await search.indexer.index("ada", await files.path("ada", file.id), "notes.txt", Recipe(100, 0), told)
    store = await search.stores.create(new_store("ada"))
    await search.stores.attach("ada", store.id, [NewFile(file.id, "notes.txt", 100, 0)])
    await search.stores.settle("ada", store.id, file.id, document)
    with database.write() as connection:
        connection.execute(sa.update(documents).values(created_at=datetime.now(UTC) - UNUSED * 2))
    await search.tidy()
    assert len(await search.documents.contents(document)) == 1
    await files.delete("ada", file.id)
    await search.tidy()
    assert await search.documents.contents(document) == []
    database.close()
