"""The other end of ProtoLLM's queue: puts a job there for whichever workers take it, and waits for what comes of it."""

from __future__ import annotations

import logging

from redis.exceptions import RedisError

from server.errors import Conflict, ServerError
from server.jobs.protollm.broker import Publisher
from server.jobs.protollm.results import Results
from server.jobs.protollm.wire import ChatPrompt, priority_of, write_message
from server.settings import ProtollmSection

log = logging.getLogger(__name__)


class Front:
    """Lets workers of ProtoLLM's queue answer."""

    def __init__(self, section: ProtollmSection) -> None:
        self._section = section
        self._publisher = Publisher(section)
        self._results = Results(section)
        self._asking: dict[str, list[str]] = {}
        """The keys that wait for a job, by its id, which is of the client's making."""

    async def ask(self, prompt: ChatPrompt, queue: str | None, owner: str) -> str:
        """What a worker answers, or what kept it from that. Raises ServerError where broker or Redis cannot be had, and
        Conflict where another key waits for a job of this id: each would be given the other's answer.
        """
        waiting = self._asking.setdefault(prompt.job_id, [])
        if any(other != owner for other in waiting):
            raise Conflict(f"Another key waits for a job {prompt.job_id[:64]!r}: expected another id.", param="job_id")
        waiting.append(owner)
        try:
            return await self._ask(prompt, queue)
        finally:
            waiting.remove(owner)
            if not waiting:
                del self._asking[prompt.job_id]

    async def _ask(self, prompt: ChatPrompt, queue: str | None) -> str:
        priority = priority_of(prompt, self._section.base_priority)
        try:
            await self._results.create(prompt, priority)
            body = write_message(prompt, priority)
            await self._publisher.publish(queue or self._section.queue_name, body, priority)
            return await self._results.wait(prompt.job_id, self._section.timeout_seconds)
        except (OSError, RedisError) as error:
            log.error("ProtoLLM's broker or Redis cannot be used: %s", error)
            raise ServerError("ProtoLLM's broker or Redis cannot be used; the log says why.") from error

    async def close(self) -> None:
        await self._publisher.close()
        await self._results.close()
