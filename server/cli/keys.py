"""`llm-api keys`: make, list, show, change, revoke and import the keys that clients show to the server.

They work on the database itself, so they need no running server; one that runs hears of it within a second.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.cli import key_terms, key_usage
from server.cli.asking import print_json
from server.cli.failure import say
from server.cli.key_terms import open_keys
from server.cli.options import Config, DataDir, Json
from server.store.auth_keys import Key
from server.store.key_changes import KeyChanges
from server.store.key_table import sorted_rights

app = typer.Typer(help="Keys that clients show to the server.", no_args_is_help=True)

app.command("usage")(key_usage.usage)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, or what for.")] = "Default Name",
    description: Annotated[str, typer.Argument(help="A sentence for whoever reads the list.")] = "",
    right: key_terms.Rights = None,
    expires: key_terms.Expires = "",
    requests: key_terms.Requests = "",
    tokens: key_terms.Tokens = "",
    streams: key_terms.Streams = "",
    priority: key_terms.Priority = None,
    model: key_terms.Models = None,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once. It works at once in a running server."""
    terms = key_terms.terms(right, expires, requests, tokens, streams, priority, model)
    with open_keys(config, data_dir) as keys:
        key, text = keys.create(name, description, **terms)
    if as_json:
        print_json({**key.as_json(), "key": text})
        return
    _print_key(key)
    typer.echo("\nThe key follows. It is not kept and cannot be shown again:")
    typer.echo(text)


@app.command("update")
def update(
    id: str,
    name: Annotated[str | None, typer.Option("--name", help="Whose key it is, or what for.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="A sentence for the list.")] = None,
    right: key_terms.Rights = None,
    expires: key_terms.Expires = "",
    requests: key_terms.Requests = "",
    tokens: key_terms.Tokens = "",
    streams: key_terms.Streams = "",
    priority: key_terms.Priority = None,
    model: key_terms.Models = None,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Change what is named of a key, in a running server within a second. "none" takes a limit away."""
    terms = key_terms.terms(right, expires, requests, tokens, streams, priority, model)
    changes = cast(KeyChanges, dict(terms))
    if name is not None:
        changes["name"] = name
    if description is not None:
        changes["description"] = description
    with open_keys(config, data_dir) as keys:
        key = keys.update(id, changes)
    print_json(key.as_json()) if as_json else _print_key(key)


@app.command("list")
def list_keys(config: Config = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """All keys, revoked ones too."""
    with open_keys(config, data_dir) as keys:
        found = keys.list()
    if as_json:
        print_json([key.as_json() for key in found])
        return
    if not found:
        say("There are no keys yet. `llm-api keys create NAME` makes one.")
        return
    table = Table(
        "id", "name", "rights", "state", "last used", "expires", box=None, pad_edge=False, header_style="bold"
    )
    table.columns[0].no_wrap = True
    for key in found:
        table.add_row(
            key.id,
            escape(key.name),
            " ".join(sorted_rights(key.rights)),
            key.state,
            _day(key.last_used_at, "never"),
            _day(key.expires_at, "never"),
            style="" if key.state == "active" else "dim",
        )
    Console().print(table)


@app.command("show")
def show(id: str, config: Config = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """What is known of one key. Its secret is not."""
    with open_keys(config, data_dir) as keys:
        key = keys.show(id)
    if as_json:
        print_json(key.as_json())
    else:
        _print_key(key)


@app.command("revoke")
def revoke(id: str, config: Config = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Make a key useless for good, in a running server within a second."""
    with open_keys(config, data_dir) as keys:
        key = keys.revoke(id)
    if as_json:
        print_json(key.as_json())
    else:
        typer.echo(f"Revoked: {key.id} ({key.name}).")


@app.command("import")
def import_keys(
    file: Annotated[Path, typer.Argument(help="An authKeys.json.", dir_okay=False)],
    right: key_terms.Rights = None,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take over the keys of an authKeys.json. Clients go on using them as they are."""
    with open_keys(config, data_dir) as keys:
        imported = keys.import_file(file, rights=right or ["chat", "models"])
    if as_json:
        print_json({"imported": [key.as_json() for key in imported.keys], "known": imported.known})
        return
    for key in imported.keys:
        typer.echo(f"{key.id}  {key.name}")
    already = f" {imported.known} were there already." if imported.known else ""
    typer.echo(f"Imported {len(imported.keys)} {'key' if len(imported.keys) == 1 else 'keys'}.{already}")


def _day(moment: datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _print_key(key: Key) -> None:
    lines = [
        ("id", key.id),
        ("name", key.name),
        ("description", key.description),
        ("rights", " ".join(sorted_rights(key.rights))),
        ("state", key.state),
        ("created", _day(key.created_at, "")),
        ("expires", _day(key.expires_at, "never")),
        ("revoked", _day(key.revoked_at, "")),
        ("last used", _day(key.last_used_at, "never")),
        *(
            (name.replace("_", " "), ", ".join(value) if isinstance(value, list) else str(value))
            for name, value in key.limits.as_json().items()
            if value
        ),
    ]
    for label, value in lines:
        if value:
            typer.echo(f"{label:<20} {value}")
