"""Servers under measurement: started here and ended here, or running elsewhere already."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from bench.bare import TEMPERATURE, TOP_K, TOP_P, Setup
from bench.load import Ask, Played, run_play

OURS, PACKAGED = "llm-api", "llama_cpp.server"

NEEDED_BY_PACKAGED = ("fastapi", "starlette_context", "pydantic_settings", "sse_starlette")


class Unavailable(Exception):
    """This server cannot be measured here; the message says why in words for the table."""


@dataclass
class Server:
    """One server that answers."""

    name: str
    host: str
    port: int
    model: str
    key: str = ""
    base: str = ""
    """Path before /v1, of a peer behind a prefix."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What only this server needs in a body."""
    process: psutil.Process | None = None
    data_dir: Path | None = None
    log: Path | None = None

    def headers(self, key: str | None = None) -> dict[str, str]:
        key = self.key if key is None else key
        return {"Authorization": f"Bearer {key}"} if key else {}

    def completion(self, prompt: str, tokens: int, **more: Any) -> Ask:
        """A streamed answer of `tokens` tokens to plain text. `key` and `after_reads` are for the ask itself."""
        return self._ask("/v1/completions", {"prompt": prompt}, tokens, more)

    def chat(self, messages: Sequence[tuple[str, str]], tokens: int, **more: Any) -> Ask:
        """A streamed answer of `tokens` tokens to (role, content) messages."""
        turns = [{"role": role, "content": content} for role, content in messages]
        return self._ask("/v1/chat/completions", {"messages": turns}, tokens, more)

    def _ask(self, path: str, body: dict[str, Any], tokens: int, more: dict[str, Any]) -> Ask:
        headers, after = self.headers(more.pop("key", None)), more.pop("after_reads", 0)
        body |= {
            "model": self.model,
            "max_tokens": tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": TEMPERATURE,
            "top_k": TOP_K,
            "top_p": TOP_P,
            "min_p": 0.0,
            "repeat_penalty": 1.0,
            "ignore_eos": True,
        }
        return Ask(self.base + path, body | self.extra | more, headers, after)

    def play(self, asks: Sequence[Ask], *, stop_after: int | None = None, timeout: float = 600) -> Played:
        """Play the asks with seeds of their own; raises RuntimeError when one that was to be answered was not."""
        for number, ask in enumerate(asks):
            ask.body.setdefault("seed", number)
        played = run_play(self.host, self.port, asks, stop_after=stop_after, timeout=timeout)
        for answer in played.answers:
            if stop_after is None and (answer.status != 200 or answer.error or not answer.done):
                reason = answer.error or ("the stream broke off" if answer.status == 200 else "no reason given")
                raise RuntimeError(f"{self.name} answered {answer.status}: {reason}")
        return played

    def get(self, path: str, method: str = "GET") -> Any:
        """A JSON answer; None when there is none."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        with suppress(OSError, ValueError):
            connection.request(method, self.base + path, headers=self.headers())
            answer = connection.getresponse()
            body = answer.read()
            return json.loads(body) if answer.status == 200 else None
        return None

    def wrote_last(self, lines: int = 10) -> str:
        """The end of its log, if it was started here."""
        text = self.log.read_text(errors="replace") if self.log else ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def family(self) -> list[psutil.Process]:
        """The server's processes: itself and its children."""
        return [self.process, *self.process.children(recursive=True)] if self.process else []

    def private_bytes(self, model: Path) -> tuple[int, int]:
        """Memory that is no other process's too, without what is mapped from the model's file; and how much is mapped.

        The file's pages are left out whoever else maps them: other servers and the bare loop do.
        """
        private = mapped = 0
        for process in self.family():
            for part in process.memory_maps(grouped=True):
                if part.path == str(model):
                    mapped += part.size
                else:
                    private += part.private_clean + part.private_dirty
        return private, mapped

    def cpu_seconds(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.family())


