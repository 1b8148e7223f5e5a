"""The LLM-API dialect: one model is chosen with /loadModel, and talked to without being named.

Its clients send the key as `?authKey=` or bare in `Authorization`, and read errors as `{"error": "<text>"}`.
Two of its paths are OpenAI's as well when an OpenAI client's base URL has no /v1, and are answered for both:

- `GET /models`. The dialect's clients iterate over an object whose keys are the names; OpenAI's read a list under
  `data`, and would take every key of the object for something else. No one body is both, so the client decides: the
  official OpenAI clients all say who they are, in `x-stainless-*` headers and in their user agent, and get the list.
- `POST /chat/completions`. The dialect's answer is OpenAI's with one more field, `responses`, so everyone gets that.
  A `model` that is configured is used; any other means the chosen one, as the dialect's clients send "NotNeeded".
  Errors are OpenAI's objects for OpenAI's clients and plain texts for the others.

Calls share no conversation: the personality of the choice goes before every one of them.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from server.api.body import read_body
from server.api.error_log import Broken, ErrorLog
from server.api.faces import Face, error_headers, header, openai_error
from server.api.house import Endpoint, House
from server.api.openai.chat import ChatBody, answer_chat, chat_turn
from server.api.openai.fields import Fields, Generation
from server.api.openai.models import list_models
from server.api.status import models_body, status_stream
from server.api.streaming import event, respond
from server.catalog import ModelCard
from server.chat.backend import Answer
from server.chat.messages import Delta, Message, Usage
from server.errors import BadRequest, ModelNotFound, ModelNotLoaded, ServerError, Unauthorized
from server.settings import Settings

TAG = "llm-api"
SHARED = ("/models", "/chat/completions")
OWN = ("/loadModel", "/unloadModel", "/status", "/ping", "/chat/ask", "/chat/errors")
NO_MESSAGES = "Invalid or missing messages array"


def from_openai(scope: Scope) -> bool:
    """Whether an official OpenAI client is asking, or an Anthropic one, which shares the paths without /v1."""
    agent = header(scope, b"user-agent") or ""
    return agent.startswith(("OpenAI/", "AsyncOpenAI/")) or any(
        name.startswith(b"x-stainless-") or name == b"anthropic-version" for name, _ in scope["headers"]
    )


def face(settings: Settings) -> Face:
    section = settings.dialects.llm_api
    shared = {section.prefix + path for path in SHARED}
    own = {section.prefix + path for path in OWN}

    def owns(path: str, scope: Scope) -> bool:
        if path in shared:
            return not from_openai(scope)
        return path in own or bool(section.prefix and path.startswith(f"{section.prefix}/"))

    return Face("llm_api", owns, find_key, _render, keyless=section.keyless)


def find_key(scope: Scope) -> str | None:
    """The query's `authKey`; only if there is none, the Authorization header, `Bearer ` (so spelt) cut off."""
    for name, value in parse_qsl(str(scope["query_string"], "latin-1")):
        if name == "authKey":
            return value
    sent = header(scope, b"authorization")
    return sent.removeprefix("Bearer ") if sent else None


def error_body(error: ServerError) -> dict[str, str]:
    """An error as this dialect's clients read it."""
    return {"error": error.message}


def _render(error: ServerError, request_id: str) -> Response:
    if isinstance(error, Unauthorized):
        return Response("Unauthorized", error.status, error_headers(error), media_type="text/html")
    return JSONResponse(error_body(error), error.status, error_headers(error))


class LoadBody(Fields):
    """The body of /loadModel."""

    model: str = ""
    personality: str | None = None


def _chosen(house: House, named: str | None = None) -> tuple[ModelCard, str]:
    """The model to talk to and the text of its personality: the one named if it is configured, else the chosen one."""
    choice = house.pool.chosen
    try:
        card = house.catalog.get(named or "")
    except ModelNotFound:
        if choice is None:
            raise ModelNotLoaded("No model loaded", param="model") from None
        card = house.catalog.get(choice.model)
    if choice is None or choice.model != card.name:
        return card, ""
    return card, card.personalities.get(choice.personality or "", "")


