"""The Python that runs this package: how it starts another process of ours, and how it gets what only some need."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
"""What this package is found in."""


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs `module`. `-P`: a `server/` or `server.py` in the user's folder is not ours.

    What it is given as its environment must hold `search_path()`.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def search_path(root: Path = _ROOT) -> dict[str, str]:
    """The variable by which the new process finds the same packages as this one, those in `root` first."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))}


def to_install(extra: str) -> str:
    """How whoever runs this gets the packages of one of the extras in `pyproject.toml`."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return f"install it in the clone with `.venv/{folder}/pip install -e '.[{extra}]'`."