@contextmanager
def ours(model: str, setup: Setup, *, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """This server with one model, loaded, in a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="llm-api-bench-", ignore_cleanup_errors=True) as folder:
        data = Path(folder)
        models = data / "bench-models.json"
        sizes = {"ctxSize": setup.context, "cells": setup.cells, "slots": setup.slots, "batchSize": setup.batch}
        params = {"model": str(setup.file), "threads": setup.threads, **sizes}
        models.write_text(json.dumps({model: {"params": params}}))
        port = free_port()
        first = f"bench.{secrets.token_hex(24)}"
        command = [sys.executable, "-m", "server", "serve", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--data-dir", folder, "--models", str(models)]
        variables = {"LLM_API_FIRST_KEY": first, "LLM_API_LOG_LEVEL": "warning", **(environment or {})}
        with started(command, data / "log", variables) as process:
            server = Server(OURS, "127.0.0.1", port, model, first, process=process, data_dir=data, log=data / "log")
            await_answer(server, "/health")
            server.play([server.completion(" a b c", 4)])
            yield server


def make_keys(server: Server, count: int) -> list[str]:
    """Further keys of a running server of ours."""
    command = [sys.executable, "-m", "server", "keys", "create", "--json", "--data-dir", str(server.data_dir)]
    made = [subprocess.run([*command, f"bench {n}"], capture_output=True, text=True, check=True) for n in range(count)]
    return [json.loads(run.stdout)["key"] for run in made]


@contextmanager
def packaged(model: str, setup: Setup, eos: int, python: str = sys.executable) -> Iterator[Server]:
    """The server that comes with the binding, on the same file; it answers one request at a time."""
    if python == sys.executable and (missing := [n for n in NEEDED_BY_PACKAGED if importlib.util.find_spec(n) is None]):
        raise Unavailable(f"{PACKAGED} lacks {', '.join(missing)}: pip install 'llm-api[bench]'")
    port = free_port()
    command = [python, "-m", "llama_cpp.server", "--model", str(setup.file), "--model_alias", model]
    command += [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--n_ctx",
        str(setup.context),
        "--n_batch",
        str(setup.batch),
    ]
    command += ["--n_threads", str(setup.threads), "--n_threads_batch", str(setup.threads)]
    command += ["--interrupt_requests", "false", "--verbose", "false"]
    with tempfile.TemporaryDirectory(prefix="llm-api-bench-") as folder:
        log = Path(folder) / "log"
        with started(command, log, {}) as process:
            server = Server(PACKAGED, "127.0.0.1", port, model, process=process, log=log)
            server.extra = {"logit_bias": {str(eos): -100.0}}
            await_answer(server, "/v1/models")
            server.play([server.completion(" a b c", 4)])
            yield server


@contextmanager
def peer(name: str, url: str) -> Iterator[Server]:
    """A server that runs already; NAME=URL, the URL with or without /v1. It names its own model."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme != "http":
        raise Unavailable(f"{name}: the reader speaks plain HTTP only, not {parts.scheme}")
    base = parts.path.rstrip("/").removesuffix("/v1")
    server = Server(name, parts.hostname or "127.0.0.1", parts.port or 80, "", parts.password or "", base)
    found = server.get("/v1/models")
    try:
        server.model = found["data"][0]["id"]
    except (TypeError, KeyError, IndexError):
        raise Unavailable(f"{name}: {url} does not tell its models at /v1/models") from None
    yield server


@contextmanager
def started(command: list[str], log: Path, variables: dict[str, str]) -> Iterator[psutil.Process]:
    """A process that writes to `log`, until the context is left."""
    with log.open("wb") as out:
        process = psutil.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=os.environ | variables
        )
        try:
            yield process
        finally:
            for sign, patience in ((signal.SIGTERM, 10), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(sign)
                with suppress(psutil.TimeoutExpired):
                    process.wait(patience)
                    break


def await_answer(server: Server, path: str, seconds: float = 120) -> None:
    """Returns when the server answers on this path. Raises Unavailable."""
    give_up = time.monotonic() + seconds
    while server.get(path) is None:
        assert server.process is not None
        if not server.process.is_running() or server.process.status() == psutil.STATUS_ZOMBIE:
            raise Unavailable(f"{server.name} ended while starting: {server.wrote_last(1)}")
        if time.monotonic() > give_up:
            raise Unavailable(f"{server.name} did not answer {path} within {seconds:.0f} s")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
