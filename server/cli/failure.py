"""How a command ends that could not do what it was asked: one line on stderr, and an exit code."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from server.catalog import CatalogError
from server.errors import ServerError
from server.settings import SettingsError
from server.store.database import StoreError

FAILED = 1
USAGE = 2
INTERRUPTED = 130


class Failure(Exception):
    """It did not work. The message says what happened and what to do."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def say(message: str) -> None:
    """A line for the person at the terminal, beside the output proper."""
    typer.echo(message, err=True)


class Commands(TyperGroup):
    """The commands. A failure is shown in one line (a wrong file: in one for each problem), never as a traceback."""

    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except Failure as failure:
            code = _tell(str(failure), failure.code)
        except (SettingsError, CatalogError) as error:
            code = _tell(str(error), USAGE)
        except (ServerError, StoreError) as error:
            code = _tell(str(error), FAILED)
        except typer.Abort:
            code = INTERRUPTED
        except Exception as error:
            code = _usage(error)
        raise SystemExit(code if isinstance(code, int) else 0)


def _tell(message: str, code: int) -> int:
    for line in message.splitlines():
        say(f"llm-api: {line}")
    return code


def _usage(error: Exception) -> int:
    """A wrong call. Typer's exceptions are known by their form: where they live depends on its version."""
    shape: Any = error
    if not hasattr(shape, "format_message"):
        raise error
    message = str(shape.format_message()).strip()
    context = getattr(shape, "ctx", None)
    if context is None or not message or "\n" in message:
        # Called without a command: what is shown is the help page, if it was not shown already.
        say(message)
    else:
        end = "" if message.endswith((".", "?")) else "."
        say(f"llm-api: {message}{end} '{context.command_path} --help' shows what can be given.")
    return int(shape.exit_code)
