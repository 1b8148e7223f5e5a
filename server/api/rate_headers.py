"""How a key stands with its limits, in the headers of every answer to it, refusals included."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.auth import NOBODY, Principal
from server.api.faces import Faces
from server.chat.allowance import Standing
from server.store.key_limits import KeyLimits


class RateHeaders:
    """Adds them as the face that was asked spells them. `standing` tells of a key by its id and its limits."""

    def __init__(self, app: ASGIApp, standing: Callable[[str, KeyLimits], Standing], faces: Faces) -> None:
        self._app = app
        self._standing = standing
        self._faces = faces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                principal: Principal = scope["state"].get("principal", NOBODY)
                if principal.limits.requests_per_minute is not None or principal.limits.tokens_per_day is not None:
                    headers = self._faces.of(scope).standing(self._standing(principal.id, principal.limits))
                    more = [(name.encode(), value.encode()) for name, value in headers.items()]
                    message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, receive, reply if scope["type"] == "http" else send)
