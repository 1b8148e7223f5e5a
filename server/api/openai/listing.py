"""A page of a list, as OpenAI's list routes answer: `limit`, `order`, `after` and `before` in the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from server.errors import BadRequest

QUERY = {
    "limit": "how many, 1 to 100; 20 unless told",
    "order": "desc, the newest first, or asc",
    "after": "the id that the page follows",
    "before": "the id that the page comes before",
}
MOST, USUAL = 100, 20


def page(request: Request, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The part of `items`, which are given oldest first, that the request asks for. Raises BadRequest."""
    limit = _limit(request.query_params.get("limit"))
    order = request.query_params.get("order", "desc")
    if order not in ("asc", "desc"):
        raise BadRequest(f"order: expected asc or desc, found {order[:60]!r}.", param="order")
    ordered = list(items) if order == "asc" else list(items)[::-1]
    if after := request.query_params.get("after"):
        ordered = ordered[_place(ordered, after, "after") + 1 :]
    if before := request.query_params.get("before"):
        ordered = ordered[: _place(ordered, before, "before")]
    return listed(ordered[:limit], has_more=len(ordered) > limit)


def listed(items: Sequence[dict[str, Any]], *, has_more: bool = False) -> dict[str, Any]:
    """A list object of these, which have ids."""
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {"object": "list", "data": list(items), "first_id": first, "last_id": last, "has_more": has_more}


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST):
        raise BadRequest(f"limit: expected a whole number from 1 to {MOST}, found {text[:60]!r}.", param="limit")
    return int(text)


def _place(items: Sequence[dict[str, Any]], id: str, name: str) -> int:
    for place, item in enumerate(items):
        if item["id"] == id:
            return place
    raise BadRequest(f"{name}: there is no item {id[:64]!r} in this list.", param=name)
