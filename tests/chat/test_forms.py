"""Forms become grammars that accept what they should, whoever made them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.chat import forms
from server.chat.messages import Form
from server.chat.tool_formats.grammar import Thought
from server.engine.constraint import Grammars
from server.engine.llama import LoadOptions, Model
from server.engine.request import Constraint
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest
from server.settings import load_settings

LIMITS = load_settings().limits


class Judge:
    """Says which texts a grammar takes."""

    def __init__(self, file: Path) -> None:
        self._model = Model(file, LoadOptions(256, 1, 32, 32, 1, 1, gpu_layers=0))
        self.vocabulary = Vocabulary(self._model)
        self.grammars = Grammars(self.vocabulary)

    def takes(self, constraint: Constraint, text: str, *, special: bool = True) -> bool:
        matcher = self.grammars.prepare(constraint).matcher.deep_copy()
        tokens: list[int] = []
        for part in re.split("(<[a-z_/|]+>)", text) if special else [text]:  # or a space would come after a tag
            tokens += self.vocabulary.tokenize(part, special=special, first=False)
        return bool(matcher.consume_tokens(tokens)) and matcher.is_accepting()

    def close(self) -> None:
        self.vocabulary.close()
        self._model.close()


@pytest.fixture(scope="module", params=["tiny", "random-spm"])
def judge(request: pytest.FixtureRequest, model_file: Callable[[str], Path]) -> Iterator[Judge]:
    one = Judge(model_file(request.param))
    yield one
    one.close()


PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (Form("json_object"), ['{}', '{"a": [1, {"b": null}]}'], ["[]", "1", "", '{"a":1}', '{"a": 1} ']),
        (Form("json_schema", PERSON), ['{"name": "x"}', '{"name": "é\\n", "age": 3}', '{"name": "x", "other": 1}'],
         ['{"age": 3}', '{"name": 1}', '{"name": "x", "age": -1}', '{"name": "x","age": 3}']),
        (Form("json_schema", {}), ["1", "null", '{"a": 1}', '"x"'], ["", "nul"]),
        (Form("json_schema", True), ["1"], [""]),
        (Form("json_schema", {"const": 'a"\\\n\u2028'}), [json.dumps('a"\\\n\u2028', ensure_ascii=False)], ['"a"']),
        (Form("regex", "[a-c]+/\\d"), ["abc/1", "a/9"], ["abc/", "d/1", "abc/12"]),
        (Form("regex", "^(a|b)$"), ["a", "b"], ["", "^a", "ab"]),
        (Form("regex", "x.y\nz"), ["xay\nz"], ["x\ny\nz", "xyz"]),
        (Form("choice", ["a", "ab", 'c"d\n\\', "日本"]), ["a", "ab", 'c"d\n\\', "日本"], ["", "b", "aba"]),
        (Form("lark", 'start: a+ "}"\na: "x" // a comment }\n'), ["x}", "xx}"], ["}", "x"]),
        (Form("gbnf", 'root ::= item ("," item)*\nitem ::= [0-9]+ | "\\"" [^"]* "\\""'), ["1,22", '"a",3'], ["", "1,"]),
        (Form("gbnf", 'start: "lark stays as it is"'), ["lark stays as it is"], ["lark"]),
    ],
)  # fmt: skip
def test_a_form_takes_what_it_describes_and_nothing_else(
    judge: Judge, form: Form, good: list[str], bad: list[str]
) -> None:
    constraint = forms.constrain(form)
    assert [text for text in good if not judge.takes(constraint, text, special=False)] == []
    assert [text for text in bad if judge.takes(constraint, text, special=False)] == []


def test_a_choice_that_looks_like_a_control_token_is_text(judge: Judge) -> None:
    constraint = forms.constrain(Form("choice", ["<|im_end|>"]))
    assert judge.takes(constraint, "<|im_end|>", special=False)
    assert not judge.takes(constraint, "<|im_end|>", special=True)


def thought(*, opened: bool) -> Thought:
    return Thought("<think>", "</think>", opened=opened)


@pytest.mark.parametrize("form", [Form("json_schema", PERSON), Form("lark", 'start: "{" /[^}]*/ "}"')])
def test_a_thought_may_come_first(judge: Judge, form: Form) -> None:
    person = '{"name": "x"}'
    free = forms.constrain(form, thought(opened=False))
    assert judge.takes(free, person)
    assert judge.takes(free, f'<think>\nIs it "x"? {{}}\n</think>\n\n{person}')
    assert not judge.takes(free, "<think>\nnever mind")
    assert not judge.takes(free, "<think>\n</think>\n\nIt is x.")
    opened = forms.constrain(form, thought(opened=True))
    assert judge.takes(opened, f"\nIs it?\n</think>\n\n{person}")
    assert not judge.takes(opened, "\nIs it?\n")


def test_options_of_the_grammar_engine_are_not_the_clients_to_set(judge: Judge) -> None:
    loose: dict[str, Any] = {"x-guidance": {"lenient": True, "whitespace_flexible": True}, "uniqueItems": True}
    with pytest.raises(BadRequest, match="uniqueItems"):
        judge.grammars.prepare(forms.constrain(Form("json_schema", loose)))
    named = {"type": "object", "properties": {"x-guidance": {"const": 1}}, "required": ["x-guidance"]}
    assert judge.takes(forms.constrain(Form("json_schema", named)), '{"x-guidance": 1}')


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (Form("json_schema", {"description": "é" * 40_000}, "guided_json"), "80019 bytes"),
        (Form("lark", "x" * 65_537, "guided_json"), "65537 bytes"),
        (Form("choice", ["x" * 65_536], "guided_json"), "bytes"),
        (Form("gbnf", "root ::= (((", "guided_json"), "GBNF"),
    ],
)
def test_what_is_too_large_or_unreadable_is_refused_where_it_was_said(form: Form, words: str) -> None:
    def read() -> None:
        forms.check(form, LIMITS)
        forms.rule(form)

    with pytest.raises(BadRequest, match=words) as refused:
        read()
    assert refused.value.param == "guided_json"


def test_depth_is_counted_in_objects_and_lists() -> None:
    schema: Any = {}
    for _ in range(15):
        schema = {"properties": {"a": schema}}
    forms.check(Form("json_schema", schema), LIMITS)
    forms.check(Form("json_schema", {"items": schema}), LIMITS)
    with pytest.raises(BadRequest, match="32"):
        forms.check(Form("json_schema", {"allOf": [{"items": schema}]}), LIMITS)
