"""The server under test, and the three ways to it: the `openai` client, the `anthropic` client, and raw HTTP.

Raw requests are for what the clients hide. `ask` gives a whole answer, `stream` the events of a streamed one,
`refused` the error that must come; all of them fill in what a test does not care about.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anthropic
import httpx
import openai

from tests.contract.registry import NotAsked

E = TypeVar("E", bound=Exception)

HI: list[Any] = [{"role": "user", "content": "Say something."}]
OMIT: Any = object()
"""A field with this value is left out."""

ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/chat/completions", {"messages": HI, "max_tokens": 8}),
    "completions": ("/completions", {"prompt": "Once upon a time", "max_tokens": 8}),
    "responses": ("/responses", {"input": "Say something.", "max_output_tokens": 16, "store": False}),
    "embeddings": ("/embeddings", {"input": "Some words."}),
    "messages": ("/messages", {"messages": HI, "max_tokens": 8}),
}
"""Path and least body of each endpoint, by the name that checks give it."""

RUNNING = ("llm_running", "llamacpp:requests_processing", "vllm:num_requests_running")
GENERATED = ("llm_generated_tokens_total", "llamacpp:tokens_predicted_total", "vllm:generation_tokens_total")
"""What several servers call, in their metrics, the requests at work and the tokens made so far."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event. `data` is JSON where it is, else the text."""

    name: str | None
    data: Any


