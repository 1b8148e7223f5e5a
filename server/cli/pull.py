"""`llm-api pull`: a model by its name on a hub, fetched into the data folder and offered. No server is needed; one that
runs takes it up by itself.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from server.catalog import Catalog
from server.cli import options
from server.cli.asking import print_json
from server.cli.failure import INTERRUPTED, say
from server.cli.models import size

if TYPE_CHECKING:
    from server.hub.hub import Hub
    from server.hub.pull import Order, Pulled, Puller


def pull(
    repo: Annotated[
        str, typer.Argument(metavar="OWNER/NAME[:FILE]", help="The repository; after a colon a file or a quantization.")
    ],
    name: Annotated[str | None, typer.Option("--name", help="What to call the model here.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only show what the repository has.")] = False,
    config: options.Config = None,
    models: options.Models = None,
    data_dir: options.DataDir = None,
    as_json: options.Json = False,
) -> None:
    """Fetch a model from a hub and offer it. Broken off, the same command goes on where it was.

    The hub, and a token for it, come from HF_ENDPOINT and HF_TOKEN.
    """
    from server.hub.hub import Hub
    from server.hub.pull import Order, Puller

    settings = options.settings_from(config, models, data_dir)
    repo, _, file = repo.partition(":")
    puller = Puller(Hub(), Catalog.from_settings(settings), settings.paths.data_dir)
    if listed:
        _show(puller.hub, repo, as_json=as_json)
        return
    pulled = _pull(puller, Order(repo, file or None, name), quiet=as_json or not sys.stderr.isatty())
    if as_json:
        print_json({"model": pulled.name, "files": [str(one) for one in pulled.files], "bytes": pulled.bytes})
    else:
        typer.echo(f"{pulled.name} is there. Talk to it: llm-api chat --model {pulled.name}")


def _pull(puller: Puller, order: Order, *, quiet: bool) -> Pulled:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    stop = threading.Event()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task(order.repo, total=None)

        def told(done: int, total: int, path: str) -> None:
            progress.update(task, completed=done, total=total, description=Path(path).name)

        try:
            return puller.pull(order, told, stop)
        except KeyboardInterrupt:
            stop.set()
            say("Broken off. What has come stays: the same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from None


def _show(hub: Hub, repo: str, *, as_json: bool) -> None:
    from server.engine.memory import free_gpu_memory, free_host_memory

    found = hub.list(repo).offers
    free = max(free_host_memory(), free_gpu_memory())
    if as_json:
        print_json([offer.body(free) for offer in found])
        return
    view = Table(box=None, pad_edge=False, header_style="bold")
    view.add_column("File", overflow="fold")
    for title in ("Weights", "Size"):
        view.add_column(title, justify="right", no_wrap=True)
    view.add_column("Here", no_wrap=True)
    for offer in found:
        here = "sees images" if offer.is_projector else "fits" if offer.fits(free) else "[red]too large[/]"
        view.add_row(escape(offer.path), offer.quant or "", size(offer.size), here)
    Console().print(view)
