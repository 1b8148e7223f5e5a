"""The LinTO LLM Gateway's dialect: a transcript is uploaded to a service, and its summary is followed as a job.

Its clients know no keys. Where they cannot send one in a header they may carry it in the address that they are given:
as `?authKey=KEY`, which sockets need, or before the host (`http://KEY@host`), which becomes Basic. A key sees its own
jobs. What is better than in the original: jobs that wait are `queued` from the first moment on, progress never passes
100, and lists on `/ws/results` are answered whenever they come.
"""

from __future__ import annotations

import base64
import binascii
import io
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope
from starlette.websockets import WebSocket

from server.api import fastapi_errors
from server.api.dialects.gateway_news import News, state_of
from server.api.faces import Face, bearer_key, header
from server.api.house import Endpoint, House, Socket
from server.api.uploads import Form, read_form
from server.errors import (
    BadRequest,
    InvalidBody,
    NotFound,
    Problem,
    ServerError,
    TooManyRequests,
    UnsupportedMediaType,
)
from server.jobs.summaries import SUMMARY
from server.services.manifest import SummaryService
from server.services.orders import summary_order
from server.settings import Settings

TAG = "llm-gateway"
FIRST = ("services", "results", "healthcheck")
"""How this dialect's paths begin."""

URL_ENCODED = "application/x-www-form-urlencoded"

HTTP_STATUS = {"queued": 202, "started": 202, "processing": 202, "complete": 200, "error": 500}


def face(settings: Settings) -> Face:
    section = settings.dialects.llm_gateway

    def owns(path: str, scope: Scope) -> bool:
        rest = path.removeprefix(section.prefix)
        if not path.startswith(section.prefix):
            return False
        first, *others = rest.strip("/").split("/")
        return first in FIRST or (first == "ws" and others[:1] == ["results"])

    return Face("llm_gateway", owns, find_key, _render, keyless=section.keyless)


