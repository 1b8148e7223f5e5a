"""Batches, through the official client."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import openai
import pytest

from server.chat.messages import Turn
from server.errors import ContextLengthExceeded
from tests.api.scripted import Step, say
from tests.api.served import OTHER_KEY, Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT = "/v1/chat/completions"


def line(id: str, content: str = "Hi", **changes: Any) -> dict[str, Any]:
    body = {"model": "tiny", "messages": [{"role": "user", "content": content}]}
    return {"custom_id": id, "method": "POST", "url": CHAT, "body": body, **changes}


async def upload(served: Served, *lines: Any, purpose: Any = "batch") -> str:
    text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    return (await served.openai().files.create(file=("in.jsonl", text.encode()), purpose=purpose)).id


async def create(served: Served, *lines: Any, **fields: Any) -> Any:
    given = {"endpoint": CHAT, "completion_window": "24h", **fields}
    return await served.openai().batches.create(input_file_id=await upload(served, *lines), **given)


async def ended(served: Served, id: str) -> Any:
    """The batch when it has ended, which a client finds out by asking."""
    async with asyncio.timeout(20):
        while True:
            batch = await served.openai().batches.retrieve(id)
            if batch.status in ("completed", "failed", "expired", "cancelled"):
                return batch
            await asyncio.sleep(0.05)


async def read(served: Served, id: str | None) -> dict[str, Any]:
    """The lines of a file by their custom_id."""
    assert id is not None
    text = (await served.openai().files.content(id)).text
    found = [json.loads(each) for each in text.splitlines()]
    assert len({each["custom_id"] for each in found}) == len(found), "one answer each"
    return {each["custom_id"]: each for each in found}


def echoing(turn: Turn) -> list[Step]:
    content = turn.messages[-1].content
    assert isinstance(content, str)
    return say(content.upper()) if content != "too long" else [ContextLengthExceeded(9000, 2048)]


async def test_answers_and_errors(served: Served) -> None:
    served.backend.steps = echoing
    wrong = {"model": "tiny", "messages": "none"}
    made = await create(
        served,
        line("a", "one"),
        "",
        line("b", "too long"),
        line("c", "three"),
        line("d", body=wrong),
        line("e", body={"model": "nobody", "messages": [{"role": "user", "content": "x"}]}),
        metadata={"for": "the test"},
    )
    assert (made.object, made.status, made.endpoint, made.metadata) == (
        "batch",
        "validating",
        CHAT,
        {"for": "the test"},
    )
    assert made.expires_at - made.created_at == 24 * 3600
    done = await ended(served, made.id)
    assert (done.status, done.errors) == ("completed", None)
    counts = done.request_counts
    assert (counts.total, counts.completed, counts.failed) == (5, 2, 3)
    assert done.in_progress_at <= done.finalizing_at <= done.completed_at
    answers = await read(served, done.output_file_id)
    assert set(answers) == {"a", "c"}
    assert answers["a"]["response"]["status_code"] == 200
    assert answers["a"]["response"]["body"]["choices"][0]["message"]["content"] == "ONE"
    assert answers["a"]["error"] is None
    errors = await read(served, done.error_file_id)
    told = {id: (each["response"]["status_code"], each["response"]["body"]["error"]) for id, each in errors.items()}
    assert {id: status for id, (status, _) in told.items()} == {"b": 400, "d": 400, "e": 404}
    assert told["b"][1]["code"] == "context_length_exceeded"
    assert told["d"][1]["param"] == "messages"
    file = await served.openai().files.retrieve(done.output_file_id)
    assert (file.purpose, file.filename) == ("batch_output", f"{made.id}_output.jsonl")


async def test_lines_are_no_jobs_of_the_clients(served: Served) -> None:
    made = await create(served, line("a"))
    await ended(served, made.id)
    listed = (await served.http.get("/v1/jobs")).json()["data"]
    assert not [job for job in listed if job["id"].startswith("batch")]
    assert (await served.openai().batches.list(limit=1)).data[0].id == made.id


@pytest.mark.parametrize(
    ("lines", "code", "number", "param"),
    [
        (["not json"], "invalid_json_line", 1, None),
        ([line("a"), "[1]"], "invalid_json_line", 2, None),
        (['{"custom_id": "\\ud800"}'], "invalid_json_line", 1, None),
        (['{"custom_id": "a", "body": {"seed": NaN}}'], "invalid_json_line", 1, None),
        (["[" * 100_000], "invalid_json_line", 1, None),
        ([line("a"), line("a")], "duplicate_custom_id", 2, "custom_id"),
        ([line("")], "missing_required_parameter", 1, "custom_id"),
        ([line("a", url="/v1/embeddings")], "mismatched_endpoint", 1, "url"),
        ([line("a", method="GET")], "invalid_method", 1, "method"),
        ([line("a", body="x")], "missing_required_parameter", 1, "body"),
        ([" "], "empty_file", None, None),
    ],
)
async def test_wrong_lines_fail_the_whole(
    served: Served, lines: list[Any], code: str, number: int | None, param: str | None
) -> None:
    done = await ended(served, (await create(served, *lines)).id)
    assert done.status == "failed"
    (error,) = done.errors.data
    assert (error.code, error.line, error.param) == (code, number, param)
    assert not served.backend.turns


async def test_a_body_is_held_to_what_requests_are_held_to(served: Served) -> None:
    deep = json.loads('{"a": ' * 120 + "1" + "}" * 120)
    body = {"model": "tiny", "messages": [{"role": "user", "content": "x"}]}
    vast = line("vast", body={**body, "metadata": {"a": 10**30}})
    done = await ended(served, (await create(served, line("deep", body={**body, "metadata": deep}), vast)).id)
    errors = await read(served, done.error_file_id)
    assert "nested too deeply" in errors["deep"]["response"]["body"]["error"]["message"]
    assert "too large to count" in errors["vast"]["response"]["body"]["error"]["message"]


async def test_a_batch_that_was_refused_is_not_done(tmp_path: Path) -> None:
    async with serving(tmp_path, limits__jobs=1, jobs__at_once=1) as served:
        served.backend.steps = [asyncio.Event()]
        await served.http.post("/v1/jobs", json={"endpoint": CHAT, "body": line("")["body"]})
        with pytest.raises(openai.RateLimitError):
            await served.openai().batches.create(
                input_file_id=await upload(served, line("a")), endpoint=CHAT, completion_window="24h"
            )
        (batch,) = (await served.openai().batches.list()).data
        assert batch.status == "failed"


async def test_what_is_refused(served: Served) -> None:
    wrong = [
        {"endpoint": "/v1/nothing"},
        {"endpoint": "tell a webhook"},
        {"completion_window": "soon"},
        {"input_file_id": await upload(served, line("a"), purpose="user_data")},
    ]
    for fields in wrong:
        given = {"endpoint": CHAT, "completion_window": "24h", "input_file_id": "", **fields}
        given["input_file_id"] = given["input_file_id"] or await upload(served, line("a"))
        with pytest.raises(openai.BadRequestError):
            await served.openai().batches.create(**given)
    with pytest.raises(openai.NotFoundError) as caught:
        await served.openai().batches.create(input_file_id="file_x", endpoint=CHAT, completion_window="24h")
    assert caught.value.param == "input_file_id"


async def test_cancelled(tmp_path: Path) -> None:
    async with serving(tmp_path, jobs__at_once=2) as served:
        reached = asyncio.Event()

        def steps(turn: Turn) -> list[Step]:
            if turn.messages[-1].content == "first":
                return say("done")
            reached.set()
            return [asyncio.Event()]

        served.backend.steps = steps
        made = await create(served, line("a", "first"), *(line(str(number)) for number in range(5)))
        await asyncio.wait_for(reached.wait(), 10)
        asked = await served.openai().batches.cancel(made.id)
        assert asked.status in ("cancelling", "finalizing")
        done = await ended(served, made.id)
        assert (done.status, done.request_counts.total, done.request_counts.completed) == ("cancelled", 6, 1)
        assert set(await read(served, done.output_file_id)) == {"a"}
        errors = await read(served, done.error_file_id)
        assert {each["error"]["code"] for each in errors.values()} == {"batch_cancelled"}
        assert len(errors) == 5
        with pytest.raises(openai.ConflictError):
            await served.openai().batches.cancel(made.id)


async def test_who_waits_comes_first(tmp_path: Path) -> None:
    async with serving(tmp_path, jobs__at_once=1) as served:
        gate, reached, order = asyncio.Event(), asyncio.Event(), list[Any]()

        def steps(turn: Turn) -> list[Step]:
            order.append(turn.messages[-1].content)
            reached.set()
            return [gate, *say("done")]

        served.backend.steps = steps
        made = await create(served, *(line(str(number), str(number)) for number in range(4)))
        await asyncio.wait_for(reached.wait(), 10)
        job = await served.http.post("/v1/jobs", json={"endpoint": CHAT, "body": line("", "urgent")["body"]})
        assert job.status_code == 202
        gate.set()
        await ended(served, made.id)
        assert order == ["0", "urgent", "1", "2", "3"]
        assert served.backend.turn.priority < 0


async def test_another_keys_batch_is_none(served: Served) -> None:
    made = await create(served, line("a"))
    other = {"authorization": f"Bearer {OTHER_KEY}"}
    assert (await served.http.get(f"/v1/batches/{made.id}", headers=other)).status_code == 404
    assert (await served.http.post(f"/v1/batches/{made.id}/cancel", headers=other)).status_code == 404
    assert (await served.http.get("/v1/batches", headers=other)).json()["data"] == []
    await ended(served, made.id)


async def test_a_restart_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    lines = [line(str(number), str(number)) for number in range(30)]
    answered: list[Any] = []
    async with serving(tmp_path, jobs__at_once=4) as served:
        reached = asyncio.Event()

        def steps(turn: Turn) -> list[Step]:
            if len(answered) == 10:
                reached.set()
                return [asyncio.Event()]
            answered.append(turn.messages[-1].content)
            return say("first server")

        served.backend.steps = steps
        made = await create(served, *lines)
        await asyncio.wait_for(reached.wait(), 10)
    async with serving(tmp_path) as served:
        done = await ended(served, made.id)
        assert (done.status, done.request_counts.completed) == ("completed", 30)
        assert set(await read(served, done.output_file_id)) == {str(number) for number in range(30)}
        assert len(served.backend.turns) == 20
