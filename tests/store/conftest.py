"""Every test of the store that asks for `settings` runs on SQLite, and on PostgreSQL where one is to be had.

LLM_API_TEST_POSTGRESQL names a database in which schemas may be made and dropped.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from server.settings import Settings, load_settings
from server.store.auth_keys import AuthKeys

POSTGRESQL = os.environ.get("LLM_API_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")


@cache
def why_no_postgresql() -> str:
    """Empty where there is one."""
    engine = None
    try:
        engine = sa.create_engine(
            sa.make_url(POSTGRESQL).set(drivername="postgresql+psycopg"), connect_args={"connect_timeout": 3}
        )
        with engine.connect():
            return ""
    except ModuleNotFoundError:
        return "psycopg is not installed (the extra `postgresql`)"
    except SQLAlchemyError as error:
        return f"{POSTGRESQL} does not answer: {str(getattr(error, 'orig', error)).splitlines()[0]}"
    finally:
        if engine is not None:
            engine.dispose()


def kinds() -> list[str]:
    """Of databases that are to be had."""
    return ["sqlite"] if why_no_postgresql() else ["sqlite", "postgresql"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "settings" in metafunc.fixturenames:
        metafunc.parametrize("settings", kinds(), indirect=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if reason := why_no_postgresql():
        terminalreporter.write_line(f"THE STORE WAS NOT TESTED ON POSTGRESQL: {reason}", red=True, bold=True)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An empty store."""
    with empty_store(request.param, tmp_path) as found:
        yield found


@contextmanager
def empty_store(kind: str, folder: Path, more: Mapping[str, Any] | None = None) -> Iterator[Settings]:
    """Settings with a store of this kind, and `more`."""
    data_dir = {"paths.data_dir": folder / "var", **(more or {})}
    if kind == "sqlite":
        yield load_settings(overrides=data_dir)
        return
    schema = f"t_{secrets.token_hex(6)}"
    engine = sa.create_engine(sa.make_url(POSTGRESQL).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    try:
        yield load_settings(overrides=data_dir | {"store.url": f"{POSTGRESQL}?options=-csearch_path%3D{schema}"})
    finally:
        with engine.begin() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))
        engine.dispose()


@pytest.fixture
def keys(settings: Settings) -> Iterator[AuthKeys]:
    """The keys as a server has them."""
    opened = AuthKeys.open(settings)
    yield opened
    with suppress(RuntimeError):  # a test may have closed them
        opened.close()


@pytest.fixture
def elsewhere(settings: Settings, keys: AuthKeys) -> Iterator[AuthKeys]:
    """The same keys as another process has them."""
    opened = AuthKeys.open(settings)
    yield opened
    opened.close()
