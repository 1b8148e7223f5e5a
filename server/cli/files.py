"""`llm-api files`: put files where a server can search them, and search them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from server.cli import asking
from server.cli.asking import Asked, print_json
from server.cli.client import Client
from server.cli.failure import Failure, say

app = typer.Typer(help="Files: put them into a store, and search it.", no_args_is_help=True)
command = partial(asking.command, app)

USUAL = "files"
"""The name of the store that is meant where none is named."""

Store = Annotated[str, typer.Option("--store", metavar="NAME", help="The store, by its name or id.")]


@command("add")
def add(
    asked: Asked,
    paths: Annotated[list[Path], typer.Argument(help="Files of any kind that is read, see docs/search.md.")],
    store: Store = USUAL,
) -> None:
    """Upload files and have them indexed. A store that is not there is made."""
    for path in paths:
        if not path.is_file():
            raise Failure(f"{path}: there is no such file.")
    client = asked.client
    id = _find(client, store) or client.post("vector_stores", {"name": store})["id"]
    uploaded = [client.upload("files", path, {"purpose": "assistants"})["id"] for path in paths]
    client.post(f"vector_stores/{id}/file_batches", {"file_ids": uploaded})
    places = [f"vector_stores/{id}/files/{file}" for file in dict.fromkeys(uploaded)]
    waiting = [entry for entry in map(client.get, places) if entry["status"] == "in_progress"]
    if waiting:
        _follow(client, waiting[0]["llm_api"]["job"])
    found = [client.get(place) for place in places]
    if asked.as_json:
        print_json(found)
    failed = [entry for entry in found if entry["status"] != "completed"]
    for entry in failed:
        say((entry["last_error"] or {}).get("message") or f"{entry['id']} is {entry['status']}.")
    if not asked.as_json:
        typer.echo(f"{len(found) - len(failed)} of {len(found)} files can be searched in {store}.")
    if failed:
        raise typer.Exit(1)


@command("search")
def search(
    asked: Asked,
    query: Annotated[str, typer.Argument(help="What is looked for.")],
    store: Store = USUAL,
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="How many passages.")] = 5,
) -> None:
    """The passages that answer a question best."""
    id = _find(asked.client, store)
    if id is None:
        raise Failure(f"There is no store {store!r}. Make one: llm-api files add FILE --store {store}")
    found = asked.client.post(f"vector_stores/{id}/search", {"query": query, "max_num_results": limit})
    if asked.as_json:
        print_json(found)
        return
    console = Console(highlight=False)
    for entry in found["data"]:
        place = entry["llm_api"]
        page = f"page {place['page']}" if place["page"] is not None else ""
        where = ", ".join(filter(None, (entry["filename"], place["heading"], page)))
        console.print(f"[bold]{escape(where)}[/bold]  {entry['score']:.2f}")
        console.print(escape(entry["content"][0]["text"]) + "\n")
    if not found["data"]:
        say("Nothing was found.")


def _find(client: Client, store: str) -> str | None:
    """The id of a store, the newest of that name; None: there is none."""
    after = ""
    while True:
        page = client.get(f"vector_stores?limit=100{after}")
        for entry in page["data"]:
            if store in (entry["id"], entry["name"]):
                return str(entry["id"])
        if not page["has_more"]:
            return None
        after = f"&after={quote(page['last_id'], safe='')}"


def _follow(client: Client, job: str) -> None:
    """Until a job has ended. How far it is shows meanwhile."""
    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=None)
        with client.events("GET", f"jobs/{job}/events") as events:
            for event in events:
                if event.name == "progress":
                    told = json.loads(event.data)
                    message = escape(told["message"])
                    progress.update(bar, completed=told["done"], total=told["total"], description=message)
