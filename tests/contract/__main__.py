"""The contract against any OpenAI-compatible server:

    python -m tests.contract --base-url http://127.0.0.1:8080/v1 --key KEY --model MODEL

Without an address it serves this checkout's server for the time of the run. Prints a table of scores by area, and a
line for each check that failed. Exit code 0 when all that was asked passed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import httpx
from rich.console import Console
from rich.table import Table

from tests.contract.explain import explain
from tests.contract.registry import Check, NotAsked
from tests.contract.suite import CHECKS, areas
from tests.contract.target import Target

Outcome = Literal["passed", "failed", "not asked"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one check."""

    area: str
    claim: str
    outcome: Outcome
    reason: str
    seconds: float


def run(check: Check, target: Target) -> Result:
    """One check, whatever happens in it."""
    begun = time.monotonic()
    outcome: Outcome = "passed"
    reason = ""
    try:
        check(target)
    except NotAsked as lacking:
        outcome, reason = "not asked", str(lacking)
    except Exception as error:
        outcome, reason = "failed", explain(error)
    return Result(check.area, check.claim, outcome, reason, round(time.monotonic() - begun, 3))


@dataclass(frozen=True, slots=True)
class Score:
    """What one area came to. Checks that were not asked count neither as passed nor as failed."""

    area: str
    passed: int
    asked: int
    not_asked: int
    failed: tuple[str, ...]


def score(area: str, results: list[Result]) -> Score:
    """The score of these results under this name."""
    outcomes = [result.outcome for result in results]
    failed = tuple(result.claim for result in results if result.outcome == "failed")
    missing = outcomes.count("not asked")
    return Score(area, outcomes.count("passed"), len(results) - missing, missing, failed)


def scores(results: list[Result]) -> list[Score]:
    """The score of each area in the order of the checks, and of all."""
    areas = dict.fromkeys(result.area for result in results)
    each = [score(area, [result for result in results if result.area == area]) for area in areas]
    return [*each, replace(score("all", results), failed=())]


def table(found: list[Score]) -> Table:
    """For a terminal."""
    shown = Table("area", title="OpenAI contract", title_style="bold")
    for name in ("passed", "of", "not asked"):
        shown.add_column(name, justify="right")
    shown.add_column("failed")
    for one in found:
        if one.area == "all":
            shown.add_section()
        shown.add_row(one.area, str(one.passed), str(one.asked), str(one.not_asked or ""), "\n".join(one.failed))
    return shown


def markdown(found: list[Score]) -> str:
    """For the README."""
    rows = [f"| {one.area} | {one.passed} | {one.asked} |" for one in found]
    return "\n".join(["| area | passed | of |", "|---|---:|---:|", *rows])


@contextmanager
def target_of(given: argparse.Namespace) -> Iterator[Target]:
    """The server that was named, or this checkout's own."""
    if given.base_url is None:
        from tests.contract.house import this_server

        with tempfile.TemporaryDirectory() as folder, this_server(Path(folder)) as own:
            yield own
        return
    names = {field.name for field in dataclasses.fields(Target)} & set(vars(given))
    target = Target(**{name: getattr(given, name) for name in names})
    try:
        yield target
    finally:
        target.close()


def run_all(checks: list[Check], target: Target, console: Console) -> list[Result]:
    """All checks, one after the other; says at once what fails."""
    results = []
    with console.status("") as status:
        for number, check in enumerate(checks, 1):
            status.update(f"{number}/{len(checks)} {check.name}")
            results.append(result := run(check, target))
            if result.outcome == "failed":
                console.print(f"[red]failed[/] {check.name}", highlight=False, soft_wrap=True)
                console.print(f"       {result.reason}", markup=False, highlight=False, soft_wrap=True)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description="The OpenAI contract, as checks.")
    parser.add_argument("--base-url", help="as the openai client takes it, with /v1; without one: this checkout")
    parser.add_argument("--key", default="none", help="the key to send")
    parser.add_argument("--model", help="a chat model, however weak")
    parser.add_argument("--embedding-model", help="a model that embeds")
    parser.add_argument("--reasoning-model", help="a model that begins every answer with a thought")
    parser.add_argument("--broken-model", help="a model whose file cannot be loaded")
    parser.add_argument("--other-key", help="somebody else's key, with the right to chat")
    parser.add_argument("--limited-key", help="a key without the right to chat")
    parser.add_argument("--may-unload", action="store_true", help="models may be unloaded under running answers")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for one request")
    parser.add_argument("--only", action="append", metavar="AREA", help="this area only; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results there")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--list", action="store_true", help="show the checks and ask nothing")
    given = parser.parse_args()
    chosen = [check for check in CHECKS if not given.only or check.area in given.only]
    console = Console()
    if not chosen:
        console.print(f"There is no such area; there are: {', '.join(areas(CHECKS))}")
        return 2
    if given.list:
        for check in chosen:
            console.print(check.name, markup=False, highlight=False)
        return 0
    if given.base_url and not given.model:
        parser.error("--model is needed")
    with target_of(given) as target:
        try:
            target.http.get("/models")
        except httpx.HTTPError as error:
            console.print(f"Nothing answers at {target.base_url}: {error}", markup=False, soft_wrap=True)
            return 2
        results = run_all(chosen, target, console)
    found = scores(results)
    console.print(markdown(found) if given.markdown else table(found), markup=False, highlight=False)
    if given.json:
        given.json.write_text(json.dumps([dataclasses.asdict(one) for one in results], indent=1), encoding="utf-8")
    return 1 if any(result.outcome == "failed" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
