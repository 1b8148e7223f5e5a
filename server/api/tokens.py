"""`POST /tokenize`, `/detokenize` and `/apply-template`: what a model reads, without having it answer.

Clients of llama.cpp's server know them by these names. The model need not be named where there is only one to mean.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, Handler, House
from server.api.openai.chat import ChatBody, chat_turn
from server.api.openai.fields import Fields
from server.api.openai.messages import ChatMessage
from server.api.openai.tools import ToolBody
from server.api.streaming import while_connected
from server.catalog import ModelCard
from server.chat.backend import Token
from server.engine.states import ModelState
from server.errors import BadRequest


class TokenizeBody(Fields):
    """The body of /tokenize: a text, or a conversation that the model's template makes one of."""

    model: str | None = None
    content: str | None = None
    text: str | None = None
    """Another name of `content`."""
    messages: Annotated[list[ChatMessage], Field(min_length=1)] | None = None
    tools: list[ToolBody] | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    add_special: bool = False
    """Whether the model's start token goes before the text. A conversation's is its template's business."""
    parse_special: bool = False
    """Whether names of control tokens in the text become those tokens."""
    with_pieces: bool = False

    @model_validator(mode="after")
    def _check_one(self) -> TokenizeBody:
        if [self.content, self.text, self.messages].count(None) != 2:
            raise ValueError("expected one of content, text and messages")
        return self

    @property
    def words(self) -> str:
        return self.text or self.content or ""


class DetokenizeBody(Fields):
    """The body of /detokenize."""

    model: str | None = None
    tokens: list[Annotated[int, Field(ge=0, lt=2**31)]]


ROW = Token(-1, b"")
"""What is shown for a row of an image, which is no token of the vocabulary."""


def model_meant(house: House, name: str | None) -> ModelCard:
    """The model named; without a name the only one that is loaded, or the only one there is. Raises BadRequest."""
    if name is not None:
        return house.catalog.get(name)
    ready = [status.name for status in house.pool.statuses() if status.state == ModelState.READY]
    for names in (ready, house.catalog.names()):
        if len(names) == 1:
            return house.catalog.get(names[0])
    raise BadRequest(
        f"model is missing: expected the name of one of {len(house.catalog.names())} models.", param="model"
    )


def with_template(card: ModelCard) -> ModelCard:
    """The card, if its conversations are written as prompts here; else raises BadRequest."""
    if card.upstream is not None:
        raise BadRequest(
            f"The model {card.name!r} lives behind a URL, where its conversations are written as prompts: expected a "
            "text, or a model of this machine.",
            param="model",
        )
    return card


def routes(house: House) -> list[Endpoint]:
    most = house.settings.limits.tokenize_length

    async def tokenize(request: Request) -> Response:
        """Text to tokens."""
        body = await read_body(request, TokenizeBody)
        card = model_meant(house, body.model)
        _check_length("content" if body.text is None else "text", len(body.words), "characters", most)
        tokens = await while_connected(request.receive, _tokens(house, request, body, card))
        shown = [_shown(token) if body.with_pieces else token.id for token in tokens]
        return JSONResponse({"tokens": shown, "count": len(shown), "model": card.name})

    async def detokenize(request: Request) -> Response:
        """Tokens to text."""
        body = await read_body(request, DetokenizeBody)
        card = model_meant(house, body.model)
        _check_length("tokens", len(body.tokens), "tokens", most)
        owner = request.state.principal.id
        tokens = await while_connected(request.receive, house.backend.label(card.name, body.tokens, owner=owner))
        text = b"".join(token.data for token in tokens).decode("utf-8", "replace")
        return JSONResponse({"content": text, "model": card.name})

    async def apply_template(request: Request) -> Response:
        """A conversation to the text that the model reads."""
        body = await read_body(request, ChatBody)
        card = with_template(model_meant(house, body.model))
        turn = chat_turn(house, request.state.principal, body, card)
        (written,) = await while_connected(request.receive, house.backend.write(turn))
        return JSONResponse({"prompt": written.text, "model": card.name})

    def post(path: str, handler: Handler, body: type[BaseModel], summary: str, description: str) -> list[Endpoint]:
        endpoint = Endpoint("POST", path, handler, summary=summary, tag="tokens", body=body, description=description)
        return [endpoint, endpoint.at(f"/v1{path}")]

    return [
        *post("/tokenize", tokenize, TokenizeBody, "Cut a text into tokens", "With `with_pieces`, each with its text."),
        *post("/detokenize", detokenize, DetokenizeBody, "Join tokens to a text", "Control tokens appear by name."),
        *post(
            "/apply-template",
            apply_template,
            ChatBody,
            "Write a conversation as a prompt",
            "The body is that of a chat.",
        ),
    ]


async def _tokens(house: House, request: Request, body: TokenizeBody, card: ModelCard) -> list[Token]:
    owner = request.state.principal.id
    if body.messages is None:
        start, special = body.add_special, body.parse_special
        return [*await house.backend.tokenize(card.name, body.words, start=start, special=special, owner=owner)]
    chat = ChatBody(messages=body.messages, tools=body.tools, chat_template_kwargs=body.chat_template_kwargs)
    (written,) = await house.backend.write(chat_turn(house, request.state.principal, chat, with_template(card)))
    tokens = await house.backend.label(card.name, [one for one in written.tokens if one >= 0], owner=owner)
    words = iter(tokens)
    return [next(words) if one >= 0 else ROW for one in written.tokens]


def _check_length(param: str, length: int, unit: str, most: int) -> None:
    if length > most:
        raise BadRequest(f"{param} is {length} {unit} long: expected at most {most}.", param=param)


def _shown(token: Token) -> dict[str, Any]:
    """A token with its text; one that holds part of a character, with its bytes."""
    try:
        return {"id": token.id, "piece": token.data.decode()}
    except UnicodeDecodeError:
        return {"id": token.id, "piece": list(token.data)}
