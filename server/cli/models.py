"""`llm-api models`: what a server can serve and has loaded. Without a server, what the files say."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from server.catalog import Catalog
from server.cli import asking, offline
from server.cli.asking import Asked, print_json
from server.cli.client import Client, Event
from server.cli.failure import FAILED, Failure

app = typer.Typer(help="Models: what there is, what is loaded, what a load would take.", no_args_is_help=True)
command = partial(asking.command, app)

Name = Annotated[str, typer.Argument(help="The model's name, or one of its aliases.")]

STYLES = {"ready": "green", "loading": "yellow", "unloading": "yellow", "failed": "red", "no file": "red"}


@command("list")
def list_models(asked: Asked) -> None:
    """All models and their state."""
    found = asked.either(
        lambda: [flat(entry) for entry in asked.client.models()],
        lambda: offline.entries(asked.settings),
    )
    if asked.as_json:
        print_json(found)
    else:
        Console().print(table(found))


@command("show")
def show(asked: Asked, name: Name) -> None:
    """Everything about one model."""
    found = asked.either(lambda: _model(asked, name), lambda: offline.entry(asked.settings, name))
    print_json(found) if asked.as_json else print_facts(found)


@command("estimate")
def estimate(asked: Asked, name: Name) -> None:
    """The memory that loading a model would take."""
    found = asked.either(
        lambda: asked.client.get(f"{path_of(name)}/estimate"), lambda: offline.estimate(asked.settings, name)
    )
    print_json(found) if asked.as_json else print_facts(found)


@command("load")
def load(asked: Asked, name: Name) -> None:
    """Load a model, and show how far it is. Ctrl-C ends the watching, not the load."""
    name = _model(asked, name)["id"]
    with _bar(name, quiet=asked.as_json or not sys.stderr.isatty()) as report:
        Follower(asked.client, name, report).start()
        state = flat(asked.client.post(f"{path_of(name)}/load"))
    print_json(state) if asked.as_json else typer.echo(f"{name} is {state.get('state')}.")


@command("unload")
def unload(
    asked: Asked,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Even if it is answering: end its answers.")] = False,
) -> None:
    """Unload a model, or abort its load."""
    state = flat(asked.client.post(f"{path_of(name)}/unload" + ("?force=true" if force else "")))
    print_json(state) if asked.as_json else typer.echo(f"{state['id']} is {state.get('state')}.")


@command("watch")
def watch(asked: Asked) -> None:
    """The models' states as they change, until Ctrl-C. With --json, a line for each change."""
    console = Console()
    with asked.client.events("GET", "/v1/status") as events:
        if asked.as_json or not console.is_terminal:
            for event in events:
                typer.echo(json.dumps(states(event), ensure_ascii=False))
        else:
            with Live(console=console, auto_refresh=False) as live:
                for event in events:
                    live.update(table(states(event)), refresh=True)
    raise Failure(f"{asked.client.root} ended the stream.")


@command("add")
def add(
    asked: Asked,
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A GGUF file, or a folder of such.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call the model.")] = None,
) -> None:
    """Offer models whose files are here. A server that runs takes them up by itself."""
    from server.hub.shelf import Shelf

    added = Shelf(Catalog.from_settings(asked.settings), asked.settings.paths.data_dir).add(path, name)
    if asked.as_json:
        print_json([{"file": str(one.file), "model": one.name, "problem": one.problem} for one in added])
    else:
        for one in added:
            typer.echo(f"{one.name} is there." if one.name else f"Left out: {one.problem}")
    if not any(one.name for one in added):
        raise typer.Exit(FAILED)


@command("remove")
def remove(
    asked: Asked,
    name: Name,
    files: Annotated[bool, typer.Option("--files", help="Delete its files in the data folder too.")] = False,
) -> None:
    """Offer a model no more that was pulled or added."""
    from server.hub.shelf import Shelf

    gone = Shelf(Catalog.from_settings(asked.settings), asked.settings.paths.data_dir).remove(name, files=files)
    if asked.as_json:
        print_json({"model": name, "files": [str(file) for file in gone]})
    else:
        typer.echo(f"{name} is not offered any more{f', and {len(gone)} of its files are deleted' if gone else ''}.")


