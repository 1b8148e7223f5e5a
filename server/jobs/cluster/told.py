"""What happens to jobs, for those who watch at any server of a cluster."""

from __future__ import annotations

from typing import Any

from server.jobs.cluster.line import Line
from server.jobs.events import EventLog


class ToldLog(EventLog):
    """An EventLog whose events go through Redis, so that every server has them, in the same order.

    The end of a job is told after its tokens: a worker reports an outcome after all that it told, and the end is told
    by the server that wrote the outcome down.
    """

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line

    def add(self, job: str, fence: int, kind: str, data: Any, *, last: bool = False) -> None:
        self.line.tell(job, fence, kind, data, last=last)

    async def follow(self) -> None:
        """Take in what all tell, until Redis is away: then RedisError is raised, and it is to be begun again."""
        async for entries in self.line.told():
            for told in entries:
                super().add(told.job, told.fence, told.kind, told.data, last=told.last)
