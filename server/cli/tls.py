"""`llm-api tls`: a pair for trying out, and what is wrong with the pair there is."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from server import tls
from server.cli.failure import FAILED, Failure
from server.cli.options import Config, Json, settings_from
from server.settings import ROOT, Settings

app = typer.Typer(help="The key and certificate that HTTPS is served with.", no_args_is_help=True)

KEY, CERTIFICATE = "server-key.pem", "server-crt.pem"
COLOURS = {"refused": "red", "error": "red", "warning": "yellow", "note": "green"}


@app.command("self-signed")
def self_signed(
    host: Annotated[
        list[str] | None, typer.Option("--host", metavar="NAME", help="Name or address that clients will call.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it is valid.")] = 365,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder to write to; ssl/ by default.", file_okay=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a pair that is there.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a pair for trying out. It is for this machine's loopback names and every --host."""
    settings = settings_from(config)
    folder = (out or _default_folder()).absolute()
    key, certificate = folder / KEY, folder / CERTIFICATE
    there = [str(file) for file in (key, certificate) if file.exists()]
    if there and not force:
        raise Failure(f"{' and '.join(there)} exist already. --force replaces them, --out DIR writes elsewhere.")
    try:
        secret, public = tls.self_signed(host or [], days)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--host") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(key, secret, 0o600)
        _replace(certificate, public, 0o644)
    except OSError as error:
        raise Failure(f"{folder}: {error.strerror}. --out DIR writes elsewhere.") from error
    if as_json:
        typer.echo(json.dumps({"key": str(key), "certificate": str(certificate), "days": days}, indent=2))
        return
    typer.echo(f"Key:         {key}\nCertificate: {certificate}, valid for {days} days\n")
    typer.echo(f"Serve with it:   {_serve_command(settings, key, certificate)}")
    typer.echo(
        f"Trust it, curl:  curl --cacert {shlex.quote(str(certificate))} https://localhost:{settings.server.port}/health"
    )
    typer.echo(f"In Python:       OpenAI(http_client=httpx.Client(verify={str(certificate)!r}), …)")


@app.command("check")
def check(config: Config = None, as_json: Json = False) -> None:
    """Tell what is wrong with the configured pair. Exit code 1 if clients would refuse it, or the server."""
    settings = settings_from(config)
    findings = tls.check(settings.tls)
    good = not any(finding.level in ("refused", "error") for finding in findings)
    if as_json:
        report = {"ok": good, "enabled": settings.tls.enabled, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(report, indent=2))
    else:
        for finding in findings:
            typer.echo(typer.style(f"{finding.level:<8}", fg=COLOURS[finding.level]) + finding.text)
        if good and not settings.tls.enabled:
            typer.echo("The pair is good, but TLS is off: serve --tls, or LLM_API_TLS=true, switches it on.")
    if not good:
        raise typer.Exit(FAILED)


def _default_folder() -> Path:
    """The clone's `ssl/`; an installed package is not written into."""
    return (Path.cwd() if ROOT.name == "_defaults" else ROOT) / "ssl"


def _replace(file: Path, data: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by others for a moment."""
    making = file.with_suffix(f".{os.getpid()}.new")
    try:
        with open(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(data)
        making.replace(file)
    finally:
        making.unlink(missing_ok=True)


def _serve_command(settings: Settings, key: Path, certificate: Path) -> str:
    if (settings.tls.key, settings.tls.certificate) == (key, certificate):
        return "llm-api serve --tls"
    places = f"LLM_API_TLS_KEY={shlex.quote(str(key))} LLM_API_TLS_CERTIFICATE={shlex.quote(str(certificate))}"
    return f"{places} llm-api serve --tls"
