"""`python -m bench.conversations`: fills a store with sessions and messages, and times a page of each list over HTTP.

Everything belongs to one key, which is the worst case: no list is made shorter by whose it is. The rows are those that
the server would write; words come as often as in a language, so that some stand in nearly every message.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from bench.servers import OURS, Server, await_answer, free_port, started
from bench.timing import quantile
from server.settings import load_settings
from server.store import totals
from server.store.conversation_search import rows_of_words, text_of
from server.store.conversation_tables import (
    conversation_items,
    conversation_words,
    conversations,
    new_name,
    sessions,
)
from server.store.database import Database
from server.store.response_tables import Item
from server.store.rows import new_id, size_of, to_text

OWNER = "bench"
TARGET_MS = 100
AT_ONCE = 500
"""Sessions in one transaction, so that filling does not wait for the disk each time."""

LONG = 10_000
"""Messages of one conversation that is longer than the others."""

VOCABULARY = 30_000

ADDED = "(a message is added)"
"""No page: it waits for the disk."""


class Words:
    """Made-up texts: a word's rank decides how often it comes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        syllables = [a + b for a in "bdfgklmnprstvw" for b in "aeiou"]
        found = dict.fromkeys(
            "".join(self._random.choices(syllables, k=n)) for n in (1, 2, 3, 4) for _ in range(20_000)
        )
        self.all = list(found)[:VOCABULARY]
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self.all) + 1)))

    def text(self, count: int) -> str:
        return " ".join(self._random.choices(self.all, cum_weights=self._weights, k=count))

    def pick(self, first: int, last: int) -> str:
        """A word of these ranks."""
        return self.all[self._random.randrange(first, last)]


def fill(database: Database, count: int, messages: int, words: Words, say: Callable[[str], None]) -> str:
    """So many sessions with one conversation each, and one session more with a long one, whose id this is."""
    each = messages // count
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        _write(database, [Talk(f"Session {number} about {words.text(3)}", each, words) for number in numbers])
        if first % 10_000 == 0:
            say(f"{first} sessions")
    long = Talk("The long one", LONG, words)
    _write(database, [long])
    return long.id


class Talk:
    """The rows of a session and its conversation, as the store makes them one by one."""

    def __init__(self, title: str, messages: int, words: Words) -> None:
        session, self.id, now = new_name("sess"), new_name("conv"), datetime.now(UTC)
        items = [_message(number, words) for number in range(messages)]
        common = {"owner": OWNER, "created_at": now}
        shared = common | {"updated_at": now, "title": title, "metadata": "{}"}
        terms = {"model": "demo", "instructions": "", "truncation": "disabled", "size": 300}
        self.session = {"id": session, **shared, **terms}
        self.items: list[dict[str, Any]] = []
        parent = None
        for item in items:
            text = to_text(item)
            place = {"conversation_id": self.id, "id": item["id"], "parent_id": parent}
            self.items.append({**place, **common, "size": size_of(text), "body": text})
            parent = item["id"]
        self.size = 300 + sum(row["size"] for row in self.items)
        place = {"session_id": session, "head": parent, "size": self.size}
        self.conversation = {"id": self.id, **shared, **place}
        self.words = rows_of_words(OWNER, self.id, [(None, title), *((item["id"], text_of(item)) for item in items)])


def _write(database: Database, talks: list[Talk]) -> None:
    with database.write() as connection:
        connection.execute(sa.insert(sessions), [talk.session for talk in talks])
        connection.execute(sa.insert(conversations), [talk.conversation for talk in talks])
        connection.execute(sa.insert(conversation_items), [row for talk in talks for row in talk.items])
        connection.execute(sa.insert(conversation_words), [row for talk in talks for row in talk.words])
        totals.of_conversations.add(connection, OWNER, sum(300 + talk.size for talk in talks))


