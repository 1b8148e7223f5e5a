"""Alive, ready, counted."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.api.conftest import MakeStage, Stage, client_of


def test_health_is_about_the_process(stage: Stage, stranger: TestClient) -> None:
    assert stranger.get("/health").json() == {"status": "ok"}
    stage.pool.draining = True
    assert stranger.get("/health").status_code == 200
    stage.pool.alive = False
    answer = stranger.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "engine_died"})


def test_ready_is_about_new_work(stage: Stage, stranger: TestClient) -> None:
    assert stranger.get("/ready").json() == {"status": "ready"}
    stage.pool.draining = True
    answer = stranger.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})


def test_it_is_not_ready_without_its_database(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.keys.broken = True
    with client_of(stage, None) as client:
        answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "database_unusable"})


def test_the_open_answers_tell_strangers_nothing_and_are_not_cached(stranger: TestClient) -> None:
    for path in ("/health", "/ready"):
        answer = stranger.get(path)
        assert list(answer.json()) == ["status"]
        assert answer.headers["cache-control"] == "no-store"


def test_metrics_are_prometheus_text(client: TestClient) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    for name in ("requests", "generated_tokens", "first_token_seconds", "gap_seconds", "cells_used", "preemptions"):
        assert f"llm_{name}" in answer.text


def test_the_end_closes_what_was_opened(stage: Stage) -> None:
    with client_of(stage):
        assert not stage.pool.closed
    assert stage.pool.closed
    assert stage.keys.closed
