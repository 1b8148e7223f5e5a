"""The worker commands: how they are told to stop."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from server.settings import ROOT

STOPPED = """
import asyncio, signal, sys
from server.cli.worker import stopped_by_signal

def unknown(*_):
    raise NotImplementedError

async def work():
    if sys.argv[1] == "windows":
        asyncio.get_running_loop().add_signal_handler = unknown
    stop = stopped_by_signal()
    print("working", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    await asyncio.sleep(60)

asyncio.run(work())
"""


@pytest.mark.parametrize("system", ["posix", "windows"])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_stops_and_the_second_ends(system: str, sign: signal.Signals) -> None:
    command = [sys.executable, "-c", STOPPED, system]
    worker = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    assert worker.stdout
    try:
        assert await worker.stdout.readline() == b"working\n"
        worker.send_signal(sign)
        assert await asyncio.wait_for(worker.stdout.readline(), 20) == b"stopping\n"
        worker.send_signal(sign)
        assert await asyncio.wait_for(worker.wait(), 20) == 128 + sign
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
