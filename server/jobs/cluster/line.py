"""The line between servers and workers, in Redis: what each says to the other, and under which keys.

NAME:words     stream, read by the servers' consumer group: each word is heard by one server, and acknowledged
               when what it says stands in the store
NAME:told      stream, read by every server: what those who watch are shown; the newest only
NAME:beats     hash: of each worker, the attempts that it is making
NAME:go:TICKET list: the answer to the one who asked to begin
NAME:open      written by servers, to see that Redis takes what is written
NAME:stops     channel: attempts that are to end
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError, ResponseError

GROUP = "servers"
AT_ONCE = 500
"""Entries read or written together."""

PAUSE_SECONDS = 0.5
"""Between two tries to tell something while Redis is away."""

BLOCK_SECONDS = 1.0
"""A read waits so long for something to come."""

TOLD_KEPT = 10_000
"""Entries of `told`, about."""

MOST_UNSENT = 100_000
"""Events kept while Redis is away; then the oldest go."""

ANSWER_SECONDS = 30
"""An answer that nobody has taken by then is not kept."""

ABANDONED_SECONDS = 5.0
"""A word that a server has taken and not acknowledged for so long is another's to hear."""


@dataclass(frozen=True, slots=True)
class Word:
    """An entry of `words`: `begin` with job and ticket; `outcome` with job, fence and what became of it; `used`
    with what it cost.
    """

    id: str
    kind: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of `told`."""

    job: str
    fence: int
    kind: str
    data: Any
    last: bool


class Line:
    """One end. Made on the event loop that uses it."""

    def __init__(self, url: str, name: str, *, patient: bool = False) -> None:
        """`patient`: whoever speaks waits for a Redis that is away, for however long, instead of failing."""
        retry = Retry(ExponentialBackoff(cap=2, base=0.05), -1 if patient else 1)
        self._redis: Any = Redis.from_url(url, decode_responses=True, retry=retry)  # its types say less than it does
        self._name = name
        self._unsent: deque[str] = deque(maxlen=MOST_UNSENT)
        self._sending: asyncio.Task[None] | None = None

    def _key(self, name: str) -> str:
        return f"{self._name}:{name}"

    async def close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._redis.aclose()

    # What is told to those who watch, from either end

    def tell(self, job: str, fence: int, kind: str, data: Any, *, last: bool = False) -> None:
        """Sent soon, in order, many together."""
        self._unsent.append(json.dumps([job, fence, kind, data, last], ensure_ascii=False, separators=(",", ":")))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(), name="tell of jobs")

    async def _send(self) -> None:
        try:
            while self._unsent:
                batch = [self._unsent.popleft() for _ in range(min(AT_ONCE, len(self._unsent)))]
                if not await self._has_sent(batch):
                    self._unsent.extendleft(reversed(batch))
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._sending = None

    async def _has_sent(self, batch: list[str]) -> bool:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for entry in batch:
                    pipe.xadd(self._key("told"), {"e": entry}, maxlen=TOLD_KEPT, approximate=True)
                await pipe.execute()
            return True
        except RedisError:
            return False

    async def sent(self) -> None:
        """Returns when all that was told so far is on its way."""
        if self._sending is not None:
            await asyncio.wait([self._sending])

    async def told(self) -> AsyncIterator[list[Told]]:
        """Everything that is told from now on. Raises RedisError; whoever asks again misses what is told meanwhile."""
        newest = await self._redis.xrevrange(self._key("told"), count=1)
        last = newest[0][0] if newest else "0-0"
        while True:
            found = await self._redis.xread({self._key("told"): last}, count=AT_ONCE, block=int(BLOCK_SECONDS * 1000))
            for _, entries in found or ():
                last = entries[-1][0]
                yield [Told(*json.loads(fields["e"])) for _, fields in entries]

    # The worker's end

    async def ask_to_begin(self, job: str, ticket: str, seconds: float) -> dict[str, Any] | None:
        """A server's answer; None when none came in this time. To ask again with the same ticket does no harm."""
        await self._say("begin", {"job": job, "ticket": ticket})
        found = await self._redis.blpop([self._key(f"go:{ticket}")], timeout=seconds)
        return None if found is None else dict(json.loads(found[1]))

    async def report(self, job: str, fence: int, outcome: dict[str, Any]) -> None:
        """What became of an attempt; after all that it told."""
        await self.sent()
        await self._say("outcome", {"job": job, "fence": fence, **outcome})

    async def charge(self, used: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """What was used: key, model, counts."""
        await self._say("used", {"used": used})

    async def _say(self, kind: str, fields: dict[str, Any]) -> None:
        text = json.dumps({"kind": kind, **fields}, ensure_ascii=False, separators=(",", ":"))
        await self._redis.xadd(self._key("words"), {"w": text})

    async def beat(self, worker: str, beat: dict[str, Any]) -> None:
        """This worker is there, and makes these attempts. No two beats are the same text."""
        await self._redis.hset(self._key("beats"), worker, json.dumps(beat))

    async def leave(self, worker: str) -> None:
        await self._redis.hdel(self._key("beats"), worker)

    async def stops(self) -> AsyncIterator[tuple[str, int]]:
        """Job and fence of each attempt that is to end, from now on. Raises RedisError."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as news:
            await news.subscribe(self._key("stops"))
            async for message in news.listen():
                job, fence = json.loads(message["data"])
                yield job, fence

    # The server's end

    async def join(self) -> None:
        """Make the servers' group where there is none."""
        try:
            await self._redis.xgroup_create(self._key("words"), GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def hear(self, server: str, *, wait: bool = True) -> list[Word]:
        """The next words, for this server to deal with. Joins again where Redis has forgotten the group."""
        block = int(BLOCK_SECONDS * 1000) if wait else None
        try:
            found = await self._redis.xreadgroup(GROUP, server, {self._key("words"): ">"}, count=AT_ONCE, block=block)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self.join()
            return []
        return [_word(id, fields) for _, entries in found or () for id, fields in entries]

    async def take_over(self, server: str) -> list[Word]:
        """Words that some server took and did not deal with."""
        await self.join()
        idle = int(ABANDONED_SECONDS * 1000)
        found = await self._redis.xautoclaim(self._key("words"), GROUP, server, min_idle_time=idle, count=AT_ONCE)
        return [_word(id, fields) for id, fields in found[1] if fields]

    async def done(self, words: Sequence[Word], answers: dict[str, dict[str, Any]]) -> None:
        """These have been dealt with; and the answers, by ticket."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for ticket, answer in answers.items():
                pipe.rpush(self._key(f"go:{ticket}"), json.dumps(answer))
                pipe.expire(self._key(f"go:{ticket}"), ANSWER_SECONDS)
            ids = [word.id for word in words]
            pipe.xack(self._key("words"), GROUP, *ids)
            pipe.xdel(self._key("words"), *ids)
            await pipe.execute()

    async def part(self, server: str) -> None:
        """This server hears no more; what it has not dealt with is another's."""
        with contextlib.suppress(ResponseError):
            if not (await self._redis.xpending_range(self._key("words"), GROUP, "-", "+", 1, consumername=server)):
                await self._redis.xgroup_delconsumer(self._key("words"), GROUP, server)

    async def try_out(self) -> None:
        """Raises RedisError where workers cannot say anything: Redis is away, or full, or takes no words."""
        await self._redis.set(self._key("open"), "1", ex=ANSWER_SECONDS)

    async def beats(self) -> dict[str, str]:
        """The last beat of each worker, as it was written."""
        return dict(await self._redis.hgetall(self._key("beats")))

    async def stop(self, job: str, fence: int) -> None:
        await self._redis.publish(self._key("stops"), json.dumps([job, fence]))


def _word(id: str, fields: dict[str, str]) -> Word:
    found = json.loads(fields["w"])
    return Word(id, found.pop("kind"), found)
