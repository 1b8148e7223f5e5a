"""`llm-api keys`: make, list, show, revoke and import the keys that clients show to the server.

They work on the database itself, so they need no running server; one that runs hears of it within a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.cli.failure import Failure, say
from server.cli.options import Config, DataDir, Json, settings_from
from server.store.auth_keys import AuthKeys, Key
from server.store.database import Refused, one_line
from server.store.key_table import sorted_rights

app = typer.Typer(help="Keys that clients show to the server.", no_args_is_help=True)

SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Rights = Annotated[
    list[str] | None, typer.Option("--right", help="chat, models (load and unload) or admin; may be given repeatedly.")
]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, or what for.")] = "Default Name",
    description: Annotated[str, typer.Argument(help="A sentence for whoever reads the list.")] = "",
    right: Rights = None,
    expires: Annotated[
        str, typer.Option("--expires", metavar="WHEN", help="After 30d (m, h, d, w), or at an ISO date or time.")
    ] = "",
    config: Config = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once. It works at once in a running server."""
    expires_at = _moment(expires) if expires else None
    with _keys(config, data_dir) as keys:
        key, text = keys.create(name, description, rights=right or ["chat"], expires_at=expires_at)
    if as_json:
        _print_json({**key.as_json(), "key": text})
        return
    _print_key(key)
    typer.echo("\nThe key follows. It is not kept and cannot be shown again:")
    typer.echo(text)


@app.command("list")
def list_keys(config: Config = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """All keys, revoked ones too."""
    with _keys(config, data_dir) as keys:
        found = keys.list()
    if as_json:
        _print_json([key.as_json() for key in found])
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
    with _keys(config, data_dir) as keys:
        key = keys.show(id)
    if as_json:
        _print_json(key.as_json())
    else:
        _print_key(key)


@app.command("revoke")
def revoke(id: str, config: Config = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Make a key useless for good, in a running server within a second."""
    with _keys(config, data_dir) as keys:
        key = keys.revoke(id)
    if as_json:
        _print_json(key.as_json())
    else:
        typer.echo(f"Revoked: {key.id} ({key.name}).")


@app.command("import")
def import_keys(
    file: Annotated[Path, typer.Argument(help="An authKeys.json.", dir_okay=False)],
    right: Rights = None,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take over the keys of an authKeys.json. Clients go on using them as they are."""
    with _keys(config, data_dir) as keys:
        imported = keys.import_file(file, rights=right or ["chat", "models"])
    if as_json:
        _print_json({"imported": [key.as_json() for key in imported.keys], "known": imported.known})
        return
    for key in imported.keys:
        typer.echo(f"{key.id}  {key.name}")
    already = f" {imported.known} were there already." if imported.known else ""
    typer.echo(f"Imported {len(imported.keys)} {'key' if len(imported.keys) == 1 else 'keys'}.{already}")


@contextmanager
def _keys(config: Path | None, data_dir: Path | None) -> Iterator[AuthKeys]:
    keys = AuthKeys.open(settings_from(config, data_dir=data_dir))
    try:
        yield keys
    except Refused as error:
        raise Failure(f"The database refused: {one_line(error)}. Try again.") from error
    finally:
        keys.close()


def _moment(text: str) -> datetime:
    if span := re.fullmatch(r"(\d{1,5})([mhdw])", text):
        return datetime.now(UTC) + timedelta(**{SPANS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"expected 30d (m, h, d, w) or an ISO date such as 2030-01-31, found {text!r}", param_hint="--expires"
        ) from error
    return moment.astimezone(UTC)


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
    ]
    for label, value in lines:
        if value:
            typer.echo(f"{label:<12} {value}")


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
