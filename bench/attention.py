"""`python -m bench.attention`: what flash attention costs or saves on this machine's CPU, step by step.

What the server chooses where a card does not say is decided by this (`server/engine/sizing.py`).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.bare import BareProcess, Setup
from bench.models import model_file


class Case(NamedTuple):
    """A step: see `BareLoop.step`."""

    streams: int
    own: int
    idle: int = 0
    together: bool = False
    each: int = 1


CASES = {
    "one answer, 50 tokens before it": Case(1, 50),
    "one answer, 2,000 before it": Case(1, 2000),
    "one answer, 200 before it, 8,000 idle": Case(1, 200, idle=8000),
    "8 answers, 50 each": Case(8, 50),
    "8 answers, 1,900 each": Case(8, 1900),
    "8 answers, the same 1,900": Case(8, 1900, together=True),
    "32 answers, 250 each": Case(32, 250),
    "63 answers, 200 each": Case(63, 200),
    "64 answers, 200 each": Case(64, 200),
    "63 tokens of a prompt, 1,000 before them": Case(1, 1000, each=63),
    "64 tokens of a prompt, 1,000 before them": Case(1, 1000, each=64),
    "256 tokens of a prompt, 1,000 before them": Case(1, 1000, each=256),
}


def main(given: list[str] | None = None) -> int:
    """Measure each case without and with it."""
    parser = argparse.ArgumentParser(prog="python -m bench.attention", description=__doc__)
    parser.add_argument("--model", default="mid", metavar="NAME|FILE.gguf")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(given)
    console = Console()
    setup = Setup(model_file(options.model), options.threads, cells=18432, slots=66)
    table = Table("a step of", "without, ms", "with, ms", "with, of without", box=None)
    without, with_it = BareProcess(replace(setup, flash=False, ubatch=256)), BareProcess(replace(setup, flash=True))
    try:
        for name, case in CASES.items():
            one, other = without.step(*case), with_it.step(*case)
            table.add_row(name, f"{1000 * one:.1f}", f"{1000 * other:.1f}", f"{other / one:.2f}")
    finally:
        without.close()
        with_it.close()
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
