"""`llm-api bench`: the measurements of a checkout, run from there."""

from __future__ import annotations

import os
import subprocess

import typer

from server import own_python
from server.cli.failure import USAGE, Failure
from server.settings import ROOT


def bench(context: typer.Context) -> None:
    """Measure this server beside its peers (in a clone only). What follows is passed on to `python -m bench`."""
    if not (ROOT / "bench" / "__main__.py").is_file():
        raise Failure("The benchmark is not installed with the package. Clone the repository and run it there.", USAGE)
    command, environment = own_python.command("bench", *context.args), os.environ | own_python.search_path(ROOT)
    raise typer.Exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
