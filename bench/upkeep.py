"""The scenarios that are about the house rather than the engine: memory, idleness, a flood, the cost of the front."""

from __future__ import annotations

import asyncio
import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.bare import Setup
from bench.finding import Finding, Target
from bench.load import Probe, run_play
from bench.models import model_file
from bench.servers import OURS, Server, make_keys, ours
from bench.stage import Bench
from bench.timing import quantile

FLOOD_SLOTS, FLOOD_WAITING = 16, 64


def footprint(bench: Bench) -> Iterator[Finding]:
    """What a server takes beside the model: memory after a load of 32 streams, and processor time when idle.

    Buffers are taken off as the server reports them, whole, as if every page of them had been touched.
    """
    here = [server for server in bench.batching if server.process is not None]
    beside: dict[str, list[float]] = {server.name: [] for server in here}
    idle: dict[str, list[float]] = {server.name: [] for server in here}
    for server in here:
        prompts = [bench.vocabulary.words(95, f"footprint {n}") for n in range(32)]
        bench.play(server, [server.completion(prompt, 16) for prompt in prompts])
        estimate = server.get(f"/v1/models/{server.model}/estimate") or {}
        if hasattr(server.process, "memory_maps") and all(part in estimate for part in ("weights", "kv", "compute")):
            private, mapped = server.private_bytes(bench.setup.file)
            weights = max(0, int(estimate["weights"]) - mapped)  # those that were copied into memory of its own
            beside[server.name].append((private - weights - int(estimate["kv"]) - int(estimate["compute"])) / 1e6)
        time.sleep(2)  # what a load leaves to do is not idleness
        seconds = 5 if bench.quick else 20
        before, began = server.cpu_seconds(), time.perf_counter()
        time.sleep(seconds)
        idle[server.name].append(100 * (server.cpu_seconds() - before) / (time.perf_counter() - began))
    yield bench.find("footprint", "memory beyond weights, KV, compute", "MB", beside, Target(150))
    yield bench.find("footprint", "CPU when idle", "%", idle, Target(0.5))


def flood(bench: Bench) -> Iterator[Finding]:
    """200 streams from eight keys on a tiny model, at 16 slots and a waiting line of 64: answers or quick refusals."""
    if bench.ours is None:
        return
    setup = Setup(model_file("tiny"), bench.setup.threads, context=2048, cells=8192, slots=FLOOD_SLOTS)
    environment = {"LLM_API_WAITING": str(FLOOD_WAITING), "LLM_API_SLOTS": str(FLOOD_SLOTS)}
    wrong, slowest, lag, refused = [], [], [], []
    with ours("tiny", setup, environment=environment) as server:
        keys = make_keys(server, 8)
        run_play(server.host, server.port, [server.completion(" a b c", 4, key=key) for key in keys])
        for turn in range(bench.rounds):
            asks = [server.completion(f" a b c {turn} {n}", 64, key=keys[n % 8]) for n in range(200)]
            with Probe(server.host, server.port) as probe:
                answers = run_play(server.host, server.port, asks).answers
            refusals = [answer for answer in answers if answer.status == 429 and "retry-after" in answer.headers]
            served = [answer for answer in answers if answer.status == 200 and answer.done and not answer.error]
            wrong.append(float(len(answers) - len(refusals) - len(served)))
            refused.append(float(len(refusals)))
            slowest.append(max((1000 * (answer.ended - answer.started) for answer in refusals), default=0.0))
            late = quantile(probe.pulse.late, 1.0)
            lag.append(1000 * max(probe.pulse.latencies, default=float("nan")))
            bench.say(f"the probe itself was woken up to {1000 * late:.0f} ms late; {probe.pulse.failures} failed")
    yield replace(
        bench.find("flood", "of 200: neither answered nor refused", "", {OURS: wrong}, Target(0)), model="tiny"
    )
    yield replace(bench.find("flood", "of 200: refused", "", {OURS: refused}), model="tiny")
    yield replace(bench.find("flood", "slowest refusal", "ms", {OURS: slowest}, Target(200)), model="tiny")
    yield replace(bench.find("flood", "slowest /health", "ms", {OURS: lag}, Target(250)), model="tiny")


