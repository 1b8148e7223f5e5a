"""Which format a model's calls have, and what a model is shown that knows no tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.catalog import ModelCard
from server.chat import named_templates
from server.chat.calling import Calling
from server.chat.messages import Message, Tool, ToolCall, ToolChoice, Turn
from server.chat.template import ChatTemplate
from server.chat.tool_formats import FORMATS, recognised
from server.chat.tool_formats.grammar import Tokens
from server.errors import BadRequest

ROOT = Path(__file__).resolve().parents[2]
DEMO = (ROOT / "scripts" / "demo_model" / "chat_template.jinja").read_text(encoding="utf-8")
PLAIN = named_templates.source("chatml")
WAY = Tool("find_way", "Find a way.", {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]})
TALK = (
    Message("user", "Which way to town?"),
    Message(
        "assistant", "", tool_calls=(ToolCall("call_1", "find_way", '{"to": "town"}'), ToolCall("call_2", "rest", "{}"))
    ),
    Message("tool", "north", tool_call_id="call_1"),
    Message("tool", "done", tool_call_id="call_2"),
)


def calling(source: str, *, card: ModelCard | None = None, **fields: Any) -> Calling:
    turn = Turn("m", **{"messages": TALK[:1], "tools": (WAY,), **fields})
    return Calling(turn, card or ModelCard("m", Path("m.gguf")), ChatTemplate(source))


def prompt(one: Calling) -> str:
    messages, tools = one.prepare(one.turn.messages)
    return one.template.render(messages, tools=tools).text


MARKS = {
    "harmony": "<|start|>assistant<|channel|>analysis<|message|>",
    "command-a": "<|START_ACTION|>[{'tool_name'",
    "command-r": "Action: ```json [{'tool_name': title}]```",
    "deepseek": "<｜tool▁calls▁begin｜>```json",
    "deepseek-v3.1": "<｜tool▁calls▁begin｜>",
    "kimi": "<|tool_calls_section_begin|>",
    "mistral-args": "[TOOL_CALLS]name[ARGS]",
    "mistral": "[TOOL_CALLS] [",
    "gemma": "<|tool_call>call:",
    "functiongemma": "<start_function_call>call:",
    "glm": "<tool_call>name<arg_key>",
    "qwen-coder": "<tool_call><function=name><parameter=key>",
    "phi": "<|tool|><|tool_call|>",
    "granite": "answer with <|tool_call|> and a list",
    "pythonic": "[func_name1(params_name1=params_value1)]",
    "llama-json": "<|python_tag|>",
    "hermes": "<tool_call>",
}


@pytest.mark.parametrize("name", MARKS)
def test_a_format_is_recognised_from_the_template(name: str) -> None:
    found = recognised(f"{{% if tools %}}{MARKS[name]}{{% endif %}}")
    assert found is not None
    assert found.name == name
    assert recognised(PLAIN) is None


def test_every_format_is_recognised_or_the_generic_one() -> None:
    assert {form.name for form in FORMATS} == {*MARKS, "generic"}


def test_the_demo_model_speaks_hermes_and_shows_tools_itself() -> None:
    one = calling(DEMO, messages=TALK)
    assert one.format.name == "hermes"
    text = prompt(one)
    assert "Tools:\nfind_way(to: string) Find a way." in text
    assert '<tool_call>{"name": "find_way", "arguments": {"to": "town"}}</tool_call>' in text
    assert "You can call tools" not in text
    assert "<|im_start|>tool\nnorth<|im_end|>" in text


def test_a_model_that_knows_no_tools_is_told_of_them_and_of_earlier_calls() -> None:
    one = calling(PLAIN, messages=(Message("system", "Be kind."), *TALK))
    assert one.format.name == "generic"
    text = prompt(one)
    system, user, assistant, results, *_ = text.split("<|im_start|>")[1:]
    assert system.startswith("system\n")
    assert json.dumps(WAY.openai()["function"]) in system
    assert "<tool_call>" in system
    assert "Be kind." in system
    assert user == "user\nWhich way to town?<|im_end|>\n"
    assert '<tool_call>\n{"name": "find_way", "arguments": {"to": "town"}}\n</tool_call>' in assistant
    assert '{"name": "rest", "arguments": {}}' in assistant
    assert results.startswith("user\n<tool_response>\nnorth\n</tool_response>\n<tool_response>\ndone\n</tool_response>")


def test_a_template_that_loses_system_messages_still_tells_of_tools() -> None:
    assert "find_way" in prompt(calling(named_templates.source("gemma")))


def test_a_template_that_shows_no_tools_is_not_asked_in_its_own_format() -> None:
    source = f"{{# <｜tool▁calls▁begin｜> #}}{PLAIN}"
    assert calling(source).format.name == "generic"


def test_tools_that_may_not_be_called_are_not_shown() -> None:
    one = calling(DEMO, tool_choice=ToolChoice("none"))
    assert "find_way" not in prompt(one)
    assert one.constraint(prompt(one), Tokens()) is None
    assert not one.shows_control
    assert [piece.text for piece in one.channels("").feed("<tool_call>")] == ["<tool_call>"]  # type: ignore[union-attr]


def test_the_card_names_the_format() -> None:
    card = ModelCard("m", Path("m.gguf"), tool_format="phi")
    assert calling(DEMO, card=card).format.name == "phi"
    assert "<|tool_call|>[" in prompt(calling(PLAIN, card=card))
    with pytest.raises(BadRequest, match=r"'smoke'; there are: .*hermes"):
        calling(DEMO, card=ModelCard("m", Path("m.gguf"), tool_format="smoke")).format  # noqa: B018


def test_tools_in_the_system_message_are_found() -> None:
    source = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}"
        "{% if m.role == 'system' and m.tools %}<|tool|>{{ m.tools }}<|/tool|>{% endif %}{% endfor %}"
    )
    one = calling(source)
    assert one.format.name == "phi"
    assert '<|tool|>[{"name": "find_way"' in prompt(one)
    assert "<|tool_call|>[" in prompt(calling(source, messages=TALK)), "its calls, which it would lose"


def test_ids_are_shortened_for_a_template_that_insists() -> None:
    source = (
        "{{ tools }}{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}"
        "{% if c.id | length != 9 %}{{ raise_exception('Nine letters!') }}{% endif %}[TOOL_CALLS]{{ c.function.name }}"
        "{{ c.id }}{% endfor %}{% if m.tool_call_id %}={{ m.tool_call_id }}{% endif %}{% endfor %}"
    )
    text = prompt(calling(source, messages=TALK))
    id = text.split("[TOOL_CALLS]find_way")[1][:9]
    assert id.isalnum()
    assert f"={id}" in text


def test_two_calls_are_shown_one_after_the_other_where_a_template_takes_one() -> None:
    source = (
        "<|python_tag|>{{ tools }}{% for m in messages %}{% if m.tool_calls %}{% if m.tool_calls | length > 1 %}"
        "{{ raise_exception('One!') }}{% endif %}<{{ m.tool_calls[0].function.name }}>{% endif %}{{ m.content }}"
        "{% endfor %}"
    )
    assert prompt(calling(source, messages=TALK)).endswith("<find_way>north<rest>done")


def test_what_a_strict_tool_asks_must_be_enforceable() -> None:
    odd = {"type": "object", "properties": {"to": {"type": "string", "not": {"const": "x"}}}}
    one = calling(DEMO, tools=(WAY, Tool("odd", "", odd, strict=True)))
    with pytest.raises(BadRequest, match="odd") as raised:
        one.constraint("", Tokens())
    assert raised.value.param == "tools[1]"


@pytest.mark.parametrize("schema", [{"not": {}}, {"pattern": "(?=x)"}, {"type": "cheese"}, {"multipleOf": 1234567}])
def test_what_others_ask_is_enforced_as_far_as_can_be(schema: dict[str, Any]) -> None:
    one = calling(
        DEMO, tools=(Tool("odd", "", {"type": "object", "properties": {"to": {"type": "string", **schema}}}),)
    )
    found = one.constraint("", Tokens())
    assert found is not None
    assert '"to"' in found.grammar


def test_a_named_tool_is_called_once() -> None:
    named = ToolChoice("required", "find_way")
    once = calling(DEMO, tool_choice=named, parallel_calls=False)
    asked = calling(DEMO, tool_choice=named)
    assert asked.constraint("", Tokens()) == once.constraint("", Tokens())
    assert asked.constraint("", Tokens()) != calling(DEMO, tool_choice=ToolChoice("required")).constraint("", Tokens())


def test_a_model_that_never_learnt_to_think_calls_at_once_when_it_must() -> None:
    must = ToolChoice("required")
    plain = calling(PLAIN, tool_choice=must).constraint("", Tokens())
    card = ModelCard("m", Path("m.gguf"), reasoning=("<think>", "</think>"))
    thinker = calling(PLAIN, card=card, tool_choice=must).constraint("", Tokens())
    assert plain is not None
    assert thinker is not None
    assert "think" not in plain.grammar
    assert "think" in thinker.grammar