def _models(house: House, failed: ErrorLog, prefix: str) -> list[Endpoint]:
    async def models(request: Request) -> Response:
        """The configured models by name."""
        if from_openai(request.scope):
            return await list_models(house, request)
        return JSONResponse(models_body(house, request.state.principal))

    async def load(request: Request) -> Response:
        """Choose a model and start loading it; /status tells when it is ready."""
        body = await read_body(request, LoadBody, optional=True)
        if not body.model:
            raise BadRequest("Model parameter is required", param="model")
        owner = request.state.principal.id
        personality = None if body.personality in (None, "", "none") else body.personality
        try:
            card = house.catalog.get(body.model)
        except ModelNotFound:
            return refuse(owner, f"Model '{body.model}' does not exist.")
        request.state.principal.check_model(card)
        if personality is not None and personality not in card.personalities:
            return refuse(owner, f"Personality '{personality}' does not exist for model '{card.name}'.")
        house.pool.choose(card.name, personality)
        task = BackgroundTask(finish_load, owner, card.name)
        return JSONResponse({"message": f"Loading {card.name}."}, background=task)

    def refuse(owner: str, reason: str) -> Response:
        failed.note(Broken(owner, reason))
        return JSONResponse({"error": "Failed to load model"}, 500)

    async def finish_load(owner: str, name: str) -> None:
        try:
            await house.pool.load(name)
        except ServerError as error:
            failed.note(Broken(owner, error.message, error.status))

    async def unload(request: Request) -> Response:
        """Unload the chosen model, busy or not."""
        if house.pool.chosen is not None:
            await house.pool.unload(house.pool.chosen.model, force=True)
        return JSONResponse({"message": "Model unloaded."})

    async def status(request: Request) -> Response:
        """What the chosen model is doing, now and at every change."""
        return status_stream(house, request)

    return [
        Endpoint("GET", f"{prefix}/models", models, summary="The models by name", tag=TAG, needs=None),
        Endpoint(
            "POST",
            f"{prefix}/loadModel",
            load,
            summary="Choose and load a model",
            tag=TAG,
            needs="models",
            body=LoadBody,
        ),
        Endpoint("GET", f"{prefix}/unloadModel", unload, summary="Unload the chosen model", tag=TAG, needs="models"),
        Endpoint(
            "GET",
            f"{prefix}/status",
            status,
            summary="Follow the chosen model's state",
            tag=TAG,
            needs=None,
            media="text/event-stream",
            streams=True,
        ),
    ]


class AskChunks:
    """The stream of /chat/ask: pieces of text, and a named event at the end."""

    def __init__(self, answer: Answer) -> None:
        pass

    def begin(self) -> bytes:
        return b""

    def delta(self, delta: Delta) -> bytes:
        return event({"response": delta.content}) if delta.content else b""

    def end(self, usage: Usage) -> bytes:
        return event(None, "end")


def _chat(house: House, failed: ErrorLog, prefix: str) -> list[Endpoint]:
    async def create(request: Request) -> Response:
        """A chat completion, with its text in `responses` besides."""
        openai = from_openai(request.scope)
        try:
            body = await read_body(request, ChatBody)
        except BadRequest as error:
            if not openai and error.param in ("messages", "messages[0]", "messages[0].role"):
                raise BadRequest(NO_MESSAGES, param=error.param) from error
            raise
        turn = chat_turn(house, request.state.principal, body, *_chosen(house, body.model))
        return await answer_chat(
            request,
            failed.noting(turn.owner, house.backend.open(turn)),
            house.settings,
            body,
            turn,
            failure=openai_error if openai else error_body,
            finish=lambda whole: {"responses": whole["choices"][0]["message"]["content"], **whole},
        )

    async def ask(request: Request) -> Response:
        """One question, without a conversation."""
        question = request.query_params.get("question", "")
        if not question.strip():
            raise BadRequest("No question provided", param="question")
        card, personality = _chosen(house)
        system = (Message("system", personality),) if personality else ()
        messages = (*system, Message("user", question))
        streamed = request.query_params.get("stream") == "true"
        turn = Generation(stream=streamed).turn(request.state.principal, card, messages=messages)
        return await respond(
            request,
            failed.noting(turn.owner, house.backend.open(turn)),
            house.settings,
            streamed=streamed,
            chunks=AskChunks,
            count=1,
            body=lambda whole: {"question": question, "response": whole.choices[0].content.strip()},
            failure=lambda error: event(error_body(error), "error"),
        )

    async def errors(request: Request) -> Response:
        """What this key's last calls ran into."""
        return JSONResponse({"errors": failed.of(request.state.principal.id)})

    return [
        Endpoint(
            "POST",
            f"{prefix}/chat/completions",
            create,
            summary="Answer a conversation",
            tag=TAG,
            body=ChatBody,
            description="A model that is not configured means the chosen one.",
        ),
        Endpoint(
            "GET",
            f"{prefix}/chat/ask",
            ask,
            summary="Answer one question",
            tag=TAG,
            query={"question": "what to answer", "stream": "true: as server-sent events"},
            streams=True,
            work=True,
        ),
        Endpoint("GET", f"{prefix}/chat/errors", errors, summary="The last errors", tag=TAG),
    ]


def routes(house: House) -> list[Endpoint]:
    async def ping(request: Request) -> Response:
        """Whether anybody is there."""
        return PlainTextResponse("pong")

    prefix = house.settings.dialects.llm_api.prefix
    failed = ErrorLog()
    return [
        *_models(house, failed, prefix),
        *_chat(house, failed, prefix),
        Endpoint("GET", f"{prefix}/ping", ping, summary="Answer pong", tag=TAG, needs=None, media="text/plain"),
    ]
