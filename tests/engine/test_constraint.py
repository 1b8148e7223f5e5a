"""Answers held to a grammar by a real engine: whatever the weights say, the text is what the grammar allows."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from server.engine.constraint import KEPT, Grammars, lark_of_gbnf, lark_of_regex, problem_of
from server.engine.cost import check_cost
from server.engine.live import LiveModel
from server.engine.llama import LoadOptions, Model
from server.engine.loop import StepReport
from server.engine.request import Constraint, FinishReason, GenerationRequest, SamplingParams, Thinking
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest
from tests.engine.stage import Said, ask, prompt_of, running

Models = Callable[[str], Path]
HOT = SamplingParams(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)


def schema(value: Any) -> Constraint:
    """JSON without spaces after a schema."""
    options = {"x-guidance": {"whitespace_flexible": False}} if isinstance(value, dict) else {}
    return Constraint(f"start: %json {json.dumps({**value, **options} if options else value)}")


def record(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def ending(live: LiveModel, strength: float = 7) -> tuple[tuple[int, float], ...]:
    """A bias to what ends strings, lists and objects: random weights would go on for long."""
    return tuple((live.facts.vocabulary.tokenize(end, special=False, first=False)[-1], strength) for end in '"]}')


def asked(live: LiveModel, id: str, constraint: Constraint, seed: int = 1, **more: Any) -> GenerationRequest:
    sampling = replace(HOT, seed=seed, logit_bias=ending(live))
    request = GenerationRequest(id, prompt_of(live, "Say it:\n"), 600, sampling, constraint=constraint)
    return replace(request, **more)


STRING = {"type": "string", "maxLength": 12}
TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"leaf": {"type": "boolean"}, "below": {"type": "array", "items": {"$ref": "#"}, "maxItems": 1}},
    "required": ["leaf"],
    "additionalProperties": False,
}
SCHEMAS: list[Any] = [
    True,
    {"type": "null"},
    {"type": "boolean"},
    {"type": "integer"},
    {"type": "integer", "minimum": -5, "maximum": 17},
    {"type": "integer", "exclusiveMinimum": 99, "exclusiveMaximum": 1001},
    {"type": "integer", "multipleOf": 7, "minimum": 0},
    {"type": "number", "minimum": 0.25, "maximum": 0.75},
    {"type": "number", "multipleOf": 0.5},
    STRING,
    {"type": "string", "minLength": 3, "maxLength": 3},
    {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    {"type": "string", "pattern": "^(red|green) (cat|dog)s?$"},
    {"type": "string", "pattern": "x.y", "maxLength": 20},
    {"type": "string", "format": "date"},
    {"type": "string", "format": "uuid"},
    {"type": "string", "format": "ipv4"},
    {"enum": ["one", 2, None, {"three": [3]}]},
    {"const": 'quotes " and \\ and \n and 日本 \U0001f389'},
    {"const": {"nested": [1, 2.5, True, None, "x"]}},
    {"type": ["string", "null"], "maxLength": 4},
    {"anyOf": [{"type": "integer", "maximum": 9, "minimum": 0}, STRING]},
    {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 5}]},
    {"oneOf": [record(kind={"const": "a"}, size={"type": "boolean"}), record(kind={"const": "b"})]},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 4},
    {"type": "array", "prefixItems": [{"type": "boolean"}, STRING], "items": False, "minItems": 2},
    {"type": "array", "items": record(a={"type": "null"})},
    {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 2},
    {"type": "object", "properties": {"a": STRING, "b": {"type": "boolean"}}, "additionalProperties": False},
    {"type": "object", "properties": {"a": STRING}, "required": ["a", "b"], "additionalProperties": {"enum": [1]}},
    {"type": "object", "patternProperties": {"^x[0-9]$": {"type": "boolean"}}, "additionalProperties": False},
    record(),
    record(name=STRING, age={"type": "integer", "minimum": 0, "maximum": 150}),
    record(**{f"field {i}": {"type": "boolean"} for i in range(40)}),
    record(**{'odd "key"\\': {"type": "null"}, "日本": {"type": "null"}, "a/b": {"type": "null"}}),
    record(deep=record(er=record(still=record(end={"enum": ["x"]})))),
    TREE,
    {"$ref": "#/$defs/list", "$defs": {"list": {"anyOf": [{"type": "null"}, record(next={"$ref": "#/$defs/list"})]}}},
    {"$defs": {"n": {"type": "integer", "minimum": 1, "maximum": 3}}, **record(a={"$ref": "#/$defs/n"})},
    {"definitions": {"n": {"enum": ["old"]}}, **record(a={"$ref": "#/definitions/n"})},
    {"type": "array", "items": {"$ref": "#/$defs/p"}, "maxItems": 2, "$defs": {"p": record(x={"type": "boolean"})}},
    {"title": "T", "description": "d */ }", **record(a={"type": "boolean", "description": '"', "default": False})},
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "boolean"},
    {"type": "string", "enum": ["<|im_end|>", "</think>", "<tool_call>"]},
    {"type": "number", "exclusiveMinimum": -1, "exclusiveMaximum": 0},
    {"type": "array", "items": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "minItems": 1, "maxItems": 9},
    {"type": "object", "properties": {"x": True}, "required": ["x"], "additionalProperties": False},
    {"type": "array", "items": {"type": "array", "items": {"enum": [0, 1]}, "maxItems": 2}, "maxItems": 2},
    {"type": "integer", "enum": [1, 10, 100, 1000]},
    {"type": "string", "format": "date-time"},
]


@pytest.mark.parametrize("kind", ["tiny", "random-spm", "recurrent"])
async def test_whatever_the_weights_say_the_answer_follows_its_schema(model_file: Models, kind: str) -> None:
    assert len(SCHEMAS) >= 50
    async with running(model_file(kind), slots=32, cells=16384, batch=512) as live:
        requests = [asked(live, f"{i}", schema(one), seed=i) for i, one in enumerate(SCHEMAS)]
        answers = [said[0] for said in await asyncio.gather(*(ask(live, request) for request in requests))]
    finished = 0
    for one, said in zip(SCHEMAS, answers, strict=True):
        assert said.outcome is not None, one
        assert said.outcome.error is None, (one, said.outcome.error)
        if said.outcome.reason is FinishReason.STOP:
            finished += 1
            jsonschema.validate(json.loads(said.text), one, format_checker=jsonschema.FormatChecker())
    assert finished >= len(SCHEMAS) - 4  # a number or a text without a bound may go on


class Steps:
    """Counts the steps that answered, by listening to the loop's reports."""

    def __init__(self, live: LiveModel) -> None:
        self.count = 0
        self._receive = live.receive
        live.receive = self._listen  # type: ignore[method-assign]

    def _listen(self, report: StepReport) -> None:
        self.count += len(report.steps)
        self._receive(report)


