"""Questions about the files of a session, as jobs: what asks them, and what ends the session."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from server.chat.messages import Turn
from server.engine.request import SamplingParams
from server.errors import BadRequest, Draining, Exhausted, NotFound, ServerError, TooManyRequests, Unavailable
from server.jobs.indexing import Indexing
from server.jobs.tasks import Task, TaskContext
from server.jobs.webhooks import Webhooks
from server.search.answers import Asking, FileAnswers
from server.search.search import Search
from server.search.sessions import FileSessions, store_id
from server.services.calls import Calls

log = logging.getLogger(__name__)

ASK_FILES, CLOSE_FILES = "ask_files", "close_files"
WEBHOOK_SECONDS = 20.0


def file_question_tasks(
    search: Search,
    sessions: FileSessions,
    answers: FileAnswers,
    indexing: Indexing,
    webhooks: Webhooks,
    calls: Calls,
) -> tuple[Task, Task]:
    """Both are asked for through a dialect, never by name."""

    async def ask_files(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        """Arguments: `session`, `queries`, `instructions`, `model`, perhaps `webhook`; or the `problem` with them.
        `newest`: as that generation of clients has it, each question is on its own, answers have no citations, and what
        may pass fails it too.
        """
        if problem := arguments.get("problem"):
            raise BadRequest(problem)
        try:
            return await answered(context, arguments)
        except (TooManyRequests, Unavailable) as error:
            if arguments.get("newest") and not isinstance(error, Draining):
                raise Exhausted(error.message) from error
            raise

    async def answered(context: TaskContext, arguments: Mapping[str, Any]) -> Any:
        session = arguments["session"]
        store = store_id(session)
        await prepared(context, store)
        turn = Turn(
            model=arguments["model"],
            sampling=SamplingParams(temperature=0.0),
            owner=context.owner,
            priority=context.turn_priority,
        )
        newest = bool(arguments.get("newest"))
        earlier = None if newest else await sessions.earlier(context.owner, session)
        asking = Asking(turn, store, arguments["instructions"], tuple(arguments["queries"]), earlier)

        async def told(done: int, total: int) -> None:
            await context.progress(done, total, f"question {done} of {total}")

        found = await answers.answer(asking, told, None if newest else calls.again)
        if not newest:
            await sessions.remember(context.owner, session, context.job, [answer.text for answer in found])
        said = [answer.text if newest else answer.noted for answer in found]
        if webhook := arguments.get("webhook"):
            await tell(webhook, {"results": said, "session_id": session})
        return {"result": said, "session_id": session}

    async def prepared(context: TaskContext, store: str) -> None:
        """All files of the store are indexed, or have failed. Raises BadRequest where none can be searched."""
        held = await search.stores.files(context.owner, store)
        if not held:
            raise BadRequest("The session holds no files.")
        await indexing.index(context, store, [file.file_id for file in held if file.status == "in_progress"])
        held = await search.stores.files(context.owner, store)
        if not any(file.status == "completed" for file in held):
            raise BadRequest(next((file.error_message for file in held if file.error_message), "No file can be read."))

    async def tell(webhook: Mapping[str, Any], body: Any) -> None:
        try:
            await webhooks.post(webhook["endpoint"], body, webhook["headers"], seconds=WEBHOOK_SECONDS)
        except ServerError as error:
            log.warning("The answers of a session could not be sent on: %s", error.message)

    async def close_files(context: TaskContext, arguments: Mapping[str, Any]) -> None:
        """Argument: `session`. One that is gone was closed by an earlier attempt, if there was one. `stays`: only its
        files go.
        """
        if arguments.get("stays"):
            try:
                return await sessions.empty(context.owner, arguments["session"])
            except NotFound:
                raise BadRequest("Invalid session") from None
        try:
            await sessions.close(context.owner, arguments["session"])
        except NotFound:
            if context.attempt == 1:
                raise

    return (
        Task(ASK_FILES, ask_files, public=False, local=True),
        Task(CLOSE_FILES, close_files, public=False, local=True),
    )
