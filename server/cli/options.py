"""Options that several commands share, and what they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.x509 import load_pem_x509_certificate

from server.cli.client import Client, address
from server.settings import Settings, load_settings

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="Settings that differ from config/server.yaml.", dir_okay=False
    ),
]
Models = Annotated[Path | None, typer.Option("--models", metavar="FILE", help="The file with the models.")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Folder that holds everything the server writes.")
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url", metavar="URL", envvar="LLM_API_URL", help="The server. Without it, the one that the settings describe."
    ),
]
Key = Annotated[str, typer.Option("--key", metavar="KEY", envvar="LLM_API_KEY", help="The key to show to the server.")]
Certificate = Annotated[
    Path | None,
    typer.Option("--certificate", metavar="FILE", help="PEM certificate to trust, for a server with its own."),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not check the server's certificate.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings_from(
    config: Path | None,
    models: Path | None = None,
    data_dir: Path | None = None,
    more: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings a server started with these options would have, and what a command adds to them."""
    given: dict[str, Any] = {"paths.models": models, "paths.data_dir": data_dir}
    paths = {name: path.absolute() for name, path in given.items() if path is not None}
    return load_settings(config, {**paths, **(more or {})})


def client_for(settings: Settings, url: str | None, key: str, certificate: Path | None, insecure: bool) -> Client:
    """A client of the server at `url`, or of the one that the settings describe, whose certificate is trusted."""
    if url is None and certificate is None:
        certificate = own_certificate(settings)
    return Client(url or address(settings), key, certificate=certificate, insecure=insecure)


def own_certificate(settings: Settings) -> Path | None:
    """The server's certificate, where it vouches for itself and clients must be told to trust it."""
    if not settings.tls.enabled:
        return None
    try:
        certificate = load_pem_x509_certificate(settings.tls.certificate.read_bytes())
    except (OSError, ValueError):
        return None
    return settings.tls.certificate if certificate.issuer == certificate.subject else None
