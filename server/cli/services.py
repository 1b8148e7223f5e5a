"""`llm-api services`: the tasks that files describe: what there is, asking one, and whether the files are in order."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from server.catalog import Catalog
from server.cli import asking, options
from server.cli.asking import Asked, print_json
from server.cli.client import Client
from server.cli.failure import USAGE, Failure
from server.errors import ModelNotFound
from server.services.directory import Services

app = typer.Typer(help="Services: tasks that files describe.", no_args_is_help=True)
command = partial(asking.command, app)

ENDED = ("succeeded", "failed", "cancelled", "expired", "dead")


@command("list")
def list_services(asked: Asked) -> None:
    """All services, and what is wrong with those that are not in order."""
    found = asked.either(lambda: asked.client.get("services")["data"], lambda: _from_files(asked))
    if asked.as_json:
        print_json(found)
        return
    view = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Service", "Type", "Flavors", "About"):
        view.add_column(title, overflow="fold")
    for one in found:
        flavors = ", ".join(flavor["name"] for flavor in one.get("flavors") or ())
        about = f"[red]{escape(one['error'])}[/]" if one["error"] else escape(_label(one.get("description") or {}))
        view.add_row(escape(one["id"] or one["file"]), one.get("type") or "", escape(flavors), about)
    Console().print(view)


@command("run")
def run(
    asked: Asked,
    route: Annotated[str, typer.Argument(help="The service.")],
    field: Annotated[
        list[str] | None,
        typer.Argument(
            help="NAME=VALUE for each field; NAME=@FILE reads the value from a file, NAME=@- from the input."
        ),
    ] = None,
    flavor: Annotated[str, typer.Option(help="A set-up of a model; without one the first.")] = "",
) -> None:
    """Ask a service, and print its answer. A summary takes a while, and shows how far it is."""
    path = f"services/{quote(route, safe='/')}"
    service = asked.client.get(path)
    body = _body(service["form"], field or ()) | ({"flavor": flavor} if flavor else {})
    answer = asked.client.post(path, body)
    if answer["object"] == "job":
        answer = _followed(asked.client, answer, quiet=asked.as_json or not sys.stderr.isatty())
    if asked.as_json:
        print_json(answer)
    elif answer["object"] == "job":
        typer.echo(answer["result"]["summary"])
    elif isinstance(answer["answer"], str):
        typer.echo(answer["answer"])
    else:
        print_json(answer["answer"])


@app.command("check")
def check(config: options.Config = None, models: options.Models = None) -> None:
    """Read the manifests, their prompts and the models' cards, and say what is wrong. Needs no server."""
    settings = options.settings_from(config, models, None)
    services, catalog = Services.from_settings(settings), Catalog.from_settings(settings)
    problems = [problem for one in services.listing() for problem in (one.problem or "").splitlines()]
    for service in services.all():
        for flavor in service.flavor:
            try:
                catalog.get(flavor.modelName)
            except ModelNotFound as error:
                problems.append(f"{service.route}: flavor {flavor.name}: {error.message}")
    for problem in problems:
        typer.echo(problem)
    if problems:
        raise Failure(f"{len(problems)} of these are to be mended in {settings.paths.services}.")
    typer.echo(f"{len(services.all())} services in {settings.paths.services} are in order.")


def _from_files(asked: Asked) -> list[dict[str, Any]]:
    return [
        {
            "id": one.service.route if one.service is not None else None,
            "file": one.file,
            "type": one.service.type if one.service is not None else None,
            "description": dict(one.service.description) if one.service is not None else {},
            "flavors": [{"name": each.name, "model": each.modelName} for each in one.service.flavor]
            if one.service is not None
            else [],
            "error": one.problem,
        }
        for one in Services.from_settings(asked.settings).listing()
    ]


def _label(description: dict[str, str]) -> str:
    return description.get("en") or next(iter(description.values()), "")


def _body(form: Sequence[dict[str, Any]], given: Sequence[str]) -> dict[str, Any]:
    """The request's fields, each of the type that the form wants. The server says what is wrong with the rest."""
    kinds = {field["name"]: field["type"] for field in form}
    body: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in kinds:
            raise Failure(f"{text[:60]!r}: expected NAME=VALUE with one of {', '.join(kinds)}.", USAGE)
        body[name] = _read(value) if kinds[name] == "string" else _parsed(name, kinds[name], value)
    return body


def _read(value: str) -> str:
    if not value.startswith("@"):
        return value
    try:
        return sys.stdin.read() if value == "@-" else Path(value[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{value[1:]} cannot be read: {error}", USAGE) from error


def _parsed(name: str, kind: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise Failure(f"{name}: expected the type {kind}, found {value[:60]!r}.", USAGE) from None


def _followed(client: Client, job: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """The job when it has ended. Ctrl-C ends the watching, not the job."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    path = f"jobs/{job['id']}"
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as progress:
        bar = progress.add_task(f"{job['id']} waits", total=None)
        with client.events("GET", f"/v1/{path}/events") as events:
            for event in events:
                told = json.loads(event.data)
                if event.name == "progress":
                    progress.update(bar, description=told["message"], completed=told["done"], total=told["total"])
    ended: dict[str, Any] = client.get(path)
    if ended["state"] != "succeeded":
        raise Failure(f"The job {job['id']} is {ended['state']}: {(ended['error'] or {}).get('message', '')}")
    return ended
