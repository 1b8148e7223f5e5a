"""The one database: opened, brought to the present schema, read and written.

SQLite in the data folder unless a URL names another. SQLite has one writer: every write of this process goes
through one lock, and takes SQLite's own write lock at its start, so that two processes wait for each other
instead of failing halfway. Nothing here runs on the event loop: async callers use `run`
or `submit`.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from server.errors import Unavailable
from server.own_python import to_install
from server.settings import Settings, SettingsError
from server.store.migrations import HEAD, upgrade

Result = TypeVar("Result")

WAL_SAFE = (3, 51, 3)
"""Older SQLite can lose committed data when several connections meet a checkpoint of the write-ahead log."""

BUSY_SECONDS = 10

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the store; the modules that own them add them."""


class StoreError(SettingsError):
    """The database cannot be used; the message is one line and says what to do."""


class Moment(sa.types.TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC without a zone in the database, as SQLite knows no zones."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


Refused = SQLAlchemyError
"""What reading and writing raise when the database does not do it."""


class Database:
    """Connections to the store. Threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="llm-api-store")

    @classmethod
    def open(cls, settings: Settings) -> Database:
        """Connect, make what is missing, bring the schema up to date. Raises StoreError."""
        url = settings.store.url
        make_private_folder(settings.paths.data_dir)
        file = settings.paths.data_dir / "llm-api.db"
        name = _without_password(url) if url else str(file)
        try:
            database = cls(_postgresql(url) if url else _sqlite(file))
            database._migrate(name)
        except ModuleNotFoundError as error:
            raise StoreError(f"{name}: the driver is missing: {to_install('postgresql')}") from error
        except OSError as error:
            raise StoreError(f"{file}: {error.strerror}. Choose another folder with --data-dir.") from error
        except SQLAlchemyError as error:
            raise StoreError(f"{name}: {one_line(error)}") from error
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look at the store."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on the disk when the block is left, and undone if it is left by an exception."""
        with self._writer, self._engine.connect() as connection:
            writing = connection.execution_options(writes=True)
            with writing.begin():
                yield writing

    async def run(self, work: Callable[[], Result]) -> Result:
        """`work` on a thread of the store's own, which long work of other kinds cannot occupy."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def submit(self, work: Callable[[], None]) -> None:
        """The same for work that nobody waits for, and which sees to its own errors."""
        self._threads.submit(work)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._engine.dispose()

    def _migrate(self, name: str) -> None:
        with self.read() as connection:
            if _revision(connection) == HEAD:
                return
        with self.write() as connection:
            if connection.dialect.name == "postgresql":
                # Two servers that start together on an empty database: the second waits for the first.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('llm-api schema'))"))
            if not upgrade(connection, _revision(connection)):
                raise StoreError(f"{name} was written by a newer llm-api. Use that version, or another --data-dir.")


def make_private_folder(folder: Path) -> None:
    """A folder that only its owner may open. One that exists already is left as it is."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}. Choose another folder with --data-dir.") from error


def one_line(error: SQLAlchemyError) -> str:
    """What the driver said, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def unavailable(error: SQLAlchemyError) -> Unavailable:
    """What those are told who asked for what the database does not do."""
    return Unavailable(f"The database did not answer: {one_line(error)}. Try again.")


def _sqlite(file: Path) -> Engine:
    """The file is made here, before SQLite would make it readable by others."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    if file.stat().st_mode & 0o077:
        file.chmod(0o600)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)), connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    journal = "WAL" if sqlite3.sqlite_version_info >= WAL_SAFE else "TRUNCATE"
    for pragma in ("foreign_keys = ON", f"journal_mode = {journal}", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # The driver is told to begin nothing by itself (isolation_level None): it would begin a write too late.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(text: str) -> Engine:
    try:
        url = sa.make_url(text)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() != "postgresql":
            raise StoreError(f"store.url: expected postgresql://…, or nothing for SQLite, found {url.drivername}://…")
        return sa.create_engine(url, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("store.url: expected postgresql://user:password@host:port/database") from error


def _without_password(text: str) -> str:
    """Nor what comes after a question mark, which may be one too."""
    try:
        return sa.make_url(text).set(query={}).render_as_string(hide_password=True)
    except ArgumentError:
        return "store.url"


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
