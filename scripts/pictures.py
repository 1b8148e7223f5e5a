"""Takes the pictures of the page in docs/images/: each view in the dark, and as a phone shows it.

.venv/bin/python scripts/pictures.py [FOLDER]
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
KEY = "pictures.a-key-that-is-gone-when-they-are-taken"
VIEWS = {
    "chat": "#/chat",
    "compare": "#/compare",
    "models": "#/models",
    "jobs": "#/jobs",
    "services": "#/services",
    "keys": "#/keys",
    "now": "#/now",
}
SHAPES = {
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 720}, "color_scheme": "light"},
}
ASKED = ("My cat is called Mira. What is my cat called?", "What is 12 + 7?")
NOTICE_MILLISECONDS = 2500
"""For lists to have looked twice."""
BUSY_MILLISECONDS = 30_000
"""For charts to have something to show."""


def main(folder: Path) -> None:
    """All pictures into that folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "server", "serve", "--port", url.rpartition(":")[2], "--data-dir", data]
        environment = {**os.environ, "LLM_API_FIRST_KEY": KEY}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
            try:
                furnish(url)
                with sync_playwright() as playwright:
                    args = ["--no-sandbox"] if hasattr(os, "geteuid") and not os.geteuid() else []
                    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=args)
                    for shape in SHAPES:
                        take(browser, url, shape, folder)
                    browser.close()
            finally:
                server.terminate()


def furnish(url: str) -> None:
    """A server that has something to show: colleagues, and work that was done."""
    while True:
        try:
            urlopen(f"{url}/ready", timeout=5).close()
            break
        except OSError:
            time.sleep(0.2)
    limited = {"name": "Ada", "requests_per_minute": 60, "tokens_per_day": 500_000}
    for key in (limited, {"name": "nightly reports", "description": "The script on the build machine.", "streams": 2}):
        post(url, "/v1/keys", key)
    chat = {"model": "demo", "messages": [{"role": "user", "content": "Tell me a story about a fox."}]}
    for label in ("A story", "Another story"):
        post(url, "/v1/jobs", {"endpoint": "/v1/chat/completions", "body": chat, "label": label})
    post(
        url, "/v1/services/summarize-en", {"text": "Tom : The meeting was on Monday.\nAnna : The budget is 500 pounds."}
    )


def post(url: str, path: str, body: object, key: str = KEY) -> BytesIO:
    """One call that changes something; its answer."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    with urlopen(Request(f"{url}{path}", json.dumps(body).encode(), headers), timeout=120) as answer:
        return BytesIO(answer.read())


def take(browser: Browser, url: str, shape: str, folder: Path) -> None:
    """All views in one shape."""
    context = browser.new_context(base_url=url, device_scale_factor=1, **SHAPES[shape])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Your key").fill(KEY)
    page.get_by_role("button", name="Enter").click()
    talk(page)
    for name, address in VIEWS.items():
        if name != "chat":
            page.goto(f"/{address}")
        with load(url) if name == "now" else nullcontext():
            page.wait_for_timeout(BUSY_MILLISECONDS if name == "now" else NOTICE_MILLISECONDS)
        file = folder / f"page-{name}-{shape}.png"
        page.screenshot(path=file)
        with Image.open(file) as picture:
            picture.convert("RGB").quantize(96).save(file, optimize=True)  # a third of the size, and nobody sees it
    context.close()


@contextmanager
def load(url: str) -> Iterator[None]:
    """Two keys have stories told, for as long as the context is open: charts want something to show."""
    over = threading.Event()
    other = json.load(post(url, "/v1/keys", {"name": "nightly stories"}))["key"]

    def ask(key: str, choices: int) -> None:
        chat = {
            "model": "demo",
            "n": choices,
            "messages": [{"role": "user", "content": "Tell me a story about a fox."}],
        }
        while not over.wait(0.2):
            post(url, "/v1/chat/completions", chat, key)

    with ThreadPoolExecutor() as threads:
        asking = [threads.submit(ask, key, choices) for key, choices in ((KEY, 2), (other, 6))]
        try:
            yield
        finally:
            over.set()
    for one in asking:
        one.result()


def talk(page: Page) -> None:
    """Has something said, so that there is a chat to see."""
    for number, text in enumerate(ASKED, 1):
        page.get_by_label("Message", exact=True).fill(text)
        page.keyboard.press("Enter")
        answer = page.locator(".message.model").nth(number - 1)
        answer.locator(".under", has_text="tokens").wait_for(timeout=120_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
