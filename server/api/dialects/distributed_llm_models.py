"""The Distributed LLM dialect, its model server: a text goes to a model as it stands, and what it adds comes back.

Both of its generations: the model is named `model` or `model_name`, and an error stands under `detail` and `error`.
The original asked for no key; here one is sent as `api_key` or as a bearer's, unless the setting `keyless` names one.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from server.api.body import read_body
from server.api.dialects.distributed_llm import TAG, find_key, stand_ins
from server.api.faces import Face, error_headers
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields, Generation
from server.api.streaming import fold, while_connected
from server.catalog import ModelCard
from server.errors import BadRequest, ModelNotFound, NotFound, ServerError, Unavailable
from server.settings import Settings

OWN = ("/select_model", "/query")


class ModelBody(Fields):
    """The body of /select_model."""

    model: str | None = None
    model_name: str | None = None

    def named(self) -> str:
        """The model's name under either of its names. Raises BadRequest."""
        if not (name := self.model or self.model_name):
            raise BadRequest("Model name is required.", param="model")
        return name


class QueryBody(ModelBody):
    """The body of /query. `max_length`: the most tokens that the model may add."""

    query: str | None = None
    max_length: Annotated[int, Field(ge=1, lt=2**31)] = 500


def face(settings: Settings) -> Face:
    section = settings.dialects.distributed_llm_models
    own = {section.prefix + path for path in OWN}

    def owns(path: str, scope: Scope) -> bool:
        return path in own or bool(section.prefix and path.startswith(f"{section.prefix}/"))

    stand_in = stand_ins(settings)
    return Face("distributed_llm_models", owns, find_key, _render, keyless=section.keyless, stand_in=stand_in)


def _render(error: ServerError, request_id: str) -> Response:
    return JSONResponse({"detail": error.message, "error": error.message}, error.status, error_headers(error))


def routes(house: House) -> list[Endpoint]:
    def card_of(request: Request, name: str, missing: ServerError) -> ModelCard:
        try:
            card: ModelCard = request.state.principal.check_model(house.catalog.get(name))
            return card
        except ModelNotFound:
            raise missing from None

    async def select(request: Request) -> Response:
        """Whether there is such a model. It is loaded when it is asked."""
        name = (await read_body(request, ModelBody)).named()
        card_of(request, name, NotFound("Model not found.", param="model"))
        return JSONResponse({"message": f"{name} model is ready to use."})

    async def query(request: Request) -> Response:
        """What a model adds to a text."""
        body = await read_body(request, QueryBody)
        if not body.query:
            raise BadRequest("User query is required.", param="query")
        card = card_of(request, body.named(), Unavailable("Model not available.", param="model"))
        asked = Generation().turn(request.state.principal, card, prompts=(body.query,), max_tokens=body.max_length)
        answer = await while_connected(request.receive, fold(house.backend.open(asked), 1))
        return JSONResponse({"response": answer.choices[0].content.strip()})

    prefix = house.settings.dialects.distributed_llm_models.prefix
    return [
        Endpoint("POST", f"{prefix}/select_model", select, summary="Look for a model", tag=TAG, body=ModelBody),
        Endpoint("POST", f"{prefix}/query", query, summary="Go on with a text", tag=TAG, body=QueryBody),
    ]
