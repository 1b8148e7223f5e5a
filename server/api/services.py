"""`/v1/services`: the tasks that an operator described in YAML files. Each answers on a route of its own.

The routes of the services are made anew whenever their files change (`renew`), so that `/openapi.json` and the page at
`/docs` always show what there is; and each says what a form for it looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from server.api.body import read_body
from server.api.house import Endpoint, House
from server.api.service_bodies import attribute, form_of, prompt_answer, prompt_body, summary_body
from server.api.streaming import while_connected
from server.errors import ModelNotFound
from server.jobs.summaries import SUMMARY
from server.jobs.wire import job_body
from server.services.directory import Listed
from server.services.manifest import PromptService, Service, SummaryService
from server.services.orders import prompt_order, summary_order

TAG = "services"


class Desk(Protocol):
    """Where requests for one service are taken: one small class for each kind of service."""

    body: type[BaseModel]
    answer: type[BaseModel] | None

    async def run(self, request: Request) -> Response: ...


class PromptDesk:
    """Takes what fills a prompt, and answers at once."""

    def __init__(self, house: House, service: PromptService) -> None:
        self._house = house
        self._service = service
        self.body = prompt_body(service)
        self.answer: type[BaseModel] | None = prompt_answer(service)

    async def run(self, request: Request) -> Response:
        body: Any = await read_body(request, self.body)
        values = {name: getattr(body, attribute(name)) for name in self._service.fields}
        order = prompt_order(self._service, self._house.services.prompt_text, values, flavor=body.flavor)
        request.state.principal.check_model(self._house.catalog.get(order.flavor.modelName))
        answering = self._house.service_runner.answer(order, request.state.principal.id)
        answer = await while_connected(request.receive, answering)
        tokens = (answer.usage.prompt_tokens, answer.usage.completion_tokens)
        return JSONResponse(
            {
                "object": "service.answer",
                "service": self._service.route,
                "model": answer.model,
                "answer": answer.value,
                "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
            }
        )


class SummaryDesk:
    """Takes a transcript, and answers with the job that sums it up."""

    def __init__(self, house: House, service: SummaryService) -> None:
        self._house = house
        self._service = service
        self.body = summary_body(service)
        self.answer: type[BaseModel] | None = None

    async def run(self, request: Request) -> Response:
        body: Any = await read_body(request, self.body)
        order = summary_order(
            self._service,
            self._house.services.prompt_text,
            body.text,
            flavor=body.flavor,
            temperature=body.temperature,
            top_p=body.top_p,
        )
        request.state.principal.check_model(self._house.catalog.get(order.flavor.modelName))
        owner = request.state.principal.id
        job = await self._house.jobs.submit(owner, SUMMARY, order.model_dump(), label=self._service.route)
        return JSONResponse(job_body(job), 202)


DESKS: dict[type[Service], Callable[[House, Any], Desk]] = {PromptService: PromptDesk, SummaryService: SummaryDesk}


class ServiceEndpoint(Endpoint):
    """The endpoint of one service; there as long as its manifest is."""


def renew(routes: list[BaseRoute], house: House) -> None:
    """Put endpoints for the services as they are now in the place of those that were there."""
    kept = [route for route in routes if not isinstance(route, ServiceEndpoint)]
    routes[:] = [*(_endpoint(house, service) for service in house.services.all()), *kept]


def routes(house: House) -> list[Endpoint]:
    def described(one: Listed) -> dict[str, Any]:
        return _description(house, one)

    async def listing(request: Request) -> Response:
        """All services, and the files that hold none because they are broken."""
        return JSONResponse({"object": "list", "data": [*map(described, house.services.listing())]})

    async def retrieve(request: Request) -> Response:
        """One service."""
        service = house.services.get(request.path_params["route"])
        return JSONResponse(described(next(one for one in house.services.listing() if one.service is service)))

    async def run(request: Request) -> Response:
        """As the service's own endpoint, which is asked before this one where there is one."""
        service = house.services.get(request.path_params["route"])
        return await DESKS[type(service)](house, service).run(request)

    one = "/v1/services/{route:path}"
    return [
        Endpoint(
            "GET",
            "/v1/services",
            listing,
            summary="List the services",
            tag=TAG,
            needs=None,
            description="With what is wrong with those whose files cannot be used as they are.",
        ),
        Endpoint(
            "GET",
            one,
            retrieve,
            summary="Describe a service",
            tag=TAG,
            needs=None,
            description="Its flavors, and the fields of a form for it.",
        ),
        Endpoint(
            "POST",
            one,
            run,
            summary="Ask a service",
            tag=TAG,
            description="Each service has an entry of its own besides, with the fields that it takes.",
        ),
    ]


def _endpoint(house: House, service: Service) -> ServiceEndpoint:
    desk = DESKS[type(service)](house, service)
    return ServiceEndpoint(
        "POST",
        f"/v1/services/{service.route}",
        desk.run,
        summary=service.label,
        tag=TAG,
        body=desk.body,
        answer=desk.answer,
        description=f"A service of the type {service.type}.",
    )


def _description(house: House, one: Listed) -> dict[str, Any]:
    service = one.service
    if service is None:
        return {"id": None, "object": "service", "file": one.file, "error": one.problem}
    return {
        "id": service.route,
        "object": "service",
        "file": one.file,
        "name": service.name,
        "type": service.type,
        "description": dict(service.description),
        "flavors": [
            {"name": flavor.name, "model": flavor.modelName, "available": _is_known(house, flavor.modelName)}
            for flavor in service.flavor
        ],
        "form": form_of(service),
        "answer": service.answer if isinstance(service, PromptService) else None,
        "error": one.problem,
    }


def _is_known(house: House, model: str) -> bool:
    try:
        house.catalog.get(model)
    except ModelNotFound:
        return False
    return True
