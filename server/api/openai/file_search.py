"""The tool `file_search` of the Responses API: the server searches before it asks the model.

A model need not know how to call a tool for that: the user's last words are the query, and the passages stand quoted
before them (`search/quoting.py`). The answer is then compared with the passages, and what comes from them is cited
(`search/citing.py`). The item and its events are OpenAI's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from server.api.openai.attribute_filters import WholeFilter
from server.api.openai.fields import Fields
from server.api.openai.vector_store_bodies import (
    MOST_RESULTS,
    RankingOptions,
    how_body,
    place_body,
    question_of,
)
from server.chat.messages import Message
from server.errors import NotFound
from server.search.citing import citations
from server.search.quoting import fitting, quoted
from server.search.search import Answered, Found, Search
from server.store.full_text import length_of
from server.store.response_tables import Item
from server.store.rows import new_id

USUAL_RESULTS = 20
MOST_STORES = 8
SHOWN = "file_search_call.results"
"""What `include` names to have the passages in the item."""
QUERY_CHARS = 2_000
FEW_WORDS = 3
"""A question of no more than so many words that say something leans on the one before it."""


class FileSearchTool(Fields):
    """Search of the files in some stores."""

    type: Literal["file_search"]
    vector_store_ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1, max_length=MOST_STORES)
    ]
    max_num_results: Annotated[int, Field(ge=1, le=MOST_RESULTS)] | None = None
    filters: WholeFilter | None = None
    ranking_options: RankingOptions | None = None

    def echo(self) -> dict[str, Any]:
        """As the response tells of it."""
        return {**self.model_dump(), "max_num_results": self.max_num_results or USUAL_RESULTS}


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A search that a response begins with."""

    tool: FileSearchTool
    param: str
    """Where the client's body names it."""
    shows: bool
    """Whether its item is to hold the passages."""
    room: int | None
    """Tokens that passages may take together; None: nobody knows."""


class Consulted:
    """What the search brought for one response."""

    def __init__(self, plan: SearchPlan, queries: Sequence[str], answered: Answered) -> None:
        self._plan = plan
        self._queries = list(queries)
        self._answered = answered
        self._passages = list(answered.found)
        if plan.room is not None:
            self._passages = fitting(self._passages, plan.room)
        self._id = new_id("fs")

    def asked(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages with the passages before the user's last words."""
        at = _last_words(messages)
        told = replace(messages[at], content=quoted(self._passages, messages[at].content))
        return (*messages[:at], told, *messages[at + 1 :])

    def shorten(self, share: float) -> bool:
        """Leave out the last passages, at least this share of their text. False: there are none to leave out."""
        if not self._passages:
            return False
        due = max(1.0, share * sum(found.hit.passage.tokens for found in self._passages))
        while self._passages and due > 0:
            due -= self._passages.pop().hit.passage.tokens
        return True

    @property
    def item(self) -> Item:
        """The search as an item of the output."""
        return {
            "id": self._id,
            "type": "file_search_call",
            "status": "completed",
            "queries": self._queries,
            "results": [_result(found) for found in self._passages] if self._plan.shows else None,
            "llm_api": how_body(self._answered),
        }

    def annotations(self, text: str) -> list[dict[str, Any]]:
        """The citations of an answer. `index` is the place in the text; page and heading stand under `llm_api`."""
        texts = [f"{found.hit.passage.heading}\n{found.hit.passage.text}" for found in self._passages]
        return [_annotation(self._passages[cited.passage], cited.at) for cited in citations(text, texts)]


async def consult(search: Search, owner: str, plan: SearchPlan, messages: Sequence[Message]) -> Consulted | None:
    """Search for what the user said last; None if that was nothing. Raises NotFound, and what the models raise."""
    at = _last_words(messages)
    if at < 0:
        return None
    queries = _queries([message.content for message in messages[: at + 1] if message.role == "user"])
    if not queries:
        return None
    tool = plan.tool
    question = question_of(queries, tool.max_num_results or USUAL_RESULTS, tool.ranking_options)
    filters = tool.filters
    try:
        answered = await search.find(
            owner,
            tool.vector_store_ids,
            question,
            lambda file: filters is None or filters.holds(file.attributes),
            something=True,
        )
    except NotFound as error:
        error.param = f"{plan.param}.vector_store_ids"
        raise
    return Consulted(plan, queries, answered)


def _last_words(messages: Sequence[Message]) -> int:
    """Where the user spoke last; -1: nowhere."""
    return max((at for at, message in enumerate(messages) if message.role == "user"), default=-1)


def _queries(said: Sequence[str]) -> list[str]:
    last = said[-1].strip()[:QUERY_CHARS]
    if not last:
        return []
    if len(said) > 1 and length_of(last) <= FEW_WORDS:
        return [last, f"{said[-2].strip()[:QUERY_CHARS]} {last}"]
    return [last]


def _result(found: Found) -> dict[str, Any]:
    return {
        "file_id": found.file.file_id,
        "filename": found.file.name,
        "score": round(found.hit.score, 6),
        "attributes": found.file.attributes,
        "text": found.hit.passage.text,
        "llm_api": place_body(found),
    }


def _annotation(found: Found, at: int) -> dict[str, Any]:
    return {
        "type": "file_citation",
        "index": at,
        "file_id": found.file.file_id,
        "filename": found.file.name,
        "llm_api": place_body(found),
    }