TEN = record(
    identifier={"type": "boolean"},
    customer={"type": "boolean"},
    shipping_address={"type": "boolean"},
    billing_address={"type": "boolean"},
    discount={"type": "boolean"},
    currency={"type": "boolean"},
    priority={"type": "boolean"},
    notes={"type": "boolean"},
    gift={"type": "boolean"},
    paid={"type": "boolean"},
)


async def test_what_the_grammar_forces_costs_no_step(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        steps = Steps(live)
        (said,) = await ask(live, asked(live, "a", schema(TEN)))
        assert said.outcome is not None
        assert json.loads(said.text).keys() == TEN["properties"].keys()
        assert steps.count <= 14
        assert said.outcome.generated_tokens > 5 * steps.count


async def test_what_a_step_brings_comes_at_once(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        steps = Steps(live)
        (said,) = await ask(live, asked(live, "a", schema(TEN)))
        assert said.outcome is not None
        assert len(said.events) <= steps.count
        assert sum(len(event.parts) for event in said.events) == said.outcome.generated_tokens


async def test_who_asks_for_probabilities_has_every_token_rated(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        (said,) = await ask(live, asked(live, "a", schema(record(name={"const": "abc"})), logprobs=3))
        free = await ask(live, asked(live, "b", schema(record(name={"const": "abc"}))))
        vocabulary = live.facts.vocabulary
    assert said.text == free[0].text == '{"name":"abc"}'
    assert b"".join(vocabulary.piece(one.token) for one in said.logprobs).decode() == said.text
    assert all(one.logprob <= one.top[0][2] and len(one.top) == 3 for one in said.logprobs)
    assert any(one.token != one.top[0][0] for one in said.logprobs), "the probabilities are those of the raw logits"


async def test_free_and_held_answers_go_on_beside_each_other(model_file: Models) -> None:
    async with running(model_file("tiny"), slots=16) as live:
        free = GenerationRequest("f", prompt_of(live, "Once"), 40, SamplingParams(temperature=0, ignore_eos=True))
        (alone,) = await ask(live, replace(free, logprobs=2))
        crowd = [ask(live, replace(free, id=f"f{i}", logprobs=2)) for i in range(4)]
        held = [ask(live, asked(live, f"h{i}", schema(TEN), seed=i)) for i in range(6)]
        found = await asyncio.gather(*crowd, *held)
    assert all(near(one[0], alone) for one in found[:4])
    for one in found[4:]:
        jsonschema.validate(json.loads(one[0].text), TEN)


def near(one: Said, other: Said) -> bool:
    """The same tokens for as long as the two best were further apart than company may move them."""
    for mine, theirs in zip(one.logprobs, other.logprobs, strict=True):
        if mine.top[0][2] - mine.top[1][2] < 0.1:
            return True
        if mine.token != theirs.token:
            return False
    return True


async def test_several_answers_to_one_prompt_each_follow_the_schema(model_file: Models) -> None:
    one = record(word=STRING, number={"type": "integer", "minimum": 0, "maximum": 9999})
    async with running(model_file("tiny")) as live:
        requests = [asked(live, f"{seed}", schema(one), seed) for seed in range(5)]
        answers = await ask(live, *requests)
    for said in answers:
        jsonschema.validate(json.loads(said.text), one)
    assert len({said.text for said in answers}) > 1


async def test_a_preempted_answer_goes_on_where_its_grammar_was(model_file: Models) -> None:
    long = {"type": "array", "items": TEN, "minItems": 3, "maxItems": 3}
    preempted = 0
    async with running(model_file("tiny"), cells=768) as live:
        requests = [asked(live, f"{i}", schema(long), seed=i) for i in range(4)]
        receive = live.receive

        def listen(report: StepReport) -> None:
            nonlocal preempted
            preempted += report.preempted
            receive(report)

        live.receive = listen  # type: ignore[method-assign]
        found = await asyncio.gather(*(ask(live, request) for request in requests))
    assert preempted > 0
    for said in found:
        jsonschema.validate(json.loads(said[0].text), long)


@pytest.mark.parametrize("most", [1, 2, 5, 9, 30])
async def test_a_forced_run_is_cut_where_the_answer_may_be_no_longer(model_file: Models, most: int) -> None:
    constant = "abcdefgh" * 20
    async with running(model_file("tiny")) as live:
        (said,) = await ask(live, asked(live, "a", schema({"const": constant}), max_tokens=most))
    assert said.outcome is not None
    assert (said.outcome.reason, said.outcome.generated_tokens) == (FinishReason.LENGTH, most)
    assert said.text
    assert json.dumps(constant).startswith(said.text)


async def test_a_stop_string_ends_an_answer_within_a_forced_run(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        (said,) = await ask(live, asked(live, "a", schema({"const": "one two three"}), stop=(" two",)))
        (whole,) = await ask(live, asked(live, "b", schema({"const": "one two three"}), stop=("four",)))
    assert (said.text, whole.text) == ('"one', '"one two three"')
    assert said.outcome is not None
    assert said.outcome.stop == " two"


async def test_a_bias_against_all_that_is_allowed_changes_nothing_and_ends_nobody(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        against = tuple((token, -100.0) for token in range(live.facts.vocabulary.size))
        for temperature in (0.0, 1.0):
            sampling = replace(HOT, temperature=temperature, logit_bias=against, seed=1)
            request = asked(live, f"{temperature}", schema({"enum": ["yes", "no"]}), sampling=sampling)
            (said,) = await ask(live, request)
            assert json.loads(said.text) in ("yes", "no")


async def test_every_step_of_sampling_keeps_to_what_is_allowed(model_file: Models) -> None:
    shy = SamplingParams(
        temperature=1.3, top_k=3, top_p=0.5, min_p=0.2, typical_p=0.6, top_n_sigma=1.0, xtc_probability=0.9,
        xtc_threshold=0.1, repeat_penalty=1.5, frequency_penalty=1.0, presence_penalty=1.0, dry_multiplier=1.0, seed=3,
    )  # fmt: skip
    async with running(model_file("tiny")) as live:
        requests = [
            asked(live, f"{i}", schema(one), sampling=replace(shy, seed=i))
            for i, one in enumerate([TEN, {"enum": [True]}, {"type": "string", "pattern": "^[ab]{9}$"}])
        ]
        for request, one in zip(requests, [TEN, {"enum": [True]}, {"type": "string"}], strict=True):
            (said,) = await ask(live, request)
            jsonschema.validate(json.loads(said.text), one)


async def test_a_form_that_allows_all_text_changes_nothing(model_file: Models) -> None:
    async with running(model_file("tiny"), slots=32) as live:
        best = SamplingParams(temperature=0, ignore_eos=True)
        prompts = [prompt_of(live, f"Say {number}:\n") for number in range(8)]
        free = [
            GenerationRequest(f"free {at}", prompt, 30, best, shows_control=True) for at, prompt in enumerate(prompts)
        ]
        form = Constraint(r"start: /(.|\n)*/")
        held = [replace(one, id=f"held {at}", constraint=form) for at, one in enumerate(free)]
        said = [one.text for one in await ask(live, *free, *held)]
    texts = [re.split("\ufffd|<", text)[0] for text in said[:8]]  # no text: half a character, a control token
    assert sum(map(len, texts)) > 30
    assert [text[: len(known)] for text, known in zip(said[8:], texts, strict=True)] == texts


async def test_what_is_forbidden_never_comes_where_nearly_all_is_allowed(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        prompt, form = prompt_of(live, "Say:"), Constraint("start: /[^aeiou]*/")
        sampling = [replace(HOT, seed=seed, ignore_eos=True) for seed in range(4)]
        asked = [GenerationRequest(f"{each.seed}", prompt, 200, each, constraint=form) for each in sampling]
        text = "".join(said.text for said in await ask(live, *asked))
    assert len(text) > 400
    assert not set(text) & set("aeiou")


async def test_ignoring_the_end_goes_on_while_the_grammar_lets_it(model_file: Models) -> None:
    digits = Constraint("start: /[0-9]{1,30}/")
    async with running(model_file("tiny")) as live:
        endless = replace(HOT, ignore_eos=True, seed=1)
        (said,) = await ask(live, asked(live, "a", digits, sampling=endless))
        biased = replace(HOT, seed=1, logit_bias=tuple((end, 50.0) for end in live.facts.vocabulary.ends))
        (short,) = await ask(live, asked(live, "b", digits, sampling=biased))
    assert len(said.text) == 30
    assert len(short.text) == 1
    assert said.outcome is not None
    assert said.outcome.reason is FinishReason.STOP


async def test_a_seed_repeats_a_held_answer(model_file: Models) -> None:
    one = schema(record(a=STRING, b=STRING))
    async with running(model_file("tiny")) as live:
        first, again, other = [
            (await ask(live, asked(live, f"{i}", one, seed)))[0].text for i, seed in enumerate((7, 7, 8))
        ]
    assert first == again != other


async def test_user_defined_tokens_are_text_and_control_tokens_are_not(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        call = Constraint('start: "<tool_call>" /[a-z]{2}/ "</tool_call>"')
        (said,) = await ask(live, asked(live, "a", call))
        spoken = Constraint('start: "<|im_start|>"')
        (text,) = await ask(live, asked(live, "b", spoken))
        control = Constraint('start: "x" <|im_start|> "y"')
        (hidden,) = await ask(live, asked(live, "c", control))
        (shown,) = await ask(live, asked(live, "d", control, shows_control=True))
        tokens = live.facts.vocabulary
    assert said.text.startswith("<tool_call>")
    assert said.text.endswith("</tool_call>")
    assert said.outcome is not None
    assert said.outcome.generated_tokens <= 4
    assert text.text == "<|im_start|>"
    assert text.outcome is not None
    assert text.outcome.generated_tokens > 3, "spelled out: it is nobody's command"
    assert (hidden.text, shown.text) == ("xy", "x<|im_start|>y")
    assert tokens.control_ids["<|im_start|>"] in tokens.silent


async def test_text_in_any_script_and_broken_into_bytes_is_forced_as_it_is(model_file: Models) -> None:
    text = 'Grüße 👋🏽 日本語\n\t "q" ' + "a" * 300
    for kind in ("tiny", "random-spm"):
        async with running(model_file(kind)) as live:
            (said,) = await ask(live, asked(live, "a", Constraint(f"start: {json.dumps(text, ensure_ascii=False)}")))
        assert said.text == text


# A thought and its end


def thinking(live: LiveModel, budget: int, *, opened: bool) -> Thinking:
    ends = live.facts.vocabulary.tokenize("\n</think>\n\n", special=True, first=False)
    return Thinking(budget, b"<think>", b"</think>", ends, opened)


THOUGHT = '/(.|\\n)*/ "</think>"'


@pytest.mark.parametrize("budget", [0, 1, 20])
async def test_a_thought_is_closed_when_its_budget_is_spent(model_file: Models, budget: int) -> None:
    async with running(model_file("tiny")) as live:
        sampling = SamplingParams(temperature=0, ignore_eos=True)
        request = GenerationRequest("a", prompt_of(live, "<think>\n"), 60, sampling)
        (said,) = await ask(live, replace(request, thinking=thinking(live, budget, opened=True)))
        held = Constraint(f"start: thought /[ \\n]*/ answer\nthought[lazy]: {THOUGHT}\nanswer: %json {json.dumps(TEN)}")
        both = replace(asked(live, "b", held), thinking=thinking(live, budget, opened=True))
        (then,) = await ask(live, both)
    before, _, after = said.text.partition("\n</think>\n\n")
    assert after
    assert said.outcome is not None
    assert said.outcome.generated_tokens == 60
    if not budget:
        assert not before
    thought, _, answer = then.text.partition("</think>")
    assert (thought == "\n") == (budget == 0)
    jsonschema.validate(json.loads(answer), TEN)


async def test_an_answer_that_does_not_think_is_left_alone(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        request = GenerationRequest("a", prompt_of(live, "Hi"), 30, SamplingParams(temperature=0, ignore_eos=True))
        (plain,) = await ask(live, request)
        (said,) = await ask(live, replace(request, id="b", thinking=thinking(live, 3, opened=False)))
        opens = Constraint(
            'start: "<think>" /[a-z]{50}/ "</think>" "done" | "<think>" /[a-z]*\\n/ "</think>\\n\\ndone"'
        )
        (cut,) = await ask(live, replace(asked(live, "c", opens), thinking=thinking(live, 3, opened=False)))
    assert said.text == plain.text
    assert cut.text.endswith("\n</think>\n\ndone")


# What cannot be held


@pytest.fixture(scope="module")
def grammars(model_file: Models) -> Any:
    """Of the tiny model's vocabulary, without an engine."""
    model = Model(model_file("tiny"), LoadOptions(256, 1, 32, 32, 1, 1, gpu_layers=0))
    vocabulary = Vocabulary(model)
    yield Grammars(vocabulary)
    vocabulary.close()
    model.close()


@contextmanager
def in_time() -> Iterator[None]:
    """What is done within may be refused, and takes less than two seconds of this thread."""
    began = time.thread_time()
    with suppress(BadRequest):
        yield
    assert time.thread_time() - began < 2


def nested(depth: int, inner: Any, wrap: Callable[[Any], Any]) -> Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


WIDE = {"type": "object", "properties": {f"property{i}": {"type": "string"} for i in range(1400)}}
HOSTILE: dict[str, Any] = {
    "deep": nested(31, {"type": "string"}, lambda x: {"type": "object", "properties": {"a": x}}),
    "deep lists": nested(31, {"type": "string"}, lambda x: {"type": "array", "items": x}),
    "wide": WIDE,
    "wide and closed": {**WIDE, "additionalProperties": False},
    "wide and required": {**WIDE, "required": list(WIDE["properties"])},
    "a tree": nested(9, {"type": "string"}, lambda x: {"type": "object", "properties": {"a": x, "b": x}}),
    "many values": {"enum": [f"value {i}" for i in range(4500)]},
    "one long value": {"const": "a" * 60_000},
    "nested repetition": {"type": "string", "pattern": "(a{1,1000}){1,1000}"},
    "a far look back": {"type": "string", "pattern": "^.*a.{2000}$"},
    "ambiguous": {"type": "string", "pattern": "^" + "(a|b|ab)*" * 200 + "$"},
    "optional parts": {"type": "string", "pattern": "^" + "(.*x)?" * 500 + "$"},
    "many optional": {"type": "string", "pattern": "^" + "a?" * 5000 + "a" * 5000 + "$"},
    "parentheses": {"type": "string", "pattern": "(" * 15_000 + "a" + ")*" * 15_000},
    "unicode classes": {"type": "string", "pattern": "^(\\p{L}\\p{N}){1000}$"},
    "long strings": {"type": "string", "minLength": 1_000_000, "maxLength": 1_000_000_000},
    "long lists": {"type": "array", "items": {"type": "integer"}, "minItems": 1_000_000},
    "lists of lists": nested(5, {"type": "null"}, lambda x: {"type": "array", "items": x, "maxItems": 100}),
    "all of any of": {"allOf": [{"anyOf": [{"properties": {f"p{i}{j}": True}} for j in range(4)]} for i in range(10)]},
    "all of patterns": {"allOf": [{"type": "string", "pattern": f".*{chr(97 + i)}.{{{i + 3}}}"} for i in range(15)]},
    "doubling references": {
        "$defs": {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(30)} | {"d30": STRING},
        "$ref": "#/$defs/d0",
    },
    "many kinds": {"anyOf": [record(kind={"const": f"k{i}"}, v=record(x=STRING)) for i in range(300)]},
    "numbers": {"type": "number", "minimum": 0.123456789012345, "exclusiveMaximum": 98765432109.87654},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_schema_is_held_or_refused_in_time(grammars: Grammars, name: str) -> None:
    with in_time():
        guide = grammars.guide(schema(HOSTILE[name]))
        chance = random.Random(1)
        for _ in range(20):
            if guide.complete:
                break
            for token in guide.forced() or [int(chance.choice(np.flatnonzero(guide.mask())))]:
                guide.take(token)


REFUSED: dict[str, tuple[Any, str]] = {
    "look-around": ({"type": "string", "pattern": "(?=a)b"}, "look-around"),
    "a reference back": ({"type": "string", "pattern": "(a)\\1"}, "backreferences"),
    "a broken pattern": ({"type": "string", "pattern": "(["}, "pattern|regex"),
    "itself": ({"$ref": "#"}, "form"),
    "a circle": ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, "form"),
    "no end": ({"properties": {"a": {"$ref": "#"}}, "required": ["a"], "type": "object"}, "form"),
    "not": ({"not": {"type": "string"}}, "not"),
    "uniqueItems": ({"type": "array", "uniqueItems": True}, "uniqueItems"),
    "if": ({"if": {"type": "string"}, "then": {"minLength": 3}}, "if"),
    "contains": ({"type": "array", "contains": {"type": "string"}}, "contains"),
    "an unknown format": ({"type": "string", "format": "nonsense"}, "nonsense"),
    "an unknown type": ({"type": "strin"}, "strin"),
    "a reference to nowhere": ({"$ref": "#/$defs/none"}, "none"),
    "a reference elsewhere": ({"$ref": "http://example.com/x"}, "example"),
    "nothing": ({"type": "integer", "minimum": 3, "maximum": 2}, "minimum"),
    "false": ({"type": "object", "properties": {"a": False}, "required": ["a"]}, "required"),
    "a great multiple": ({"type": "integer", "multipleOf": 999_983}, "multipleOf"),
    "the least number": ({"type": "integer", "enum": [-(2**63)]}, "below"),
    "a range at the least number": ({"type": "integer", "minimum": -(2**63) + 1, "maximum": -(2**63) + 8}, "below"),
    "beyond it": ({"allOf": [{"type": ["integer", "null"]}, {"enum": [1, -1e300]}]}, "below"),
    "multiples together": ({"allOf": [{"type": "integer", "multipleOf": 9973}, {"multipleOf": 9967}]}, "multipleOf"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_enforced_is_refused_by_name(grammars: Grammars, name: str) -> None:
    value, words = REFUSED[name]
    with pytest.raises(BadRequest, match=words) as refused:
        grammars.prepare(schema(value))
    assert "\n" not in refused.value.message
    assert "<state>" not in refused.value.message


def test_far_below_zero_is_fine(grammars: Grammars) -> None:
    grammars.prepare(schema({"type": "integer", "enum": [-9_000_000_000_000_000_000, -1e-5]}))
    grammars.prepare(schema({"const": "-9223372036854775808 and -1e300"}))


def test_a_panic_of_the_parser_is_a_problem_like_any_other() -> None:
    # Its words are cut after so many bytes, in the middle of a character or not.
    problems = [
        problem_of(f"start: %json {json.dumps({'required': [['x' * odd + 'µ' * 60]]}, ensure_ascii=False)}")
        for odd in (1, 2)
    ]
    assert any("too much" in str(problem) for problem in problems), problems


def test_a_usual_multiple_is_fine() -> None:
    check_cost('start: %json {"multipleOf": 0.01, "x": [{"multipleOf": 2500}, {"multipleOf": 60}]}')
    check_cost('start: "%json {" /multipleOf \\u/')


GRAMMARS = {
    "ambiguous": 'start: start start | "a"',
    "empty loops": 'start: x*\nx: y*\ny: x | "a" | ',
    "repeated": 'start: "a"{1,1000000}',
    "repeated in repeated": 'start: a{1000}\na: b{1000}\nb: c{1000}\nc: "x"',
    "many rules": "start: " + " | ".join(f"r{i}" for i in range(2500)) + "\n"
    + "\n".join(f'r{i}: "a{i}" r{i * 7 % 2500}?' for i in range(2500)),
    "many terminals": "start: (" + " | ".join(f"T{i}" for i in range(1500)) + ")*\n"
    + "\n".join(f"T{i}: /[a-z]*{i}[a-z]*/" for i in range(1500)),
    "all at once": "start: T\nT: " + " & ".join(f"/.*{chr(97 + i)}.*/" for i in range(20)),
    "none of these": "start: T\nT: " + " & ".join(f"~/.*{chr(97 + i)}{chr(98 + i)}.*/" for i in range(20)),
    "may be empty": "start: " + " ".join("a?" for _ in range(5000)) + '\na: "x"',
    "parentheses": "start: " + "(" * 5000 + '"a"' + ")" * 5000,
    "parts of a text": 'start: %regex {"substring_chars": "' + "abc" * 10_000 + '"}',
    "hidden multiple": 'start: %json {"type": "integer", "multiple\\u004ff": 999983}',
    "no grammar": "what is this",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_hostile_grammar_is_held_or_refused_in_time(grammars: Grammars, name: str) -> None:
    with in_time():
        grammars.prepare(Constraint(GRAMMARS[name]))


@pytest.mark.parametrize(
    "text", ["root ::= (" * 3000, "root ::= root", "", "\x00", "root ::= [" + "a-" * 9000, "{" * 99]
)
def test_a_hostile_gbnf_is_read_or_refused_in_time(grammars: Grammars, text: str) -> None:
    with in_time():
        grammars.prepare(Constraint(lark_of_gbnf(text)))


def test_gbnf_and_patterns_become_grammars(grammars: Grammars) -> None:
    vocabulary = grammars._vocabulary

    def accepts(grammar: str, text: str) -> bool:
        matcher = grammars.prepare(Constraint(grammar)).matcher.deep_copy()
        tokens = vocabulary.tokenize(text, special=False, first=False)
        return bool(matcher.consume_tokens(list(tokens)) and matcher.is_accepting())

    chess = 'root ::= move (" " move)*\nmove ::= [a-h] [1-8] # a square\n'
    assert accepts(lark_of_gbnf(chess), "e4 e5 a1")
    assert not accepts(lark_of_gbnf(chess), "e9")
    assert accepts(f"start: {lark_of_regex('a/b+|[/]')}", "a/bbb")
    assert accepts(f"start: {lark_of_regex('a/b+|[/]')}", "/")


def test_only_so_many_grammars_are_kept_and_those_in_use_always(grammars: Grammars) -> None:
    first = grammars.prepare(schema({"const": "first"}))
    for i in range(KEPT + 5):
        grammars.prepare(schema({"const": i}))
    assert grammars.prepare(schema({"const": "first"})) is first
    assert len(grammars._recent) <= KEPT
    assert len(grammars._known) <= KEPT + 1


async def test_a_grammar_that_breaks_in_the_middle_ends_that_answer_alone(model_file: Models) -> None:
    # The last item is too much for the lexer, and comes later than a grammar is tried.
    words: list[Any] = [{"enum": ["abababababab", "babababababa"]}] * 12
    hard = {"allOf": [{"type": "string", "pattern": f"^(a{{{n}}})*$"} for n in (101, 103, 107, 109, 113)]}
    breaks = schema({"type": "array", "prefixItems": [*words, hard], "minItems": 13, "items": False})
    async with running(model_file("tiny"), slots=4) as live:
        letters = replace(HOT, seed=1, logit_bias=((97, 60.0), (98, 60.0)))
        broken = asked(live, "broken", breaks, sampling=letters)
        free = GenerationRequest("free", prompt_of(live, "Once"), 60, SamplingParams(temperature=0, ignore_eos=True))
        (bad,), (good,) = await asyncio.gather(ask(live, broken), ask(live, free))
        (again,) = await ask(live, asked(live, "again", schema(TEN)))
    assert bad.outcome is not None
    assert isinstance(bad.outcome.error, BadRequest)
    assert "held to its form" in bad.outcome.error.message
    assert bad.text.startswith('["')
    assert good.outcome is not None
    assert good.outcome.reason is FinishReason.LENGTH
    jsonschema.validate(json.loads(again.text), TEN)


async def test_a_grammar_that_nobody_prepared_ends_its_answer_when_it_is_none(model_file: Models) -> None:
    async with running(model_file("tiny")) as live:
        request = GenerationRequest("a", array("i", [70]), 10, constraint=Constraint("start: nonsense"))
        (said,) = await ask(live, request)
        (next_one,) = await ask(live, asked(live, "b", schema({"enum": [1]})))
    assert said.outcome is not None
    assert said.outcome.error is not None
    assert next_one.text == "1"
