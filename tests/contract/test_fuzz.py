"""Whatever a client sends, no answer is a 500: valid bodies with one part replaced by something else, or left out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.checks.structured import NESTED
from tests.contract.checks.tools import BOTH, HISTORY, PAINT_SCHEMA
from tests.contract.house import this_server
from tests.contract.target import ENDPOINTS, Target, form

FUNCTION = {"type": "function", "name": "paint", "parameters": PAINT_SCHEMA, "strict": True}
BODIES: dict[str, list[dict[str, Any]]] = {
    "chat": [
        {
            "messages": HISTORY, "max_tokens": 2, "temperature": 1, "top_p": 0.9, "n": 1, "seed": 1, "stop": ["x"],
            "logprobs": True, "top_logprobs": 1, "logit_bias": {"7": 1}, "stream": False,
            "frequency_penalty": 0, "presence_penalty": 0, "response_format": form(NESTED), "user": "u",
            "metadata": {"a": "b"}, "reasoning_effort": "low", "top_k": 5, "min_p": 0.1,
        },
        {
            "messages": HISTORY, "max_completion_tokens": 2, "tools": BOTH, "tool_choice": "auto",
            "parallel_tool_calls": True, "stream": True, "stream_options": {"include_usage": True},
        },
    ],
    "completions": [
        {"prompt": ["a", "b"], "max_tokens": 2, "echo": True, "logprobs": 1, "n": 1, "best_of": 1, "suffix": None},
        {"prompt": [1, 2, 3], "max_tokens": 2, "stream": True, "stop": "x"},
    ],
    "responses": [
        {
            "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
            "instructions": "x", "max_output_tokens": 16, "store": False, "tools": [FUNCTION], "tool_choice": "auto",
            "text": {"format": {"type": "text"}}, "metadata": {}, "include": [], "truncation": "disabled",
            "reasoning": {"effort": "low"}, "previous_response_id": None, "temperature": 1, "stream": False,
        },
    ],
    "embeddings": [{"input": ["a", "b"], "encoding_format": "float", "dimensions": 8, "user": "u"}],
    "messages": [
        {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], "max_tokens": 2,
            "system": [{"type": "text", "text": "x"}], "stop_sequences": ["x"], "temperature": 1,
            "top_k": 3, "top_p": 1,
            "tools": [{"name": "paint", "input_schema": PAINT_SCHEMA}], "tool_choice": {"type": "auto"},
            "metadata": {"user_id": "u"}, "stream": False, "thinking": {"type": "disabled"},
        },
    ],
}  # fmt: skip
"""Bodies in which every part has its place, so that each part can be spoilt."""

GONE = object()
ODD = st.sampled_from(
    [None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 0.5, 1e308, -0.0, "", " ", "\x00", "a" * 300, "\ufffe", "🎉",
     [], {}, [[]], [None], {"": None}, [{}], "auto", "required", {"type": "object"}, {"type": "function"}, [1, "a"],
     {"$ref": "#"}, {"type": ["string", 3]}, {"format": {"type": "json_schema"}}]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every part of a body, however deep."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield (*above, step)
        yield from places(part, (*above, step))


CASES = [(name, body, place) for name, bodies in BODIES.items() for body in bodies for place in places(body)]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with this_server(tmp_path_factory.mktemp("fuzz")) as target:
        yield target


def test_bodies_are_answered_before_they_are_spoilt(target: Target) -> None:
    for name, bodies in BODIES.items():
        for body in bodies:
            answer = target.send(name, **body)
            assert answer.status_code == 200, f"{name}: {answer.text[:200]}"
            assert "x-ignored-params" not in answer.headers, answer.headers["x-ignored-params"]


@settings(
    max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)  # fmt: skip
@given(case=st.sampled_from(CASES), instead=st.just(GONE) | ODD | JSON)
def test_no_part_can_be_spoilt_so_that_the_server_fails(target: Target, case: Any, instead: Any) -> None:
    name, body, path = case
    sent = copy.deepcopy(target.body(name, **body))
    holder: Any = sent
    for step in path[:-1]:
        holder = holder[step]
    if instead is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = instead
    answer = target.http.post(ENDPOINTS[name][0], json=sent)
    where = f"{name} {'.'.join(map(str, path))} = {instead!r:.80}: {answer.text[:200]}"
    assert answer.status_code in (200, 400, 404), f"{answer.status_code} for {where}"
    assert '"server_error"' not in answer.text, where
    assert '"api_error"' not in answer.text, where
