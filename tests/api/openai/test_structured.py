"""Answers in a form, by a real engine over random weights: the `openai` client gets what it asked for, or is told why
it cannot be had.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import jsonschema
import openai
import pytest
import pytest_asyncio
from pydantic import BaseModel, Field

from tests.api.served import Served, events, serving_models

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = {"threads": 1, "cells": 4096, "ctxSize": 1024}
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)
THINKS = (
    CHATML
    + "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% else %}<think>\n{% endif %}"
)
MAY_THINK = CHATML + "{# the answer may begin with <think> #}{{ reasoning_effort }}"
ENTRIES = {
    "random": {"params": {"model": "tiny.gguf", **SMALL}},
    "spm": {"params": {"model": "random-spm.gguf", **SMALL}},
    "thinker": {"params": {"model": "tiny.gguf", **SMALL}, "templateFile": "thinks.jinja"},
    "pensive": {"params": {"model": "tiny.gguf", **SMALL}, "templateFile": "may-think.jinja"},
}
HI = [{"role": "user", "content": "Hi"}]


class Part(BaseModel, extra="forbid"):
    kind: Literal["wheel", "door"]
    count: Annotated[int, Field(ge=0, le=99)]


class Car(BaseModel, extra="forbid"):
    colour: Literal["red", "green", "blue"]
    old: bool
    parts: Annotated[list[Part], Field(max_length=3)]
    owner: Annotated[str, Field(pattern=r"^[A-Z][a-z]{2,5}$")] | None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("forms")
    (folder / "thinks.jinja").write_text(THINKS)
    (folder / "may-think.jinja").write_text(MAY_THINK)
    files = [model_file(kind) for kind in ("tiny", "random-spm")]
    async with serving_models(folder, ENTRIES, files, limits__schema_bytes=4096) as one:
        yield one


async def ask(house: Served, **fields: Any) -> httpx.Response:
    return await house.chat(**{"model": "random", "messages": HI, "max_tokens": 200, "seed": 1, **fields})


async def said(house: Served, **fields: Any) -> str:
    answer = await ask(house, **fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def form(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


@pytest.mark.parametrize("model", ["random", "spm", "thinker", "pensive"])
@pytest.mark.parametrize("temperature", [0, 2])
async def test_the_client_parses_what_it_asked_for(house: Served, model: str, temperature: float) -> None:
    answer = await house.openai().chat.completions.parse(
        model=model,
        messages=[{"role": "user", "content": "Describe a car."}],
        response_format=Car,
        temperature=temperature,
        seed=3,
        max_tokens=300,
        extra_body={"thinking_budget": 10},
    )
    choice = answer.choices[0]
    assert choice.finish_reason == "stop"
    assert isinstance(choice.message.parsed, Car)
    assert choice.message.content == json.dumps(json.loads(choice.message.content or ""))


async def test_a_stream_is_parsed_as_well(house: Served) -> None:
    manager = house.openai().chat.completions.stream(
        model="random", messages=[{"role": "user", "content": "Describe a car."}], response_format=Car, max_tokens=300
    )
    async with manager as stream:
        fragments = [one.delta async for one in stream if one.type == "content.delta"]
        final = await stream.get_final_completion()
    assert isinstance(final.choices[0].message.parsed, Car)
    assert "".join(fragments) == final.choices[0].message.content


async def test_each_of_several_choices_has_the_form(house: Served) -> None:
    answer = await ask(house, n=4, temperature=2, response_format=form(Car.model_json_schema()))
    contents = [choice["message"]["content"] for choice in answer.json()["choices"]]
    assert all(Car.model_validate_json(content) for content in contents)
    assert len(set(contents)) > 1
    usage = answer.json()["usage"]
    assert usage["completion_tokens"] > 4 * 5


async def test_json_object_is_an_object_from_the_first_character_on(house: Served) -> None:
    bias = {str(ord(end)): 9 for end in '"}]'}
    text = await said(house, response_format={"type": "json_object"}, logit_bias=bias, max_tokens=400)
    assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize(
    ("fields", "pattern"),
    [
        ({"response_format": {"type": "regex", "pattern": "[a-f]{4}-[0-9]{1,9}7/"}}, "[a-f]{4}-[0-9]{1,9}7/"),
        ({"response_format": {"type": "regex", "pattern": "^(yes|no)$"}}, "yes|no"),
        ({"response_format": {"type": "choice", "choices": ["yes", "no", 'a "b"\n']}}, 'yes|no|a "b"\n'),
        ({"response_format": {"type": "grammar", "grammar": 'start: "a" b{0,9}\nb: "}" | "{"\n'}}, "a[{}]*"),
        (
            {"response_format": {"type": "grammar", "syntax": "gbnf", "grammar": 'root ::= "x" [0-9]{2} "é"'}},
            "x[0-9]{2}é",
        ),
        ({"guided_regex": "[0-9]{3}"}, "[0-9]{3}"),
        ({"guided_choice": ["left", "right"]}, "left|right"),
        ({"guided_json": {"enum": [1, "two"]}}, '1|"two"'),
        ({"guided_grammar": 'root ::= "ja" | "nein"'}, "ja|nein"),
        ({"structured_outputs": {"regex": "[xyz]"}}, "[xyz]"),
        ({"structured_outputs": {"choice": ["one"]}}, "one"),
        ({"structured_outputs": {"json": {"const": {"a": []}}}}, r'\{"a": \[\]\}'),
        ({"structured_outputs": {"grammar": 'start: "lark"'}}, "lark"),
    ],
)
async def test_other_forms_and_the_names_that_other_clients_give_them(
    house: Served, fields: dict[str, Any], pattern: str
) -> None:
    chat = await said(house, temperature=1.5, logit_bias={"256": 5, "47": 5}, **fields)
    assert re.fullmatch(pattern, chat)
    body = {"model": "random", "prompt": "Say", "max_tokens": 100, "logit_bias": {"256": 5, "47": 5}, **fields}
    completion = (await house.http.post("/v1/completions", json=body)).json()["choices"][0]
    assert completion["finish_reason"] == "stop"
    assert re.fullmatch(pattern, completion["text"])


async def test_probabilities_of_a_form_are_those_of_the_model(house: Served) -> None:
    answer = await ask(house, response_format=form({"enum": ["abc"]}), logprobs=True, top_logprobs=2)
    choice = answer.json()["choices"][0]
    tokens = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == choice["message"]["content"] == '"abc"'
    assert all(token["logprob"] <= token["top_logprobs"][0]["logprob"] for token in tokens)


async def test_an_answer_cut_by_its_length_says_so_and_begins_the_json(house: Served) -> None:
    answer = await ask(house, response_format=form({"const": "abcdefgh" * 9}), max_tokens=4)
    choice = answer.json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert answer.json()["usage"]["completion_tokens"] == 4
    assert ('"' + "abcdefgh" * 9).startswith(choice["message"]["content"])


async def test_what_was_forced_counts_like_what_was_drawn(house: Served) -> None:
    schema = form({"const": "the same words again"})
    whole = (await ask(house, response_format=schema)).json()
    text = whole["choices"][0]["message"]["content"]
    drawn = (await ask(house, response_format=schema, logprobs=True)).json()
    assert drawn["choices"][0]["message"]["content"] == text == '"the same words again"'
    assert 3 < whole["usage"]["completion_tokens"] <= len(text)
    assert drawn["usage"]["completion_tokens"] == len(drawn["choices"][0]["logprobs"]["content"])


# Thoughts


async def test_a_thought_may_come_before_the_form_and_is_closed_in_time(house: Served) -> None:
    fields = {"response_format": form(Car.model_json_schema()), "thinking_budget": 12, "max_tokens": 300}
    answer = (await ask(house, model="thinker", **fields)).json()
    message, usage = answer["choices"][0]["message"], answer["usage"]
    assert Car.model_validate_json(message["content"])
    assert message["reasoning_content"]
    assert 12 <= usage["completion_tokens_details"]["reasoning_tokens"] <= 16
    streamed = events((await ask(house, model="thinker", stream=True, **fields)).text)
    deltas = [choice["delta"] for event in streamed if event != "[DONE]" for choice in event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == message["content"]
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == message["reasoning_content"]


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking_budget": 5},
        {"reasoning": {"max_tokens": 5}},
        {"reasoning": {"effort": "high", "max_tokens": 5}},
    ],
)
async def test_a_budget_ends_a_thought_of_a_free_answer(house: Served, fields: dict[str, Any]) -> None:
    answer = (await ask(house, model="thinker", ignore_eos=True, max_tokens=40, **fields)).json()
    assert 5 <= answer["usage"]["completion_tokens_details"]["reasoning_tokens"] <= 9
    assert answer["usage"]["completion_tokens"] == 40
    assert answer["choices"][0]["message"]["content"]


@pytest.mark.parametrize("fields", [{"reasoning_effort": "none"}, {"reasoning": {"effort": "none"}}])
async def test_no_effort_is_no_thought(house: Served, fields: dict[str, Any]) -> None:
    for model in ("thinker", "pensive", "random"):
        answer = (await ask(house, model=model, ignore_eos=True, max_tokens=20, **fields)).json()
        message = answer["choices"][0]["message"]
        assert "reasoning_content" not in message
        assert message["content"]


async def test_effort_reaches_templates_that_know_it_and_what_the_client_says_itself_wins(house: Served) -> None:
    async def prompt_tokens(**fields: Any) -> int:
        answer = await ask(house, model="pensive", max_tokens=1, **fields)
        return int(answer.json()["usage"]["prompt_tokens"])

    plain = await prompt_tokens()
    assert await prompt_tokens(reasoning_effort="high") > plain
    longer = {"reasoning_effort": "high" * 20}
    assert await prompt_tokens(reasoning_effort="low", chat_template_kwargs=longer) > plain + 20


# What is refused


SCHEMA = "response_format.json_schema.schema"
DEEP: Any = {"type": "null"}
for _ in range(40):
    DEEP = {"type": "array", "items": DEEP}


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"response_format": form({"type": "array", "uniqueItems": True})}, SCHEMA, "uniqueItems"),
        ({"response_format": form({"not": {}})}, SCHEMA, "not"),
        ({"response_format": form({"$ref": "#/$defs/none"})}, SCHEMA, "none"),
        ({"response_format": form({"pattern": "(?=a)", "type": "string"})}, SCHEMA, "look"),
        ({"response_format": form({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})},
         SCHEMA, "enforced"),
        ({"response_format": form({"type": "array", "uniqueItems": True, "x-guidance": {"lenient": True}})},
         SCHEMA, "uniqueItems"),
        ({"response_format": form(DEEP)}, SCHEMA, "32"),
        ({"response_format": form({"description": "x" * 5000})}, SCHEMA, "4096"),
        ({"response_format": form("no")}, SCHEMA, "object"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "Missing"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
         SCHEMA, "Missing"),
        ({"response_format": {"type": "regex", "pattern": "(["}}, "response_format.pattern", "regex"),
        ({"response_format": {"type": "regex"}}, "response_format.pattern", "Missing"),
        ({"response_format": {"type": "choice", "choices": []}}, "response_format.choices", "1 item"),
        ({"response_format": {"type": "grammar", "grammar": "nonsense"}}, "response_format.grammar", "enforced"),
        ({"response_format": {"type": "grammar", "grammar": "x" * 5000}}, "response_format.grammar", "4096"),
        ({"response_format": {"type": "grammar", "grammar": 'x: "a', "syntax": "gbnf"}}, "response_format.grammar", ""),
        ({"response_format": {"type": "xml"}}, "response_format", "json_schema"),
        ({"guided_regex": "\\b"}, "guided_regex", "enforced"),
        ({"guided_json": {"type": "strin"}}, "guided_json", "strin"),
        ({"structured_outputs": {"grammar": "root ::= ("}}, "structured_outputs.grammar", ""),
        ({"guided_choice": ["a"], "guided_regex": "b"}, "guided_choice", "both"),
        ({"response_format": {"type": "json_object"}, "guided_regex": "b"}, "guided_regex", "both"),
        ({"thinking_budget": -1}, "thinking_budget", "at least 0"),
        ({"reasoning": {"effort": "much"}}, "reasoning.effort", "expected"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
async def test_what_cannot_be_enforced_is_refused_before_the_stream_opens(
    house: Served, fields: dict[str, Any], param: str, words: str, stream: bool
) -> None:
    answer = await ask(house, stream=stream, **fields)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert words in error["message"]


async def test_the_client_raises_what_is_refused(house: Served) -> None:
    with pytest.raises(openai.BadRequestError, match="uniqueItems"):
        await house.openai().chat.completions.create(
            model="random",
            messages=[{"role": "user", "content": "Hi"}],
            response_format=form({"type": "array", "uniqueItems": True}),  # type: ignore[arg-type]
        )


async def test_the_limits_hold_at_their_edge(house: Served) -> None:
    schema: Any = {"type": "null"}
    for _ in range(31):
        schema = {"type": "array", "items": schema}
    jsonschema.validate(json.loads(await said(house, response_format=form(schema), temperature=0)), schema)
    filled = {"const": 1, "description": ""}
    filled["description"] = "x" * (4096 - len(json.dumps(filled)))
    assert await said(house, response_format=form(filled)) == "1"
    filled["description"] += "x"
    assert (await ask(house, response_format=form(filled))).status_code == 400
