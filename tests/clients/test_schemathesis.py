"""Schemathesis: requests made from /openapi.json, fitting and not. None may be answered with a 500."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.contract.target import Target

schemathesis = pytest.importorskip(
    "schemathesis", reason="schemathesis is not installed: it is in the dependency group 'clients'"
)

EXAMPLES = 12
"""Requests an operation."""

ENDLESS = ("/status", "/v1/status")
"""Streams that never end."""

ITS_OWN_500 = ("/loadModel", "/llm/")
"""What LLM-API could not load and Distributed LLM did not find had this status, and their clients read it."""


def test_no_request_made_from_the_schema_fails(target: Target) -> None:
    schema = schemathesis.openapi.from_url(f"{target.root}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    failures: list[str] = []
    for operation in operations:
        if operation.path not in ENDLESS and not operation.path.startswith(ITS_OWN_500):
            _spoil(target, operation, failures)
    assert not failures, "\n".join(["", *failures])


def _spoil(target: Target, operation: Any, failures: list[str]) -> None:
    """Sends requests to one operation, and writes down what failed."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        answer = case.call(base_url=target.root, headers=Target.bearer(target.key), timeout=target.timeout)
        # 503 is right where a broken model was asked for.
        if answer.status_code >= 500 and answer.status_code != 503:
            failures.append(
                f"{operation.label}: {answer.status_code} {answer.text[:200]} for {case.as_curl_command()[:500]}"
            )

    send()
