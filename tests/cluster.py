"""RabbitMQ and Redis as this machine has them, shared with others: tests take names of their own and remove them.

LLM_API_TEST_RABBITMQ and LLM_API_TEST_REDIS say where they are.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import kombu
import pytest
import redis

RABBITMQ = os.environ.get("LLM_API_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
REDIS = os.environ.get("LLM_API_TEST_REDIS", "redis://127.0.0.1:6379/0")


@cache
def why_no_cluster() -> str:
    """Empty where both answer."""
    try:
        with kombu.Connection(RABBITMQ, connect_timeout=3) as connection:
            connection.connect()
    except OSError as error:
        return f"RabbitMQ at {urlsplit(RABBITMQ).hostname} does not answer: {error}"
    try:
        with redis.Redis.from_url(REDIS) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis at {urlsplit(REDIS).hostname} does not answer: {error}"
    return ""


needs_cluster = pytest.mark.skipif(bool(why_no_cluster()), reason=why_no_cluster())


def summary(reporter: Any) -> None:
    """For `pytest_terminal_summary`."""
    if reason := why_no_cluster():
        reporter.write_line(f"NOTHING WAS TESTED ON RABBITMQ AND REDIS: {reason}", red=True, bold=True)


async def until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Waits for something that other processes bring about; fails the test when it does not come."""
    async with asyncio.timeout(seconds):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


@dataclass
class Place:
    """A queue and prefixes that nobody else uses, and both servers as a program of ProtoLLM's would see them."""

    name: str
    broker: kombu.Connection
    redis: redis.Redis

    @property
    def settings(self) -> dict[str, Any]:
        broker, store = urlsplit(RABBITMQ), urlsplit(REDIS)
        found = {
            "enabled": True,
            "rabbit_host": broker.hostname,
            "rabbit_port": broker.port or 5672,
            "rabbit_login": broker.username,
            "rabbit_password": broker.password,
            "queue_name": self.name,
            "redis_host": store.hostname,
            "redis_port": store.port or 6379,
            "result_prefix": f"{self.name}-result",
            "status_prefix": f"{self.name}-status",
            "answer_prefix": f"{self.name}-answer",
            "timeout_seconds": 10,
        }
        return {f"dialects.protollm.{name}": value for name, value in found.items()}

    @property
    def jobs(self) -> dict[str, Any]:
        """Settings of a server whose jobs are done by workers elsewhere."""
        return {"jobs.broker_url": RABBITMQ, "jobs.redis_url": REDIS, "jobs.cluster_name": self.name}

    def job(self, number: int = 1) -> str:
        """A job's id; `prompt:ID` has no prefix of its own."""
        return f"{self.name}-{number}"

    def put(self, body: bytes, *, priority: int = 1, queue: str = "") -> None:
        """As ProtoLLM's API publishes: no content type, default exchange."""
        channel = self.broker.channel()
        message = channel.prepare_message(body, priority=priority, properties={"delivery_mode": 2})
        channel.basic_publish(message, exchange="", routing_key=queue or self.name)
        channel.close()

    def declare(self, queue: str = "", **arguments: Any) -> None:
        channel = self.broker.channel()
        channel.queue_declare(
            queue or self.name, durable=True, auto_delete=False, arguments={"x-max-priority": 5, **arguments}
        )
        channel.close()

    def take(self, queue: str = "") -> Any:
        """The next message, or None."""
        channel = self.broker.channel()
        message = channel.basic_get(queue or self.name, no_ack=True)
        channel.close()
        return message

    def depth(self) -> int:
        """Messages that nobody has in hand."""
        channel = self.broker.channel()
        count: int = channel.queue_declare(self.name, passive=True).message_count
        channel.close()
        return count


@contextmanager
def place() -> Iterator[Place]:
    """Removed with all that was left in it."""
    name = f"t-{secrets.token_hex(6)}"
    with kombu.Connection(RABBITMQ) as broker, redis.Redis.from_url(REDIS, decode_responses=True) as store:
        try:
            yield Place(name, broker, store)
        finally:
            channel = broker.channel()
            for queue in (name, f"{name}-big", f"{name}.jobs"):
                channel.queue_delete(queue)
            for key in store.scan_iter(f"*{name}*"):
                store.delete(key)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def own_redis(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server of Redis for one test, which may mistreat it. Keeps nothing on the disk."""
    command = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--loglevel", "warning"]
    process = subprocess.Popen(command)
    try:
        with redis.Redis(port=port, retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 200)) as client:
            client.ping()
        yield process
    finally:
        process.kill()
        process.wait()
