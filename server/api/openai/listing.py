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


def window(request: Request, *, most: int = MOST, usual: int = USUAL) -> Window:
    """The page that the request asks for: at most `most` items, `usual` where it does not say how many.

    Raises BadRequest.
    """
    asked = request.query_params
    order = asked.get("order", "desc")
    if order not in ("asc", "desc"):
        raise BadRequest(f"order: expected asc or desc, found {order[:60]!r}.", param="order")
    limit = _limit(asked.get("limit"), most, usual)
    return Window(limit, order == "desc", asked.get("after") or None, asked.get("before") or None)


def page(request: Request, items: Sequence[dict[str, Any]], *, most: int = MOST, usual: int = USUAL) -> dict[str, Any]:
    """The part of `items`, which are given oldest first, that the request asks for. Raises BadRequest."""
    found = cut([item["id"] for item in items], window(request, most=most, usual=usual))
    by_id = {item["id"]: item for item in items}
    return listed([by_id[id] for id in found.items], has_more=found.has_more)


def listed(items: Sequence[dict[str, Any]], *, has_more: bool = False) -> dict[str, Any]:
    """A list object of these, which have ids."""
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {"object": "list", "data": list(items), "first_id": first, "last_id": last, "has_more": has_more}


def _limit(text: str | None, most: int, usual: int) -> int:
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):
        raise BadRequest(f"limit: expected a whole number from 1 to {most}, found {text[:60]!r}.", param="limit")
    return int(text)