def front(bench: Bench) -> Iterator[Finding]:
    """What a request costs the server before the engine hears of it: of its processor's time, for one that is refused
    by what it asks for, and for one that needs no key.
    """
    here = [server for server in bench.batching if server.process is not None]
    refused: dict[str, list[float]] = {server.name: [] for server in here}
    health: dict[str, list[float]] = {server.name: [] for server in here}
    for _ in range(bench.rounds):
        for server in here:
            refused[server.name].append(_cost(server, "POST", "/v1/chat/completions", 400))
            health[server.name].append(_cost(server, "GET", "/health", 200))
    yield bench.find("front", "a refused request", "µs of CPU", refused)
    yield bench.find("front", "/health", "µs of CPU", health)


def _cost(server: Server, method: str, path: str, status: int, count: int = 1000) -> float:
    """Microseconds of processor time that one such request takes; those to `/v1` ask for nothing sensible."""
    body = json.dumps({"model": server.model, "messages": []}) if method == "POST" else None
    headers = server.headers() | ({"Content-Type": "application/json"} if body else {})
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    before = server.cpu_seconds()
    for _ in range(count):
        connection.request(method, server.base + path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != status:
            raise RuntimeError(f"{server.name} answered {answer.status} to {method} {path}: expected {status}")
    connection.close()
    return (server.cpu_seconds() - before) / count * 1e6


def key_check(bench: Bench) -> Iterator[Finding]:
    """The time to check a key that was seen before, in this process."""
    from server.settings import load_settings
    from server.store.auth_keys import AuthKeys

    async def measure(keys: AuthKeys, text: str, count: int = 20000) -> float:
        await keys.verify(text)
        began = time.perf_counter()
        for _ in range(count):
            await keys.verify(text)
        return (time.perf_counter() - began) / count * 1e6

    with tempfile.TemporaryDirectory(prefix="llm-api-bench-") as folder:
        keys = AuthKeys.open(load_settings(overrides={"paths.data_dir": Path(folder)}))
        try:
            _, text = keys.create("bench")
            spent = asyncio.run(measure(keys, text))
        finally:
            keys.close()
    yield bench.find("key-check", "checking a key, warm", "µs", {OURS: [spent]}, Target(50))


def counting(bench: Bench) -> Iterator[Finding]:
    """What a key's limits and the counting of its usage add to a request: time of the event loop's thread, while a
    thread of the store's writes.
    """
    from server.catalog import Catalog
    from server.chat.messages import Usage
    from server.chat.meter import Meter
    from server.chat.metered import Turnstile
    from server.settings import load_settings
    from server.store.auth_keys import AuthKeys
    from server.store.database import Database
    from server.store.usage import UsageRows

    @dataclass
    class Answered:
        """An answer that has come."""

        usage: Usage
        waiting: bool = False

    async def measure(turnstile: Turnstile, id: str, count: int = 20000) -> float:
        answer = Answered(Usage(100, 50, 20))
        began = time.thread_time()
        for _ in range(count):
            async with turnstile.admitted(id, "any", answered=True) as (limits, account):
                account.watch(answer)
            turnstile.standing(id, limits)
        spent = (time.thread_time() - began) / count * 1e6
        await turnstile.meter.close()
        return spent

    with tempfile.TemporaryDirectory(prefix="llm-api-bench-") as folder:
        settings = load_settings(overrides={"paths.data_dir": Path(folder)})
        keys, database = AuthKeys.open(settings), Database.open(settings)
        try:
            key, _ = keys.create("bench", requests_per_minute=100_000, tokens_per_day=2**50, streams=64)
            turnstile = Turnstile(keys, Catalog.from_settings(settings), Meter(database, UsageRows(database)))
            spent = asyncio.run(measure(turnstile, key.id))
        finally:
            database.close()
            keys.close()
    yield bench.find("counting", "limits and usage of a request", "µs", {OURS: [spent]}, Target(100))
