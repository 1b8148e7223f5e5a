"""The Distributed LLM dialect, its session server: sessions with a model, conversations in them, questions, history.

Its rows are those of `/v1/sessions` and `/v1/conversations`: an id here is the UUID in the id there. In the original
any UUID named a conversation of a session, and a session that there was not had no conversations instead of being an
error; so a row comes with its first question, and what is not there is an empty list. What is asked of a session or of
a model that there is not fails with the route's own text and a 500, which is all that its clients know.

Its clients send their key as `api_key`. A key of this server is one; so is the text of the setting `api_key`, the
original's only one, which acts as a key of its own with the right to chat.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from http.client import responses
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from server.api.body import read_body
from server.api.faces import Face, bearer_key, error_headers, header
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields
from server.api.openai.response_body import ResponseBody
from server.api.openai.responses import run_of, whole
from server.api.streaming import while_connected
from server.errors import BadRequest, InvalidBody, NotFound, ServerError, Unauthorized
from server.settings import Settings
from server.store.conversation_search import text_of
from server.store.paging import Window
from server.store.response_tables import Item
from server.store.sessions import Terms

TAG = "distributed-llm"
ROOT = "/llm"
STAND_IN = "distributed-llm"
"""Id of the key that the setting `api_key` acts as."""

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
ROLES = {"user": "user", "assistant": "bot"}

EMPTY = {"isNotEmpty": "{name} should not be empty"}
NO_STRING = {"isString": "{name} must be a string"}
CONSTRAINTS = {"missing": EMPTY | NO_STRING, "string_too_short": EMPTY}
"""What a body's rule says by pydantic's kind of problem; of any other kind: no string."""

Text = Annotated[str, Field(min_length=1)]
Handler = Callable[[Request], Awaitable[Any]]


class ModelBody(Fields):
    """The body of a new session, and of a switch of its model."""

    model_name: Text


class QueryBody(Fields):
    """The body of a question."""

    query: Text


def face(settings: Settings) -> Face:
    section = settings.dialects.distributed_llm
    root = section.prefix + ROOT

    def owns(path: str, scope: Scope) -> bool:
        below = (root, section.prefix) if section.prefix else (root,)
        return path == root or any(path.startswith(f"{each}/") for each in below)

    stand_in = stand_ins(settings)
    return Face("distributed_llm", owns, find_key, _render, keyless=section.keyless, stand_in=stand_in)


def stand_ins(settings: Settings) -> dict[str, str]:
    """The setting's text, and the key that it acts as; on the model server too, which had none of its own."""
    section = settings.dialects.distributed_llm
    return {section.api_key: STAND_IN} if section.enabled and section.api_key else {}


def find_key(scope: Scope) -> str | None:
    """The header `api_key`; where there is none, a key as other clients send it."""
    return header(scope, b"api_key") or bearer_key(scope)


def _render(error: ServerError, request_id: str) -> Response:
    said: Any = error.message
    if isinstance(error, Unauthorized):
        said = "Invalid API key"
    elif isinstance(error, InvalidBody):
        said = [_broken(str(problem.loc[0]), problem.type) for problem in error.problems if problem.loc]
    phrase = responses.get(error.status, "Error")
    body = {"message": said or error.message, "error": phrase, "statusCode": error.status}
    return JSONResponse(body, error.status, error_headers(error))


def _broken(name: str, kind: str) -> dict[str, Any]:
    rules = CONSTRAINTS.get(kind, NO_STRING)
    return {"property": name, "constraints": {rule: text.format(name=name) for rule, text in rules.items()}}


def named(request: Request, what: str, prefix: str) -> str:
    """The id in our rows that a UUID of the path stands for. Raises BadRequest."""
    text = request.path_params[what]
    if not UUID.fullmatch(text):
        raise BadRequest(f"{what} is required and must be a UUID.", param=what)
    return f"{prefix}_{uuid.UUID(text).hex}"


def uuid_of(id: str) -> str:
    """The UUID in one of our ids."""
    return str(uuid.UUID(id.partition("_")[2]))


def history_body(items: Sequence[Item]) -> list[dict[str, str]]:
    """What was said, the newest turn first, and within a turn what came first."""
    turns: list[list[dict[str, str]]] = []
    for item in items:
        role = ROLES.get(item.get("role", ""))
        if role == "user" or (role and not turns):
            turns.append([])
        if role:
            turns[-1].append({"role": role, "content": text_of(item)})
    return [entry for turn in reversed(turns) for entry in turn]


def _failing(text: str, status: int, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler's body as a response; what it does not find is told as the original told of everything."""

    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request), status)
        except NotFound as error:
            raise ServerError(text) from error

    answer.__doc__ = handler.__doc__
    return answer


