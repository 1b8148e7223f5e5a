"""`llm-api requests`: what a server is answering now, and stopping it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.cli import asking
from server.cli.asking import Asked, print_json

app = typer.Typer(help="Requests: what is being answered, and how to stop it.", no_args_is_help=True)
command = partial(asking.command, app)


@command("list")
def list_requests(asked: Asked) -> None:
    """What is being answered: the key's own, or everybody's where it has the right admin."""
    found = asked.client.get("requests")["data"]
    print_json(found) if asked.as_json else Console().print(_table(found))


@command("stop")
def stop(asked: Asked, id: Annotated[str, typer.Argument(help="The request's id, as the list shows it.")]) -> None:
    """Stop an answer. Whoever reads it is told."""
    told = asked.client.delete(f"requests/{quote(id, safe='')}")
    print_json(told) if asked.as_json else typer.echo(f"{id} is stopped.")


def _table(found: list[dict[str, Any]]) -> Table:
    view = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Request", "Model", "Key", "State"):
        view.add_column(title, overflow="fold")
    for title in ("Prompt", "Cached", "Answer", "Seconds"):
        view.add_column(title, justify="right", no_wrap=True)
    for entry in found:
        key = entry["key"]
        texts = (entry["id"], entry["model"], key["name"] or key["id"], entry["state"])
        counts = (entry["prompt_tokens"], entry["cached_tokens"], entry["generated_tokens"])
        view.add_row(*map(escape, texts), *map(str, counts), f"{entry['seconds']:.1f}")
    return view
