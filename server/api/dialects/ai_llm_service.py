"""The dialect of ai-llm-service: upload files, ask a list of questions about them, poll a task, close the session.

Two generations of clients are answered by one contract. The older upload a file and ask about its `file_path`; the
newer ask about the `session_id` that came with it. An upload gives both. The newest, under `/v1` where there is a
prefix, has sessions that stay open, a prompt for each call, questions each on its own, and answers without citations,
which are tried once. A session is a vector store, its id a UUID that is in the store's id; its files are those of
`/v1/files`, its answers a conversation, a task is a job. What is better than in the original: each key sees its own,
names of files are never paths, webhooks go to hosts that the settings name, and a wrong key is told so on every path.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from server.api import fastapi_errors
from server.api.auth import Principal
from server.api.body import read_body
from server.api.faces import Face, header
from server.api.house import Endpoint, Handler, House
from server.api.openai.fields import Fields
from server.api.openai.files import FORM_BYTES
from server.api.openai.vector_store_bodies import recipe_of
from server.api.uploads import read_form
from server.errors import BadRequest, InvalidBody, KeyMissing, NotFound, Problem, ServerError, Unauthorized
from server.jobs.file_questions import ASK_FILES, CLOSE_FILES
from server.jobs.indexing import attach
from server.search.sessions import FileSession, FileSessions, NoSession, check_open
from server.settings import Settings
from server.store.files import StoredFile
from server.store.job_table import Job
from server.store.vector_store_rows import NewFile

TAG = "ai-llm-service"
STAND_IN = "ai-llm-service"
"""Id of the key that the setting `api_key` acts as."""
WELCOME = "Welcome to the T4D's AI/LLM service"
UPLOADS = "tmp_uploads"
PATH = re.compile(rf"{UPLOADS}/([0-9a-f-]{{36}})/(.+)")
MOST_QUERIES = 100
OWN = ("/file/", "/task/")
NO_FILE = "[Errno 2] No such file or directory"

WebhookHeaders = Annotated[dict[str, str], Field(max_length=32)]


class WebhookConfig(Fields):
    """Who is to be told of the answers."""

    endpoint: str
    headers: WebhookHeaders


class QueryBody(Fields):
    """Questions about a session's files, or about an uploaded file."""

    queries: Annotated[list[str], Field(max_length=MOST_QUERIES)]
    assistant_prompt: str = ""
    file_path: str = ""
    session_id: str | None = None
    webhook_config: WebhookConfig | None = None


def face(settings: Settings) -> Face:
    section = settings.dialects.ai_llm_service

    def owns(path: str, scope: Scope) -> bool:
        if section.prefix:
            return path == section.prefix or path.startswith(f"{section.prefix}/")
        return path.startswith(OWN)

    stand_in = {section.api_key: STAND_IN} if section.api_key else {}
    return Face("ai_llm_service", owns, find_key, _render, keyless=section.keyless, stand_in=stand_in)


def find_key(scope: Scope) -> str | None:
    """The Authorization header as it is; `Bearer ` before a key does no harm."""
    sent = header(scope, b"authorization")
    return sent.strip().removeprefix("Bearer ").strip() if sent else None


def _render(error: ServerError, request_id: str) -> Response:
    if isinstance(error, KeyMissing):
        return JSONResponse({"detail": "Not authenticated"}, 403)
    if isinstance(error, Unauthorized):
        return JSONResponse({"detail": "Unauthorized"}, error.status)
    return fastapi_errors.render(error, request_id)


def _missing(name: str) -> InvalidBody:
    return InvalidBody(f"Missing required parameter: {name!r}.", [Problem("missing", (name,), "Field required", None)])


def task_body(id: str, job: Job | None) -> dict[str, Any]:
    """A job as a task of Celery's. One that nobody knows is pending, as there."""
    status = "PENDING" if job is None else _status(job)
    failed = status in ("RETRY", "FAILURE", "REVOKED")
    told = (job.error or {}).get("message") if job is not None else None
    result = job.result if job is not None and status == "SUCCESS" else {} if failed else None
    return {
        "id": id,
        "status": status,
        "result": result,
        "error": (told or f"The task was {status.lower()}.") if failed else None,
        "err_trace": None,
    }


def _status(job: Job) -> str:
    if not job.ended:
        return "RETRY" if job.error is not None else "PENDING"
    return {"succeeded": "SUCCESS", "cancelled": "REVOKED"}.get(job.state, "FAILURE")


