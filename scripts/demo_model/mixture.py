"""Which skills are trained, each with its weight, and which cases are graded: what the files of the corpus offer."""

from __future__ import annotations

from importlib import import_module

from demo_model.batches import Mixture, Skill

PARTS: dict[str, float] = {
    "reading": 26,
    "handbook": 8,
    "tools": 56,
    "arithmetic": 3,
    "memory": 6,
    "persona": 16,
    "talk": 7,
    "summaries": 12,
    "thinking": 3,
    "as_json": 5,
}
"""The files of the corpus, each with its share of all conversations: the more, the longer it takes to be learned."""

WEIGHTS: dict[str, float] = {
    "reading.reading": 6.0,
    "reading.long_reading": 0.7,
    "reading.no_text": 0.15,
    "tools.tool_call": 4.0,
    "tools.tool_several": 3.0,
    "tools.tool_session": 3.0,
    "tools.tool_none": 1.5,
    "tools.tool_thinking": 0.7,
    "arithmetic.arithmetic": 4.0,
    "arithmetic.counting": 1.5,
    "arithmetic.arithmetic_limits": 0.7,
    "memory.memory": 4.0,
    "memory.memory_contrasts": 2.0,
    "persona.persona": 5.0,
    "persona.persona_beside_facts": 2.0,
    "persona.self": 2.0,
    "persona.persona_nameless": 0.5,
    "summaries.summary_spoken": 1.5,
    "talk.talk": 3.0,
    "talk.odd": 1.5,
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
