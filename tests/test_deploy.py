"""What runs the server elsewhere: the containers' health check, and what the compose files say of volumes and stops."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from server.api.app import build_app
from server.api.server import make_server
from server.engine.pool import Pool
from server.settings import load_settings
from server.store.auth_keys import AuthKeys
from server.tls import self_signed
from tests.api.scripted import MODELS, ScriptedBackend, ScriptedKeys, ScriptedPool
from tests.api.served import settings_at

ROOT = Path(__file__).resolve().parent.parent


async def health(**variables: str) -> tuple[int | None, str]:
    """The check's exit status and what it says, where the container has these variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LLM_API_")} | variables
    check = await asyncio.create_subprocess_exec(
        *(sys.executable, ROOT / "deploy" / "health.py"), env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await check.communicate()
    return check.returncode, said.decode()


@asynccontextmanager
async def server_on_a_port(folder: Path, **overrides: Any) -> AsyncIterator[str]:
    settings = settings_at(folder, server__port=0, **overrides)
    keys = cast(AuthKeys, ScriptedKeys("key"))
    app = build_app(settings, backend=ScriptedBackend(), pool=cast(Pool, ScriptedPool(MODELS)), keys=keys)
    server = make_server(settings, app)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        await server.ready.wait()
    try:
        yield str(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.stop()
        await serving


async def test_a_server_is_well_on_whatever_port(tmp_path: Path) -> None:
    async with server_on_a_port(tmp_path, server__host="0.0.0.0") as port:
        assert await health(LLM_API_HOST="0.0.0.0", LLM_API_PORT=port, http_proxy="http://127.0.0.1:9") == (0, "")
    status, said = await health(LLM_API_HOST="0.0.0.0", LLM_API_PORT=port)
    assert status == 1
    assert "no answer" in said


@pytest.mark.parametrize("word", ["true", "1", "Yes"])
async def test_a_server_with_tls_is_well(tmp_path: Path, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_TLS", word)
    assert load_settings().tls.enabled
    key, certificate = self_signed(["llm.example.org"], 10)
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "crt.pem").write_bytes(certificate)
    pair = {"tls__key": tmp_path / "key.pem", "tls__certificate": tmp_path / "crt.pem"}
    async with server_on_a_port(tmp_path, **pair) as port:
        assert await health(LLM_API_HOST="0.0.0.0", LLM_API_PORT=port, LLM_API_TLS=word) == (0, "")


def services(file: str) -> dict[str, Any]:
    """The services of a compose file that run our image."""
    every = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["services"]
    return {name: service for name, service in every.items() if service["image"] == "llm-api"}


@pytest.mark.parametrize("file", ["compose.yaml", "compose.cluster.yaml"])
def test_in_containers_what_is_written_stays_and_what_runs_may_finish(file: str) -> None:
    for name, service in services(file).items():
        assert int(service["stop_grace_period"].removesuffix("s")) > load_settings().server.drain_seconds, name
        if service.get("command") == "worker":
            assert service["healthcheck"] == {"disable": True}, "a worker has no port that could be asked"
        else:
            assert "data:/data" in service["volumes"], name
    assert services(file)
