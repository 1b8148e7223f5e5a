"""`llm-api bench`: the measurements of a checkout, run from there."""

from __future__ import annotations

import subprocess
import sys

import typer

from server.cli.failure import USAGE, Failure
from server.settings import ROOT


def bench(context: typer.Context) -> None:
    """Measure this server beside its peers (in a clone only). What follows is passed on to `python -m bench`."""
    if not (ROOT / "bench" / "__main__.py").is_file():
        raise Failure("The benchmark is not installed with the package. Clone the repository and run it there.", USAGE)
    raise typer.Exit(subprocess.run([sys.executable, "-m", "bench", *context.args], cwd=ROOT, check=False).returncode)
