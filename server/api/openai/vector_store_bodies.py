"""Vector stores on the wire: what clients send, and what they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from server.api.openai.attribute_filters import WholeFilter
from server.api.openai.fields import Fields, KeptText, Metadata, OneOrMore
from server.errors import BadRequest
from server.search.passages import Recipe
from server.search.query import Question
from server.search.search import Answered, Found
from server.settings import SearchSection
from server.store.vector_store_rows import Attributes, FileBatch, StoreFile, VectorStore

MOST_FILES = 500
"""In one call: OpenAI's number."""
MOST_RESULTS, USUAL_RESULTS = 50, 10
MOST_QUERIES = 16

AttributeFields = Annotated[
    dict[
        Annotated[str, Field(min_length=1, max_length=64)], Annotated[str, Field(max_length=512)] | int | float | bool
    ],
    Field(max_length=16),
]
FileId = Annotated[str, Field(min_length=1, max_length=64)]


class ExpiresAfter(Fields):
    """When a store is to expire."""

    anchor: Literal["last_active_at"]
    days: Annotated[int, Field(ge=1, le=365)]


class AutoChunking(Fields):
    """As the settings say."""

    type: Literal["auto"]


class ChunkSizes(Fields):
    """In tokens. OpenAI's sizes begin at 100; small models need smaller ones."""

    max_chunk_size_tokens: Annotated[int, Field(ge=32, le=4096)]
    chunk_overlap_tokens: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _check_overlap(self) -> ChunkSizes:
        if self.chunk_overlap_tokens > self.max_chunk_size_tokens // 2:
            raise ValueError("expected chunk_overlap_tokens to be at most half of max_chunk_size_tokens")
        return self


class StaticChunking(Fields):
    """As the client says."""

    type: Literal["static"]
    static: ChunkSizes


Chunking = Annotated[AutoChunking | StaticChunking, Field(discriminator="type")]


