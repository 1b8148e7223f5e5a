"""`llm-api worker`: computes what a queue asks for, beside a server or far from it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from server.cli import options
from server.cli.failure import USAGE, Failure
from server.jobs.wiring import has_cluster
from server.own_python import to_install
from server.settings import Settings
from server.telemetry import configure_logging

app = typer.Typer(help="Compute what a queue asks for.")

log = logging.getLogger("server.worker")


@app.callback(invoke_without_command=True)
def worker(
    context: typer.Context,
    config: options.Config = None,
    models: options.Models = None,
    data_dir: options.DataDir = None,
) -> None:
    """Do the jobs of servers that share jobs.broker_url and jobs.redis_url (LLM_API_BROKER_URL, LLM_API_REDIS_URL).

    A worker needs the models and those two, and no database. Any number may be started and stopped at any time. Ctrl-C
    lets running jobs finish; a second one ends them, and others begin them anew.
    """
    if context.invoked_subcommand is not None:
        return
    settings = options.settings_from(config, models, data_dir)
    if not has_cluster(settings):
        raise Failure("A worker takes its jobs from a cluster: set LLM_API_BROKER_URL and LLM_API_REDIS_URL.", USAGE)
    configure_logging(settings.log.level, settings.log.format)
    with _packages():
        from server.api.worker import work

        status = work(settings)
    raise typer.Exit(status)


@contextmanager
def _packages() -> Iterator[None]:
    """Says what is missing where something is."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Failure(f"A worker needs {error.name}: {to_install('cluster')}") from error


@app.command()
def protollm(
    queue: Annotated[
        str | None, typer.Option("--queue", metavar="NAME", help="Another queue than dialects.protollm.queue_name.")
    ] = None,
    config: options.Config = None,
    models: options.Models = None,
    data_dir: options.DataDir = None,
) -> None:
    """Answer the jobs of ProtoLLM's API, which finds their results in Redis.

    Its variables (RABBIT_MQ_HOST, REDIS_HOST, QUEUE_NAME …) count here, after those of config/server.yaml. Ctrl-C lets
    running jobs finish; a second one ends them, and others take them up.
    """
    settings = options.settings_from(config, models, data_dir, {"dialects.protollm.enabled": True})
    configure_logging(settings.log.level, settings.log.format)
    with _packages():
        asyncio.run(_protollm(settings, queue))


async def _protollm(settings: Settings, queue: str | None) -> None:
    from server.jobs.engine_room import engine_room
    from server.jobs.protollm.worker import ProtollmWorker

    async with engine_room(settings) as room:
        worker = ProtollmWorker(settings, room.catalog, room.backend, queue)
        log.info("Taking jobs from the queue %s", worker.queue)
        await worker.run(stopped_by_signal())


def stopped_by_signal() -> asyncio.Event:
    """Set by the first SIGTERM or Ctrl-C; the second ends the process."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def heard(sig: signal.Signals) -> None:
        if stop.is_set():
            os._exit(128 + sig)
        log.info("Stopping: running jobs may finish")
        stop.set()

    for sig in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(sig, heard, sig)
        except NotImplementedError:  # on Windows
            signal.signal(sig, lambda number, _: loop.call_soon_threadsafe(heard, signal.Signals(number)))
    return stop
