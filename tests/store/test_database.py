"""The database: where it lies, who may read it, how its schema comes about, and what a crash leaves."""

from __future__ import annotations

import importlib
import pkgutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from server import store
from server.settings import PACKAGE, Settings, load_settings
from server.store import migrations
from server.store.auth_keys import AuthKeys
from server.store.database import WAL_SAFE, Database, StoreError, metadata

for room in pkgutil.iter_modules(store.__path__, "server.store."):
    importlib.import_module(room.name)  # each brings its tables

CREATE_AND_WAIT = """
import sys
from pathlib import Path
from server.settings import load_settings
from server.store.auth_keys import AuthKeys
settings = load_settings(overrides={"paths.data_dir": Path(sys.argv[1]), "store.url": sys.argv[2]})
print(AuthKeys.open(settings).create("survivor")[1], flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_and_folder_are_the_owners_alone(tmp_path: Path) -> None:
    settings = load_settings(overrides={"paths.data_dir": tmp_path / "a" / "var"})
    AuthKeys.open(settings).create("one")
    assert mode(settings.paths.data_dir) == 0o700
    assert {file.name: mode(file) for file in settings.paths.data_dir.glob("llm-api.db*")}.keys() >= {"llm-api.db"}
    assert all(mode(file) == 0o600 for file in settings.paths.data_dir.iterdir())


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "llm-api.db").touch(0o644)
    Database.open(load_settings(overrides={"paths.data_dir": tmp_path})).close()
    assert mode(tmp_path / "llm-api.db") == 0o600


def test_sqlite_is_set_to_lose_nothing(tmp_path: Path) -> None:
    database = Database.open(load_settings(overrides={"paths.data_dir": tmp_path}))
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "foreign_keys", "journal_mode")
        }
    database.close()
    journal = "wal" if sqlite3.sqlite_version_info >= WAL_SAFE else "truncate"
    assert pragmas == {"synchronous": 2, "foreign_keys": 1, "journal_mode": journal}


def described(name: str | None, kind: str, parents: object) -> bool:
    """All but the indexes of words, which each kind of database has in its own way."""
    own = ("conversation_words_index", "ix_conversation_words_found", "passages_fts", "cut_passages_fts")
    return not (name or "").startswith(own)


def test_the_schema_that_migrations_make_is_the_one_the_tables_describe(settings: Settings) -> None:
    database = Database.open(settings)
    with database.read() as connection:
        options = {"compare_type": True, "include_name": described}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    database.close()


def test_the_head_is_the_newest_step() -> None:
    assert ScriptDirectory(str(PACKAGE / "store" / "migrations")).get_heads() == [migrations.HEAD]


def test_servers_that_start_together_make_one_schema(settings: Settings) -> None:
    with ThreadPoolExecutor(4) as threads:
        databases = list(threads.map(lambda _: Database.open(settings), range(4)))
    with databases[0].read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM key_ring")).scalar() == 1
    for database in databases:
        database.close()


def test_a_failed_block_leaves_nothing(settings: Settings) -> None:
    database = Database.open(settings)

    def half() -> None:
        with database.write() as connection:
            connection.execute(sa.text("UPDATE key_ring SET changes = 99"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT changes FROM key_ring")).scalar() == 0
    database.close()


def test_a_key_that_was_shown_survives_the_death_of_its_maker(settings: Settings) -> None:
    command = [sys.executable, "-c", CREATE_AND_WAIT, str(settings.paths.data_dir), settings.store.url]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PACKAGE.parent)
    assert child.stdout is not None
    shown = child.stdout.readline().strip()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    keys = AuthKeys.open(settings)
    assert [key.id for key in keys.list()] == [shown.partition(".")[0]]
    keys.close()


def test_a_database_of_the_first_version_is_brought_along(settings: Settings) -> None:
    keys = AuthKeys.open(settings)
    key, _ = keys.create("from before")
    keys.close()
    database = Database.open(settings)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    database.close()
    database = Database.open(settings)
    with database.read() as connection:
        options = {"compare_type": True, "include_name": described}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    database.close()
    keys = AuthKeys.open(settings)
    assert keys.list() == [key]
    keys.close()


def test_a_database_of_a_newer_version_is_left_alone(settings: Settings) -> None:
    database = Database.open(settings)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="written by a newer llm-api"):
        Database.open(settings)


def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    def refusal(**overrides: object) -> str:
        with pytest.raises(StoreError) as caught:
            Database.open(
                load_settings(overrides={name.replace("__", "."): value for name, value in overrides.items()})
            )
        assert "\n" not in str(caught.value)
        return str(caught.value)

    (tmp_path / "file").touch()
    assert "Choose another folder with --data-dir" in refusal(paths__data_dir=tmp_path / "file" / "var")
    (tmp_path / "llm-api.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert "file is not a database" in refusal(paths__data_dir=tmp_path)
    assert "expected postgresql://" in refusal(paths__data_dir=tmp_path / "var", store__url="mysql://root@localhost/x")
    assert "expected postgresql://" in refusal(paths__data_dir=tmp_path / "var", store__url="nonsense")
    unreachable = "postgresql://me:secret@127.0.0.1:1/x"
    assert "secret" not in refusal(paths__data_dir=tmp_path / "var", store__url=unreachable)