def _message(number: int, words: Words) -> Item:
    role, kind = ("assistant", "output_text") if number % 2 else ("user", "input_text")
    part = {"type": kind, "text": words.text(40 if number % 2 else 15)}
    return {"id": new_id("msg"), "type": "message", "status": "completed", "role": role, "content": [part]}


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The server over a store that was filled."""
    port, key = free_port(), f"{OWNER}.{secrets.token_hex(24)}"
    command = [sys.executable, "-m", "server", "serve", "--host", "127.0.0.1", "--port", str(port)]
    variables = {"LLM_API_FIRST_KEY": key, "LLM_API_LOG_LEVEL": "warning", "LLM_API_KEPT_MB": "100000"}
    log = folder / "log"
    with started([*command, "--data-dir", str(folder)], log, variables) as process:
        server = Server(OURS, "127.0.0.1", port, "", key, process=process, data_dir=folder, log=log)
        await_answer(server, "/health")
        yield server


@dataclass
class Asker:
    """One connection that asks, and how long each answer took."""

    server: Server

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)

    def ask(self, path: str, body: object = None) -> tuple[dict[str, object], float]:
        """The JSON of an answer, and the milliseconds until it was there. With a body it is posted."""
        headers = self.server.headers() | {"Content-Type": "application/json"}
        began = time.perf_counter()
        if body is None:
            self._connection.request("GET", path, headers=headers)
        else:
            self._connection.request("POST", path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        body = answer.read()
        spent = 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        found: dict[str, object] = json.loads(body)
        return found, spent


def measure(server: Server, long: str, words: Words, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of pages, by what was asked for: pages from the front on, and searches of many kinds."""
    asker = Asker(server)
    found: dict[str, list[float]] = {}

    def pages(name: str, path: str) -> list[str]:
        ids: list[str] = []
        after = ""
        for _ in range(rounds):
            page, spent = asker.ask(f"{path}{'&' if '?' in path else '?'}limit=20{after}")
            found.setdefault(name, []).append(spent)
            ids += [item["id"] for item in page["data"]]  # type: ignore[attr-defined]
            after = f"&after={page['last_id']}" if page["has_more"] else ""
        return ids

    pages("sessions", "/v1/sessions")
    for id in pages("conversations", "/v1/conversations")[:rounds]:
        found.setdefault("history", []).append(asker.ask(f"/v1/conversations/{id}/items")[1])
        said = {"items": [{"type": "message", "role": "user", "content": words.text(15)}]}
        found.setdefault(ADDED, []).append(asker.ask(f"/v1/conversations/{id}/items", said)[1])
    pages(f"history of {LONG} messages", f"/v1/conversations/{long}/items")
    questions: dict[str, Callable[[], str]] = {
        "search: a word of nearly every message": lambda: words.pick(0, 10),
        "search: a common word": lambda: words.pick(100, 1000),
        "search: a rare word": lambda: words.pick(10_000, 30_000),
        "search: two common words": lambda: f"{words.pick(100, 1000)} {words.pick(100, 1000)}",
        "search: words that hardly meet": lambda: (
            f"{words.pick(0, 10)} {words.pick(0, 10)} {words.pick(20_000, 30_000)}"
        ),
        "search: the beginning of a word": lambda: words.pick(1000, 30_000)[:3],
    }
    for name, question in questions.items():
        for _ in range(rounds):
            _, spent = asker.ask(f"/v1/conversations/search?query={quote(question())}")
            found.setdefault(name, []).append(spent)
    return found


def main(given: list[str] | None = None) -> int:
    """Fill, measure, print. 1 when a page took too long at the 95th percentile."""
    parser = argparse.ArgumentParser(prog="python -m bench.conversations", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000, help="of all sessions together")
    parser.add_argument("--rounds", type=int, default=200, help="pages of each kind")
    parser.add_argument("--folder", type=Path, help="where the store is filled, kept, and found again")
    options = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="llm-api-bench-") as passing:
        return _run(options, options.folder or Path(passing), Console())


def _run(options: argparse.Namespace, folder: Path, console: Console) -> int:
    words, note = Words(7), folder / "long-conversation"
    if not note.exists():
        database = Database.open(load_settings(overrides={"paths.data_dir": folder}))
        began = time.monotonic()
        long = fill(database, options.sessions, options.messages, words, lambda text: console.print(text, style="dim"))
        database.close()
        console.print(f"filled in {time.monotonic() - began:.0f} s")
        note.write_text(long)
    console.print(f"{(folder / 'llm-api.db').stat().st_size >> 20} MB of SQLite")
    with serving(folder) as server:
        return report(measure(server, note.read_text(), words, options.rounds), console)


def report(found: dict[str, list[float]], console: Console) -> int:
    """The table; 1 when a target was missed."""
    table = Table("a page of", "median ms", "95th ms", "longest ms", "target", "")
    worst = 0.0
    for name, times in found.items():
        slow = quantile(times, 0.95)
        shown = [f"{value:.1f}" for value in (quantile(times, 0.5), slow, max(times))]
        if name == ADDED:
            table.add_row(name, *shown, "", "")
            continue
        worst = max(worst, slow)
        table.add_row(name, *shown, f"< {TARGET_MS} ms", "ok" if slow < TARGET_MS else "miss")
    console.print(table)
    return int(worst >= TARGET_MS)


if __name__ == "__main__":
    raise SystemExit(main())