def find_key(scope: Scope) -> str | None:
    """The query's `authKey`, else a bearer's key, else the user or the password of Basic."""
    for name, value in parse_qsl(str(scope["query_string"], "latin-1")):
        if name == "authKey":
            return value
    scheme, _, token = (header(scope, b"authorization") or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return bearer_key(scope)
    try:
        user, _, password = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return password or user or None


def _render(error: ServerError, request_id: str) -> Response:
    if type(error) is NotFound and error.param is None:
        return JSONResponse({"detail": "Not Found"}, error.status)
    return fastapi_errors.render(error, request_id)


class Fields(BaseModel):
    """What stands in the form beside the file; other fields are passed over."""

    flavor: str
    temperature: Annotated[float | None, Field(allow_inf_nan=False)] = None
    top_p: Annotated[float | None, Field(allow_inf_nan=False)] = None


def _fields(form: Form) -> Fields:
    """Raises InvalidBody."""
    try:
        return Fields.model_validate(form.fields)
    except ValidationError as error:
        problems = [
            Problem(each["type"], each["loc"], each["msg"], None if each["type"] == "missing" else each["input"])
            for each in error.errors()
        ]
        raise InvalidBody(f"{problems[0].loc[0]}: {problems[0].msg}", problems) from None


async def _form(request: Request, most: int) -> tuple[Form, bytes]:
    """The form and its file. A form without a file may be URL-encoded; a body that is no form is an empty one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == URL_ENCODED:
        return Form(dict(parse_qsl(str(await request.body(), "utf-8", "replace"), keep_blank_values=True))), b""
    file = io.BytesIO()
    try:
        form = await read_form(request, file, most=most)
    except UnsupportedMediaType:
        form = Form()
    return form, file.getvalue()


def routes(house: House) -> list[Endpoint | Socket]:
    prefix = house.settings.dialects.llm_gateway.prefix
    return [*_services(house, prefix), *_results(house, prefix), *_sockets(house, prefix)]


def _services(house: House, prefix: str) -> list[Endpoint | Socket]:
    async def services(request: Request) -> Response:
        """The manifests of the services that sum up."""
        manifests = [
            {**service.manifest, **({} if one.problem is None else {"error": one.problem})}
            for one in house.services.listing()
            if isinstance(service := one.service, SummaryService)
        ]
        return JSONResponse(manifests) if manifests else JSONResponse({"detail": "No services available"}, 404)

    async def generate(request: Request) -> Response:
        """Put a transcript into the queue."""
        try:
            service = house.services.get(request.path_params["route"])
        except NotFound:
            service = None
        if not isinstance(service, SummaryService):
            return JSONResponse({"detail": "Not Found"}, 404)
        form, content = await _form(request, house.settings.limits.body_bytes)
        fields = _fields(form)
        try:
            job = await enqueue(request, service, content, fields)
        except TooManyRequests:
            raise
        except (ServerError, UnicodeDecodeError) as error:
            status = f"{error.status}: " if isinstance(error, ServerError) else ""
            return JSONResponse({"detail": f"{status}{error}"}, 400)
        return JSONResponse({"message": "Request successfully queued", "jobId": job})

    async def enqueue(request: Request, service: SummaryService, content: bytes, fields: Fields) -> str:
        if not content:
            raise BadRequest("Missing content")
        if not fields.flavor:
            raise BadRequest("Missing flavor")
        if fields.temperature is not None and not 0 <= fields.temperature <= 2:
            raise BadRequest(f"temperature is {fields.temperature:g}: expected 0 to 2")
        order = summary_order(
            service,
            house.services.prompt_text,
            content.decode("utf-8-sig"),
            flavor=fields.flavor,
            temperature=fields.temperature,
            top_p=fields.top_p if fields.top_p is not None and 0 < fields.top_p <= 1 else None,
        )
        request.state.principal.check_model(house.catalog.get(order.flavor.modelName))
        job = await house.jobs.submit(request.state.principal.id, SUMMARY, order.model_dump(), label=service.route)
        return job.id

    return [
        Endpoint("GET", f"{prefix}/services", services, summary="The manifests of the summaries", tag=TAG, needs=None),
        Endpoint(
            "POST",
            f"{prefix}/services/{{route:path}}/generate",
            generate,
            summary="Put a transcript into the queue",
            tag=TAG,
            takes="multipart/form-data",
            description="A form with `file`, UTF-8 text, and `flavor`; also `temperature` and `top_p`.",
        ),
    ]


def _results(house: House, prefix: str) -> list[Endpoint | Socket]:
    async def results(request: Request) -> Response:
        """How far a job is, and its summary."""
        try:
            job = await house.jobs.get(request.state.principal.id, request.path_params["id"])
        except NotFound:
            job = None
        state = state_of(job)
        if state is None:
            return JSONResponse({"detail": "Unknown task status"}, 404)
        return JSONResponse(state, HTTP_STATUS[state["status"]])

    async def healthcheck(request: Request) -> Response:
        """Whether anybody is there."""
        return JSONResponse("1")

    return [
        Endpoint("GET", f"{prefix}/results/{{id}}", results, summary="How far a summary is", tag=TAG),
        Endpoint("GET", f"{prefix}/healthcheck", healthcheck, summary="Answer 1", tag=TAG, needs=None),
    ]


def _sockets(house: House, prefix: str) -> list[Endpoint | Socket]:
    seconds = house.settings.dialects.llm_gateway.polling_seconds

    async def one(socket: WebSocket) -> None:
        """One job, again and again until it has ended."""
        await News(house.jobs, house.keys, socket, seconds).of_one(socket.path_params["id"])

    async def all_results(socket: WebSocket) -> None:
        """The jobs that the client names, and every change of any of the key's."""
        await News(house.jobs, house.keys, socket, seconds).of_all()

    return [
        Socket(
            f"{prefix}/ws/results/{{id}}",
            one,
            summary="Follow a summary",
            tag=TAG,
            description="Its state at once and every few seconds, until it has ended.",
        ),
        Socket(
            f"{prefix}/ws/results",
            all_results,
            summary="Follow all summaries",
            tag=TAG,
            description="Send a list of ids; a list of their states comes back, and then every change of any of them.",
        ),
    ]
