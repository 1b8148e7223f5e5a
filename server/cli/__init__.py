"""The command line: `llm-api`, and `python -m server`. One file a command; wired here."""

from __future__ import annotations

from typing import Annotated

import typer

from server import __version__
from server.cli import bench, chat, files, jobs, keys, models, requests, serve, services, tls, worker
from server.cli.failure import Commands
from server.cli.pull import pull

app = typer.Typer(
    name="llm-api",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"llm-api {__version__}")
        raise typer.Exit


@app.callback()
def llm_api(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Serve GGUF models from this machine to any OpenAI client, and talk to such a server.

    Every setting has its place in config/server.yaml and an environment variable of its own, named there.
    Exit codes: 0 it worked, 1 it failed, 2 it was called wrongly.
    """


app.command("serve")(serve.serve)
app.command("pull")(pull)
app.add_typer(models.app, name="models")
app.add_typer(requests.app, name="requests")
app.add_typer(files.app, name="files")
app.add_typer(jobs.app, name="jobs")
app.add_typer(services.app, name="services")
app.command("chat")(chat.chat)
app.add_typer(keys.app, name="keys")
app.add_typer(tls.app, name="tls")
app.add_typer(worker.app, name="worker")
app.command(
    "bench", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(bench.bench)


def main() -> None:
    """The console script."""
    app()
