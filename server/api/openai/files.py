"""`/v1/files`: what clients upload for batches and for search, and what batches leave behind."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote

from pydantic import Field
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from server.api.house import Endpoint, House
from server.api.openai.fields import Fields
from server.api.openai.listing import QUERY, page
from server.api.uploads import Form, read_form
from server.errors import BadRequest
from server.store.files import StoredFile

Purpose = Literal["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
"""What a client may upload a file for; `batch_output` is what batches write."""

SHORTEST, LONGEST = 3600, 2_592_000
"""Seconds that a file may be told to last."""

FORM_BYTES = 262_144
"""What a form may hold beside its file."""

MOST_FILES = 10_000
"""In one page of the list: OpenAI's number."""


class FileForm(Fields):
    """The fields of the form that a file comes in."""

    file: bytes
    purpose: Purpose
    expires_after_anchor: Annotated[Literal["created_at"] | None, Field(alias="expires_after[anchor]")] = None
    expires_after_seconds: Annotated[int | None, Field(alias="expires_after[seconds]", ge=SHORTEST, le=LONGEST)] = None


def file_body(file: StoredFile) -> dict[str, Any]:
    """A file as OpenAI's clients read it."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": int(file.created_at.timestamp()),
        "expires_at": int(file.expires_at.timestamp()) if file.expires_at is not None else None,
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def purpose_of(form: Form) -> str:
    """Raises BadRequest."""
    purpose = form.fields.get("purpose")
    if purpose is None:
        raise BadRequest("Missing required parameter: 'purpose'.", param="purpose")
    known = get_args(Purpose)
    if purpose not in known:
        raise BadRequest(
            f"Invalid 'purpose': expected one of {', '.join(known)}, found {purpose[:60]!r}.", param="purpose"
        )
    return purpose


def expiry_of(form: Form) -> datetime | None:
    """When the file is to go. Raises BadRequest."""
    given = {name: form.fields.get(f"expires_after[{name}]") for name in ("anchor", "seconds")}
    if given["anchor"] is None and given["seconds"] is None:
        return None
    if given["anchor"] != "created_at":
        raise BadRequest("expires_after: expected the anchor created_at.", param="expires_after[anchor]")
    seconds = given["seconds"] or ""
    if not (re.fullmatch("[0-9]{1,9}", seconds) and SHORTEST <= int(seconds) <= LONGEST):
        raise BadRequest(f"expires_after: expected {SHORTEST} to {LONGEST} seconds.", param="expires_after[seconds]")
    return datetime.now(UTC) + timedelta(seconds=int(seconds))


def routes(house: House) -> list[Endpoint]:
    store = house.files
    most = house.settings.limits.file_mb << 20

    async def create(request: Request) -> Response:
        """A new file."""
        with store.receive() as received:
            form = await read_form(request, received, most=most)
            if form.filename is None:
                raise BadRequest("Missing required parameter: 'file'.", param="file")
            purpose, expires_at = purpose_of(form), expiry_of(form)
            owner = request.state.principal.id
            kept = await store.keep(owner, received, form.filename, purpose, expires_at)
        return JSONResponse(file_body(kept))

    async def listing(request: Request) -> Response:
        """A key's files."""
        found = await store.list(request.state.principal.id, request.query_params.get("purpose"))
        return JSONResponse(page(request, [file_body(file) for file in found], most=MOST_FILES, usual=MOST_FILES))

    async def retrieve(request: Request) -> Response:
        """What is known of a file."""
        return JSONResponse(file_body(await store.get(request.state.principal.id, request.path_params["id"])))

    async def content(request: Request) -> Response:
        """Its bytes. Whatever they are, no browser takes them for a page."""
        owner, id = request.state.principal.id, request.path_params["id"]
        file, path = await store.get(owner, id), await store.path(owner, id)
        shown = {"content-disposition": f"attachment; filename*=utf-8''{quote(file.name, safe='')}"}
        return FileResponse(path, media_type="application/octet-stream", headers=shown)

    async def delete(request: Request) -> Response:
        """Forget a file and its bytes."""
        id = request.path_params["id"]
        await store.delete(request.state.principal.id, id)
        return JSONResponse({"id": id, "object": "file", "deleted": True})

    path, one, tag = "/v1/files", "/v1/files/{id}", "files"
    return [
        Endpoint(
            "POST",
            path,
            create,
            summary="Upload a file",
            tag=tag,
            body=FileForm,
            description="As a form: multipart/form-data.",
            takes="multipart/form-data",
            most_bytes=most + FORM_BYTES,
        ),
        Endpoint(
            "GET", path, listing, summary="List your files", tag=tag, query={**QUERY, "purpose": "only those for this"}
        ),
        Endpoint("GET", one, retrieve, summary="A file", tag=tag),
        Endpoint("DELETE", one, delete, summary="Delete a file", tag=tag),
        Endpoint("GET", f"{one}/content", content, summary="A file's bytes", tag=tag, media="application/octet-stream"),
    ]
