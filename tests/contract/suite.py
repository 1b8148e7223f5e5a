"""All checks, in the order of their areas. A new module of checks is entered here."""

from __future__ import annotations

from collections.abc import Iterable

from tests.contract.checks import (
    bodies,
    completions,
    connection,
    embeddings,
    errors,
    messages,
    models,
    reasoning,
    responses,
    sampling,
    streaming,
    structured,
    text,
    tools,
)
from tests.contract.registry import Check, found_in

MODULES = (
    errors,
    streaming,
    tools,
    structured,
    text,
    sampling,
    bodies,
    reasoning,
    completions,
    models,
    embeddings,
    responses,
    messages,
    connection,
)

CHECKS: tuple[Check, ...] = tuple(check for module in MODULES for check in found_in(module))


def areas(checks: Iterable[Check]) -> dict[str, list[Check]]:
    """The checks by area, in the order in which the areas first come."""
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.area, []).append(check)
    return found