def recipe_of(chunking: AutoChunking | StaticChunking | None, settings: SearchSection) -> Recipe:
    if isinstance(chunking, StaticChunking):
        return Recipe(chunking.static.max_chunk_size_tokens, chunking.static.chunk_overlap_tokens)
    return Recipe(settings.passage_tokens, min(settings.overlap_tokens, settings.passage_tokens // 2))


class StoreBody(Fields):
    """A new store."""

    name: Annotated[KeptText, Field(max_length=512)] | None = None
    description: Annotated[KeptText, Field(max_length=4096)] | None = None
    file_ids: Annotated[list[FileId], Field(max_length=MOST_FILES)] | None = None
    chunking_strategy: Chunking | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class StoreChange(Fields):
    """What may be changed of a store. What is not named stays."""

    name: Annotated[KeptText, Field(max_length=512)] | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class AttachBody(Fields):
    """A file for a store."""

    file_id: FileId
    attributes: AttributeFields | None = None
    chunking_strategy: Chunking | None = None


class AttributesBody(Fields):
    """Other attributes for a file."""

    attributes: AttributeFields | None


class BatchBody(Fields):
    """Several files for a store, all alike or each with its own wishes."""

    file_ids: Annotated[list[FileId], Field(min_length=1, max_length=MOST_FILES)] | None = None
    files: Annotated[list[AttachBody], Field(min_length=1, max_length=MOST_FILES)] | None = None
    attributes: AttributeFields | None = None
    chunking_strategy: Chunking | None = None

    @model_validator(mode="after")
    def _check_one(self) -> BatchBody:
        if (self.file_ids is None) == (self.files is None):
            raise ValueError("expected one of file_ids and files")
        return self

    @property
    def wanted(self) -> list[AttachBody]:
        if self.files is not None:
            return self.files
        own = self.attributes, self.chunking_strategy
        return [AttachBody(file_id=id, attributes=own[0], chunking_strategy=own[1]) for id in self.file_ids or ()]


class HybridWeights(Fields):
    """How much each way of searching counts."""

    embedding_weight: Annotated[float, Field(ge=0, le=1000)]
    text_weight: Annotated[float, Field(ge=0, le=1000)]

    @model_validator(mode="after")
    def _check_some(self) -> HybridWeights:
        if not self.embedding_weight and not self.text_weight:
            raise ValueError("expected one of embedding_weight and text_weight to be more than 0")
        return self


class RankingOptions(Fields):
    """How what was found is put in order. `ranker`: `none` leaves out the model that rates passages."""

    ranker: Annotated[str, Field(max_length=64)] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    hybrid_search: HybridWeights | None = None


class SearchBody(Fields):
    """A search of a store."""

    query: OneOrMore
    filters: WholeFilter | None = None
    max_num_results: Annotated[int, Field(ge=1, le=MOST_RESULTS)] | None = None
    ranking_options: RankingOptions | None = None
    rewrite_query: bool | None = None
    """Accepted without effect: queries are searched as they are."""


def question_of(queries: Sequence[str], limit: int, ranking: RankingOptions | None) -> Question:
    """Raises BadRequest for queries without a word."""
    if not any(query.strip() for query in queries) or len(queries) > MOST_QUERIES:
        raise BadRequest(f"query: expected 1 to {MOST_QUERIES} texts that are not empty.", param="query")
    ranking = ranking or RankingOptions()
    weights = ranking.hybrid_search or HybridWeights(embedding_weight=1.0, text_weight=1.0)
    return Question(
        tuple(query for query in queries if query.strip()),
        limit,
        text_weight=weights.text_weight,
        vector_weight=weights.embedding_weight,
        rerank=ranking.ranker != "none",
        least=ranking.score_threshold or 0.0,
    )


def counts_body(counts: Mapping[Any, int]) -> dict[str, int]:
    return {**counts, "total": sum(counts.values())}


def store_body(store: VectorStore) -> dict[str, Any]:
    """A store as OpenAI's clients read it."""
    expires, busy = store.expires_at, store.counts["in_progress"]
    return {
        "id": store.id,
        "object": "vector_store",
        "created_at": int(store.created_at.timestamp()),
        "name": store.name,
        "description": store.description,
        "usage_bytes": store.bytes,
        "file_counts": counts_body(store.counts),
        "status": "expired" if store.expired else "in_progress" if busy else "completed",
        "expires_after": expires and {"anchor": "last_active_at", "days": store.expires_days},
        "expires_at": expires and int(expires.timestamp()),
        "last_active_at": int(store.last_active_at.timestamp()),
        "metadata": store.metadata,
    }


def store_file_body(file: StoreFile) -> dict[str, Any]:
    """A file in a store. Its `llm_api.job` is the job that indexes it, whose progress `/v1/jobs` tells."""
    sizes = {"max_chunk_size_tokens": file.passage_tokens, "chunk_overlap_tokens": file.overlap_tokens}
    return {
        "id": file.file_id,
        "object": "vector_store.file",
        "created_at": int(file.created_at.timestamp()),
        "vector_store_id": file.store_id,
        "usage_bytes": file.bytes,
        "status": file.status,
        "last_error": file.error_code and {"code": file.error_code, "message": file.error_message},
        "attributes": file.attributes,
        "chunking_strategy": {"type": "static", "static": sizes},
        "llm_api": {"job": file.job_id, "filename": file.name},
    }


def batch_body(batch: FileBatch) -> dict[str, Any]:
    status = "cancelled" if batch.cancelled else "in_progress" if batch.counts["in_progress"] else "completed"
    return {
        "id": batch.id,
        "object": "vector_store.files_batch",
        "created_at": int(batch.created_at.timestamp()),
        "vector_store_id": batch.store_id,
        "status": status,
        "file_counts": counts_body(batch.counts),
    }


def result_body(found: Found) -> dict[str, Any]:
    """A passage among a search's results."""
    return {
        "file_id": found.file.file_id,
        "filename": found.file.name,
        "score": round(found.hit.score, 6),
        "attributes": found.file.attributes,
        "content": [{"type": "text", "text": found.hit.passage.text}],
        "llm_api": place_body(found),
    }


def place_body(found: Found) -> dict[str, Any]:
    """Where in its file a passage stands."""
    passage = found.hit.passage
    return {"heading": passage.heading or None, "page": passage.page, "passage": passage.position}


def how_body(answered: Answered) -> dict[str, Any]:
    """How something was searched: `full_text` alone where no embedding model is configured."""
    return {"retrieval": answered.method, "reranked": answered.reranked}


def as_attributes(fields: Mapping[str, Any] | None) -> Attributes:
    return dict(fields or {})
