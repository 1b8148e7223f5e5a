"""The jobs commands."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from server.cli import app

from .conftest import FakeServer

runner = CliRunner()
JOB = {
    "id": "job_1",
    "object": "job",
    "task": "/v1/chat/completions",
    "state": "running",
    "priority": 5,
    "attempts": 2,
    "cancelling": False,
    "progress": {"done": 3, "total": 8, "message": "page 3"},
    "result": None,
    "error": {"message": "Not now.", "type": "service_unavailable"},
    "created_at": 1_700_000_000.5,
    "started_at": None,
    "ended_at": None,
    "label": None,
    "queue_position": None,
}


def invoke(*arguments: str, code: int = 0) -> Any:
    result = runner.invoke(app, ["jobs", *arguments], prog_name="llm-api", env={"COLUMNS": "140"})
    assert result.exit_code == code, result.output
    return result


def test_the_list_shows_each_job(fake: FakeServer) -> None:
    fake.jobs = {"job_1": {**JOB}, "job_2": {**JOB, "id": "job_2", "state": "queued", "progress": None}}
    lines = invoke("list").stdout.splitlines()
    assert lines[0].split() == ["Job", "Task", "State", "Created", "Priority", "Attempts", "Progress"]
    assert lines[1].split()[:3] == ["job_1", "/v1/chat/completions", "running"]
    assert lines[1].split()[-3:] == ["5", "2", "3/8"]
    assert [job["id"] for job in json.loads(invoke("list", "--state", "queued", "--json").stdout)] == ["job_2"]


def test_show(fake: FakeServer) -> None:
    fake.jobs["job_1"] = {**JOB}
    told = invoke("show", "job_1").stdout
    assert "state           running" in told
    assert "progress        3/8 page 3" in told
    assert "error           Not now." in told
    fake.jobs["job_1"] = {**JOB, "state": "succeeded", "result": {"a": "ä"}}
    assert '"a": "ä"' in invoke("show", "job_1").stdout
    assert invoke("show", "job_2", code=1).stderr == "llm-api: There is no such job.\n"


def test_cancel(fake: FakeServer) -> None:
    fake.jobs = {"job_1": {**JOB}, "job_2": {**JOB, "state": "queued"}}
    assert invoke("cancel", "job_1").stdout == "job_1 is being stopped.\n"
    assert invoke("cancel", "job_2").stdout == "job_2 is cancelled.\n"
