"""The older APIs whose clients keep working: one thin module each, and here the registry of them.

A dialect's module has two functions. `face(settings)` says where its clients put the key and how they read an error;
`routes(house)` are its endpoints. A dialect translates: it holds no logic and no state. Each has a section in
`config/server.yaml` under `dialects`, by its name here, that switches it on and gives it a prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import server.api.dialects.ai_llm_service as ai_llm_service
import server.api.dialects.distributed_llm as distributed_llm
import server.api.dialects.distributed_llm_models as distributed_llm_models
import server.api.dialects.llm_api as llm_api
import server.api.dialects.llm_gateway as llm_gateway
import server.api.dialects.protollm as protollm
from server.api.faces import Face
from server.api.house import Endpoint, House, Socket
from server.settings import DialectSection, Settings


class Dialect(Protocol):
    """What a dialect's module must have."""

    def face(self, settings: Settings) -> Face: ...

    def routes(self, house: House) -> Sequence[Endpoint | Socket]: ...


DIALECTS: dict[str, Dialect] = {
    "llm_api": llm_api,
    "protollm": protollm,
    "distributed_llm": distributed_llm,
    "distributed_llm_models": distributed_llm_models,
    "llm_gateway": llm_gateway,
    "ai_llm_service": ai_llm_service,
}


def _on(settings: Settings) -> list[Dialect]:
    sections: dict[str, DialectSection] = {name: getattr(settings.dialects, name) for name in DIALECTS}
    return [DIALECTS[name] for name, section in sections.items() if section.enabled]


def faces(settings: Settings) -> list[Face]:
    """The faces of the dialects that are switched on."""
    return [dialect.face(settings) for dialect in _on(settings)]


def routes(house: House) -> list[Endpoint | Socket]:
    """The endpoints of the dialects that are switched on.

    They stand before the server's own in the route list: where a dialect answers on one of the server's paths
    without /v1, it does what the server's endpoint does, and more.
    """
    return [endpoint for dialect in _on(house.settings) for endpoint in dialect.routes(house)]
