"""Stores of files, documents and their words, on every database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from server.errors import NotFound
from server.settings import Settings
from server.store import search_tables
from server.store.database import Database
from server.store.documents import BROKEN_OFF, UNUSED, Documents, StoredPassage
from server.store.files import Files, StoredFile
from server.store.job_table import Job, State
from server.store.jobs import JobRows
from server.store.vector_store_rows import NewFile, new_store
from server.store.vector_stores import VectorStores

TEXTS = (
    "The coffee machine is blue.",
    "Marlene keeps the spare keys.",
    'Running shoes are worn by runners; it\'s "fine".',
)


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = Database.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def documents(database: Database) -> Documents:
    return Documents(database)


@pytest.fixture
def stores(database: Database) -> VectorStores:
    return VectorStores(database, 1000)


async def written(documents: Documents, owner: str = "ada", digest: str = "d", texts: tuple[str, ...] = TEXTS) -> str:
    id = await documents.begin(owner, digest, "recipe", "")
    await documents.add([StoredPassage(id, at, text, "Handbook", 1, 5) for at, text in enumerate(texts)])
    assert await documents.finish(id) == len(texts)
    return id


async def kept(database: Database, folder: Path) -> StoredFile:
    """A file of Ada's."""
    files = Files(database, folder / "files", 1000, 1000)
    with files.receive() as received:
        received.write(b"text")
        return await files.keep("ada", received, "a.txt", "assistants")


async def test_words_are_found_by_their_stems_and_the_rarer_first(documents: Documents) -> None:
    id = await written(documents)
    other = await written(documents, "eve", texts=("Eve's coffee.",))
    assert await documents.search([id], "Where is the coffee?", 5) == [(id, 0)]
    assert await documents.search([id], "run shoe", 5) == [(id, 2)]
    assert (await documents.search([id], "handbook key", 5))[0] == (id, 1)
    assert await documents.search([other], "machine", 5) == []
    assert await documents.search([], "coffee", 5) == []


@pytest.mark.parametrize("query", ["", "?!", "'; DROP TABLE passages; --", '" OR "', "NEAR(a b)", "it's", "a" * 10_000])
async def test_a_query_is_only_words(documents: Documents, query: str) -> None:
    id = await written(documents)
    assert {document for document, _ in await documents.search([id], query, 5)} <= {id}
    assert len(await documents.contents(id)) == 3


async def test_a_document_counts_when_it_is_whole(documents: Documents) -> None:
    half = await documents.begin("ada", "d", "recipe", "")
    assert await documents.find("ada", "d", "recipe") is None
    whole = await written(documents)
    assert await documents.find("ada", "d", "recipe") == whole
    assert await documents.find("eve", "d", "recipe") is None
    await documents.remove([half, whole])
    assert await documents.find("ada", "d", "recipe") is None
    assert await documents.search([whole], "coffee", 5) == []
    with pytest.raises(NotFound):
        await documents.finish(half)


async def test_passages_come_in_the_order_asked_for(documents: Documents) -> None:
    id = await written(documents)
    found = await documents.passages([(id, 2), (id, 0), (id, 9)])
    assert [one.position for one in found] == [2, 0]
    assert await documents.passages([]) == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
async def test_only_what_is_old_and_unused_is_useless(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Whatever time it is where the database is."""
    monkeypatch.setenv("PGTZ", zone)
    database = Database.open(settings)
    documents = Documents(database)
    whole, half = await written(documents), await documents.begin("ada", "e", "recipe", "")
    for age, useless in ((UNUSED / 2, []), (UNUSED * 2, [whole]), (BROKEN_OFF * 2, [whole, half])):
        with database.write() as connection:
            connection.execute(sa.update(search_tables.documents).values(created_at=datetime.now(UTC) - age))
        assert sorted(await documents.useless()) == sorted(useless)
    database.close()


async def test_what_a_store_holds_is_counted_in_bytes(
    database: Database, documents: Documents, stores: VectorStores, tmp_path: Path
) -> None:
    texts = ("図書館は九時に開く。", "A back\\slash, and é.")
    file = await kept(database, tmp_path)
    store = await stores.create(new_store("ada"))
    await stores.attach("ada", store.id, [NewFile(file.id, "a.txt", 100, 0)])
    await stores.settle("ada", store.id, file.id, await written(documents, texts=texts))
    expected = sum(len(text.encode()) for text in texts)
    assert (await stores.get("ada", store.id)).bytes == expected
    assert (await stores.file("ada", store.id, file.id)).bytes == expected


async def test_what_has_expired_is_emptied(settings: Settings, database: Database, tmp_path: Path) -> None:
    stores, documents = VectorStores(database, 1000), Documents(database)
    file = await kept(database, tmp_path)
    ids = []
    for days in (7, None):
        store = await stores.create(new_store("ada", expires_days=days))
        await stores.attach("ada", store.id, [NewFile(file.id, "a.txt", 100, 0)])
        await stores.settle("ada", store.id, file.id, await written(documents, digest=str(days)))
        ids.append(store.id)
    assert await stores.empty_expired() == []
    old = datetime.now(UTC) - timedelta(days=8)
    for id in ids:
        await stores.update("ada", id, last_active_at=old)
    assert (await stores.get("ada", ids[0])).expired
    with pytest.raises(NotFound, match="not used for 7 days"):
        await stores.searchable("ada", [ids[0]])
    assert len(await stores.empty_expired()) == 1
    assert await stores.files("ada", ids[0]) == []
    assert len(await stores.files("ada", ids[1])) == 1


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ("queued", "in_progress"),
        ("running", "in_progress"),
        ("cancelled", "cancelled"),
        ("dead", "failed"),
        ("failed", "failed"),
        (None, "failed"),
    ],
)
async def test_a_file_ends_with_the_job_that_was_to_index_it(
    database: Database, stores: VectorStores, tmp_path: Path, state: State | None, left: str
) -> None:
    file = await kept(database, tmp_path)
    store = await stores.create(new_store("ada"))
    await stores.attach("ada", store.id, [NewFile(file.id, "a.txt", 100, 0)])
    await stores.conclude_left("index")
    assert (await stores.file("ada", store.id, file.id)).status == "in_progress", "no job has been told of yet"
    now = datetime.now(UTC)
    if state is not None:
        ended = None if left == "in_progress" else now
        job = Job("job_1", "ada", "index", {}, 5, created_at=now, due_at=now, state=state, ended_at=ended)
        await JobRows(database, 1000, 1 << 20).add([[job]])
    await stores.work_begins("ada", store.id, [file.id], "job_1")
    await stores.conclude_left("index", now + timedelta(seconds=1))
    assert (await stores.file("ada", store.id, file.id)).status == "in_progress", "none has ended since then"
    await stores.conclude_left("index", now - timedelta(seconds=1) if state is not None else None)
    found = await stores.file("ada", store.id, file.id)
    assert (found.status, bool(found.error_message)) == (left, left == "failed")
    await stores.work_begins("ada", store.id, [file.id], "job_2")
    found = await stores.file("ada", store.id, file.id)
    assert (found.status, found.error_message) == ("in_progress", None)
    assert found.job_id == ("job_1" if left == "in_progress" else "job_2")