class Follower(threading.Thread):
    """Reports a model's progress from the stream of states, beside a request that waits for the load.

    Nobody waits for this thread: it ends with the stream, or with the program.
    """

    def __init__(self, client: Client, model: str, report: Callable[[float], None]) -> None:
        super().__init__(daemon=True)
        self.client, self.model, self.report = client, model, report

    def run(self) -> None:
        try:
            with self.client.events("GET", "/v1/status") as events:
                for event in events:
                    for state in states(event):
                        if state["id"] == self.model and state.get("progress") is not None:
                            self.report(float(state["progress"]))
        except Failure:
            return  # a load works without being watched


@contextmanager
def _bar(name: str, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task(f"Loading {name}", total=100)
        yield lambda done: progress.update(task, completed=done)


def _model(asked: Asked, name: str) -> dict[str, Any]:
    return flat(asked.client.get(path_of(name)))


def path_of(name: str) -> str:
    return f"/v1/models/{quote(name, safe='/')}"


def flat(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the server's list, with our own fields, which stand under one key, beside OpenAI's."""
    ours = entry.get("llm_api")
    return {**{key: value for key, value in entry.items() if key != "llm_api"}, **(ours or {})}


def states(event: Event) -> list[dict[str, Any]]:
    """The models' states in an event of /status."""
    try:
        return [{"id": name, **state} for name, state in json.loads(event.data)["states"].items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure("The server's /status is not one that this command can read.") from error


def table(found: list[dict[str, Any]]) -> Table:
    """The models, a line each; a column that nobody fills is left out."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    view.add_column("Model", overflow="fold")
    columns: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        ("State", _state),
        ("Memory", lambda entry: size(entry.get("bytes"))),
        ("File", lambda entry: size(entry.get("size"))),
        ("Context", lambda entry: str(entry.get("context") or "")),
        ("For", lambda entry: ", ".join(entry.get("capabilities") or ())),
        ("Running", lambda entry: str(entry.get("running") or "")),
        ("Waiting", lambda entry: str(entry.get("waiting") or "")),
        ("Also called", lambda entry: escape(", ".join(entry.get("aliases") or ()))),
        ("About", lambda entry: escape(str(entry.get("error") or entry.get("description") or ""))),
    ]
    filled = [(title, cell) for title, cell in columns if any(cell(entry) for entry in found)]
    for title, _ in filled:
        number = title in ("Memory", "File", "Context", "Running", "Waiting")
        view.add_column(title, justify="right" if number else "left", no_wrap=number)
    for entry in found:
        view.add_row(escape(str(entry.get("id"))), *(cell(entry) for _, cell in filled))
    return view


def _state(entry: dict[str, Any]) -> str:
    state = str(entry.get("state") or "")
    progress = entry.get("progress")
    text = state if progress is None else f"{state} {progress:.0f}%"
    return f"[{STYLES[state]}]{text}[/]" if state in STYLES else escape(text)


BYTES = frozenset({"size", "bytes", "weights", "kv", "compute", "total", "gpu", "free", "gpu_free"})


def print_facts(found: dict[str, Any]) -> None:
    """One thing in two columns; what is empty is left out."""
    view = Table(box=None, show_header=False, pad_edge=False)
    view.add_column(style="bold", no_wrap=True)
    view.add_column(overflow="fold")
    for name, value in found.items():
        if value in (None, "", [], {}):
            continue
        if name in BYTES and isinstance(value, int):
            text = size(value)
        elif name == "created":
            text = f"{datetime.fromtimestamp(value):%Y-%m-%d %H:%M}"
        elif isinstance(value, dict):
            text = "\n".join(f"{key}: {one}" for key, one in value.items())
        elif isinstance(value, list):
            text = ", ".join(str(one) for one in value)
        else:
            text = str(value)
        view.add_row(name.replace("_", " "), escape(text))
    Console().print(view)


def size(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return ""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
