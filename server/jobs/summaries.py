"""Summaries as jobs: an order goes in, as services/orders.py makes it, and the summary comes out. What there is of
it is told to those who watch, piece by piece, while it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from server.errors import BadRequest
from server.jobs.tasks import Task, TaskContext
from server.services.orders import SummaryOrder
from server.services.runner import Runner

SUMMARY = "summary"
"""The task's name."""


def summary_task(runner: Runner) -> Task:
    """Clients ask for it through a service, never by its name: what it is given is not theirs to write."""

    async def run(context: TaskContext, arguments: Mapping[str, Any]) -> dict[str, str]:
        order = _order(arguments)

        async def progress(done: int, total: int) -> None:
            await context.progress(done, total, f"turn {done} of {total}")

        async def growth(longer: str) -> None:
            await context.emit(SUMMARY, {"delta": longer})

        summary = await runner.summarize(order, context.owner, progress, growth, priority=context.turn_priority)
        return {"service": order.service, "flavor": order.flavor.name, "summary": summary}

    def check(arguments: Mapping[str, Any]) -> None:
        _order(arguments)

    def model(arguments: Mapping[str, Any]) -> str:
        return _order(arguments).flavor.modelName

    return Task(SUMMARY, run, check, public=False, repeatable=True, model=model)


def _order(arguments: Mapping[str, Any]) -> SummaryOrder:
    try:
        return SummaryOrder.model_validate(arguments)
    except ValidationError as error:
        raise BadRequest(f"This is no order for a summary: {error.error_count()} of its fields are wrong.") from error
