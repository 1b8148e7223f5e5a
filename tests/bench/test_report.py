"""What the findings look like, to people and to programs."""

from __future__ import annotations

import importlib.util
import io
import json
from pathlib import Path

from rich.console import Console

from bench.finding import Finding, Target
from bench.machine import Others, about
from bench.report import plot, table, write_json
from bench.servers import OURS, PACKAGED
from bench.stage import BARE

FINDINGS = [
    Finding("mid", "generating", "8 streams", "tok/s", {BARE: [900.0, 1100.0], OURS: [950.0], PACKAGED: []}),
    Finding("mid", "generating", "8 streams, of the bare loop", "×", {OURS: [0.95, 0.96]}, Target(0.9, at_least=True)),
    Finding("mid", "shared", "8 behind 1050: first, cold, worst", "s", {OURS: [1.25], "other [x]": [float("nan")]}),
    Finding("mid", "newcomer", "longest silence of a stream", "ms", {OURS: [311.0]}, Target(150)),
]


def test_the_table_fits_a_terminal_and_says_what_was_missed() -> None:
    out = io.StringIO()
    table(FINDINGS, Console(file=out, width=80, force_terminal=False))
    lines = out.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    [rate] = [line for line in lines if "tok/s" in line]
    assert rate.split() == ["8", "streams", "1,000", "950", "–", "tok/s"]
    [silence] = [line for line in lines if "silence" in line]
    assert silence.split()[-5:] == ["311", "ms", "≤", "150", "miss"]
    assert "other [x]" in out.getvalue()


def test_the_file_holds_every_round_and_is_json(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    write_json(FINDINGS, about() | {"threads": 2}, file)
    found = json.loads(file.read_text(), parse_constant=lambda word: 1 / 0)
    first, second, third, last = found["findings"]
    assert first["values"] == {BARE: [900.0, 1100.0], OURS: [950.0], PACKAGED: []}
    assert first["medians"] == {BARE: 1000.0, OURS: 950.0, PACKAGED: None}
    assert (second["verdict"], second["target"]) == ("ok", {"limit": 0.9, "at_least": True})
    assert third["values"]["other [x]"] == [None]
    assert last["verdict"] == "miss"
    assert found["cores"] >= 1
    assert found["versions"]["llm-api"]


def test_the_plot_is_drawn_where_it_can_be(tmp_path: Path) -> None:
    file = tmp_path / "found.png"
    drawn = plot(FINDINGS, about(), file)
    assert drawn == (importlib.util.find_spec("matplotlib") is not None)
    assert file.is_file() == drawn


def test_what_others_take_is_a_share_of_the_machine() -> None:
    assert 0 <= Others().share() <= 100
