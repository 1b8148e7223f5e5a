"""The dialect's RabbitMQ: one who puts jobs on a queue, and one who takes them off it on the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kombu import Connection, Consumer, Message, Producer, Queue

from server.jobs.protollm.wire import MOST_PRIORITY
from server.settings import ProtollmSection

log = logging.getLogger(__name__)

LONGEST_PAUSE = 10.0
"""Seconds between two attempts to reach a broker that is away."""

HEARTBEAT_SECONDS = 20
CONNECT_SECONDS = 5
PUBLISHERS = 4
"""Connections that publish at the same time; each is used by one thread at a time."""


def connect(section: ProtollmSection, **options: Any) -> Connection:
    """A connection to the dialect's broker; made by its first use."""
    return Connection(
        hostname=section.rabbit_host or "localhost",
        port=section.rabbit_port,
        userid=section.rabbit_login,
        password=section.rabbit_password,
        transport="pyamqp",
        connect_timeout=CONNECT_SECONDS,
        **options,
    )


def declare(connection: Connection, name: str, *, durable: bool) -> Queue:
    """The queue as it is, or as both generations' workers declare it when there is none.

    Another's arguments are taken as they are: to insist on ours would be refused by the broker.
    """
    queue = Queue(name, routing_key=name, durable=durable, max_priority=MOST_PRIORITY)
    with connection.channel() as channel, suppress(*connection.channel_errors):
        queue(channel).queue_declare(passive=True)
        return queue
    with connection.channel() as channel:
        queue(channel).queue_declare()
    return queue


class Publisher:
    """Puts messages on queues, from any task; returns when the broker has them."""

    def __init__(self, section: ProtollmSection) -> None:
        self._durable = section.queue_durable
        self._pool = connect(section, transport_options={"confirm_publish": True}).Pool(PUBLISHERS)

    async def publish(self, queue: str, body: bytes, priority: int) -> None:
        """Raises ConnectionError when the broker cannot be had, or does not take it."""
        await asyncio.to_thread(self._publish, queue, body, priority)

    def _publish(self, queue: str, body: bytes, priority: int) -> None:
        with self._pool.acquire(block=True) as connection:
            try:
                connection.ensure_connection(max_retries=1, interval_start=0)
                declare(connection, queue, durable=self._durable)
                with connection.channel() as channel:
                    Producer(channel).publish(
                        body,
                        routing_key=queue,
                        priority=priority,
                        delivery_mode=2,
                        content_type=None,
                        content_encoding="binary",
                    )
            except Exception as error:
                connection.collect()  # whatever state it is in, the next one connects anew
                raise ConnectionError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.force_close_all)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in this worker's hands. Until it is acknowledged the broker gives it to another when this one ends."""

    body: bytes | str
    again: bool
    """The broker has given it to somebody before."""
    _message: Message
    _lost: tuple[type[BaseException], ...]

    def done(self) -> None:
        """It need not be kept. Does nothing when the connection is lost: then it will come again."""
        with suppress(*self._lost):
            self._message.ack()

    def back(self) -> None:
        """It goes back to the queue, for whoever takes it next."""
        with suppress(*self._lost):
            self._message.requeue()


class Subscription:
    """Takes messages off one queue, `most` at a time, and connects again whenever the broker was away.

    All on the event loop, without a thread: the socket is read when there is something to read. Only connecting, which
    waits for the other side, is done on a thread.
    """

    def __init__(
        self, section: ProtollmSection, queue: str, most: int, take: Callable[[Delivery], Awaitable[None]]
    ) -> None:
        """`take` is run as a task for each message."""
        self._section = section
        self._queue = queue
        self._most = most
        self._take = take
        self._tasks: set[asyncio.Future[None]] = set()
        self._connection: Connection | None = None
        self._consumer: Consumer | None = None
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled, which stops taking; what is in hand goes on until `close`."""
        pause = 0.1
        while True:
            try:
                connection = await asyncio.to_thread(self._connect)
                pause = 0.1
                await self._listen(connection)
            except OSError as error:
                problem: BaseException = error
            except self._lost as error:
                problem = error
            log.warning("The broker is away (%s); trying again in %.1f s", problem, pause)
            self.listening.clear()
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    @property
    def _lost(self) -> tuple[type[BaseException], ...]:
        connection = self._connection
        return () if connection is None else (*connection.connection_errors, *connection.channel_errors)

    def _connect(self) -> Connection:
        connection = self._connection = connect(self._section, heartbeat=HEARTBEAT_SECONDS)
        connection.connect()
        queue = declare(connection, self._queue, durable=self._section.queue_durable)
        self._consumer = Consumer(connection, [queue], on_message=self._received, auto_declare=False)
        self._consumer.qos(prefetch_count=self._most)
        self._consumer.consume()
        return connection

    async def _listen(self, connection: Connection) -> None:
        """Read what comes until the connection is lost; raises what it was lost by."""
        loop = asyncio.get_running_loop()
        broken: asyncio.Future[None] = loop.create_future()

        def read() -> None:
            try:
                while True:
                    connection.drain_events(timeout=0)
            except TimeoutError:
                pass
            except Exception as error:
                if not broken.done():
                    broken.set_exception(error)

        socket = connection.connection.sock.fileno()
        loop.add_reader(socket, read)
        self.listening.set()
        loop.call_soon(read)  # what came while the queue was declared waits in the connection's own buffer
        try:
            while not broken.done():
                await asyncio.wait((broken,), timeout=HEARTBEAT_SECONDS / 4)
                connection.heartbeat_check(rate=2)
            broken.result()
        finally:
            loop.remove_reader(socket)

    def _received(self, message: Message) -> None:
        again = bool(message.delivery_info.get("redelivered"))
        task = asyncio.ensure_future(self._take(Delivery(message.body, again, message, self._lost)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, seconds: float) -> None:
        """Let what is in hand finish for so long; the rest is cancelled, and the broker gives it to others."""
        if self._consumer is not None:
            with suppress(OSError, *self._lost):
                self._consumer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            self._connection.collect()
