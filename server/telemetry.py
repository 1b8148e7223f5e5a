"""What the server says about itself: log lines, request ids, metrics. Never prompts, keys or query strings.

`Metrics` has its own registry, so that two servers in one process do not mix. All its methods may be called from any
thread and cost about a microsecond.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Literal, TextIO

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that the present task works for."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def configure_logging(
    level: Literal["debug", "info", "warning", "error"], style: Literal["text", "json"], stream: TextIO | None = None
) -> None:
    """Log to `stream` (stderr) as lines of text or JSON.

    Only the server's own loggers follow `level` below warning: what other libraries say there may hold anything.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    logging.getLogger("server").setLevel(level.upper())
    # asyncio warns at every write to a connection that its client has closed: that is daily life here.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.filters[:] = [_said_already]


def _said_already(record: logging.LogRecord) -> bool:
    """An answer that broke off has been logged, with its reason, by whoever broke it off."""
    return "returned without completing response" not in record.getMessage()


class TextLines(logging.Formatter):
    """One readable line a record; nothing that a client sent can begin another."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        about = request_id.get()
        message = CONTROL.sub(lambda found: repr(found.group())[1:-1], record.getMessage())
        line = f"{moment}.{int(record.msecs):03d} {record.levelname:<7} {record.name}: {message}"
        return line + (f" [{about}]" if about else "") + _trace(record, "\n")


class JsonLines(logging.Formatter):
    """One JSON object a record; what was passed as `extra={"facts": {…}}` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request": request_id.get() or None,
            **getattr(record, "facts", {}),
        }
        if trace := _trace(record):
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=True, default=str)


def _trace(record: logging.LogRecord, before: str = "") -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    return before + "".join(traceback.format_exception(*record.exc_info)).rstrip()


