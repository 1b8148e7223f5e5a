"""Log lines that nothing can forge, and metrics that Prometheus can read."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.telemetry import Metrics, configure_logging, request_id


@pytest.fixture(autouse=True)
def _logging_restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("", "server", "uvicorn.error")]
    before = [(logger.handlers[:], logger.level, logger.filters[:]) for logger in loggers]
    yield
    for logger, (handlers, level, filters) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.filters[:] = handlers, filters
        logger.setLevel(level)


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(metrics.text()[0].decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_text_line_carries_the_request_id_and_no_second_line() -> None:
    out = io.StringIO()
    configure_logging("info", "text", out)
    token = request_id.set("req-1")
    logging.getLogger("server.x").info("path %s", "/a\nERROR forged\u2028\x1b[31m")
    request_id.reset(token)
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().rstrip().endswith("server.x: path /a\\nERROR forged\\u2028\\x1b[31m [req-1]")


def test_json_line_is_one_object_with_facts_and_trace() -> None:
    out = io.StringIO()
    configure_logging("info", "json", out)
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("server.x").error("broke\n", exc_info=sys.exc_info(), extra={"facts": {"status": 500}})
    line = json.loads(out.getvalue())
    assert (line["level"], line["message"], line["status"], line["request"]) == ("error", "broke\n", 500, None)
    assert "ValueError: why" in line["trace"]


def test_level_holds_for_the_server_and_other_libraries_stay_quiet() -> None:
    out = io.StringIO()
    configure_logging("debug", "text", out)
    logging.getLogger("server.x").debug("ours")
    logging.getLogger("somebody.else").info("theirs")
    assert "ours" in out.getvalue()
    assert "theirs" not in out.getvalue()


def test_every_report_of_a_model_is_exposed() -> None:
    metrics = Metrics()
    model = metrics.model("m")
    model.step(decode=3, prompt=5, seconds=0.02)
    model.tokens(prompt=10, cached=4, generated=7)
    model.first_token(0.3)
    model.gap(0.01)
    model.gaps([0.02, 0.03])
    model.waited(0.1)
    model.preempted(2)
    model.cells(used=100, total=400)
    model.queue(running=3, waiting=1)
    model.loaded(1.5)
    model.load_failed()
    seen = values(metrics)
    assert seen["llm_step_tokens_sum", "m"] == 8
    assert seen["llm_step_prompt_tokens_total", "m"] == 5
    assert seen["llm_step_seconds_count", "m"] == 1
    assert [seen[f"llm_{kind}_tokens_total", "m"] for kind in ("prompt", "cached", "generated")] == [10, 4, 7]
    assert seen["llm_first_token_seconds_count", "m"] == 1
    assert seen["llm_gap_seconds_count", "m"] == 3
    assert seen["llm_wait_seconds_sum", "m"] == pytest.approx(0.1)
    assert seen["llm_preemptions_total", "m"] == 2
    assert (seen["llm_cells_used", "m"], seen["llm_cells_total", "m"]) == (100, 400)
    assert (seen["llm_running", "m"], seen["llm_waiting", "m"]) == (3, 1)
    assert seen["llm_load_seconds_count", "m"] == 1
    assert seen["llm_load_failures_total", "m"] == 1


def test_a_model_is_in_one_state() -> None:
    metrics = Metrics()
    model = metrics.model("m")
    model.state("loading")
    model.state("ready")
    states = {key[2]: value for key, value in values(metrics).items() if key[0] == "llm_model_state"}
    assert states == {"unloaded": 0, "loading": 0, "ready": 1, "unloading": 0, "failed": 0}


def test_the_method_label_has_few_values() -> None:
    metrics = Metrics()
    metrics.request("BREW", "/x", 405, 0.1)
    assert values(metrics)["llm_requests_total", "other", "/x", "405"] == 1


def test_two_servers_do_not_mix() -> None:
    first, second = Metrics(), Metrics()
    first.model("m").tokens(1, 0, 0)
    assert first.model("m") is first.model("m")
    assert "llm_prompt_tokens_total" in first.text()[0].decode()
    assert ("llm_prompt_tokens_total", "m") not in values(second)
