"""`python -m bench.attention`: what flash attention costs or saves on this machine's CPU, step by step.

What the server chooses where a card does not say is decided by this (`server/engine/sizing.py`).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from bench.bare import BareProcess, Setup
from bench.models import model_file

CASES: dict[str, tuple[int, int, int, bool, int]] = {
    "one answer, 50 tokens before it": (1, 50, 0, False, 1),
    "one answer, 2,000 before it": (1, 2000, 0, False, 1),
    "one answer, 200 before it, 8,000 idle": (1, 200, 8000, False, 1),
    "8 answers, 50 each": (8, 50, 0, False, 1),
    "8 answers, 1,900 each": (8, 1900, 0, False, 1),
    "8 answers, the same 1,900": (8, 1900, 0, True, 1),
    "32 answers, 250 each": (32, 250, 0, False, 1),
    "63 answers, 200 each": (63, 200, 0, False, 1),
    "64 answers, 200 each": (64, 200, 0, False, 1),
    "63 tokens of a prompt, 1,000 before them": (1, 1000, 0, False, 63),
    "64 tokens of a prompt, 1,000 before them": (1, 1000, 0, False, 64),
    "256 tokens of a prompt, 1,000 before them": (1, 1000, 0, False, 256),
}
"""Streams, tokens that each sees, tokens that nobody sees, whether they see the same ones, tokens of each in a step."""


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
