"""A turn as other servers are asked it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.catalog import Upstream
from server.chat.messages import Form, Image, Message, Tool, ToolCall, ToolChoice, Turn
from server.engine.request import SamplingParams
from server.errors import BadRequest
from server.upstream.asking import NEUTRAL, body_of

THERE = Upstream(("http://a/v1",), "org/m", limit_field="max_completion_tokens")
SAID = (Message("user", "Hi"),)


STRICT = replace(THERE, extensions=False)


def body(turn: Turn, max_tokens: int | None = None, there: Upstream = THERE) -> dict[str, object]:
    return body_of(turn, there, max_tokens, turn.stop)


def test_an_image_goes_where_it_stands_in_the_text() -> None:
    image = Image(b"\x89PNG and more", "messages[0].content[1]")
    asked = body(Turn("far", (Message("user", f"Before{image.mark}after", images=(image,)),), sampling=NEUTRAL))
    (message,) = asked["messages"]  # type: ignore[misc]
    assert message["content"] == [
        {"type": "text", "text": "Before"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORyBhbmQgbW9yZQ=="}},
        {"type": "text", "text": "after"},
    ]


def test_only_what_holds_something_back_is_sent() -> None:
    asked = body(Turn("far", SAID, sampling=NEUTRAL), max_tokens=5)
    assert set(asked) == {
        "model", "stream", "stream_options", "temperature", "top_p", "messages", "max_completion_tokens"
    }  # fmt: skip
    params = SamplingParams(temperature=0.2, top_k=5, top_p=1.0, min_p=0.0, repeat_penalty=1.1, logit_bias=((7, -5.0),))
    asked = body(Turn("far", SAID, sampling=params))
    assert (asked["top_k"], asked["repetition_penalty"], asked["logit_bias"]) == (5, 1.1, {"7": -5.0})
    assert "min_p" not in asked


def test_calls_and_their_answers_go_back_as_they_were() -> None:
    call = ToolCall("call_1", "f", '{"x": 1}')
    turn = Turn(
        "far",
        (*SAID, Message("assistant", "", tool_calls=(call,)), Message("tool", "2", tool_call_id="call_1")),
        tools=(Tool("f", strict=True),),
        tool_choice=ToolChoice("required", "f"),
        parallel_calls=False,
        template_kwargs={"reasoning_effort": "low", "enable_thinking": True, "own": 1},
    )
    asked = body(turn)
    _, called, answered = asked["messages"]  # type: ignore[misc]
    assert called["content"] is None
    assert called["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"x": 1}'}
    assert (answered["role"], answered["tool_call_id"]) == ("tool", "call_1")
    assert asked["tools"][0]["function"]["strict"] is True  # type: ignore[index]
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert (asked["parallel_tool_calls"], asked["reasoning_effort"]) == (False, "low")
    assert asked["chat_template_kwargs"] == {"own": 1}


def test_forms_go_under_the_names_that_others_read() -> None:
    def form(form: Form) -> dict[str, object]:
        return body(Turn("far", SAID, form=form))

    assert form(Form("json_object"))["response_format"] == {"type": "json_object"}
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "null"}, "strict": True}}
    assert form(Form("json_schema", {"type": "null"}))["response_format"] == schema
    assert form(Form("regex", "a+"))["structured_outputs"] == {"regex": "a+"}
    assert form(Form("choice", ("a", "b")))["structured_outputs"] == {"choice": ["a", "b"]}
    for kind, grammar in (("gbnf", "root ::= x"), ("lark", 'start: "a"')):
        assert form(Form(kind, grammar))["structured_outputs"] == {"grammar": grammar}  # type: ignore[arg-type]


@pytest.mark.parametrize("grammar", ['start[lazy]: "a"', 'start: "a ::= b"'])
def test_a_grammar_that_others_would_take_for_another_syntax_is_refused(grammar: str) -> None:
    with pytest.raises(BadRequest, match="start:") as caught:
        body(Turn("far", SAID, form=Form("lark", grammar, "response_format.grammar")))
    assert caught.value.param == "response_format.grammar"


def test_no_thought_is_said_once() -> None:
    turn = Turn("far", SAID, template_kwargs={"reasoning_effort": "none", "enable_thinking": False}, thinking_budget=0)
    asked = body(turn)
    assert asked["reasoning_effort"] == "none"
    assert not {"thinking_budget", "chat_template_kwargs"} & set(asked)
    assert body(replace(turn, template_kwargs={}))["thinking_budget"] == 0


def test_only_what_openai_knows_is_sent_to_who_refuses_the_rest() -> None:
    turn = Turn(
        "far",
        (*SAID, Message("assistant", "Hm", reasoning="so"), *SAID),
        sampling=replace(NEUTRAL, top_k=3, repeat_penalty=1.2, seed=7, presence_penalty=0.5),
        template_kwargs={"enable_thinking": False},
        thinking_budget=5,
        form=Form("json_object"),
    )
    asked = body(turn, 9, STRICT)
    assert set(asked) == {
        "model", "stream", "stream_options", "temperature", "top_p", "seed", "presence_penalty", "response_format",
        "messages", "max_completion_tokens",
    }  # fmt: skip
    assert asked["messages"][1] == {"role": "assistant", "content": "Hm"}  # type: ignore[index]
    plain = body(Turn("far", prompts=("x",), sampling=NEUTRAL, suffix="y", logprobs=1), 9, STRICT)
    assert (plain["prompt"], plain["suffix"], plain["logprobs"], plain["max_tokens"]) == ("x", "y", 1, 9)


def test_what_would_be_another_answer_without_such_fields_is_refused() -> None:
    for turn, param in (
        (Turn("far", SAID, form=Form("regex", "a+", "guided_regex")), "guided_regex"),
        (Turn("far", (*SAID, Message("assistant", "{")), continues=True), "messages"),
    ):
        with pytest.raises(BadRequest) as caught:
            body(turn, there=STRICT)
        assert caught.value.param == param
