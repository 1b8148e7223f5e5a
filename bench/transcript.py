"""`python -m bench.transcript`: how many of the facts in a long transcript a model's summary keeps.

A made-up meeting of sixty pages. On every page one fact is marked as the main one, among sentences that are marked as
beside the point. A fact is kept when one line of the summary has its subject and its value.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench.bare import Setup
from bench.summaries import backend, unheard
from server.services.calls import Calls
from server.services.directory import Services
from server.services.manifest import SummaryService
from server.services.orders import summary_order
from server.services.runner import Runner
from server.settings import ROOT, load_settings

PAGES, LINES = 60, 24
SYLLABLES = ("bel", "dor", "fen", "gar", "hol", "kin", "lor", "mar", "nev", "os", "pel", "rin", "sal", "tor", "vel")
SPEAKERS = ("Ann", "Ben", "Carla", "David")


@dataclass(frozen=True)
class Fact:
    """What is to be kept: a sentence, and the two words by which it is known again."""

    sentence: str
    subject: str
    value: str

    def kept_by(self, lines: list[str]) -> bool:
        return any(self.subject in line and self.value in line for line in lines)


def facts(draw: random.Random) -> Iterator[Fact]:
    """One after the other, each about something else."""
    used: set[str] = set()
    while True:
        name = "".join(draw.sample(SYLLABLES, 3)).capitalize()
        if name in used:
            continue
        used.add(name)
        number = draw.randint(11, 980)
        sentence, value = draw.choice(
            (
                (f"The river {name} is {number} km long.", f"{number} km"),
                (f"The bridge {name} costs {number} euros a day.", f"{number} euros"),
                (f"The village {name} has {number} houses.", f"{number} houses"),
                (f"The ship {name} leaves on day {number}.", f"day {number}"),
            )
        )
        yield Fact(sentence, name, value)


def transcript(seed: int, pages: int, speakers: bool) -> tuple[str, list[Fact]]:
    """The text, and its main facts."""
    draw = random.Random(seed)
    source = facts(draw)
    lines: list[str] = []
    main: list[Fact] = []
    for _ in range(pages):
        main.append(next(source))
        asides = [f"By the way, {_lower(next(source).sentence)}" for _ in range(LINES - 1)]
        page = [*asides, f"Important: {_lower(main[-1].sentence)}"]
        draw.shuffle(page)
        lines += [f"{draw.choice(SPEAKERS)}: {line}" if speakers else line for line in page]
    return "\n".join(lines), main


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


async def measure(options: argparse.Namespace, console: Console) -> None:
    """Sum up, count, print."""
    services = Services.from_settings(load_settings())
    service = services.get(options.service)
    if not isinstance(service, SummaryService):
        raise SystemExit(f"{options.service} is no service that sums up.")
    text, main = transcript(options.seed, options.pages, options.speakers)
    order = summary_order(service, services.prompt_text, text)
    order = order.model_copy(update={"flavor": order.flavor.model_copy(update={"modelName": "bench"})})
    setup = Setup(options.model, options.threads, context=order.flavor.totalContextLength or 4096)
    async with backend(setup) as (door, catalog):
        runner = Runner(Calls(door, at_once=8, attempts=1), catalog)
        began = time.perf_counter()
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task("turns")

            async def told(done: int, total: int) -> None:
                progress.update(bar, completed=done, total=total)

            lines = (await runner.summarize(order, "bench", told, unheard)).splitlines()
        seconds = time.perf_counter() - began
    kept = sum(fact.kept_by(lines) for fact in main)
    asides = sum("by the way" in line.lower() for line in lines)
    console.print(f"{options.pages} pages, {len(text.split())} words, seed {options.seed}: {seconds:.0f} s")
    console.print(f"{len(lines)} lines of summary, {len(' '.join(lines).split())} words")
    console.print(f"kept {kept} of {len(main)} main facts: {100 * kept / len(main):.0f}%; {asides} asides are in it")
    if options.show:
        for line in lines:
            console.print(line, markup=False)


def main(given: list[str] | None = None) -> int:
    """Measure once."""
    parser = argparse.ArgumentParser(prog="python -m bench.transcript", description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "data" / "demo" / "demo.gguf", metavar="FILE.gguf")
    parser.add_argument("--service", default="summarize-en", help="the service whose prompt and flavor are taken")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--speakers", action="store_true", help="begin every line with who says it")
    parser.add_argument("--show", action="store_true", help="print the summary")
    options = parser.parse_args(given)
    asyncio.run(measure(options, Console()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
