"""`llm-api keys usage`: what was used, by key, model and day, from the database itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.cli.asking import print_json
from server.cli.failure import Failure, say
from server.cli.options import Config, DataDir, Json, settings_from
from server.store.database import Database, Refused, one_line
from server.store.usage import COUNTED, PARTS, Part, Question, UsageRow, UsageRows, as_csv

DAYS = 30
MOST = 1_000_000

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="A day in UTC.")]


def usage(
    start: Day = None,
    end: Day = None,
    by: Annotated[str, typer.Option("--by", help="What a line is for: day, key, model, or several.")] = ",".join(PARTS),
    key: Annotated[str | None, typer.Option("--key", metavar="ID", help="Only of this key.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Only of this model.")] = None,
    as_table: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """What was used: requests, tokens, seconds. Of the last 30 days, unless --start and --end say otherwise."""
    last = (end or datetime.now(UTC)).date()
    first = start.date() if start is not None else last - timedelta(DAYS - 1)
    parts = tuple(dict.fromkeys(part.strip() for part in by.split(",")))
    if unknown := [part for part in parts if part not in PARTS]:
        raise typer.BadParameter(f"expected {', '.join(PARTS)}, found {unknown[0]!r}", param_hint="--by")
    question = Question(first, last, cast(tuple[Part, ...], parts), key, model, MOST)
    database = Database.open(settings_from(config, data_dir=data_dir))
    try:
        rows = UsageRows(database).ask(question)
    except Refused as error:
        raise Failure(f"The database refused: {one_line(error)}. Try again.") from error
    finally:
        database.close()
    if as_json:
        print_json([row.as_json(question.by) for row in rows])
    elif as_table:
        typer.echo(as_csv(rows, question.by), nl=False)
    elif rows:
        Console().print(_table(rows, question.by))
    else:
        say(f"Nothing was used from {first} to {last}.")


def _table(rows: list[UsageRow], by: tuple[Part, ...]) -> Table:
    view = Table(*by, box=None, pad_edge=False, header_style="bold")
    for title in COUNTED:
        view.add_column(title.replace("_tokens", ""), justify="right", no_wrap=True)
    for row in rows:
        texts = {"day": str(row.day), "key": row.name or row.key or "", "model": row.model or ""}
        view.add_row(*(escape(texts[part]) for part in by), *map(str, row.counts.as_json().values()))
    return view
