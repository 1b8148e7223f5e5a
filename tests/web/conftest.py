"""A real server with the demo model, and a real browser that is let in."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from server.settings import ROOT
from tests.hub.standin import standing_in

REPO = "someone/Tiny-Model-GGUF"
KEY = "tests.a-key-that-only-these-tests-know"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
STARTING_SECONDS = 60


expect.set_options(timeout=60_000)  # what is tested is whether it comes, not how fast a busy machine is


@dataclass(frozen=True)
class Site:
    """The server's address, and the folder of its data."""

    url: str
    data: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def hub(model_file: Callable[[str], Path]) -> Iterator[str]:
    """The address of a hub that has one small model."""
    with standing_in() as standin:
        standin.repos[REPO] = {"Tiny-Model-Q8_0.gguf": model_file("tiny").read_bytes()}
        yield standin.url


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, hub: str) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), _free_port()
    command = [sys.executable, "-m", "server", "serve", "--port", str(port), "--data-dir", str(folder / "data")]
    environment = {**os.environ, "LLM_API_FIRST_KEY": KEY, "LLM_API_CELLS": "8192", "HF_ENDPOINT": hub}
    environment |= {"HF_HOME": str(folder / "hub")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield Site(f"http://127.0.0.1:{port}", folder / "data")
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers; a start has no other sign that another process could hear."""
    end = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"The server did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with its module: it keeps an event loop, beside which asynchronous tests cannot run."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"NO BROWSER: none of {', '.join(BROWSERS)} is on PATH, so the page was not tested. Install one.")
    sandbox = () if hasattr(os, "geteuid") and os.geteuid() else ("--no-sandbox",)  # root has none
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=[*QUIET, *sandbox])
        yield running
        running.close()


@pytest.fixture
def door(browser: Browser, site: Site) -> Iterator[Page]:
    """The page, at its door. Whatever it logs as an error, or asks of another host, fails the test."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def asked(request: Request) -> None:
        if not request.url.startswith((site.url, "data:", "blob:")):
            wrong.append(f"asked {request.url}")

    page.on("request", asked)
    page.goto("/")
    yield page
    context.close()
    assert not wrong


@pytest.fixture
def page(door: Page) -> Page:
    """The page, entered."""
    door.get_by_label("Your key").fill(KEY)
    door.get_by_role("button", name="Enter").click()
    door.get_by_role("navigation", name="Views").wait_for()
    return door


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")


def answered(page: Page, number: int = 1) -> None:
    """That so many answers are there, the last one with what it cost."""
    expect(page.locator(".message.model")).to_have_count(number)
    expect(page.locator(".message.model").last.locator(".under")).to_contain_text("tokens")


def view(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name=name, exact=True).click()