# Seconds: from a fast token to a slow prompt.
SHORT = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.25, 0.5, 1, 2.5)
LONG = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
TOKENS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
STATES = ("unloaded", "loading", "ready", "unloading", "failed")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counts and times of one server, for Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._models: dict[str, ModelMetrics] = {}
        by_model = ("model",)
        self._requests = self._counter("requests", "Answered requests.", ("method", "route", "status"))
        self._request_seconds = self._histogram("request_seconds", "From request to end of answer.", ("route",), LONG)
        self.prompt_tokens = self._counter("prompt_tokens", "Tokens of prompts, cached ones included.", by_model)
        self.cached_tokens = self._counter("cached_tokens", "Tokens of prompts that were not computed.", by_model)
        self.generated_tokens = self._counter("generated_tokens", "Tokens generated.", by_model)
        self.first_token_seconds = self._histogram(
            "first_token_seconds", "From request to first token.", by_model, LONG
        )
        self.gap_seconds = self._histogram("gap_seconds", "Between two tokens of one answer.", by_model, SHORT)
        self.wait_seconds = self._histogram("wait_seconds", "Waiting for a place in the batch.", by_model, LONG)
        self.step_tokens = self._histogram("step_tokens", "Tokens computed in one step.", by_model, TOKENS)
        self.step_prompt_tokens = self._counter("step_prompt_tokens", "Prompt tokens computed in steps.", by_model)
        self.step_seconds = self._histogram("step_seconds", "Time of one step.", by_model, SHORT)
        self.preemptions = self._counter("preemptions", "Running answers set back for want of cells.", by_model)
        self.running = self._gauge("running", "Requests being computed.", by_model)
        self.waiting = self._gauge("waiting", "Requests waiting for a place.", by_model)
        self.cells_used = self._gauge("cells_used", "Cells of the shared pool that hold a token.", by_model)
        self.cells_total = self._gauge("cells_total", "Cells of the shared pool.", by_model)
        self.states = self._gauge("model_state", "1 for the state that the model is in.", ("model", "state"))
        self.load_seconds = self._histogram("load_seconds", "Loading a model.", by_model, LONG)
        self.load_failures = self._counter("load_failures", "Loads that failed.", by_model)
        self.upstream_tries = self._counter(
            "upstream_tries", "Requests to other servers, by how they went.", ("model", "url", "outcome")
        )

    def _counter(self, name: str, what: str, labels: Sequence[str]) -> Counter:
        return Counter(f"llm_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, labels: Sequence[str]) -> Gauge:
        return Gauge(f"llm_{name}", what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, labels: Sequence[str], buckets: Sequence[float]) -> Histogram:
        return Histogram(f"llm_{name}", what, labels, registry=self.registry, buckets=buckets)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request. `route` is the template, not the path, so that the label has few values."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def model(self, name: str) -> ModelMetrics:
        """The metrics of one model; keep it, do not look it up every step."""
        if name not in self._models:
            self._models.setdefault(name, ModelMetrics(self, name))
        return self._models[name]

    def text(self) -> tuple[bytes, str]:
        """All metrics as Prometheus reads them, and the content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class ModelMetrics:
    """What one model's engine reports. Every method takes numbers that it has anyway."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        self._prompt = metrics.prompt_tokens.labels(name)
        self._cached = metrics.cached_tokens.labels(name)
        self._generated = metrics.generated_tokens.labels(name)
        self._first_token = metrics.first_token_seconds.labels(name)
        self._gap = metrics.gap_seconds.labels(name)
        self._wait = metrics.wait_seconds.labels(name)
        self._step_tokens = metrics.step_tokens.labels(name)
        self._step_prompt = metrics.step_prompt_tokens.labels(name)
        self._step_seconds = metrics.step_seconds.labels(name)
        self._preemptions = metrics.preemptions.labels(name)
        self._running = metrics.running.labels(name)
        self._waiting = metrics.waiting.labels(name)
        self._cells_used = metrics.cells_used.labels(name)
        self._cells_total = metrics.cells_total.labels(name)
        self._states = {state: metrics.states.labels(name, state) for state in STATES}
        self._load_seconds = metrics.load_seconds.labels(name)
        self._load_failures = metrics.load_failures.labels(name)

    def step(self, decode: int, prompt: int, seconds: float) -> None:
        """One step: how many tokens of answers and of prompts it computed, and how long it took."""
        self._step_tokens.observe(decode + prompt)
        self._step_seconds.observe(seconds)
        if prompt:
            self._step_prompt.inc(prompt)

    def tokens(self, prompt: int, cached: int, generated: int) -> None:
        """What one ended request was made of; `cached` are those of `prompt` that were not computed."""
        self._prompt.inc(prompt)
        self._cached.inc(cached)
        self._generated.inc(generated)

    def first_token(self, seconds: float) -> None:
        """From a request's arrival to its first token."""
        self._first_token.observe(seconds)

    def gap(self, seconds: float) -> None:
        """Between two tokens of one answer."""
        self._gap.observe(seconds)

    def gaps(self, seconds: Iterable[float]) -> None:
        """All the gaps that one step ended."""
        for each in seconds:
            self._gap.observe(each)

    def waited(self, seconds: float) -> None:
        """From a request's arrival until it was admitted."""
        self._wait.observe(seconds)

    def preempted(self, count: int = 1) -> None:
        """Answers that lost their cells and will be computed again."""
        self._preemptions.inc(count)

    def cells(self, used: int, total: int) -> None:
        """How full the shared pool is."""
        self._cells_used.set(used)
        self._cells_total.set(total)

    def queue(self, running: int, waiting: int) -> None:
        """How many requests are being computed, and how many wait."""
        self._running.set(running)
        self._waiting.set(waiting)

    def state(self, name: str) -> None:
        """The state that the model is in from now on; one of STATES."""
        for state, gauge in self._states.items():
            gauge.set(state == name)

    def loaded(self, seconds: float) -> None:
        """A load succeeded."""
        self._load_seconds.observe(seconds)

    def load_failed(self) -> None:
        """A load did not succeed."""
        self._load_failures.inc()
