"""`GET /v1/usage`: what was used, by key, model and day. A key sees its own; one with the right `admin` all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api.admin import NO_CACHE
from server.api.auth import Principal
from server.api.house import Endpoint, House
from server.errors import BadRequest, NotFound
from server.store.rows import ask
from server.store.usage import MOST_BY_DEFAULT, PARTS, Counts, Part, Question, as_csv

DAYS = 30
"""Of an answer to a question that names no start."""

MOST_ROWS = 100_000

QUERY = {
    "start_date": f"the first day, as 2030-01-31, in UTC; default {DAYS} days up to end_date",
    "end_date": "the last day; default today",
    "group_by": "day, key, model, or several with commas between: what a row is for; default all three",
    "key": "only of the key with this id",
    "model": "only of this model",
    "limit": f"most rows, up to {MOST_ROWS}; default {MOST_BY_DEFAULT}",
    "format": "json or csv",
}


def routes(house: House) -> list[Endpoint]:
    async def usage(request: Request) -> Response:
        """What was used until this moment."""
        query = request.query_params
        form = query.get("format", "json")
        if form not in ("json", "csv"):
            raise BadRequest(f"format is {form[:40]!r}: expected json or csv.", param="format")
        question = question_of(query, request.state.principal)
        await house.turnstile.meter.sync()
        found = await ask(house.database, partial(house.usage.ask, question))
        rows, more = found[: question.most], len(found) > question.most
        if form == "csv":
            name = f"usage-{question.start}-{question.end}.csv"
            headers = {
                **NO_CACHE,
                "content-disposition": f'attachment; filename="{name}"',
                "x-has-more": str(more).lower(),
            }
            return Response(as_csv(rows, question.by), headers=headers, media_type="text/csv")
        total = Counts()
        for row in rows:
            total.add(row.counts)
        body: dict[str, Any] = {
            "object": "list",
            "start_date": question.start.isoformat(),
            "end_date": question.end.isoformat(),
            "group_by": list(question.by),
            "data": [row.as_json(question.by) for row in rows],
            "total": total.as_json(),
            "has_more": more,
        }
        return JSONResponse(body, headers=NO_CACHE)

    return [
        Endpoint(
            "GET",
            "/v1/usage",
            usage,
            summary="What was used",
            tag="keys",
            needs=None,
            query=QUERY,
            description="The key's own; with the right admin everybody's.",
        )
    ]


def question_of(query: QueryParams, principal: Principal) -> Question:
    """The query, within what the key may see. Raises BadRequest and NotFound."""
    end = _day(query, "end_date", datetime.now(UTC).date())
    start = _day(query, "start_date", max(date.min + timedelta(DAYS), end) - timedelta(DAYS - 1))
    if start > end:
        raise BadRequest(f"start_date {start} is after end_date {end}.", param="start_date")
    by = tuple(dict.fromkeys(part.strip() for part in query.get("group_by", ",".join(PARTS)).split(",")))
    if unknown := [part for part in by if part not in PARTS]:
        raise BadRequest(f"group_by: expected {', '.join(PARTS)}, found {unknown[0][:40]!r}.", param="group_by")
    limit = query.get("limit", str(MOST_BY_DEFAULT))
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 10 and 1 <= int(limit) <= MOST_ROWS):
        raise BadRequest(f"limit is {limit[:40]!r}: expected 1 to {MOST_ROWS}.", param="limit")
    key = query.get("key")
    if "admin" not in principal.rights:
        if key not in (None, principal.id):
            raise NotFound(f"There is no key {key[:64]!r} of which this one may see the usage.", param="key")
        key = principal.id
    return Question(start, end, cast(tuple[Part, ...], by), key, query.get("model"), int(limit))


def _day(query: QueryParams, name: str, otherwise: date) -> date:
    text = query.get(name)
    if text is None:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} is {text[:40]!r}: expected a day such as 2030-01-31.", param=name) from None
