"""Commands that ask a server: the options that all of them take, whom they ask, and how they answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any

import typer

from server.cli import options
from server.cli.client import Client, Unreachable
from server.cli.failure import say
from server.settings import Settings


@dataclass(frozen=True)
class Asked:
    """Whom a command asks, and how it answers."""

    settings: Settings
    client: Client
    as_json: bool

    def either(self, online: Callable[[], Any], from_files: Callable[[], Any]) -> Any:
        """The server's answer, or if none is there, what the files say."""
        try:
            return online()
        except Unreachable:
            say(f"No server answers at {self.client.root}: this is from {self.settings.paths.models} and the files.")
            return from_files()


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], None]:
    """Registers a function of `Asked` and its own parameters as a command that also takes the options of all."""

    def register(function: Callable[..., None]) -> None:
        @wraps(function)
        def run(
            url: str | None,
            key: str,
            certificate: Path | None,
            insecure: bool,
            config: Path | None,
            models: Path | None,
            data_dir: Path | None,
            as_json: bool,
            **own: Any,
        ) -> None:
            settings = options.settings_from(config, models, data_dir)
            with options.client_for(settings, url, key, certificate, insecure) as client:
                function(Asked(settings, client, as_json), **own)

        parameters = [each for each in signature(function, eval_str=True).parameters.values() if each.name != "asked"]
        # Typer reads a command's options from its signature, and its help from the docstring.
        run.__signature__ = Signature([*parameters, *_SHARED])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*parameters, *_SHARED)}
        app.command(name)(run)

    return register


def _option(name: str, kind: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)


_SHARED = (
    _option("url", options.Url, None),
    _option("key", options.Key, ""),
    _option("certificate", options.Certificate, None),
    _option("insecure", options.Insecure, False),
    _option("config", options.Config, None),
    _option("models", options.Models, None),
    _option("data_dir", options.DataDir, None),
    _option("as_json", options.Json, False),
)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
