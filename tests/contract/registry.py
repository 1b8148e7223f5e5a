"""What a check is, and where all of them are found.

    @check("errors", "an unknown model is 404 model_not_found")
    def unknown_model(target: Target) -> None: ...

Each is one function, written once: `python -m tests.contract` runs it against any server, pytest against this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from tests.contract.target import Target


class NotAsked(Exception):
    """The target lacks what the check needs; says what. Neither passed nor failed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One sentence of the contract, and the function that raises when it does not hold."""

    area: str
    claim: str
    run: Callable[[Target], None]

    @property
    def name(self) -> str:
        return f"{self.area}: {self.claim}"

    def __call__(self, target: Target) -> None:
        self.run(target)


def check(area: str, claim: str) -> Callable[[Callable[[Target], None]], Check]:
    """Makes a check of a function."""
    return lambda function: Check(area, claim, function)


def found_in(module: ModuleType) -> Iterator[Check]:
    """The checks of a module in the order in which they stand there; a list of checks counts as its items."""
    for value in vars(module).values():
        if isinstance(value, Check):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, Check))
