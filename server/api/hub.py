"""Models by name, over HTTP: what a hub has, a job that pulls one, and a card that goes again."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.openai.fields import Fields
from server.engine.memory import free_gpu_memory, free_host_memory
from server.errors import BadRequest
from server.hub.pull import Order
from server.hub.shelf import Shelf
from server.jobs.pulling import PULL_MODEL, arguments_of
from server.jobs.wire import job_body

Name = Annotated[str, Field(min_length=1, max_length=200)]


class PullBody(Fields):
    """What is to be pulled."""

    repo: Name
    """OWNER/NAME; a file or a quantization may follow after a colon."""
    file: Name | None = None
    name: Name | None = None
    """What the model is to be called here."""

    def order(self) -> Order:
        repo, _, file = self.repo.partition(":")
        return Order(repo, self.file or file or None, self.name)


def routes(house: House) -> list[Endpoint]:
    async def listing(request: Request) -> Response:
        """The GGUF files of a repository."""
        repo = request.query_params.get("repo")
        if not repo:
            raise BadRequest("repo is missing: expected ?repo=OWNER/NAME.", param="repo")
        found = await asyncio.to_thread(house.puller.hub.list, repo)
        free = max(free_host_memory(), free_gpu_memory())
        data = [offer.body(free) for offer in found.offers]
        return JSONResponse({"object": "list", "repo": repo, "revision": found.revision, "data": data})

    async def pull(request: Request) -> Response:
        """A job that fetches a model and offers it."""
        order = (await read_body(request, PullBody)).order()
        owner = request.state.principal.id
        job = await house.jobs.submit(owner, PULL_MODEL, arguments_of(order), label=order.repo)
        return JSONResponse(job_body(job), 202, headers={"location": f"/v1/jobs/{job.id}"})

    async def remove(request: Request) -> Response:
        """Offer a model no more."""
        card = house.catalog.get(request.path_params["id"])
        shelf = Shelf(house.catalog, house.settings.paths.data_dir)
        gone = await asyncio.to_thread(shelf.remove, card.name, files=request.query_params.get("files") == "true")
        files = [file.name for file in gone]
        return JSONResponse({"id": card.name, "object": "model", "deleted": True, "files": files})

    return [
        Endpoint(
            "GET",
            "/v1/hub",
            listing,
            summary="List a hub's files of a model",
            tag="models",
            needs="models",
            query={"repo": "the repository, as OWNER/NAME"},
        ),
        Endpoint(
            "POST",
            "/v1/models/pull",
            pull,
            summary="Fetch a model from a hub",
            tag="models",
            needs="models",
            body=PullBody,
            description="Answers with a job, which tells how far it is, and can be cancelled.",
        ),
        Endpoint(
            "DELETE",
            "/v1/models/{id:path}",
            remove,
            summary="Offer a model no more",
            tag="models",
            needs="models",
            query={"files": "true: delete its files too, where no other model has them"},
        ),
    ]
