"""This server, served for the contract: real models behind a real socket, in a thread of the test run."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts import make_model
from server.api.app import build_app
from server.api.server import make_server
from server.settings import load_settings
from tests.contract.target import Target

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo" / "demo.gguf"
SMALL = {"ctxSize": 1024, "cells": 8192, "threads": 1, "temperature": 0}
THINKS = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n<think>\n"
)
"""A template that begins the answer with a thought."""


@contextmanager
def this_server(folder: Path) -> Iterator[Target]:
    """The server over the demo model where the checkout has one, else over random weights that say nonsense."""
    make_model.random_model(folder / "random.gguf", "tiny")
    shutil.copy(DEMO if DEMO.is_file() else folder / "random.gguf", folder / "chat.gguf")
    make_model.KINDS["embedder"](folder / "embedder.gguf")
    (folder / "broken.gguf").write_bytes((folder / "embedder.gguf").read_bytes()[:3000])
    (folder / "thinks.jinja").write_text(THINKS)
    entries: dict[str, Any] = {
        "chat": {"params": {**SMALL, "model": "chat.gguf"}},
        "thinker": {"params": {**SMALL, "model": "random.gguf"}, "templateFile": "thinks.jinja"},
        "embedder": {"params": {**SMALL, "model": "embedder.gguf"}},
        "broken": {"params": {**SMALL, "model": "broken.gguf"}},
    }
    (folder / "models.json").write_text(json.dumps(entries))
    settings = load_settings(
        overrides={
            "server.port": 0,
            "paths.models": folder / "models.json",
            "paths.storage": folder,
            "paths.data_dir": folder / "var",
        }
    )
    app = build_app(settings)
    create = app.state.house.keys.create
    keys = {name: create(name, rights=rights)[1] for name, rights in {
        "boss": ("chat", "models", "admin"), "other": ("chat",), "limited": ("models",)}.items()}  # fmt: skip
    target = Target(
        base_url="",
        key=keys["boss"],
        model="chat",
        embedding_model="embedder",
        reasoning_model="thinker",
        broken_model="broken",
        other_key=keys["other"],
        limited_key=keys["limited"],
        may_unload=True,
    )
    with _running(settings, app) as url:
        target = replace(target, base_url=f"{url}/v1")
        try:
            yield target
        finally:
            target.close()


@contextmanager
def _running(settings: Any, app: Any) -> Iterator[str]:
    """The application in an event loop and thread of its own; its address."""
    ready = threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        server = make_server(settings, app)
        serving = asyncio.create_task(server.serve())
        watching = asyncio.create_task(server.ready.wait())
        await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            port = server.servers[0].sockets[0].getsockname()[1]
            found.update(loop=asyncio.get_running_loop(), server=server, url=f"http://127.0.0.1:{port}")
        watching.cancel()
        ready.set()
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="contract server")
    thread.start()
    try:
        assert ready.wait(30)
        yield found["url"]
    finally:
        if "loop" in found:
            found["loop"].call_soon_threadsafe(found["server"].stop)
        thread.join(30)
