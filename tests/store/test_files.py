"""Files that are kept: bytes on the disk, the rest in the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.errors import BadRequest, NotFound
from server.settings import Settings
from server.store.database import Database
from server.store.files import LEFTOVER_SECONDS, Files, StoredFile, sane_name

ME, OTHER = "key-1", "key-2"


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.paths.data_dir / "files"


@pytest.fixture
def files(database: Database, folder: Path) -> Files:
    return Files(database, folder, limit=1000, most=10)


async def keep(files: Files, data: bytes, name: str = "a.txt", expires_at: datetime | None = None) -> StoredFile:
    with files.receive() as received:
        received.write(data)
        return await files.keep(ME, received, name, "batch", expires_at)


async def test_kept_and_read(files: Files, folder: Path) -> None:
    kept = await keep(files, b"hello")
    assert (kept.bytes, kept.name, kept.purpose) == (5, "a.txt", "batch")
    assert await files.get(ME, kept.id) == kept
    path = await files.path(ME, kept.id)
    assert path.read_bytes() == b"hello"
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in folder.iterdir()] == [kept.id]


async def test_what_is_not_kept_is_gone(files: Files, folder: Path) -> None:
    with files.receive() as received:
        received.write(b"half")
    assert list(folder.iterdir()) == []


async def test_another_keys_file_is_none(files: Files) -> None:
    kept = await keep(files, b"mine")
    for asked in (files.get(OTHER, kept.id), files.path(OTHER, kept.id), files.delete(OTHER, kept.id)):
        with pytest.raises(NotFound):
            await asked
    assert await files.list(OTHER) == []
    assert await files.list(ME) == [kept]
    assert await files.list(ME, "vision") == []


async def test_deleted_with_its_bytes(files: Files, folder: Path) -> None:
    kept = await keep(files, b"hello")
    await files.delete(ME, kept.id)
    assert list(folder.iterdir()) == []
    with pytest.raises(NotFound):
        await files.get(ME, kept.id)


async def test_a_full_shelf_takes_no_more(files: Files, folder: Path) -> None:
    await keep(files, b"x" * 600)
    with pytest.raises(BadRequest, match="at most 1000"):
        await keep(files, b"x" * 401)
    assert len(list(folder.iterdir())) == 1
    with files.receive() as received:
        received.write(b"x" * 1000)
        await files.keep(OTHER, received, "b", "batch_output")


async def test_not_even_empty_ones_are_taken_without_end(files: Files, folder: Path) -> None:
    for _ in range(10):
        await keep(files, b"")
    with pytest.raises(BadRequest, match="at most 10 are kept"):
        await keep(files, b"")
    assert len(list(folder.iterdir())) == 10
    (first, *_) = await files.list(ME)
    await files.delete(ME, first.id)
    await keep(files, b"")


async def test_an_id_of_ones_own_is_kept_once(files: Files) -> None:
    with files.receive() as first, files.receive() as second:
        first.write(b"first")
        second.write(b"second")
        kept = await files.keep(ME, first, "a", "batch_output", id="file_mine")
        assert await files.keep(ME, second, "a", "batch_output", id="file_mine") == kept
    assert (await files.path(ME, "file_mine")).read_bytes() == b"first"


async def test_sweeping(files: Files, folder: Path) -> None:
    kept = await keep(files, b"stays")
    expired = await keep(files, b"goes", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(NotFound):
        await files.get(ME, expired.id)
    (folder / "new.part").write_bytes(b"under way")
    old = datetime.now().timestamp() - LEFTOVER_SECONDS - 1
    for name in ("old.part", expired.id, kept.id):
        (folder / name).touch()
        os.utime(folder / name, (old, old))
    await files.sweep()
    assert {path.name for path in folder.iterdir()} == {"new.part", kept.id}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "file"),
        ("..", "file"),
        ("folder/", "folder"),
        ("x" * 300 + ".jsonl", "x" * 249 + ".jsonl"),
        ("x" * 300, "x" * 255),
        ("Ärger 😀.txt", "Ärger 😀.txt"),
    ],
)
def test_names_are_never_paths(given: str, kept: str) -> None:
    assert sane_name(given) == kept