@dataclass(frozen=True)
class Target:
    """A server, a key and a model, and what else the server may have for those checks that need it."""

    base_url: str
    """With `/v1`, as the `openai` client takes it."""
    key: str
    model: str
    embedding_model: str | None = None
    reasoning_model: str | None = None
    """One that begins every answer with a thought."""
    broken_model: str | None = None
    """One whose file cannot be loaded."""
    limited_key: str | None = None
    """A valid key of somebody else, without the right to chat."""
    other_key: str | None = None
    """A valid key of somebody else, with the right to chat."""
    may_unload: bool = False
    """Whether models may be unloaded under running answers."""
    timeout: float = 60.0
    closing: list[Callable[[], None]] = field(default_factory=list)

    @cached_property
    def http(self) -> httpx.Client:
        """Sends the key; paths are relative to the base URL."""
        client = httpx.Client(base_url=self.base_url, headers=self.bearer(self.key), timeout=self.timeout)
        self.closing.append(client.close)
        return client

    @cached_property
    def openai(self) -> openai.OpenAI:
        """The official client."""
        client = openai.OpenAI(base_url=self.base_url, api_key=self.key, max_retries=0, timeout=self.timeout)
        self.closing.append(client.close)
        return client

    @cached_property
    def anthropic(self) -> anthropic.Anthropic:
        """The official client of the other kind; it adds `/v1` itself."""
        client = anthropic.Anthropic(base_url=self.root, api_key=self.key, max_retries=0, timeout=self.timeout)
        self.closing.append(client.close)
        return client

    def close(self) -> None:
        """Closes the clients that were used."""
        for close in self.closing:
            close()

    @property
    def root(self) -> str:
        return self.base_url.rstrip("/").removesuffix("/v1")

    @staticmethod
    def bearer(key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def needs(self, name: str) -> str:
        """A fact of the target by its field's name; the check is not asked where there is none."""
        value = getattr(self, name)
        if not value:
            raise NotAsked(f"no {name.replace('_', ' ')} was given")
        return str(value)

    def body(self, endpoint: str, **fields: Any) -> dict[str, Any]:
        """The least body with these fields over it."""
        model = self.needs("embedding_model") if endpoint == "embeddings" else self.model
        body = {"model": model, **ENDPOINTS[endpoint][1], **fields}
        return {name: value for name, value in body.items() if value is not OMIT}

    def send(self, endpoint: str, *, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """The answer to such a request, whatever it is."""
        return self.http.post(ENDPOINTS[endpoint][0], json=self.body(endpoint, **fields), headers=headers)

    def ask(self, endpoint: str, **fields: Any) -> dict[str, Any]:
        """The body of the answer, which must be one."""
        answer = self.send(endpoint, **fields)
        assert answer.status_code == 200, f"status {answer.status_code}: {answer.text[:200]}"
        body: dict[str, Any] = answer.json()
        return body

    def said(self, **fields: Any) -> str:
        """The content of a chat's first choice."""
        return str(self.ask("chat", **fields)["choices"][0]["message"]["content"])

    def stream(self, endpoint: str, **fields: Any) -> list[Event]:
        """All events of a streamed answer."""
        answer = self.send(endpoint, stream=True, **fields)
        assert answer.status_code == 200, f"status {answer.status_code}: {answer.text[:200]}"
        kind = answer.headers["content-type"]
        assert kind.startswith("text/event-stream"), f"content type {kind}"
        return list(events(answer.content.decode()))

    def chunks(self, endpoint: str = "chat", **fields: Any) -> list[dict[str, Any]]:
        """The chunks of a streamed chat or completion, without the mark of the end, which must be there."""
        found = self.stream(endpoint, **fields)
        assert found, "the stream is empty"
        assert found[-1].data == "[DONE]", f"the last event is {found[-1].data!r:.200}"
        return [one.data for one in found[:-1]]

    def deltas(self, **fields: Any) -> list[dict[str, Any]]:
        """The deltas of a streamed chat's first choice."""
        choices = (choice for chunk in self.chunks(**fields) for choice in chunk["choices"])
        return [choice["delta"] for choice in choices if choice["index"] == 0]

    def refused(
        self, endpoint: str, *, status: int = 400, headers: dict[str, str] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """The error object of a request that must be refused, its shape checked."""
        return openai_error(self.send(endpoint, headers=headers, **fields), status)

    @cached_property
    def context(self) -> int:
        """Tokens of the model's context, as far as the server says; else so many that hardly a model has more."""
        entry = self.http.get(f"/models/{self.model}").json()
        places = (
            entry.get("llm_api", {}).get("context"),
            entry.get("max_model_len"),
            entry.get("meta", {}).get("n_ctx"),
            entry.get("meta", {}).get("n_ctx_train"),
        )
        return int(next((place for place in places if place), 200_000))

    def metric(self, names: tuple[str, ...]) -> float:
        """The sum of a metric under whatever name this server has for it."""
        answer = httpx.get(f"{self.root}/metrics", headers=self.bearer(self.key), timeout=self.timeout)
        lines = [line for line in answer.text.splitlines() if line.startswith(names)] if answer.is_success else []
        if not lines:
            raise NotAsked("no metric tells what is running")
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def wait_until(self, what: str, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        """Asks again and again until it holds; fails when it does not in time."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"not within {seconds:g} s: {what}"

    @contextmanager
    def raw(self, head: str, body: bytes = b"") -> Iterator[socket.socket]:
        """A connection of its own with these bytes sent. `head`: request line and headers besides Host and key."""
        place = urlsplit(self.base_url)
        if place.scheme != "http":
            raise NotAsked("raw sockets are used without TLS only")
        with socket.create_connection((place.hostname, place.port or 80), timeout=10) as connection:
            text = f"{head}\r\nHost: {place.netloc}\r\nAuthorization: Bearer {self.key}\r\n\r\n"
            connection.sendall(text.encode() + body)
            yield connection

    def raw_chat(self, **fields: Any) -> Any:
        """A chat request on a connection of its own: leaving the context closes it, whatever has come by then."""
        data = json.dumps(self.body("chat", **fields)).encode()
        path = urlsplit(self.base_url).path.rstrip("/")
        head = f"POST {path}/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(data)}"
        return self.raw(head, data)


def events(text: str) -> Iterator[Event]:
    """The events of a stream. Comments are dropped; what else is no event fails."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        name, data = None, []
        for line in filter(None, block.split("\n")):
            if line.startswith(":"):
                continue
            key, _, value = line.partition(":")
            assert key in ("event", "data", "id", "retry"), f"not a line of an event: {line[:100]!r}"
            if key == "event":
                name = value.strip()
            elif key == "data":
                data.append(value.removeprefix(" "))
        if data:
            joined = "\n".join(data)
            yield Event(name, joined if joined == "[DONE]" else json.loads(joined))


def openai_error(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The error object of an answer, after its status and shape have been checked."""
    assert answer.status_code == status, f"status {answer.status_code}, expected {status}: {answer.text[:200]}"
    body = answer.json()
    assert list(body) == ["error"], f"keys {list(body)}"
    error: dict[str, Any] = body["error"]
    assert isinstance(error, dict), f"error is {error!r:.100}"
    assert set(error) == {"message", "type", "param", "code"}, f"keys of error: {sorted(error)}"
    for name in ("message", "type"):
        assert isinstance(error[name], str) and error[name], f"{name} is {error[name]!r}"  # noqa: PT018
    for name in ("param", "code"):
        assert error[name] is None or isinstance(error[name], str), f"{name} is {error[name]!r}"
    return error


def raised(kind: type[E], call: Callable[[], Any]) -> E:
    """The error of this kind that the call must raise."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError("it was answered")


def constant(text: str) -> dict[str, Any]:
    """A response format that lets a model say nothing but this text as JSON: so its content is known."""
    return form({"type": "string", "enum": [text]})


def form(schema: dict[str, Any], name: str = "answer") -> dict[str, Any]:
    """A response format of this schema, enforced."""
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
