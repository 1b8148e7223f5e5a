"""What was found, for people (a table, a plot) and for programs (JSON)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.finding import Finding
from bench.servers import OURS
from bench.stage import BARE

COLOURS = {"ok": "green", "miss": "red"}


def table(findings: Sequence[Finding], console: Console) -> None:
    """One row a finding, one column a server; beside what this server was to reach, whether it did."""
    names = _names(findings)
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    shown.add_column("", overflow="fold")
    for name in names:
        heading = name.replace(".", "\n.") if len(name) > 10 else name
        shown.add_column(escape(heading), justify="right", style="bold" if name == OURS else "", no_wrap=True)
    for heading in ("unit", "target", ""):
        shown.add_column(heading, no_wrap=True)
    for (model, scenario), rows in groupby(findings, key=lambda finding: (finding.model, finding.scenario)):
        shown.add_row(f"[cyan]{escape(model)}, {scenario}[/]")
        for finding in rows:
            target = "" if finding.target is None else str(finding.target)
            figures = [_figure(finding.value(name)) if name in finding.values else "" for name in names]
            verdict = f"[{COLOURS.get(finding.verdict, 'dim')}]{finding.verdict}[/]"
            shown.add_row(f"  {finding.what}", *figures, finding.unit, target, verdict)
    console.print(shown)


def _names(findings: Sequence[Finding]) -> list[str]:
    """The bare loop, this server, then the others."""
    found = {name for finding in findings for name in finding.values}
    return sorted(found, key=lambda name: (name != BARE, name != OURS, name))


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write_json(findings: Sequence[Finding], about: dict[str, Any], file: Path) -> None:
    """Every value of every round; one that could not be measured is null."""
    rows = []
    for finding in findings:
        row = asdict(finding)
        row["values"] = {
            name: [None if math.isnan(value) else value for value in values] for name, values in finding.values.items()
        }
        row["medians"] = {name: finding.value(name) for name in finding.values}
        row["verdict"] = finding.verdict
        rows.append(row)
    file.write_text(json.dumps({**about, "findings": rows}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def plot(findings: Sequence[Finding], about: dict[str, Any], file: Path) -> bool:
    """Rates and waits of all servers side by side; False when matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("agg")
    from matplotlib import pyplot

    panels = [
        (title, chosen)
        for title, unit in (("tokens a second", "tok/s"), ("seconds to the first token", "s"))
        if (chosen := [finding for finding in findings if finding.unit == unit and any(finding.values.values())])
    ]
    if not panels:
        return True
    names = _names([finding for _, chosen in panels for finding in chosen])
    rows = sum(len(chosen) for _, chosen in panels)
    figure, axes = pyplot.subplots(
        len(panels), 1, figsize=(10, 1.5 * len(panels) + 0.45 * rows), squeeze=False,
        height_ratios=[len(chosen) + 1 for _, chosen in panels],
    )  # fmt: skip
    for axis, (title, chosen) in zip(axes[:, 0], panels, strict=True):
        height = 0.8 / len(names)
        for place, name in enumerate(names):
            values = [finding.value(name) or 0.0 for finding in chosen]
            positions = [row + (place - (len(names) - 1) / 2) * height for row in range(len(chosen))]
            bars = axis.barh(positions, values, height, label=name)
            axis.bar_label(bars, [_figure(value) if value else "" for value in values], padding=2, fontsize=7)
        axis.set_yticks(range(len(chosen)), [f"{f.model}, {f.scenario}: {f.what}" for f in chosen], fontsize=8)
        axis.invert_yaxis()
        axis.set_title(title, fontsize=10)
        axis.margins(x=0.1)
    axes[0, 0].legend(fontsize=8)
    figure.suptitle(f"{about['processor']}, {about['cores']} cores, {about['date'][:10]}", fontsize=9)
    figure.tight_layout()
    figure.savefig(file, dpi=150)
    pyplot.close(figure)
    return True
