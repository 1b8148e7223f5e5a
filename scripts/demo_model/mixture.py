"""Which skills are trained, each with its weight, and which cases are graded: what the files of the corpus offer."""

from __future__ import annotations

from importlib import import_module

from demo_model.batches import Mixture, Skill

PARTS: dict[str, float] = {
    "reading": 30,
    "tools": 25,
    "arithmetic": 10,
    "memory": 10,
    "persona": 7,
    "talk": 6,
    "summaries": 5,
    "thinking": 4,
    "as_json": 4,
}
"""The files of the corpus, each with its share of all conversations."""

WEIGHTS: dict[str, float] = {
    "reading.reading": 3.0,
    "reading.no_text": 0.4,
    "tools.tool_call": 3.0,
    "tools.tool_none": 1.5,
    "arithmetic.arithmetic": 3.0,
    "memory.memory": 2.0,
}
"""Skills that are drawn more or less often than the others of their file, which count as 1."""


def skills() -> Mixture:
    """All skills, by `file.skill`."""
    found: dict[str, tuple[float, Skill]] = {}
    for part, share in PARTS.items():
        own: dict[str, Skill] = import_module(f"demo_model.corpus.{part}").SKILLS
        weights = {name: WEIGHTS.get(f"{part}.{name}", 1.0) for name in own}
        whole = sum(weights.values())
        found |= {f"{part}.{name}": (share * weights[name] / whole, skill) for name, skill in own.items()}
    return found


def cases() -> dict[str, Skill]:
    """What is graded, by the name of the metric. A metric that several files have takes turns among them."""
    found: dict[str, list[Skill]] = {}
    for part in PARTS:
        for metric, case in import_module(f"demo_model.corpus.{part}").CASES.items():
            found.setdefault(metric, []).append(case)
    return {metric: makers[0] if len(makers) == 1 else _any_of(makers) for metric, makers in found.items()}


def _any_of(makers: list[Skill]) -> Skill:
    return lambda draw: draw.one(makers)(draw)
