"""The house's floors: a module imports the floors below it and the rooms of its own, never upward."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server"

FLOORS = (
    {
        "errors",
        "settings",
        "catalog",
        "catalog_file",
        "disk",
        "ids",
        "model_card",
        "own_python",
        "telemetry",
        "tls",
        "watching",
    },
    {"engine", "store"},
    {"chat"},
    {"search", "services", "upstream", "hub"},
    {"jobs"},
    {"api"},
    {"cli", "__main__"},
)
"""Every module and package of server/, from the ground up. A new one is entered here, and in docs/architecture.md."""

APART = {("engine", "store"), ("store", "engine")}
"""Rooms of one floor that do not know each other."""

ONLY_IN = {
    "llama_cpp": ("engine/llama.py", "engine/projector.py", "engine/trial.py"),
    "llguidance": ("engine/constraint.py",),
    "sqlalchemy": ("store/",),
    "alembic": ("store/",),
    "starlette": ("api/",),
    "sse_starlette": ("api/",),
    "uvicorn": ("api/", "cli/", "tls.py"),
    "celery": ("jobs/", "api/worker.py"),
    "kombu": ("jobs/",),
    "redis": ("jobs/",),
    "typer": ("cli/",),
    "rich": ("cli/",),
}
"""Packages of others, and the places that may know them."""

NEVER_IN = {"engine/": {"pydantic", "httpx", "jinja2"}, "store/": {"pydantic", "httpx"}}


class Import(NamedTuple):
    """One imported module, wherever in the file the import stands."""

    file: str
    """Below server/."""
    line: int
    module: str

    @property
    def room(self) -> str:
        return room(self.file)

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"server/{self.file}:{self.line} imports {self.module}"


def room(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def imports(file: str, source: str) -> Iterator[Import]:
    """Also those within functions and under TYPE_CHECKING: a dependency is one, whenever it is loaded."""
    package = ["server", *Path(file).parent.parts]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(file, node.lineno, name.name)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for name in node.names:
                # `from server import tls` names a module; elsewhere the module before the names is enough.
                yield Import(file, node.lineno, f"{module}.{name.name}" if module == "server" else module)


def floor(name: str) -> int | None:
    return next((number for number, rooms in enumerate(FLOORS) if name in rooms), None)


def upward(one: Import) -> str | None:
    """What is wrong with an import, as a sentence; None when nothing is."""
    if one.package == "server":
        target = one.module.split(".")[1] if "." in one.module else "__init__"
        here, there = floor(one.room), floor(target)
        if here is None or there is None:
            return None  # its own test says where to enter a room; server/__init__.py holds the version alone
        if there > here:
            return f"{one}, which is floor {there}; floor {here} may import what lies below it"
        if (one.room, target) in APART:
            return f"{one}; {one.room} and {target} do not know each other"
    elif one.package in ONLY_IN and not one.file.startswith(ONLY_IN[one.package]):
        return f"{one}; only {', '.join(ONLY_IN[one.package])} may"
    elif any(one.file.startswith(place) and one.package in banned for place, banned in NEVER_IN.items()):
        return f"{one}; this floor does not know it"
    return None


def test_every_room_has_a_floor() -> None:
    rooms = {room(file.relative_to(SERVER).as_posix()) for file in SERVER.rglob("*.py")} - {"__init__"}
    homeless = sorted(name for name in rooms if floor(name) is None)
    assert not homeless, f"server/ has {', '.join(homeless)}: enter it on its floor in FLOORS, in {Path(__file__).name}"


def test_nothing_imports_upward() -> None:
    found = [
        sentence
        for file in sorted(SERVER.rglob("*.py"))
        for one in imports(file.relative_to(SERVER).as_posix(), file.read_text(encoding="utf-8"))
        if (sentence := upward(one))
    ]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("errors.py", "import server.api.app"),
        ("engine/loop.py", "from server.chat.messages import Turn"),
        ("engine/loop.py", "from server.store import database"),
        ("store/jobs.py", "def later():\n    from server import engine"),
        ("chat/template.py", "from ..api import body"),
        ("chat/template.py", "import llama_cpp"),
        ("api/admin.py", "import sqlalchemy as sa"),
        ("engine/pool.py", "if TYPE_CHECKING:\n    from pydantic import BaseModel"),
    ],
)
def test_an_upward_import_is_seen(file: str, source: str) -> None:
    assert [sentence for one in imports(file, source) if (sentence := upward(one))]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("api/app.py", "from server.engine.pool import Pool\nfrom starlette.routing import Route"),
        ("engine/loop.py", "from . import request\nfrom ..errors import EngineDied"),
        ("__main__.py", "from server.cli import main"),
        ("catalog.py", "from server.settings import Settings\nfrom server import __version__"),
    ],
)
def test_a_downward_import_is_fine(file: str, source: str) -> None:
    assert not [sentence for one in imports(file, source) if (sentence := upward(one))]
