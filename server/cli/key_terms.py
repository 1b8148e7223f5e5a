"""What a key may be given on the command line, and where keys are found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from server.cli.failure import Failure
from server.cli.options import settings_from
from server.store.auth_keys import AuthKeys
from server.store.database import Refused, one_line
from server.store.key_changes import KeyTerms

SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
NONE = "none"

Rights = Annotated[
    list[str] | None, typer.Option("--right", help="chat, models (load and unload) or admin; may be given repeatedly.")
]
Expires = Annotated[
    str, typer.Option("--expires", metavar="WHEN", help="After 30d (m, h, d, w), at an ISO date or time, or none.")
]
Requests = Annotated[str, typer.Option("--requests-per-minute", metavar="N", help="Most requests a minute, or none.")]
Tokens = Annotated[
    str, typer.Option("--tokens-per-day", metavar="N", help="Most tokens of prompts and answers a day (UTC), or none.")
]
Streams = Annotated[str, typer.Option("--streams", metavar="N", help="Most answers at once, or none.")]
Priority = Annotated[int | None, typer.Option("--priority", help="-100 to 100; higher goes first.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="A model it may use, by name or alias; may be given repeatedly; none: all of them."),
]


def terms(
    rights: list[str] | None,
    expires: str,
    requests: str,
    tokens: str,
    streams: str,
    priority: int | None,
    models: list[str] | None,
) -> KeyTerms:
    """What was given of these options, and nothing else."""
    found: KeyTerms = {}
    if rights:
        found["rights"] = rights
    if expires:
        found["expires_at"] = _moment(expires)
    if requests:
        found["requests_per_minute"] = _number(requests, "--requests-per-minute")
    if tokens:
        found["tokens_per_day"] = _number(tokens, "--tokens-per-day")
    if streams:
        found["streams"] = _number(streams, "--streams")
    if priority is not None:
        found["priority"] = priority
    if models:
        found["models"] = None if models == [NONE] else models
    return found


@contextmanager
def open_keys(config: Path | None, data_dir: Path | None) -> Iterator[AuthKeys]:
    """The keys in the database that the settings name."""
    keys = AuthKeys.open(settings_from(config, data_dir=data_dir))
    try:
        yield keys
    except Refused as error:
        raise Failure(f"The database refused: {one_line(error)}. Try again.") from error
    finally:
        keys.close()


def _number(text: str, option: str) -> int | None:
    if text == NONE:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise typer.BadParameter(f"expected a number or none, found {text[:40]!r}", param_hint=option)
    return int(text)


def _moment(text: str) -> datetime | None:
    if text == NONE:
        return None
    if span := re.fullmatch(r"(\d{1,5})([mhdw])", text):
        return datetime.now(UTC) + timedelta(**{SPANS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"expected 30d (m, h, d, w) or an ISO date such as 2030-01-31, found {text!r}", param_hint="--expires"
        ) from error
    return moment.astimezone(UTC)
