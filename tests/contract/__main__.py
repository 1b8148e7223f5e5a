"""The contract against any OpenAI-compatible server:

    python -m tests.contract --base-url http://127.0.0.1:8080/v1 --key KEY --model MODEL

Prints a table of scores by area, and a line for each check that failed. Exit code 0 when all that was asked passed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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


def table(results: list[Result]) -> Table:
    """Passed of asked by area; what was not asked stands apart, as it is neither."""
    shown = Table("area", title="OpenAI contract", title_style="bold")
    for name in ("passed", "of", "not asked"):
        shown.add_column(name, justify="right")
    shown.add_column("failed")
    areas_in_order = list(dict.fromkeys(result.area for result in results))
    for area in [*areas_in_order, ""]:
        own = [result for result in results if area in ("", result.area)]
        passed, missing = (sum(one.outcome == outcome for one in own) for outcome in ("passed", "not asked"))
        failed = "" if not area else "\n".join(one.claim for one in own if one.outcome == "failed")
        if not area:
            shown.add_section()
        score = [str(passed), str(len(own) - missing), str(missing) if missing else ""]
        shown.add_row(area or "all", *score, failed)
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description="The OpenAI contract, as checks.")
    parser.add_argument("--base-url", help="as the openai client takes it, with /v1")
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
    if not given.base_url or not given.model:
        parser.error("--base-url and --model are needed")
    facts = {field.name for field in dataclasses.fields(Target)} & set(vars(given))
    target = Target(**{name: getattr(given, name) for name in facts})
    results = []
    with console.status("") as status:
        for number, check in enumerate(chosen, 1):
            status.update(f"{number}/{len(chosen)} {check.name}")
            results.append(result := run(check, target))
            if result.outcome == "failed":
                console.print(f"[red]failed[/] {check.name}", highlight=False)
                console.print(f"       {result.reason}", markup=False, highlight=False)
    target.close()
    console.print(table(results))
    if given.json:
        given.json.write_text(json.dumps([dataclasses.asdict(one) for one in results], indent=1), encoding="utf-8")
    return 1 if any(result.outcome == "failed" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
