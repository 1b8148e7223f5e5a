"""What an endpoint is given, and how it says what it is.

`House` holds the parts that the lower floors built; a module of endpoints has one function,
`routes(house) -> list[Endpoint]`. An `Endpoint` is a Starlette route that carries its own documentation and the right
it needs: the check, `/openapi.json` and the page at `/docs` read that one declaration.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, cast

from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from server.catalog import Catalog
from server.chat.backend import Backend, Embeddings
from server.errors import BadRequest, Draining, Forbidden, MethodNotAllowed
from server.settings import Settings
from server.telemetry import Metrics

if TYPE_CHECKING:
    from server.api.openai.response_run import Desk
    from server.chat.metered import Turnstile
    from server.chat.register import Register
    from server.engine.pool import Pool
    from server.hub.pull import Puller
    from server.jobs.batches import Batches
    from server.jobs.jobs import Jobs
    from server.jobs.protollm.front import Front
    from server.jobs.webhooks import Webhooks
    from server.search.search import Search
    from server.services.directory import Services
    from server.services.runner import Runner
    from server.store.auth_keys import AuthKeys
    from server.store.conversations import Conversations
    from server.store.database import Database
    from server.store.files import Files
    from server.store.responses import Responses
    from server.store.sessions import Sessions
    from server.store.usage import UsageRows
    from server.upstream.router import Upstreams

Right = Literal["chat", "models", "admin"]
Handler = Callable[[Request], Awaitable[Response]]


class Doors(Protocol):
    """The parts that answering takes: all that a worker elsewhere has of a house."""

    @property
    def settings(self) -> Settings: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def backend(self) -> Backend: ...

    @property
    def embeddings(self) -> Embeddings: ...


@dataclass(frozen=True, slots=True)
class House:
    """The parts that endpoints work with; made once, in `build_house`."""

    settings: Settings
    catalog: Catalog
    pool: Pool
    puller: Puller
    backend: Backend
    register: Register
    """The same door, as what knows who goes through it."""
    embeddings: Embeddings
    keys: AuthKeys
    metrics: Metrics
    database: Database
    responses: Responses
    conversations: Conversations
    sessions: Sessions
    desk: Desk
    files: Files
    jobs: Jobs
    batches: Batches
    webhooks: Webhooks
    search: Search
    turnstile: Turnstile
    usage: UsageRows
    services: Services
    service_runner: Runner
    upstreams: Upstreams
    protollm: Front | None = None
    """The way to the workers of that dialect, where they answer instead of this server."""


def house_of(request: Request) -> House:
    """The house of the application that got this request."""
    return cast(House, request.app.state.house)


class Endpoint(Route):
    """One method on one path.

    `needs` is the right that the key must have; None: any key will do. On the few open paths (`auth.OPEN`) nobody
    is asked. `work`: what it starts is refused while the server drains (the default for POST).
    `streams`: the answer may be server-sent events that never end, so there is no HEAD.
    `when` makes the route exist for some requests only, where two clients mean different things by one path.
    `takes`: the media type of a body that is not JSON. `most_bytes`: how large it may be, in the place of
    `limits.body_bytes`; on a path without parameters.
    """

    def __init__(
        self,
        method: str,
        path: str,
        handler: Handler,
        *,
        summary: str,
        tag: str,
        needs: Right | None = "chat",
        description: str = "",
        body: type[BaseModel] | None = None,
        answer: type[BaseModel] | None = None,
        media: str = "application/json",
        streams: bool = False,
        query: Mapping[str, str] | None = None,
        work: bool | None = None,
        when: Callable[[Scope], bool] | None = None,
        takes: str = "application/json",
        most_bytes: int | None = None,
    ) -> None:
        super().__init__(path, handler, methods=[method])
        self.method = method
        self.handler = handler
        self.summary = summary
        self.description = description
        self.tag = tag
        self.needs = needs
        self.body = body
        self.answer = answer
        self.media = media
        self.streams = streams
        self.query = dict(query or {})
        self.work = method == "POST" if work is None else work
        self.when = when
        self.takes = takes
        self.most_bytes = most_bytes
        if streams and self.methods is not None:
            self.methods.discard("HEAD")

    def at(self, path: str) -> Endpoint:
        """The same endpoint on another path."""
        return Endpoint(
            self.method,
            path,
            self.handler,
            summary=self.summary,
            tag=self.tag,
            needs=self.needs,
            description=self.description,
            body=self.body,
            answer=self.answer,
            media=self.media,
            streams=self.streams,
            query=self.query,
            work=self.work,
            when=self.when,
            takes=self.takes,
            most_bytes=self.most_bytes,
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette's, and a trailing slash is served instead of redirected: a redirect would lose the body."""
        if scope["type"] != "http" or (self.when is not None and not self.when(scope)):
            return Match.NONE, {}
        path: str = scope["path"]
        if path.endswith("/") and len(path) > 1:
            path = path.rstrip("/") or "/"
            scope = {**scope, "path": path}
        if not self.param_convertors and path != self.path:  # as most of all the routes that are asked
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Method, right, draining, query; then the handler."""
        scope["state"]["route"] = self.path
        if scope["method"] not in (self.methods or ()):
            allow = ", ".join(sorted(methods_at(scope)))
            raise MethodNotAllowed(f"{scope['method']} is not answered here; {allow} would be.", allow=allow)
        if self.needs is not None and self.needs not in scope["state"]["principal"].rights:
            raise Forbidden(f"This key lacks the right {self.needs!r} that {self.method} {self.path} needs.")
        if self.work and scope["app"].state.house.pool.draining:
            raise Draining("The server is shutting down and takes no new work.")
        _check_query(scope)
        await self.app(scope, receive, send)


def _check_query(scope: Scope) -> None:
    """Databases are asked for what stands in a query, and PostgreSQL is asked nothing with a NUL. Raises BadRequest."""
    if b"%00" not in scope["query_string"] and b"\0" not in scope["query_string"]:
        return
    for name, value in QueryParams(scope["query_string"]).multi_items():
        if "\0" in name or "\0" in value:
            raise BadRequest(f"{name[:60]!r} in the query: expected no character NUL.", param=name[:60])


class Socket(WebSocketRoute):
    """A WebSocket on a path, with what an Endpoint says of itself. Its handler is given the socket before it is
    accepted; what it raises until then, and what keeps it from being asked at all, is an answer like any other.
    """

    method = "GET"

    def __init__(
        self,
        path: str,
        handler: Callable[[WebSocket], Awaitable[None]],
        *,
        summary: str,
        tag: str,
        needs: Right | None = "chat",
        description: str = "",
    ) -> None:
        super().__init__(path, handler)
        self.summary = summary
        self.description = description
        self.tag = tag
        self.needs = needs

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Right, draining; then the handler."""
        scope["state"]["route"] = self.path
        if self.needs is not None and self.needs not in scope["state"]["principal"].rights:
            raise Forbidden(f"This key lacks the right {self.needs!r} that {self.path} needs.")
        if scope["app"].state.house.pool.draining:
            raise Draining("The server is shutting down and takes no new work.")
        await self.app(scope, receive, send)


def methods_at(scope: Scope) -> set[str]:
    """The methods that some route answers on this request's path."""
    routes = (route for route in scope["app"].routes if isinstance(route, Route))
    return {method for route in routes if route.matches(scope)[0] is not Match.NONE for method in route.methods or ()}
