"""`python -m bench`: measures this server, the bare loop below it and its peers on this machine, side by side."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from bench import report
from bench.bare import BareProcess, Setup
from bench.finding import Finding
from bench.machine import Others, about
from bench.models import CACHE, SHAPES, model_file
from bench.prompts import Vocabulary
from bench.scenarios import OF_OTHERS, SCENARIOS
from bench.servers import Server, Unavailable, ours, packaged, peer
from bench.stage import BARE, Bench
from server.engine.memory import physical_cores
from server.settings import load_settings

try:
    import fcntl
except ImportError:  # Windows: whoever measures there sees to it alone
    fcntl = None  # type: ignore[assignment]


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--model",
        action="append",
        metavar="MODEL",
        help="mid, half-b or a GGUF file; repeatable (default: mid, half-b)",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(SCENARIOS),
        metavar="SCENARIO",
        help=f"of {', '.join(SCENARIOS)}; repeatable",
    )
    parser.add_argument(
        "--peer", action="append", default=[], metavar="NAME=URL", help="another server that runs already; repeatable"
    )
    parser.add_argument("--quick", action="store_true", help="mid only, one round: to see that all works")
    parser.add_argument("--rounds", type=int, help="how often each figure is taken (default 3, with --quick 1)")
    parser.add_argument("--bare-only", action="store_true", help="only the bare loop: how fast this machine is")
    parser.add_argument("--no-packaged", action="store_true", help="leave out python -m llama_cpp.server")
    parser.add_argument(
        "--packaged-python",
        default=sys.executable,
        metavar="PYTHON",
        help="an interpreter that has llama-cpp-python[server]",
    )
    parser.add_argument("--threads", type=int, default=physical_cores(), help="of every server (default: one per core)")
    parser.add_argument("--out", type=Path, default=CACHE / "results", metavar="DIR", help="folder for JSON and PNG")
    options = parser.parse_args(given)
    options.models = options.model or (["mid"] if options.quick else list(SHAPES))
    options.rounds = options.rounds or (1 if options.quick else 3)
    for text in options.peer:
        if "=" not in text:
            parser.error(f"--peer: expected NAME=URL, found {text!r}")
    return options


def measure(name: str, options: argparse.Namespace, console: Console) -> Iterator[Finding]:
    """All findings of one model. A server that cannot be had is left out with a word; so is a scenario that fails."""
    file = model_file(name)
    label = name if name in SHAPES else file.stem
    setup, vocabulary = Setup(file, options.threads), Vocabulary(file)
    scenarios = options.only or (SCENARIOS if label == "mid" else OF_OTHERS)
    if options.bare_only:
        scenarios = ["generating"]
    with ExitStack() as stack:
        bare = BareProcess(setup)
        stack.callback(bare.close)
        gap = load_settings().engine.target_gap_ms / 1000
        bench = Bench(label, setup, vocabulary, bare, [], options.rounds, options.quick, console.print, gap)
        if not options.bare_only:
            for start in _starters(label, setup, vocabulary, options):
                try:
                    bench.servers.append(stack.enter_context(start()))
                except Unavailable as reason:
                    console.print(f"left out: {reason}", markup=False)
        others = Others()
        for scenario in scenarios:
            console.print(f"{label}: {scenario}", style="dim")
            try:
                yield from SCENARIOS[scenario](bench)
            except Exception as error:
                console.print(f"{label}: {scenario} failed: {error}", style="red", markup=False)
                for server in bench.servers:
                    console.print(f"{server.name} wrote last:\n{server.wrote_last()}", style="dim", markup=False)
        yield bench.find("machine", "CPU that others took", "%", {BARE: [others.share()]})
        if bench.reader_shares:
            yield bench.find("machine", "CPU of a core, reading", "%", bench.reader_shares)


def _starters(
    label: str, setup: Setup, vocabulary: Vocabulary, options: argparse.Namespace
) -> list[Callable[[], AbstractContextManager[Server]]]:
    starters: list[Callable[[], AbstractContextManager[Server]]] = [partial(ours, label, setup)]
    if not options.no_packaged:
        starters.append(partial(packaged, label, setup, vocabulary.eos, options.packaged_python))
    return starters + [partial(peer, *text.split("=", 1)) for text in options.peer]


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Two measurements at once would measure each other: the second one ends here."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                sys.exit(f"Another measurement is running on this machine ({file.read().strip()}). Wait for its end.")
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


def main(given: list[str] | None = None) -> int:
    """Measure, print, write. 1 when a target was missed, so that a script can tell."""
    options = arguments(given)
    with alone(Path(tempfile.gettempdir()) / "llm-api-bench.lock"):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    console = Console()
    facts = about() | {"threads": options.threads, "rounds": options.rounds, "arguments": sys.argv[1:]}
    findings = [finding for name in options.models for finding in measure(name, options, console)]
    console.print()
    report.table(findings, console)
    options.out.mkdir(parents=True, exist_ok=True)
    stem = options.out / f"{datetime.now():%Y-%m-%d-%H%M%S}"
    report.write_json(findings, facts, stem.with_suffix(".json"))
    console.print(f"\n{stem}.json", markup=False, highlight=False, soft_wrap=True)
    if report.plot(findings, facts, stem.with_suffix(".png")):
        console.print(f"{stem}.png", markup=False, highlight=False, soft_wrap=True)
    else:
        console.print("no plot: matplotlib is not installed (pip install 'llm-api[bench]')", markup=False)
    return int(any(finding.verdict == "miss" for finding in findings))


if __name__ == "__main__":
    raise SystemExit(main())