def routes(house: House) -> list[Endpoint]:
    section = house.settings.dialects.ai_llm_service
    prefix, sessions = section.prefix, FileSessions(house.search, house.files, house.conversations)
    most = house.settings.limits.file_mb << 20

    async def welcome(request: Request) -> Response:
        """That it is there."""
        return JSONResponse({"message": WELCOME})

    async def upload(request: Request) -> Response:
        """Put a file into a session, or into a new one."""
        file, session = await take(request, locks=True)
        return JSONResponse({"file_path": f"{UPLOADS}/{session.id}/{file.name}", "session_id": session.id})

    async def upload_v1(request: Request) -> Response:
        """Put a file into a session, or into a new one; a session takes files at any time."""
        file, session = await take(request, locks=False)
        return JSONResponse({"file_path": file.id, "session_id": session.id})

    async def take(request: Request, *, locks: bool) -> tuple[StoredFile, FileSession]:
        """The file of a form, in the session that it is to be in. `locks`: not in one that was asked already."""
        owner = request.state.principal.id
        with house.files.receive() as received:
            form = await read_form(request, received, most=most)
            if form.filename is None:
                raise _missing("file")
            id = form.fields.get("session_id")
            session = await sessions.get(owner, id) if id else await sessions.begin(owner)
            if locks:
                check_open(session)
            file = await house.files.keep(owner, received, form.filename, "assistants")
        recipe = recipe_of(None, house.settings.search)
        added = [NewFile(file.id, file.name, recipe.size, recipe.overlap)]
        await attach(house.jobs, house.search, owner, session.store.id, added)
        return file, session

    async def query(request: Request) -> Response:
        """Ask, in a task."""
        body = await read_body(request, QueryBody)
        owner = request.state.principal.id
        if not body.file_path and body.session_id is None:
            raise _missing("session_id")
        if not body.queries and not body.file_path:
            raise BadRequest("Input query is required")
        model = answering(request, body)
        session = await asked_session(owner, body)
        if session is None:
            job = await house.jobs.submit(owner, ASK_FILES, {"problem": f"{NO_FILE}: {body.file_path[:500]!r}"})
            return JSONResponse({"task_id": job.id})
        session = await sessions.lock(owner, session, body.assistant_prompt)
        return await asked(owner, session, body, model=model, instructions=session.instructions)

    async def query_v1(request: Request) -> Response:
        """Ask, in a task, as this call's prompt says; once, and without citations."""
        body = await read_body(request, QueryBody)
        if body.session_id is None:
            raise _missing("session_id")
        if not body.queries:
            raise BadRequest("Input query is required")
        model = answering(request, body)
        try:
            session = await sessions.get(request.state.principal.id, body.session_id)
        except NoSession:
            raise BadRequest("Invalid session") from None
        terms = {"instructions": body.assistant_prompt, "newest": True}
        return await asked(request.state.principal.id, session, body, model=model, **terms)

    def answering(request: Request, body: QueryBody) -> str:
        """The model that answers. Raises what speaks against this request."""
        if body.webhook_config is not None:
            house.webhooks.check(body.webhook_config.endpoint)
        name = section.model or next(iter(house.catalog.names()), "")
        principal: Principal = request.state.principal
        return principal.check_model(house.catalog.get(name)).name

    async def asked(owner: str, session: FileSession, body: QueryBody, **terms: Any) -> Response:
        webhook = body.webhook_config and body.webhook_config.model_dump()
        arguments = {"session": session.id, "queries": body.queries, "webhook": webhook, **terms}
        job = await house.jobs.submit(owner, ASK_FILES, arguments)
        return JSONResponse({"task_id": job.id, "session_id": session.id})

    async def asked_session(owner: str, body: QueryBody) -> FileSession | None:
        """The session that is asked; None: there is no such file. Raises BadRequest."""
        try:
            if body.session_id is not None:
                return await sessions.get(owner, body.session_id)
        except NoSession:
            if not body.file_path:
                raise BadRequest("Invalid session") from None
        found = PATH.fullmatch(body.file_path)
        try:
            return await sessions.holding(owner, found[1], found[2]) if found is not None else None
        except NoSession:
            return None

    async def task(request: Request) -> Response:
        """How far a task is, and what came of it."""
        id = request.path_params["id"]
        try:
            job = await house.jobs.get(request.state.principal.id, id)
        except NotFound:
            return JSONResponse(task_body(id, None))
        return JSONResponse(task_body(id, job if job.task in (ASK_FILES, CLOSE_FILES) else None))

    async def close(request: Request) -> Response:
        """Forget a session and its files, in a task."""
        return await closing(request)

    async def close_v1(request: Request) -> Response:
        """Forget a session's files, in a task; the session stays."""
        return await closing(request, stays=True)

    async def closing(request: Request, **terms: Any) -> Response:
        arguments = {"session": request.path_params["id"], **terms}
        job = await house.jobs.submit(request.state.principal.id, CLOSE_FILES, arguments)
        return JSONResponse({"task_id": job.id})

    first = [Endpoint("GET", prefix, welcome, summary="Say welcome", tag=TAG, needs=None)] if prefix else []
    return [
        *first,
        Endpoint("GET", f"{prefix}/task/{{id}}", task, summary="How far a task is", tag=TAG),
        *_generation(prefix, upload, query, close, most),
        *(_generation(f"{prefix}/v1", upload_v1, query_v1, close_v1, most) if prefix else ()),  # else it is OpenAI's
    ]


def _generation(prefix: str, upload: Handler, query: Handler, close: Handler, most: int) -> list[Endpoint]:
    """The routes that each generation has its own of."""
    one_session = f"{prefix}/file/search/session/{{id}}"
    return [
        Endpoint(
            "POST",
            f"{prefix}/file/upload",
            upload,
            summary="Upload a file to ask about",
            tag=TAG,
            description="A form with the field `file`, and perhaps `session_id`.",
            takes="multipart/form-data",
            most_bytes=most + FORM_BYTES,
        ),
        Endpoint("POST", f"{prefix}/file/query", query, summary="Ask about files", tag=TAG, body=QueryBody),
        Endpoint("DELETE", one_session, close, summary="Forget the files of a session", tag=TAG, work=True),
    ]
