"""The curve of a training's losses as a picture."""

from __future__ import annotations

import json
from pathlib import Path


def draw(log: Path, image: Path) -> None:
    """Losses over tokens, and beside them the share of held-out answers that are right, from a training's log."""
    from matplotlib.figure import Figure

    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    losses = [entry for entry in entries if "loss" in entry]
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    left = figure.add_subplot()
    left.plot([one["tokens"] / 1e6 for one in losses], [one["loss"] for one in losses], color="tab:blue", linewidth=1)
    left.set_yscale("log")
    left.set_xlabel("million tokens")
    left.set_ylabel("loss a token, training", color="tab:blue")
    left.grid(alpha=0.3)
    tokens = {one["step"]: one["tokens"] / 1e6 for one in losses}
    checks = [entry for entry in entries if "right" in entry and tokens]
    if checks:
        right = left.twinx()
        at = [tokens[min(tokens, key=lambda step: abs(step - one["step"]))] for one in checks]
        mean = [sum(one["right"].values()) / len(one["right"]) * 100 for one in checks]
        right.plot(at, mean, "o-", color="tab:green", markersize=4)
        right.set_ylim(0, 100)
        right.set_ylabel("held-out answers that are right, %", color="tab:green")
    image.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(image, dpi=110)
