"""Files are made searchable in a job, one after the other: as they were attached to a store, so they are indexed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from server.errors import FileUnreadable, FileUnsupported, NotFound, ServerError
from server.jobs.jobs import Jobs
from server.jobs.tasks import Task, TaskContext, may_pass
from server.search.passages import Recipe
from server.search.search import Search
from server.store.files import Files
from server.store.vector_store_rows import FileBatch, NewFile

INDEX_FILES = "index_files"

JUST = timedelta(minutes=1)
"""So long ago a job has just ended: longer than from one look to the next."""


async def attach(
    jobs: Jobs, search: Search, owner: str, store: str, files: Sequence[NewFile], *, batch: bool = False
) -> FileBatch | None:
    """Put these files into a store, and submit the job that indexes those that are not. Raises NotFound, and what keeps
    a job from being taken: then they have failed.
    """
    due, made = await search.stores.attach(owner, store, files, batch=batch)
    if due:
        try:
            job = await jobs.submit(owner, INDEX_FILES, {"vector_store": store, "files": due})
        except ServerError as error:
            for id in due:
                await search.stores.fail(owner, store, id, _code(error), error.message)
            raise
        await search.stores.work_begins(owner, store, due, job.id)
    return made


class Indexing:
    """Indexes the files of stores for jobs."""

    def __init__(self, search: Search, files: Files, attempts: int) -> None:
        """`attempts`: that a job has; what fails in the last one has failed."""
        self._search = search
        self._files = files
        self._attempts = attempts

    @property
    def task(self) -> Task:
        return Task(INDEX_FILES, self._run, public=False, repeatable=True, local=True)

    async def _run(self, context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        """Arguments: `vector_store`, and the ids of `files` in it."""
        store, ids = arguments["vector_store"], arguments["files"]
        with suppress(NotFound):
            await self._search.stores.work_begins(context.owner, store, ids, context.job)
        failed = await self.index(context, store, ids)
        return {"vector_store": store, "files": len(ids), "failed": failed}

    async def look(self) -> None:
        """See to the files that jobs which have just ended left behind."""
        await self._search.stores.conclude_left(INDEX_FILES, datetime.now(UTC) - JUST)

    async def tidy(self) -> None:
        """The same for all jobs."""
        await self._search.stores.conclude_left(INDEX_FILES)

    async def index(self, context: TaskContext, store: str, ids: Sequence[str]) -> int:
        """Index those of these files that are not; how many cannot be. Raises what may pass."""
        failed = 0
        for at, id in enumerate(ids):
            failed += not await self._one(context, store, id, at, len(ids))
        await context.progress(len(ids), len(ids), f"{len(ids)} files")
        return failed

    async def _one(self, context: TaskContext, store: str, id: str, at: int, count: int) -> bool:
        """Whether the file can be searched now, or need not be, as it is not in the store any more."""
        stores, owner = self._search.stores, context.owner

        async def told(share: float, message: str) -> None:
            await context.progress(at + share, count, message)

        try:
            entry = await stores.file(owner, store, id)
            if entry.status != "in_progress":
                return entry.status == "completed"
            path = await self._files.path(owner, id)
        except NotFound:
            return True
        recipe = Recipe(entry.passage_tokens, entry.overlap_tokens)
        try:
            document = await self._search.indexer.index(owner, path, entry.name, recipe, told)
        except ServerError as error:
            if may_pass(error) and context.attempt < self._attempts:
                raise
            with suppress(NotFound):
                await stores.fail(owner, store, id, _code(error), error.message)
            return False
        with suppress(NotFound):
            await stores.settle(owner, store, id, document)
        return True


def _code(error: ServerError) -> str:
    """One of those that OpenAI's clients know."""
    if isinstance(error, FileUnsupported):
        return "unsupported_file"
    return "invalid_file" if isinstance(error, FileUnreadable) else "server_error"
