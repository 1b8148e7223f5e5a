"""Talking to a running server, ours or any that is OpenAI-compatible."""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx

from server.cli.failure import USAGE, Failure
from server.settings import Settings


class Unreachable(Failure):
    """Nobody answers at the address."""


class Event(NamedTuple):
    """One server-sent event."""

    name: str
    data: str


class Client:
    """One server. Whatever goes wrong is a Failure that says what to do.

    `url` is a server's root or its OpenAI base URL (with `/v1`). Paths that start with a slash are the server's own,
    others lie under the base URL.
    """

    def __init__(self, url: str, key: str = "", *, certificate: Path | None = None, insecure: bool = False) -> None:
        self.url = url if "://" in url else f"http://{url}"
        try:
            parts = httpx.URL(self.url)
        except httpx.InvalidURL as error:
            raise Failure(f"--url: {url!r} is not an address: {error}", USAGE) from error
        if parts.scheme not in ("http", "https") or not parts.host:
            raise Failure(f"--url: expected http://host:port or https://host:port, found {url!r}", USAGE)
        self.base = self.url.rstrip("/") + ("/v1" if parts.path in ("", "/") else "")
        self.root = self.base.removesuffix("/v1")
        self._http = httpx.Client(
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=5.0),
            verify=_trust(certificate, insecure),
            trust_env=not _loopback(parts.host),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def models(self) -> list[dict[str, Any]]:
        """The entries of the server's list of models."""
        answer = self.get("models")
        entries = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(entries, list) or not all(isinstance(one, dict) and "id" in one for one in entries):
            raise Failure(f"{self.base}/models did not answer with OpenAI's list of models.")
        return entries

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, body)

    def upload(self, path: str, file: Path, fields: dict[str, str]) -> Any:
        """Send a form with a file in the field `file`, as it comes from the disk."""
        try:
            with file.open("rb") as content, self._told():
                form = {"file": (file.name, content)}
                response = self._http.post(self._to(path), data=fields, files=form)
        except OSError as error:
            raise Failure(f"{file}: {error.strerror or error}") from error
        return self._read(response)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path)

    @contextmanager
    def events(self, method: str, path: str, body: Any = None) -> Iterator[Iterator[Event]]:
        """The events of a stream; leaving closes the connection."""
        with self._told(), self._http.stream(method, self._to(path), json=body) as response:
            if response.is_error:
                response.read()
                raise self._refused(response)
            if response.status_code == 204:  # there is nothing left to tell
                yield iter(())
                return
            if "text/event-stream" not in response.headers.get("content-type", ""):
                raise Failure(f"{response.url} did not answer with a stream of events.")
            yield read_events(response.iter_lines())

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        with self._told():
            response = self._http.request(method, self._to(path), json=body)
        return self._read(response)

    def _read(self, response: httpx.Response) -> Any:
        if response.is_error:
            raise self._refused(response)
        try:
            return response.json()
        except ValueError as error:
            raise Failure(f"{response.url} did not answer with JSON: is it an OpenAI-compatible server?") from error

    def _to(self, path: str) -> str:
        return self.root + path if path.startswith("/") else f"{self.base}/{path}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what goes wrong on the wire into what to do about it."""
        try:
            yield
        except httpx.ConnectError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Failure(
                    f"The certificate of {self.root} is not trusted ({error}). Name the authority's file with "
                    "--certificate, or give --insecure."
                ) from error
            raise Unreachable(
                f"No server answers at {self.root} ({error}). "
                "Start one with 'llm-api serve', or name another with --url."
            ) from error
        except httpx.ConnectTimeout as error:
            raise Unreachable(f"No server answers at {self.root} (no connection in 5 seconds).") from error
        except httpx.HTTPError as error:
            raise Failure(f"The connection to {self.root} broke: {error or type(error).__name__}") from error

    def _refused(self, response: httpx.Response) -> Failure:
        message = error_message(response.text) or f"{response.status_code} {response.reason_phrase} from {response.url}"
        if response.status_code == 401:
            message += " Give a key with --key or the environment variable LLM_API_KEY."
        elif wait := response.headers.get("retry-after"):
            message += f" Try again in {wait} s."
        return Failure(message)


def error_message(text: str) -> str:
    """The sentence in an error body, whichever way the server writes it."""
    try:
        tree = json.loads(text)
    except ValueError:
        return ""
    for name in ("error", "message", "detail"):
        if isinstance(tree, dict) and name in tree:
            tree = tree[name]
    if isinstance(tree, dict):
        tree = tree.get("message")
    return " ".join(tree.split()) if isinstance(tree, str) else ""


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Server-sent events from the lines of a stream."""
    name, data = "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield Event(name, "\n".join(data))
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value


def address(settings: Settings) -> str:
    """Where the server with these settings is reached from this machine."""
    host = settings.server.host
    if host in ("", "0.0.0.0", "::"):
        host = "127.0.0.1"
    if ":" in host:
        host = f"[{host}]"
    return f"{'https' if settings.tls.enabled else 'http'}://{host}:{settings.server.port}"


def _loopback(host: str) -> bool:
    """Asked of this machine itself, no proxy stands between."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _trust(certificate: Path | None, insecure: bool) -> ssl.SSLContext | bool:
    if insecure:
        return False
    if certificate is None:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(certificate)
    except (OSError, ssl.SSLError) as error:
        raise Failure(f"{certificate}: cannot be read as a PEM certificate: {error}", USAGE) from error
    return context
