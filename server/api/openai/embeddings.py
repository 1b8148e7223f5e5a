"""`POST /v1/embeddings`: texts become vectors of length 1, as floats or as base64 of little-endian float32."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields
from server.api.openai.inputs import Inputs, each_of
from server.api.streaming import while_connected
from server.chat.vectors import Floats, Texts, Vectors
from server.errors import BadRequest
from server.settings import LimitsSection


class EmbeddingBody(Fields):
    """The body of a request for embeddings."""

    model: str
    input: Inputs
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, lt=2**31)] | None = None

    user: str | None = None
    """Accepted without effect: keys, not claims, say who asks."""

    def inputs(self, limits: LimitsSection) -> tuple[str | tuple[int, ...], ...]:
        """One entry for each vector wanted. Raises BadRequest."""
        inputs = each_of(self.input)
        if not inputs:
            raise BadRequest("input is an empty list: expected at least one text.", param="input")
        if len(inputs) > limits.inputs:
            raise BadRequest(f"input holds {len(inputs)} texts: expected at most {limits.inputs}.", param="input")
        if "" in inputs:
            param = "input" if isinstance(self.input, str) else f"input[{inputs.index('')}]"
            raise BadRequest(f"{param} is an empty text: expected at least one character.", param=param)
        return inputs


def encode(row: Floats, form: str | None) -> str | list[float]:
    """One vector on the wire: base64 of its bytes, or its numbers, which as float32 are the same to the last bit."""
    if form == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    numbers: list[float] = row.tolist()
    return numbers


def embeddings_body(model: str, vectors: Vectors, form: str | None) -> dict[str, Any]:
    """OpenAI's answer."""
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": encode(row, form)}
            for index, row in enumerate(vectors.rows)
        ],
        "model": model,
        "usage": {"prompt_tokens": vectors.prompt_tokens, "total_tokens": vectors.prompt_tokens},
    }


def routes(house: House) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A vector for each input."""
        body = await read_body(request, EmbeddingBody)
        card = house.catalog.get(body.model)
        inputs = body.inputs(house.settings.limits)
        texts = Texts(card.name, inputs, body.dimensions, request.state.principal.id)
        vectors = await while_connected(request.receive, house.embeddings.embed(texts))
        # Thousands of vectors are millions of numbers to write down: not on the event loop.
        return await asyncio.to_thread(lambda: JSONResponse(embeddings_body(card.name, vectors, body.encoding_format)))

    endpoint = Endpoint(
        "POST",
        "/v1/embeddings",
        create,
        summary="Turn texts into vectors",
        tag="embeddings",
        body=EmbeddingBody,
        description="An input is text or token ids. Models made for embeddings, and those whose card allows it.",
    )
    return [endpoint, endpoint.at("/embeddings")]
