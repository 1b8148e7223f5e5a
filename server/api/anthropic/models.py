"""The list of models in Anthropic's shape: asked for on OpenAI's paths, and told apart by the client's headers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import QueryParams

from server.catalog import ModelCard
from server.errors import BadRequest

PAGE = 20
LARGEST_PAGE = 1000


def model_body(card: ModelCard, created: int) -> dict[str, Any]:
    """A model; `created` in seconds since 1970."""
    return {
        "type": "model",
        "id": card.name,
        "display_name": card.name,
        "created_at": f"{datetime.fromtimestamp(created, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "lifecycle": "active",
        "max_input_tokens": card.context,
        "max_tokens": card.max_tokens or card.context,
    }


def page(entries: Sequence[dict[str, Any]], query: QueryParams) -> dict[str, Any]:
    """The part of the list that `limit`, `after_id` and `before_id` ask for. Raises BadRequest."""
    names = [entry["id"] for entry in entries]
    limit = _limit(query.get("limit", str(PAGE)))
    if (before := query.get("before_id")) is not None:
        end = _place(names, before, "before_id")
        start = max(0, end - limit)
        more = start > 0
    else:
        after = query.get("after_id")
        start = 0 if after is None else _place(names, after, "after_id") + 1
        end = start + limit
        more = end < len(names)
    found = entries[start:end]
    ends = {"first_id": found[0]["id"], "last_id": found[-1]["id"]} if found else {"first_id": None, "last_id": None}
    return {"data": list(found), "has_more": more, **ends}


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise BadRequest(f"limit: expected a number from 1 to {LARGEST_PAGE}, found {text[:50]!r}.", param="limit")


def _place(names: list[str], name: str, param: str) -> int:
    if name not in names:
        raise BadRequest(f"{param}: expected the id of a model, found {name[:200]!r}.", param=param)
    return names.index(name)
