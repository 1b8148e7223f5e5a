"""Models by name over HTTP: a list, a job that pulls, watched and cancelled, and a card that goes again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from server.errors import Forbidden
from server.hub.pull import Puller
from server.jobs.pulling import pull_model
from server.jobs.tasks import TaskContext
from server.store.key_table import Key
from tests.api.served import CHATTING_KEYS, Served, events, serving
from tests.hub.conftest import REPO
from tests.hub.standin import StandIn


@pytest.fixture
async def served(hub: StandIn, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as one:
        yield one


async def post(served: Served, **body: Any) -> httpx.Response:
    return await served.http.post("/v1/models/pull", json=body)


async def ended(served: Served, id: str) -> tuple[dict[str, Any], list[Any]]:
    """The job when it has ended, and what its events told."""
    answer = await served.http.get(f"/v1/jobs/{id}/events", timeout=20)
    return (await served.http.get(f"/v1/jobs/{id}")).json(), events(answer.text)


async def known(served: Served, name: str, there: bool) -> None:
    """Once the catalog has taken up an edit."""
    async with asyncio.timeout(10):
        async with served.http.stream("GET", "/v1/status", timeout=10) as told:
            async for line in told.aiter_lines():
                if line.startswith("data:") and (name in json.loads(line[5:])["states"]) is there:
                    return


async def test_what_a_hub_has_is_listed_with_what_fits(served: Served) -> None:
    found = (await served.http.get("/v1/hub", params={"repo": REPO})).json()
    (offer,) = found["data"]
    assert (offer["file"], offer["quant"], offer["kind"], offer["fits"]) == (
        "Tiny-Model-Q8_0.gguf",
        "Q8_0",
        "model",
        True,
    )
    unknown = await served.http.get("/v1/hub", params={"repo": "no/body"})
    assert (unknown.status_code, "no repository" in unknown.json()["error"]["message"]) == (404, True)
    assert (await served.http.get("/v1/hub")).status_code == 400


async def test_a_key_that_lost_the_right_pulls_no_more(hub: StandIn) -> None:
    class Keys:
        async def find(self, id: str) -> Key | None:
            return Key(id, "", "", frozenset({"chat"}), datetime.now(UTC))

    task = pull_model(cast(Puller, None), Keys())
    with pytest.raises(Forbidden):
        await task.run(cast(TaskContext, SimpleNamespace(owner="key")), {"repo": REPO, "file": None, "name": None})


async def test_a_job_pulls_a_model_and_tells_how_far_it_is(served: Served, hub: StandIn) -> None:
    answer = await post(served, repo=f"{REPO}:Q8_0", name="pulled")
    assert answer.status_code == 202
    job, told = await ended(served, answer.json()["id"])
    size = len(hub.repos[REPO]["Tiny-Model-Q8_0.gguf"])
    assert (job["state"], job["result"]) == (
        "succeeded",
        {"model": "pulled", "files": ["Tiny-Model-Q8_0.gguf"], "bytes": size},
    )
    progress = [event for event in told if isinstance(event, dict) and event.get("total") == size]
    assert progress[-1]["done"] == size
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    await known(served, "pulled", there=True)
    gone = await served.http.delete("/v1/models/pulled", params={"files": "true"})
    assert gone.json() == {"id": "pulled", "object": "model", "deleted": True, "files": ["Tiny-Model-Q8_0.gguf"]}
    await known(served, "pulled", there=False)


async def test_what_cannot_be_pulled_is_a_failed_job_that_says_why(served: Served) -> None:
    job, _ = await ended(served, (await post(served, repo=REPO, file="Q2_K")).json()["id"])
    assert job["state"] == "failed"
    assert "has no 'Q2_K'" in job["error"]["message"]


async def test_what_is_no_repository_is_refused_at_once(served: Served) -> None:
    answer = await post(served, repo="../../etc/passwd")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "repo")


async def test_a_model_that_is_being_fetched_is_not_fetched_beside_that(served: Served, hub: StandIn) -> None:
    hub.hold.set()
    first = (await post(served, repo=REPO)).json()["id"]
    await asyncio.to_thread(hub.held.wait, 10)
    hub.hold.clear()
    job, _ = await ended(served, (await post(served, repo=REPO, name="again")).json()["id"])
    assert (job["state"], "being fetched already" in job["error"]["message"]) == ("failed", True)
    hub.go_on.set()
    assert (await ended(served, first))[0]["state"] == "succeeded"


async def test_a_pull_is_cancelled_and_goes_on_later(served: Served, hub: StandIn) -> None:
    hub.hold.set()
    id = (await post(served, repo=REPO)).json()["id"]
    await asyncio.to_thread(hub.held.wait, 10)
    assert (await served.http.post(f"/v1/jobs/{id}/cancel")).status_code in (200, 202)
    hub.hold.clear()
    hub.go_on.set()
    job, _ = await ended(served, id)
    assert job["state"] == "cancelled"
    job, _ = await ended(served, (await post(served, repo=REPO)).json()["id"])
    assert job["state"] == "succeeded"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/v1/hub?repo={REPO}", None),
        ("POST", "/v1/models/pull", {"repo": REPO}),
        ("DELETE", "/v1/models/m", None),
    ],
)
async def test_a_key_needs_the_right(served: Served, hub: StandIn, method: str, path: str, body: Any) -> None:
    headers = {"authorization": f"Bearer {CHATTING_KEYS[0]}"}
    answer = await served.http.request(method, path, json=body, headers=headers)
    assert answer.status_code == 403
    assert hub.asked == 0


async def test_a_model_of_the_given_file_stays(served: Served) -> None:
    answer = await served.http.delete("/v1/models/tiny")
    assert answer.status_code == 409
    assert "by hand" in answer.json()["error"]["message"]
