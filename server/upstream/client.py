"""HTTP to other servers: one request to one URL, bounded in time and size. Nothing is followed, nothing is unpacked."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from server.catalog import Upstream
from server.errors import UpstreamFailed, UpstreamRefused
from server.telemetry import request_id
from server.upstream.refusals import refusal

LONGEST_EVENT = 4 << 20
"""Bytes of one event; log-probabilities of a whole step are large."""

LONGEST_REFUSAL = 64 << 10
LONGEST_BODY = 256 << 20
"""Bytes of an answer that is read whole."""


class Client:
    """The connections to all other servers. Belongs to one event loop; `close` it there."""

    def __init__(self) -> None:
        # Neither proxies nor passwords from the environment: what is sent where is said by the card alone.
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30),
        )

    async def close(self) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def post(self, url: str, body: Any, upstream: Upstream, *, streams: bool) -> AsyncIterator[httpx.Response]:
        """An answer with status 200 whose body has not been read. Raises what another status means.

        How long it may take is for the caller to say, but for the time to connect.
        """
        timeout = httpx.Timeout(None, connect=upstream.connect_seconds)
        request = self._http.build_request(
            "POST", url, json=body, headers=_headers(upstream, streams=streams), timeout=timeout
        )
        try:
            response = await self._http.send(request, stream=True)
        except httpx.HTTPError as error:
            raise _broken(error) from error
        try:
            if response.status_code != 200:
                said = await _read(response, LONGEST_REFUSAL, cut=True)
                raise refusal(response.status_code, response.headers, said)
            yield response
        finally:
            await response.aclose()


def _headers(upstream: Upstream, *, streams: bool) -> dict[str, str]:
    headers = {
        "accept": "text/event-stream" if streams else "application/json",
        "accept-encoding": "identity",
        "x-request-id": request_id.get(),
    }
    if upstream.key_variable is not None:
        key = os.environ.get(upstream.key_variable, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            raise UpstreamRefused(
                f"The key of this model is missing: the environment variable {upstream.key_variable}."
            )
        headers["authorization"] = f"Bearer {key}"
    return headers


async def read_json(response: httpx.Response) -> Any:
    """A whole body as JSON."""
    data = await _read(response, LONGEST_BODY)
    try:
        return await asyncio.to_thread(json.loads, data)
    except (ValueError, RecursionError) as error:
        raise UpstreamFailed("The server behind this model did not answer with JSON.") from error


async def read_events(response: httpx.Response) -> AsyncGenerator[Any, None]:
    """The data of each server-sent event as JSON, until the stream ends or says that it does."""
    data: list[bytes] = []
    size = 0
    async for line in _lines(response):
        if line.startswith(b"data:"):
            size += len(line)
            if size > LONGEST_EVENT:
                raise _too_long()
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            text = b"\n".join(data)
            data, size = [], 0
            if text.strip() == b"[DONE]":
                return
            try:
                yield json.loads(text)
            except (ValueError, RecursionError) as error:
                raise UpstreamFailed("The server behind this model sent an event that is no JSON.") from error


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    """Lines without their ends. The last one counts only with its end: what is cut off is not to be read."""
    rest = bytearray()
    try:
        async for piece in response.aiter_raw():
            seen = len(rest)
            rest += piece
            begin = 0
            while (end := rest.find(b"\n", max(begin, seen))) >= 0:
                yield bytes(rest[begin:end]).removesuffix(b"\r")
                begin = end + 1
            del rest[:begin]
            if len(rest) > LONGEST_EVENT:
                raise _too_long()
    except httpx.HTTPError as error:
        raise _broken(error) from error


async def _read(response: httpx.Response, most: int, *, cut: bool = False) -> bytes:
    found = bytearray()
    try:
        async for piece in response.aiter_raw():
            found += piece
            if len(found) > most:
                if cut:
                    break
                raise _too_long()
    except httpx.HTTPError as error:
        raise _broken(error) from error
    return bytes(found[:most])


def _too_long() -> UpstreamFailed:
    return UpstreamFailed("The server behind this model sent more at once than is read.")


def _broken(error: httpx.HTTPError) -> UpstreamFailed:
    """Names the kind of failure only: the rest tells of addresses, which are not for clients."""
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return UpstreamFailed("The server behind this model cannot be reached.")
    return UpstreamFailed(f"The connection to the server behind this model broke ({type(error).__name__}).")
