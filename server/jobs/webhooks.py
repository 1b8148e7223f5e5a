"""Telling others of the end of a job: a task of its own, so that it is tried again like any other.

Only hosts that the settings name are called, no redirect is followed, and the answer is not read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from server.errors import BadRequest, ServerError, Unavailable
from server.jobs import lifecycle
from server.jobs.jobs import Jobs
from server.jobs.tasks import Task, TaskContext
from server.jobs.wire import job_body
from server.store.job_table import Job

log = logging.getLogger(__name__)

TASK = "tell a webhook"
TIMEOUT_SECONDS = 10.0
LONGEST = 2048
OURS = frozenset({"connection", "content-length", "content-type", "host", "transfer-encoding"})
"""Headers that are not for others to set."""
ASK_AGAIN = frozenset({408, 425, 429})
"""Refusals that may pass."""


class Webhooks:
    """The ends of jobs, and who is to hear of them."""

    def __init__(self, jobs: Jobs, hosts: tuple[str, ...]) -> None:
        self._jobs = jobs
        self._hosts = frozenset(host.lower() for host in hosts)
        jobs.tasks.add(Task(TASK, self._tell, public=False, local=True))
        jobs.when_looking(self.send)

    def check(self, url: str) -> str:
        """The URL, if it may be called. Raises BadRequest."""
        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL:
            parts = httpx.URL()
        if parts.scheme not in ("http", "https") or not parts.host or len(url) > LONGEST:
            raise BadRequest("webhook: expected an address that begins with http:// or https://.", param="webhook")
        if not self._hosts & {parts.host, f"{parts.host}:{parts.port}"}:
            raise BadRequest(
                f"webhook: this server does not call {parts.host[:100]!r}. Whoever runs it can name the host in "
                "jobs.webhook_hosts (LLM_API_JOBS_WEBHOOK_HOSTS).",
                param="webhook",
            )
        return url

    async def send(self) -> None:
        """Have all be told that are to be told."""
        for job in await self._jobs.ledger.rows.untold():
            draft = self._jobs.drafted(job.owner, TASK, {"job": job.id, "url": job.webhook})
            try:
                await self._jobs.add([replace(draft, id=f"{job.id}_told", parent=job.id)])
                await self._jobs.ledger.change(job.id, lifecycle.told)
            except ServerError as error:  # a key that has too many jobs holds up no other's
                log.info("Of the job %s is told later: %s", job.id, error.message)

    async def _tell(self, context: TaskContext, arguments: Mapping[str, Any]) -> None:
        job: Job = await self._jobs.get(context.owner, arguments["job"])
        await self.post(arguments["url"], job_body(job))

    async def post(
        self, url: str, body: Any, headers: Mapping[str, str] | None = None, *, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        """Tell somebody something, once. Raises Unavailable for what may pass, and BadRequest."""
        url = self.check(url)
        kept = {name: value for name, value in (headers or {}).items() if name.lower() not in OURS}
        try:
            async with (
                asyncio.timeout(seconds),
                httpx.AsyncClient(timeout=None, trust_env=False) as client,
                client.stream("POST", url, json=body, headers=kept) as response,
            ):
                pass
        except UnicodeEncodeError:
            raise BadRequest("The webhook's headers hold characters that no header can.", param="webhook") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"The webhook could not be told: {type(error).__name__}.") from error
        if response.is_server_error or response.status_code in ASK_AGAIN:
            raise Unavailable(f"The webhook answered {response.status_code}.")
        if not response.is_success:
            raise BadRequest(f"The webhook answered {response.status_code}.", param="webhook")
