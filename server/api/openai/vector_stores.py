"""`/v1/vector_stores`: files that are searched together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.listing import QUERY, page
from server.api.openai.vector_store_bodies import (
    MOST_RESULTS,
    USUAL_RESULTS,
    AttachBody,
    AttributesBody,
    BatchBody,
    SearchBody,
    StoreBody,
    StoreChange,
    as_attributes,
    batch_body,
    how_body,
    question_of,
    recipe_of,
    result_body,
    store_body,
    store_file_body,
)
from server.api.streaming import while_connected
from server.errors import BadRequest, NotFound
from server.jobs.indexing import attach
from server.store.rows import to_text
from server.store.vector_store_rows import NewFile, StoreFile, new_store

TAG = "vector stores"
STATES = ("in_progress", "completed", "failed", "cancelled")
FILES_QUERY = {**QUERY, "filter": f"only those that are {', '.join(STATES)}"}


async def new_files(house: House, owner: str, wanted: Sequence[AttachBody]) -> list[NewFile]:
    """The files asked for, each once. Raises NotFound for one that this key has not."""
    found: dict[str, NewFile] = {}
    for each in wanted:
        file = await house.files.get(owner, each.file_id)
        recipe = recipe_of(each.chunking_strategy, house.settings.search)
        attributes = as_attributes(each.attributes)
        found[file.id] = NewFile(file.id, file.name, recipe.size, recipe.overlap, attributes)
    return list(found.values())


def listed_files(request: Request, files: Sequence[StoreFile]) -> dict[str, Any]:
    """A page of them, of those that the query's `filter` wants."""
    wanted = request.query_params.get("filter")
    if wanted is not None and wanted not in STATES:
        raise BadRequest(f"filter: expected one of {', '.join(STATES)}, found {wanted[:60]!r}.", param="filter")
    return page(request, [store_file_body(file) for file in files if wanted in (None, file.status)])


def routes(house: House) -> list[Endpoint]:
    return [*_stores(house), *_files(house), *_batches(house)]


def _asked(request: Request) -> tuple[str, str]:
    return request.state.principal.id, request.path_params["id"]


def _stores(house: House) -> list[Endpoint]:
    search, stores = house.search, house.search.stores

    async def create(request: Request) -> Response:
        """A new store."""
        body = await read_body(request, StoreBody, optional=True)
        owner = request.state.principal.id
        chunking = body.chunking_strategy
        wanted = [AttachBody(file_id=id, chunking_strategy=chunking) for id in body.file_ids or ()]
        files = await new_files(house, owner, wanted)
        days = body.expires_after.days if body.expires_after is not None else None
        words = {"name": body.name or "", "description": body.description, "metadata": body.metadata or {}}
        store = await stores.create(new_store(owner, expires_days=days, **words))
        if files:
            await attach(house.jobs, search, owner, store.id, files)
        return JSONResponse(store_body(await stores.get(owner, store.id)))

    async def listing(request: Request) -> Response:
        """A key's stores."""
        found = await stores.all_of(request.state.principal.id)
        return JSONResponse(page(request, [store_body(store) for store in found]))

    async def retrieve(request: Request) -> Response:
        """A store."""
        return JSONResponse(store_body(await stores.get(*_asked(request))))

    async def update(request: Request) -> Response:
        """Other words for it, or another time to expire."""
        body = await read_body(request, StoreChange)
        values: dict[str, Any] = {}
        if "name" in body.model_fields_set:
            values["name"] = body.name or ""
        if "metadata" in body.model_fields_set:
            values["metadata"] = to_text(body.metadata or {})
        if "expires_after" in body.model_fields_set:
            values["expires_days"] = body.expires_after.days if body.expires_after is not None else None
        return JSONResponse(store_body(await stores.update(*_asked(request), **values)))

    async def delete(request: Request) -> Response:
        """Forget a store. The files stay."""
        owner, id = _asked(request)
        await search.indexer.forget(await stores.delete(owner, id))
        return JSONResponse({"id": id, "object": "vector_store.deleted", "deleted": True})

    async def find(request: Request) -> Response:
        """The passages that answer a query best."""
        body = await read_body(request, SearchBody)
        owner, id = _asked(request)
        question = question_of(body.query, body.max_num_results or USUAL_RESULTS, body.ranking_options)
        filters = body.filters
        answered = await while_connected(
            request.receive,
            search.find(owner, [id], question, lambda file: filters is None or filters.holds(file.attributes)),
        )
        return JSONResponse(
            {
                "object": "vector_store.search_results.page",
                "search_query": list(question.queries),
                "data": [result_body(found) for found in answered.found],
                "has_more": False,
                "next_page": None,
                "llm_api": how_body(answered),
            }
        )

    path, one = "/v1/vector_stores", "/v1/vector_stores/{id}"
    return [
        Endpoint("POST", path, create, summary="Make a store of files", tag=TAG, body=StoreBody),
        Endpoint("GET", path, listing, summary="List your stores", tag=TAG, query=QUERY),
        Endpoint("GET", one, retrieve, summary="A store, and how far its files are", tag=TAG),
        Endpoint("POST", one, update, summary="Change a store", tag=TAG, body=StoreChange),
        Endpoint("DELETE", one, delete, summary="Delete a store; its files stay", tag=TAG),
        Endpoint(
            "POST",
            f"{one}/search",
            find,
            summary="Search a store's files",
            tag=TAG,
            body=SearchBody,
            description=f"At most {MOST_RESULTS} passages. `llm_api.retrieval` says how it was searched: `full_text` "
            "where no embedding model is configured, `hybrid` where one is.",
        ),
    ]


