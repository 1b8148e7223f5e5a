"""`POST /v1/rerank`: how well each document answers a query, in the shape that Jina's and Cohere's clients share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields
from server.api.streaming import while_connected
from server.chat.vectors import Ranking, Scores
from server.errors import BadRequest
from server.ids import random_hex
from server.settings import LimitsSection


class Document(Fields):
    """A document with fields, of which the text is ranked."""

    text: str


class RerankBody(Fields):
    """The body of a request to rank documents."""

    model: str
    query: Annotated[str, Field(min_length=1)]
    documents: Annotated[list[str | Document], Field(min_length=1)]
    top_n: Annotated[int, Field(ge=1)] | None = None
    return_documents: bool | None = None
    """Whether the results hold the documents' texts; without it, they do in the first version of the API."""

    def texts(self, limits: LimitsSection) -> tuple[str, ...]:
        """The documents' texts. Raises BadRequest."""
        if len(self.documents) > limits.inputs:
            raise BadRequest(
                f"There are {len(self.documents)} documents: expected at most {limits.inputs}.", param="documents"
            )
        texts = tuple(each if isinstance(each, str) else each.text for each in self.documents)
        if "" in texts:
            param = f"documents[{texts.index('')}]"
            raise BadRequest(f"{param} is an empty text: expected at least one character.", param=param)
        return texts


def rerank_body(model: str, scores: Scores, texts: tuple[str, ...], body: RerankBody, version: int) -> dict[str, Any]:
    """The best first, and of equals the one that came first. Jina's clients read `usage`, Cohere's `meta`."""
    best = sorted(range(len(texts)), key=lambda index: -scores.values[index])
    shows = version == 1 if body.return_documents is None else body.return_documents
    return {
        "id": f"rerank-{random_hex(16)}",
        "object": "list",
        "model": model,
        "results": [
            {
                "index": index,
                "relevance_score": scores.values[index],
                **({"document": {"text": texts[index]}} if shows else {}),
            }
            for index in best[: body.top_n]
        ],
        "usage": {"prompt_tokens": scores.prompt_tokens, "total_tokens": scores.prompt_tokens},
        "meta": {
            "api_version": {"version": str(version)},
            "tokens": {"input_tokens": scores.prompt_tokens, "output_tokens": 0},
        },
    }


def routes(house: House) -> list[Endpoint]:
    async def rank(request: Request, version: int) -> Response:
        body = await read_body(request, RerankBody)
        card = house.catalog.get(body.model)
        texts = body.texts(house.settings.limits)
        ranking = Ranking(card.name, body.query, texts, request.state.principal.id)
        scores = await while_connected(request.receive, house.embeddings.rank(ranking))
        return JSONResponse(rerank_body(card.name, scores, texts, body, version))

    async def first(request: Request) -> Response:
        """The documents by relevance."""
        return await rank(request, 1)

    async def second(request: Request) -> Response:
        """The same, without the documents unless they are asked for."""
        return await rank(request, 2)

    endpoint = Endpoint(
        "POST",
        "/v1/rerank",
        first,
        summary="Rank documents by a query",
        tag="embeddings",
        body=RerankBody,
        description="By models made for ranking, which give 0 to 1, and by the cosine of embeddings where a card says "
        "so. A document is a string, or an object with a text.",
    )
    later = Endpoint(
        "POST", "/v2/rerank", second, summary="Rank documents, naming them only", tag="embeddings", body=RerankBody
    )
    return [endpoint, endpoint.at("/rerank"), later]