class _Handlers:
    """What the routes do."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._section = house.settings.dialects.distributed_llm

    def _known(self, request: Request, name: str) -> str:
        """The model's name, if there is such a model and the key may use it."""
        request.state.principal.check_model(self._house.catalog.get(name))
        return name

    async def begin(self, request: Request) -> dict[str, str]:
        """A new session."""
        body = await read_body(request, ModelBody)
        terms = Terms(self._known(request, body.model_name), truncation=self._section.truncation)
        return {"sessionId": uuid_of((await self._house.sessions.create(request.state.principal.id, terms)).id)}

    async def converse(self, request: Request) -> dict[str, str]:
        """A new conversation, also where there is no such session."""
        owner, session = request.state.principal.id, named(request, "sessionId", "sess")
        try:
            return {
                "conversationId": uuid_of((await self._house.conversations.create(owner, {}, [], session=session)).id)
            }
        except NotFound:
            return {"conversationId": str(uuid.uuid4())}

    async def query(self, request: Request) -> dict[str, Any]:
        """An answer to a question in a conversation."""
        owner, session = request.state.principal.id, named(request, "sessionId", "sess")
        id, body = named(request, "conversationId", "conv"), await read_body(request, QueryBody)
        await self._see_to(owner, session, id)
        asked = ResponseBody(input=body.query, conversation=id, store=False)
        run = await run_of(self._house, request.state.principal.id, asked)
        response = await while_connected(request.receive, whole(run))
        left_out = response.get("truncated_messages")
        said = "".join(text_of(item) for item in response["output"]).strip()
        return {"response": said} | ({"truncatedMessages": left_out} if left_out else {})

    async def _see_to(self, owner: str, session: str, id: str) -> None:
        """There is such a conversation in the session from now on. Raises NotFound where it is in another."""
        talks = self._house.conversations
        try:
            conversation = await talks.get(owner, id)
        except NotFound:
            conversation = await talks.create(owner, {}, [], session=session, id=id)
        if conversation.session != session:
            raise NotFound(f"The conversation {id!r} is not in the session {session!r}.")

    async def history(self, request: Request) -> list[dict[str, str]]:
        """What was said in a conversation, the newest turn first."""
        owner, session = request.state.principal.id, named(request, "sessionId", "sess")
        id = named(request, "conversationId", "conv")
        try:
            if (await self._house.conversations.get(owner, id)).session != session:
                return []
            return history_body((await self._house.conversations.branch(owner, id)).items)
        except NotFound:
            return []

    async def switch(self, request: Request) -> dict[str, str]:
        """Another model for a session; what was said stays."""
        session, body = named(request, "sessionId", "sess"), await read_body(request, ModelBody)
        change = {"model": self._known(request, body.model_name)}
        await self._house.sessions.update(request.state.principal.id, session, change)
        return {"message": "Model switched successfully"}

    async def conversations(self, request: Request) -> list[str]:
        """The conversations of a session."""
        owner, session = request.state.principal.id, named(request, "sessionId", "sess")
        found: list[str] = []
        asked = Window(100)
        try:
            while True:
                page = await self._house.conversations.list(owner, asked, session)
                found += [uuid_of(conversation.id) for conversation in page.items]
                if not page.has_more:
                    return found
                asked = replace(asked, after=page.items[-1].id)
        except NotFound:
            return []


def routes(house: House) -> list[Endpoint]:
    do = _Handlers(house)
    all_of_them = f"{house.settings.dialects.distributed_llm.prefix}{ROOT}/sessions"
    session = f"{all_of_them}/{{sessionId}}"
    conversations = f"{session}/conversations"
    one = f"{conversations}/{{conversationId}}"

    def post(path: str, handler: Handler, failure: str, summary: str, body: type[Fields] | None = None) -> Endpoint:
        return Endpoint("POST", path, _failing(failure, 201, handler), summary=summary, tag=TAG, body=body)

    def get(path: str, handler: Handler, failure: str, summary: str) -> Endpoint:
        return Endpoint("GET", path, _failing(failure, 200, handler), summary=summary, tag=TAG)

    return [
        post(all_of_them, do.begin, "Failed to create session.", "Begin a session", ModelBody),
        post(conversations, do.converse, "Failed to create conversation.", "Begin a conversation"),
        post(f"{one}/query", do.query, "Failed to process query.", "Ask in a conversation", QueryBody),
        get(one, do.history, "Failed to retrieve conversation history.", "What was said, the newest turn first"),
        post(f"{session}/switch-model", do.switch, "Failed to switch model.", "Switch a session's model", ModelBody),
        get(conversations, do.conversations, "Failed to retrieve conversations.", "The conversations of a session"),
    ]