def _files(house: House) -> list[Endpoint]:
    search, stores = house.search, house.search.stores

    async def create(request: Request) -> Response:
        """Put a file into a store; a job indexes it."""
        body = await read_body(request, AttachBody)
        owner, id = _asked(request)
        (file,) = await new_files(house, owner, [body])
        await attach(house.jobs, search, owner, id, [file])
        return JSONResponse(store_file_body(await stores.file(owner, id, file.id)))

    async def listing(request: Request) -> Response:
        """The files of a store."""
        return JSONResponse(listed_files(request, await stores.files(*_asked(request))))

    async def retrieve(request: Request) -> Response:
        """A file of a store."""
        return JSONResponse(store_file_body(await stores.file(*_asked(request), request.path_params["file"])))

    async def update(request: Request) -> Response:
        """Other attributes."""
        body = await read_body(request, AttributesBody)
        attributes = as_attributes(body.attributes)
        file = await stores.describe(*_asked(request), request.path_params["file"], attributes)
        return JSONResponse(store_file_body(file))

    async def delete(request: Request) -> Response:
        """Take a file out of a store. The file itself stays."""
        owner, id = _asked(request)
        file = request.path_params["file"]
        await search.indexer.forget(await stores.detach(owner, id, file))
        return JSONResponse({"id": file, "object": "vector_store.file.deleted", "deleted": True})

    async def content(request: Request) -> Response:
        """The text that was read from a file, in passages."""
        file = await stores.file(*_asked(request), request.path_params["file"])
        if file.document_id is None:
            raise NotFound(f"The file {file.file_id!r} has no text here: it is {file.status}.")
        passages = await search.documents.contents(file.document_id)
        return JSONResponse(
            {
                "object": "vector_store.file_content.page",
                "data": [{"type": "text", "text": passage.text} for passage in passages],
                "has_more": False,
                "next_page": None,
            }
        )

    path, one = "/v1/vector_stores/{id}/files", "/v1/vector_stores/{id}/files/{file}"
    return [
        Endpoint("POST", path, create, summary="Put a file into a store", tag=TAG, body=AttachBody),
        Endpoint("GET", path, listing, summary="The files of a store", tag=TAG, query=FILES_QUERY),
        Endpoint("GET", one, retrieve, summary="A file of a store", tag=TAG),
        Endpoint("POST", one, update, summary="Change a file's attributes", tag=TAG, body=AttributesBody),
        Endpoint("DELETE", one, delete, summary="Take a file out of a store", tag=TAG),
        Endpoint("GET", f"{one}/content", content, summary="The text that was read from a file", tag=TAG),
    ]


def _batches(house: House) -> list[Endpoint]:
    search, stores = house.search, house.search.stores

    async def create(request: Request) -> Response:
        """Put several files into a store; one job indexes them."""
        body = await read_body(request, BatchBody)
        owner, id = _asked(request)
        files = await new_files(house, owner, body.wanted)
        batch = await attach(house.jobs, search, owner, id, files, batch=True)
        assert batch is not None
        return JSONResponse(batch_body(await stores.batch(owner, id, batch.id)))

    async def retrieve(request: Request) -> Response:
        """A batch, and how far it is."""
        return JSONResponse(batch_body(await stores.batch(*_asked(request), request.path_params["batch"])))

    async def cancel(request: Request) -> Response:
        """Index no more of its files."""
        owner, id = _asked(request)
        return JSONResponse(batch_body(await stores.cancel_batch(owner, id, request.path_params["batch"])))

    async def listing(request: Request) -> Response:
        """The files of a batch."""
        files = await stores.files(*_asked(request), batch=request.path_params["batch"])
        return JSONResponse(listed_files(request, files))

    path = "/v1/vector_stores/{id}/file_batches"
    one = f"{path}/{{batch}}"
    return [
        Endpoint("POST", path, create, summary="Put several files into a store", tag=TAG, body=BatchBody),
        Endpoint("GET", one, retrieve, summary="A batch of files, and how far it is", tag=TAG),
        Endpoint("POST", f"{one}/cancel", cancel, summary="Index no more of a batch", tag=TAG, work=False),
        Endpoint("GET", f"{one}/files", listing, summary="The files of a batch", tag=TAG, query=FILES_QUERY),
    ]
