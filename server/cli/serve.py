"""`llm-api serve`: looks at everything that can be wrong, greets with a key and an example, and starts the server."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import shlex
import shutil
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from server import own_python
from server import tls as tls_pair
from server.catalog import Catalog, Example
from server.cli import options
from server.cli.client import address
from server.cli.failure import FAILED, USAGE, Failure, say
from server.settings import PACKAGE, ROOT, Settings, load_settings
from server.store.auth_keys import AuthKeys, FirstKey


def serve(
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port to listen on.", min=0, max=65535)] = None,
    config: options.Config = None,
    models: options.Models = None,
    storage: Annotated[
        Path | None, typer.Option("--storage", metavar="DIR", help="Folder that the models' files are looked for in.")
    ] = None,
    data_dir: options.DataDir = None,
    tls: Annotated[bool | None, typer.Option("--tls/--no-tls", help="Serve HTTPS with the pair in ssl/.")] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    ] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Start anew when the program's files change.")] = False,
) -> None:
    """Serve the models, to any OpenAI client.

    Options win over the file given with --config, that over config/server.yaml, where the environment variable of each
    setting is named too. The first start makes a key and prints it. Ctrl-C lets running answers finish; a second one
    ends them.
    """
    given: dict[str, Any] = {
        "server.host": host,
        "server.port": port,
        "paths.models": models and models.absolute(),
        "paths.storage": storage and storage.absolute(),
        "paths.data_dir": data_dir and data_dir.absolute(),
        "tls.enabled": tls,
        "log.level": log_level,
    }
    settings = load_settings(config, {name: value for name, value in given.items() if value is not None})
    if reload:
        _follow_the_source(settings)
        return
    catalog = Catalog.from_settings(settings)
    check_tls(settings)
    check_port(settings.server.host, settings.server.port)
    keys = AuthKeys.open(settings)
    try:
        first = keys.start(settings.auth)
        check_exposure(settings, first)
    finally:
        keys.close()
    for line in greeting(settings, catalog, first):
        typer.echo(line)
    # Only now: this loads llama.cpp, and whatever was wrong so far has been told without waiting for it.
    from server.api.server import serve as run

    run(settings)


def check_tls(settings: Settings) -> None:
    """Raises Failure with all that keeps the configured pair from being served."""
    if settings.tls.enabled:
        refused = [finding.text for finding in tls_pair.check(settings.tls) if finding.level == "refused"]
        if refused:
            hint = "'llm-api tls self-signed' makes a pair for trying out; --no-tls serves without."
            raise Failure("\n".join([*refused, hint]), USAGE)


def check_port(host: str, port: int) -> None:
    """Raises Failure if nobody could listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, where = found[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":  # there it would let two servers share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen()
    except socket.gaierror as error:
        raise Failure(f"{host!r} is not an address of this machine: {error.strerror}. Try --host 127.0.0.1.") from error
    except PermissionError as error:
        raise Failure(f"Listening on port {port} is not permitted. Choose one from 1024 up with --port.") from error
    except OSError as error:
        raise Failure(
            f"Cannot listen on {host} port {port}: {error.strerror}. Another program may be there: stop it, or "
            "choose another with --port."
        ) from error


def check_exposure(settings: Settings, first: FirstKey) -> None:
    """Beyond this machine, nobody gets in without a key, unless a setting says so twice."""
    if is_loopback(settings.server.host):
        return
    if first.key is None:
        raise Failure(
            f"No key is valid, and listening on {settings.server.host} needs one. Make one with 'llm-api keys create', "
            "or listen on 127.0.0.1."
        )
    for name, dialect in settings.dialects:
        if dialect.enabled and dialect.keyless and not dialect.keyless_beyond_loopback:
            raise Failure(
                f"dialects.{name}.keyless lets everybody in who reaches {settings.server.host}. If that is meant, set "
                f"dialects.{name}.keyless_beyond_loopback as well; else empty it, or listen on 127.0.0.1."
            )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def greeting(settings: Settings, catalog: Catalog, first: FirstKey) -> list[str]:
    """What a start says: the first one shows the key and how to use it, later ones which key there is."""
    more = f"{_command()} keys create NAME --data-dir {shlex.quote(str(settings.paths.data_dir))}"
    if first.key is None:
        return [f"No key is valid any more. Make one: {more}", ""]
    page = f"A page to talk, watch and manage, which asks for the key: {_where(settings)}/"
    if first.text is None:
        return [f"Key: {first.key.id} (shown when it was made). Another one: {more}", page, ""]
    model = next(iter(catalog.names()), "MODEL")
    example = (catalog.get(model).example if catalog.names() else None) or Example("Hello")
    return [
        "A first key was made, with all rights. It is shown only this once:",
        "",
        f"  {first.text}",
        "",
        f"Another one: {more}",
        page,
        "",
        *examples(settings, first.text, model, example),
    ]


def _where(settings: Settings) -> str:
    """The address that will be listened on; a port that the system is to choose is not known yet."""
    return address(settings) if settings.server.port else "http://127.0.0.1:PORT"


def _command() -> str:
    """This command as it can be typed here: by its name where the shell finds it, else by its path."""
    name = "llm-api"
    if shutil.which(name):
        return name
    path = Path(sys.executable).with_name(name)
    with contextlib.suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return shlex.quote(str(path))


def examples(settings: Settings, key: str, model: str, example: Example) -> list[str]:
    """Two ways to ask something, fit for pasting, and what is answered if that is known."""
    base = f"{_where(settings)}/v1"
    message = [{"role": "user", "content": example.ask}]
    body = json.dumps({"model": model, "stream": True, "messages": message}, ensure_ascii=False)
    certificate = options.own_certificate(settings)
    curl = f"--cacert {shlex.quote(str(certificate))} " if certificate else ""
    client = f'base_url="{base}", api_key="{key}"'
    imports = ["  from openai import OpenAI"]
    if certificate:
        imports.insert(0, "  import ssl, httpx")
        trust = f"httpx.Client(verify=ssl.create_default_context(cafile={str(certificate)!r}))"
        client += f", http_client={trust}"
    return [
        "Try it in a second terminal:",
        "",
        f"  curl -N {curl}{base}/chat/completions \\",
        f"    -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\",
        f"    -d {shlex.quote(body)}",
        "",
        "Or in Python:",
        "",
        *imports,
        f"  client = OpenAI({client})",
        f"  messages = {message!r}",
        f"  for chunk in client.chat.completions.create(model={model!r}, messages=messages, stream=True):",
        '      print(chunk.choices[0].delta.content or "", end="", flush=True)',
        "",
        *([f"The answer is: {example.answer}", ""] if example.answer else []),
    ]


def _follow_the_source(settings: Settings) -> None:
    """Runs the same command as a child, and again after every edit. The models' file needs no restart."""
    from watchfiles import PythonFilter, run_process

    command = own_python.command("server", *(word for word in sys.argv[1:] if word != "--reload"))
    os.environ.update(own_python.search_path())  # the child is given ours
    folders = [folder for folder in (PACKAGE, ROOT / "config") if folder.is_dir()]
    say(f"Watching {', '.join(str(folder) for folder in folders)}.")
    try:
        run_process(
            *folders,
            target=shlex.join(command),
            target_type="command",
            watch_filter=PythonFilter(extra_extensions=(".yaml",)),
            sigint_timeout=int(settings.server.drain_seconds) + 5,
        )
    except OSError as error:
        raise Failure(f"The files cannot be watched: {error}", FAILED) from error
