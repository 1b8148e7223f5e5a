"""The Celery application: how its workers take messages, and how a server sends them. JSON and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from celery import Celery
from celery.exceptions import Reject
from kombu import Exchange, Queue

from server.jobs.cluster.offer import GoingHome, Offer
from server.settings import JobsSection

TASK = "llm-api.job"
MOST_PRIORITY = 9
PATIENCE_MS = 7 * 24 * 3_600_000
"""How long RabbitMQ lets a worker keep a message. Its own half hour is less than some jobs take."""


def make_app(section: JobsSection) -> Celery:
    """For both ends. Connects when it is used."""
    app = Celery("llm-api", broker=section.broker_url, set_as_current=False, fixups=[])
    queue = Queue(
        f"{section.cluster_name}.jobs",
        Exchange(""),
        routing_key=f"{section.cluster_name}.jobs",
        durable=True,
        max_priority=MOST_PRIORITY,
        queue_arguments={"x-consumer-timeout": PATIENCE_MS},
    )
    app.conf.update(
        task_queues=[queue],
        task_default_queue=queue.name,
        task_default_exchange="",
        task_default_routing_key=queue.name,
        task_create_missing_queues=False,
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        # A worker holds a message until the job is done, and no more of them than it has hands.
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # It is asked for again from a thread of the pool, which may then wait for good: the main loop reads the answer.
        worker_enable_prefetch_count_reduction=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return app


def register(app: Celery, do: Callable[[Mapping[str, Any]], None]) -> None:
    """Have a worker of this application do what messages ask for. GoingHome leaves the message to another worker."""

    @app.task(name=TASK, shared=False)  # type: ignore[untyped-decorator]
    def job(message: Mapping[str, Any]) -> None:
        try:
            do(message)
        except GoingHome as error:
            raise Reject(error, requeue=True) from error


def send(app: Celery, offers: Sequence[Offer], seconds: float) -> None:
    """Put offers on the queue, from which they go after this time: what nobody has begun is offered again. Blocks;
    raises OperationalError when the broker cannot be had.
    """
    with app.producer_pool.acquire(block=True, timeout=10) as producer:
        for offer in offers:
            app.send_task(
                TASK,
                (offer.plain(),),
                producer=producer,
                priority=min(MOST_PRIORITY, max(0, offer.priority)),
                expiration=seconds,
                ignore_result=True,
                retry=False,
            )
