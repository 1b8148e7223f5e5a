"""`llm-api jobs`: what a server has to do, how far it is, and calling it off."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.cli import asking
from server.cli.asking import Asked, print_json

app = typer.Typer(help="Jobs: what is to be done, how far it is, and how to call it off.", no_args_is_help=True)
command = partial(asking.command, app)

Id = Annotated[str, typer.Argument(help="The job's id, as the list shows it.")]


@command("list")
def list_jobs(
    asked: Asked,
    state: Annotated[
        str, typer.Option("--state", metavar="STATES", help="Only those in these states, comma-separated.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many, the newest first.")] = 20,
) -> None:
    """Your jobs, the newest first."""
    found = asked.client.get(f"jobs?limit={limit}&state={quote(state, safe=',')}")["data"]
    print_json(found) if asked.as_json else Console().print(_table(found))


@command("show")
def show(asked: Asked, id: Id) -> None:
    """A job with its result, or why there is none."""
    job = asked.client.get(f"jobs/{quote(id, safe='')}")
    if asked.as_json:
        print_json(job)
        return
    for name in ("id", "task", "state", "priority", "attempts", "queue_position", "label"):
        if job[name] is not None:
            typer.echo(f"{name.replace('_', ' '):<15} {job[name]}")
    if job["progress"] is not None:
        typer.echo(f"{'progress':<15} {_progress(job)} {job['progress']['message']}".rstrip())
    for name in ("created_at", "started_at", "ended_at"):
        if job[name] is not None:
            typer.echo(f"{name.removesuffix('_at'):<15} {_moment(job[name])}")
    if job["error"] is not None:
        typer.echo(f"{'error':<15} {job['error']['message']}")
    if job["result"] is not None:
        typer.echo(json.dumps(job["result"], ensure_ascii=False, indent=2))


@command("cancel")
def cancel(asked: Asked, id: Id) -> None:
    """Call a job off: what waits is not begun, what runs is stopped."""
    job = asked.client.post(f"jobs/{quote(id, safe='')}/cancel")
    if asked.as_json:
        print_json(job)
    else:
        typer.echo(f"{id} is {'being stopped' if job['cancelling'] else job['state']}.")


def _table(found: list[dict[str, Any]]) -> Table:
    view = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Job", "Task", "State", "Created"):
        view.add_column(title, overflow="fold")
    for title in ("Priority", "Attempts", "Progress"):
        view.add_column(title, justify="right", no_wrap=True)
    for job in found:
        texts = (job["id"], job["task"], job["state"], _moment(job["created_at"]))
        view.add_row(*map(escape, texts), str(job["priority"]), str(job["attempts"]), _progress(job))
    return view


def _progress(job: dict[str, Any]) -> str:
    progress = job["progress"]
    return "" if progress is None else f"{progress['done']:g}/{progress['total']:g}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")
