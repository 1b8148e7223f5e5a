"""A worker of Celery's in a process of its own, with the tasks of the contract, that ends itself at some point.

python -m tests.jobs.cluster.mortal FOLDER DIE_AT SETTINGS
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from server.api.worker import work
from server.jobs.attempt import Claim, Outcome
from server.jobs.cluster.offer import Offer
from server.jobs.cluster.worker import Hands
from server.settings import load_settings
from tests.jobs.far import Work


def mortal(tasks: Work) -> None:
    """Have hands come to the points between a claim and its end."""
    ask, report = Hands._ask, Hands._report

    async def asking(self: Hands, offer: Offer) -> Claim | None:
        claim = await ask(self, offer)
        if claim is not None:
            tasks.at("claimed")
        return claim

    async def reporting(self: Hands, claim: Claim, outcome: Outcome | None) -> None:
        tasks.at("settling")
        await report(self, claim, outcome)
        tasks.at("settled")

    Hands._ask, Hands._report = asking, reporting  # type: ignore[method-assign]


if __name__ == "__main__":
    tasks = Work(Path(sys.argv[1]), sys.argv[2])
    mortal(tasks)
    sys.exit(work(load_settings(overrides=json.loads(sys.argv[3])), lambda room: tasks.tasks()))
