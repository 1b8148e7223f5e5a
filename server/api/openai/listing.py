"""A page of a list, as OpenAI's list routes answer: `limit`, `order`, `after` and `before` in the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from server.errors import BadRequest
from server.store.paging import Window, cut

QUERY = {
    "limit": "how many, 1 to 100; 20 unless told",
    "order": "desc, the newest first, or asc",
    "after": "the id that the page follows",
    "before": "the id that the page comes before",
}
MOST, USUAL = 100, 20


def window(request: Request) -> Window:
    """The page that the request asks for. Raises BadRequest."""
    asked = request.query_params
    order = asked.get("order", "desc")
    if order not in ("asc", "desc"):
        raise BadRequest(f"order: expected asc or desc, found {order[:60]!r}.", param="order")
    return Window(_limit(asked.get("limit")), order == "desc", asked.get("after") or None, asked.get("before") or None)


def page(request: Request, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The part of `items`, which are given oldest first, that the request asks for. Raises BadRequest."""
    found = cut([item["id"] for item in items], window(request))
    by_id = {item["id"]: item for item in items}
    return listed([by_id[id] for id in found.items], has_more=found.has_more)


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
