"""Where jobs stand and what came of them, in Redis, for both generations at once: whoever waits finds what it knows.

Nothing here expires unless the settings say so, as nothing did in the original.
"""

from __future__ import annotations

import json
import time
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline, PubSub
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from server.jobs.protollm.wire import NEWS, ChatPrompt, status, too_slow
from server.settings import ProtollmSection

MOST_DEATHS = 3
"""Workers that one job may end before it is given up."""

LATE_ANSWER_SECONDS = 0.05
"""Workers of the second generation write the answer after the status, and publish only the status."""

FALLBACK = "Somthing goes wrong and job do not finished"
"""The original's words for a job that completed with nothing."""


class Results:
    """The keys of one section's jobs. One object for a process; made and closed on one event loop."""

    def __init__(self, section: ProtollmSection, *, patient: bool = False) -> None:
        """`patient`: commands wait for a Redis that is away, for however long, instead of failing soon."""
        retry = Retry(ExponentialBackoff(cap=5, base=0.1), -1 if patient else 3)
        self._redis = Redis(host=section.redis_host, port=section.redis_port, decode_responses=True, retry=retry)
        self._section = section
        self._keep = section.keep_seconds or None

    async def close(self) -> None:
        await self._redis.aclose()

    def status_key(self, job_id: str) -> str:
        return f"{self._section.status_prefix}:{job_id}"

    def answer_key(self, job_id: str) -> str:
        return f"{self._section.answer_prefix}:{job_id}"

    def result_key(self, job_id: str) -> str:
        return f"{self._section.result_prefix}:{job_id}"

    def _deaths_key(self, job_id: str) -> str:
        return f"{self.status_key(job_id)}:begun"

    async def create(self, prompt: ChatPrompt, priority: int) -> None:
        """A new job, whatever an earlier one of the same id left behind."""
        id = prompt.job_id
        async with self._redis.pipeline() as pipe:
            pipe.delete(self.answer_key(id), self.result_key(id), self._deaths_key(id))
            pipe.set(f"prompt:{id}", json.dumps(prompt.plain(priority), ensure_ascii=False), ex=self._keep)
            self._tell(pipe, self.status_key(id), status("pending"))
            await pipe.execute()

    async def begin(self, job_id: str) -> bool:
        """A worker takes the job up. False when it has ended too many workers already."""
        async with self._redis.pipeline() as pipe:
            pipe.incr(self._deaths_key(job_id))
            pipe.expire(self._deaths_key(job_id), 86_400)
            self._tell(pipe, self.status_key(job_id), status("in_progress"))
            begun: int = (await pipe.execute())[0]
        return begun <= MOST_DEATHS

    async def give_back(self, job_id: str) -> None:
        """The worker is told to stop: this was no death of the job's making."""
        await self._redis.decr(self._deaths_key(job_id))

    async def finish(self, job_id: str, text: str) -> None:
        """The job's answer. It is there before anybody hears that it is."""
        async with self._redis.pipeline() as pipe:
            pipe.set(self.answer_key(job_id), json.dumps({"result": text}, ensure_ascii=False), ex=self._keep)
            self._tell(pipe, self.status_key(job_id), status("completed"))
            self._end(pipe, job_id, text)
            await pipe.execute()

    async def fail(self, job_id: str, problem: str) -> None:
        """The job's error; the first generation, which knows none, reads it as the answer."""
        async with self._redis.pipeline() as pipe:
            self._tell(pipe, self.status_key(job_id), status("error", problem))
            self._end(pipe, job_id, problem)
            await pipe.execute()

    def _end(self, pipe: Pipeline, job_id: str, text: str) -> None:
        pipe.delete(self._deaths_key(job_id))
        self._tell(pipe, self.result_key(job_id), json.dumps({"content": text}, ensure_ascii=False))

    def _tell(self, pipe: Pipeline, key: str, value: str) -> None:
        pipe.set(key, value, ex=self._keep)
        pipe.publish(key, NEWS)

    async def ended(self, job_id: str) -> bool:
        """Whether a worker has finished the job that was last created with this id."""
        found = _read(await self._redis.get(self.status_key(job_id)))
        return bool(found and found.get("is_completed"))

    async def wait(self, job_id: str, seconds: float) -> str:
        """What came of a job, whichever generation its worker is of; words of the original's when nothing came."""
        deadline = time.monotonic() + seconds
        channels = (self.status_key(job_id), self.result_key(job_id))
        async with self._redis.pubsub(ignore_subscribe_messages=True) as news:
            await news.subscribe(*channels)  # before looking: what is written in between is told
            while (left := deadline - time.monotonic()) > 0:
                text, late = await self._look(job_id)
                if text is not None:
                    return text
                await _next(news, min(left, LATE_ANSWER_SECONDS) if late else left)
        return too_slow(self.status_key(job_id), seconds)

    async def _look(self, job_id: str) -> tuple[str | None, bool]:
        """The content that there is for the job, and whether it completed though there is none yet."""
        keys = (self.result_key(job_id), self.status_key(job_id), self.answer_key(job_id))
        result, state, answer = map(_read, await self._redis.mget(keys))
        if result is not None:
            return str(result.get("content")), False
        if state is None or not state.get("is_completed"):
            return None, False
        if error := state.get("error"):
            return str(error.get("msg")), False
        if answer is None:
            return None, True
        text = answer.get("result")
        return FALLBACK if text is None else str(text), False


async def _next(news: PubSub, seconds: float) -> None:
    await news.get_message(timeout=seconds)


def _read(text: str | None) -> dict[str, Any] | None:
    found = None if text is None else json.loads(text)
    return found if isinstance(found, dict) else None
