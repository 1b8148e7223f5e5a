"""Who asks. Every path needs a key but the few in OPEN: a route that is forgotten here is closed, not open.

Works on the raw ASGI scope, ahead of routing, so no method, spelling of the path or Host reaches a handler unseen.
The path compared is the one that is routed by, character for character; what only looks like an open path is closed.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from server.api.faces import Face, Faces, header
from server.catalog import ModelCard
from server.errors import KeyMissing, ModelNotAllowed, NotFound, Unauthorized
from server.store.key_limits import NO_LIMITS, KeyLimits

if TYPE_CHECKING:
    from server.store.auth_keys import AuthKeys, Key

WEB = Path(__file__).parents[1] / "web"
"""The page's files: what they show, they ask for with a key."""

OPEN = frozenset({"/", "/health", "/ready", "/docs", "/docs.css", "/openapi.json"}) | {
    f"/web/{file.relative_to(WEB).as_posix()}" for file in WEB.rglob("*") if file.is_file()
}
"""The paths that answer everybody."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The key that a request came with."""

    id: str
    name: str
    rights: frozenset[str]
    limits: KeyLimits = NO_LIMITS

    def may_use(self, card: ModelCard) -> bool:
        """Whether the model is one of those that the key is for."""
        return self.limits.allows((card.name, *card.aliases))

    def check_model(self, card: ModelCard) -> ModelCard:
        """The card, if the key may use it; raises ModelNotAllowed."""
        if not self.may_use(card):
            raise ModelNotAllowed(card.name)
        return card


NOBODY = Principal("", "", frozenset())
"""Who asks on an open path."""


class Authentication:
    """Puts the Principal into `request.state.principal`, or raises Unauthorized."""

    def __init__(self, app: ASGIApp, keys: AuthKeys, faces: Faces, origins: Sequence[str] = ()) -> None:
        """`origins`: those of pages that may call."""
        self._app = app
        self._origins = frozenset(origins)
        self._keys = keys
        self._faces = faces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"].rstrip("/") or "/"
            scope["state"]["principal"] = NOBODY if path in OPEN else await self._identify(scope)
        elif scope["type"] == "websocket":
            scope["state"]["principal"] = await self._identify(scope)
        await self._app(scope, receive, send)

    async def _identify(self, scope: Scope) -> Principal:
        face = self._faces.of(scope)
        token = face.find_key(scope)
        if token and (known := _stands_for(face, token)):
            key = await self._standing_in(face, known)
        elif token:
            key = await self._keys.verify(token)
        elif face.keyless and self._is_no_page_elsewhere(scope):
            key = await self._standing_in(face, face.keyless)
        else:
            raise KeyMissing("No key was sent; expected the header 'Authorization: Bearer KEY'.")
        return Principal(key.id, key.name, key.rights, key.limits)

    def _is_no_page_elsewhere(self, scope: Scope) -> bool:
        """Whether it comes from no page at all, from one of this server's, or from an origin that is configured.

        Forms and sockets of any page reach any server that the browser reaches; only the missing key keeps them out.
        """
        origin = header(scope, b"origin")
        if origin is None or origin in self._origins or "*" in self._origins:
            return True
        return origin.partition("://")[2] == header(scope, b"host")

    async def _standing_in(self, face: Face, id: str) -> Key:
        """The key that those without one of their own act as; while it is valid itself."""
        try:
            key = await asyncio.to_thread(self._keys.show, id)
        except NotFound:
            raise Unauthorized(f"The key that the {face.name} dialect stands in for does not exist.") from None
        if key.state != "active":
            raise Unauthorized(f"The key that the {face.name} dialect stands in for is {key.state}.")
        return key


def _stands_for(face: Face, token: str) -> str | None:
    """The id of the key that a text of the face's own acts as; compared in constant time."""
    sent = token.encode("utf-8", "surrogateescape")
    ids = [id for text, id in face.stand_in.items() if hmac.compare_digest(text.encode(), sent)]
    return ids[0] if ids else None
