"""Each format reads what its models write, however it is cut, and its grammar allows that and nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat.messages import CallPiece, Piece, Tool, ToolCall
from server.chat.tool_formats import FORMATS, ToolFormat, named
from server.chat.tool_formats.grammar import Grammar, Thought, Wanted
from tests.chat.tool_formats.vocabulary import Vocabulary

WEATHER = Tool(
    "get_weather",
    "The weather of a place.",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "units": {"enum": ["metric", "imperial"]},
            "exact": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "place": {"type": "object", "properties": {"lat": {"type": "number"}}},
        },
        "required": ["city"],
    },
)
NOW = Tool("now", "The time.")
TOOLS = (WEATHER, NOW)
FULL = {
    "city": 'Köln "x" \\ y\n<b>',
    "days": -3,
    "units": "metric",
    "exact": True,
    "tags": ["a", "b"],
    "place": {"lat": 1.5},
}


def call(name: str, **arguments: object) -> ToolCall:
    return ToolCall("", name, json.dumps(arguments, ensure_ascii=False))


@dataclass
class Said:
    """What a reader of the pieces has at the end."""

    content: str = ""
    reasoning: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)

    def add(self, piece: Piece | CallPiece) -> None:
        if isinstance(piece, Piece):
            assert piece.text
            setattr(self, piece.channel, getattr(self, piece.channel) + piece.text)
        elif piece.id:
            assert piece.id.startswith("call_")
            assert (piece.number, piece.arguments) == (len(self.calls), "")
            self.calls.append((piece.name, ""))
        else:
            assert piece.number == len(self.calls) - 1
            assert piece.arguments
            name, arguments = self.calls[-1]
            self.calls[-1] = (name, arguments + piece.arguments)

    @property
    def made(self) -> list[tuple[str, object]]:
        return [(name, json.loads(arguments)) for name, arguments in self.calls]


def read(form: ToolFormat, pieces: Sequence[str], tools: Sequence[Tool] = TOOLS, *, parallel: bool = True) -> Said:
    parser = form.parser(tools, parallel=parallel)
    said = Said()
    for text in pieces:
        for piece in parser.feed(text):
            said.add(piece)
    for piece in parser.finish():
        said.add(piece)
    return said


def read_cut(form: ToolFormat, text: str, **options: object) -> Said:
    """What it says, which is the same cut into characters and at every single place."""
    whole = read(form, [text], **options)  # type: ignore[arg-type]
    assert read(form, list(text), **options) == whole  # type: ignore[arg-type]
    for at in range(1, len(text)):
        assert read(form, [text[:at], text[at:]], **options) == whole, at  # type: ignore[arg-type]
    return whole


def each_format(*, but: Sequence[str] = ()) -> pytest.MarkDecorator:
    some = [form for form in FORMATS if form.name not in but]
    return pytest.mark.parametrize("form", some, ids=[form.name for form in some])


AT_ONCE = ("llama-json", "pythonic")
"""Formats in which an answer is calls from its first character on."""
FRAMED = ("harmony", "command-a")
"""Formats in which also content has marks."""


# What is written is read


@each_format()
def test_calls_are_read_as_they_are_written(form: ToolFormat) -> None:
    made = [call("get_weather", **FULL), call("now")]
    said = read_cut(form, form.write(made))
    assert said.made == [("get_weather", FULL), ("now", {})]
    assert (said.content, said.reasoning) == ("", "")


@each_format(but=AT_ONCE)
def test_text_before_calls_is_content_without_the_whitespace_between(form: ToolFormat) -> None:
    said = read_cut(form, "Let me  see:\n\n" + form.write([call("now")]))
    assert (said.content, said.made) == ("Let me  see:", [("now", {})])


@each_format()
@pytest.mark.parametrize("text", ["Hello, how are you?\n", " <b>bold</b> {1} [2] `x` \n\n", "", "\n", "<", "to be"])
def test_text_without_calls_stays_as_it_is(form: ToolFormat, text: str) -> None:
    assert read_cut(form, text) == Said(content=text)


CALLED = [("now", "{}")]
THOUGHT = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
EXAMPLES: list[tuple[str, str, Said]] = [
    ("hermes", '<tool_call>{"name": "now", "arguments": {}}</tool_call>', Said(calls=CALLED)),
    ("hermes", '<tool_call>\n{"arguments": {"a": 1}, "name": "now"}\n</tool_call>', Said(calls=[("now", '{"a": 1}')])),
    ("hermes", '<tool_call>{"name": "now"}</tool_call>', Said(calls=CALLED)),
    ("hermes", '<tool_call>{"name": "now", "arguments": null}</tool_call>', Said(calls=CALLED)),
    ("hermes", '<tool_call>{"name": "now", "arguments": "{\\"a\\": 1}"}', Said(calls=[("now", '{"a": 1}')])),
    ("hermes", '<tool_call>{"name": "now", "arguments": {"a": "b\nc"}}', Said(calls=[("now", '{"a": "b\\nc"}')])),
    ("hermes", '<tool_call>{"name": "now", "arguments": {}}</tool_call>\nDone.', Said("\nDone.", calls=CALLED)),
    ("hermes", '<tool_call>[{"name": "now"}, {"name": "now"}]</tool_call>', Said(calls=CALLED * 2)),
    ("qwen-coder", "<function=now>\n</function>", Said(calls=CALLED)),
    (
        "qwen-coder",
        "<tool_call><function=get_weather><parameter=city>a\nb</parameter></function></tool_call>",
        Said(calls=[("get_weather", '{"city": "a\\nb"}')]),
    ),
    (
        "glm",
        "<tool_call>get_weather<arg_key>city</arg_key><arg_value>3</arg_value>"
        "<arg_key>days</arg_key><arg_value>3</arg_value></tool_call>",
        Said(calls=[("get_weather", '{"city": "3", "days": 3}')]),
    ),
    ("llama-json", '<|python_tag|>{"name": "now", "parameters": {}}', Said(calls=CALLED)),
    ("llama-json", 'So:<|python_tag|>{"name": "now", "parameters": {}}', Said("So:", calls=CALLED)),
    ("llama-json", '{"type": "function", "name": "now", "parameters": {}}', Said(calls=CALLED)),
    ("llama-json", '{"name": "Ann", "age": 3}', Said('{"name": "Ann", "age": 3}')),
    ("pythonic", "[now(a='b\\'c', d=2,), now( )]", Said(calls=[("now", '{"a": "b\'c", "d": 2}'), *CALLED])),
    (
        "pythonic",
        '[now(a=None, b=(1, 2.5), c={"d": False})]',
        Said(calls=[("now", '{"a": null, "b": [1, 2.5], "c": {"d": false}}')]),
    ),
    ("pythonic", "[1, 2, 3]", Said("[1, 2, 3]")),
    ("pythonic", "[now(a='\\ud800\\x41')]", Said(calls=[("now", '{"a": "\ufffdA"}')])),
    ("glm", "<tool_call>now<arg_key>a</arg_key><arg_value>NaN</arg_value>", Said(calls=[("now", '{"a": "NaN"')])),
    ("mistral", '[TOOL_CALLS] [{"name": "now", "arguments": {}, "id": "abcdefghi"}]', Said(calls=CALLED)),
    ("mistral", '[TOOL_CALLS]now[ARGS]{"a": 1}', Said(calls=[("now", '{"a": 1}')])),
    ("mistral-args", "[TOOL_CALLS]now[CALL_ID]123456789[ARGS]{}[TOOL_CALLS]now[ARGS]{}", Said(calls=CALLED * 2)),
    (
        "deepseek",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        Said(calls=CALLED),
    ),
    (
        "command-a",
        '<|START_THINKING|>Hm.<|END_THINKING|><|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "now", '
        '"parameters": {}}\n]<|END_ACTION|>',
        Said(reasoning="Hm.", calls=CALLED),
    ),
    ("command-a", "<|START_RESPONSE|>Hi.<|END_RESPONSE|>", Said("Hi.")),
    ("command-r", 'Action: ```json\n[{"tool_name": "now", "parameters": {}}]\n```', Said(calls=CALLED)),
    ("granite", '<|tool_call|> [{"name": "now", "arguments": {}}]', Said(calls=CALLED)),
    ("phi", '<|tool_call|>{"name": "now", "arguments": {}}<|/tool_call|>', Said(calls=CALLED)),
    (
        "kimi",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:12<|tool_call_argument_begin|>{}"
        "<|tool_call_end|><|tool_calls_section_end|>",
        Said(calls=CALLED),
    ),
    (
        "gemma",
        "<|channel>thought\nHm.<channel|><|tool_call>call:now{}<tool_call|>",
        Said(reasoning="Hm.", calls=CALLED),
    ),
    (
        "functiongemma",
        "<start_function_call>call:now{a:<escape>{}<escape>,b:[1,<escape>x<escape>]}<end_function_call>",
        Said(calls=[("now", '{"a": "{}", "b": [1, "x"]}')]),
    ),
    ("harmony", f"{THOUGHT}<|channel|>final<|message|>Hi.", Said("Hi.", "Hm.")),
    (
        "harmony",
        f"{THOUGHT}<|channel|>commentary to=functions.now <|constrain|>json<|message|>{{}}",
        Said("", "Hm.", CALLED),
    ),
    ("harmony", " to=functions.now<|channel|>commentary json<|message|>{}<|call|>", Said(calls=CALLED)),
    (
        "harmony",
        "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.now"
        "<|message|>{}",
        Said("I look.", calls=CALLED),
    ),
    (
        "harmony",
        "<|channel|>commentary<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>B",
        Said("A\n\nB"),
    ),
]


@pytest.mark.parametrize(("name", "text", "said"), EXAMPLES)
def test_what_else_models_write_is_read(name: str, text: str, said: Said) -> None:
    form = named(name)
    assert form is not None
    assert read_cut(form, text) == said


# What is no call is not lost


@each_format()
def test_a_call_of_an_unknown_tool_is_content_and_is_told(form: ToolFormat, caplog: pytest.LogCaptureFixture) -> None:
    text = form.write([call("launch_missiles", city="secret")])
    with caplog.at_level(logging.WARNING):
        said = read_cut(form, text)
    assert said.calls == []
    assert "launch_missiles" in said.content
    assert "secret" in said.content
    assert "not understood" in caplog.text
    assert "secret" not in caplog.text
    assert "launch" not in caplog.text


@each_format()
def test_an_answer_cut_short_anywhere_loses_nothing_that_was_said(form: ToolFormat) -> None:
    text = form.write([call("get_weather", **FULL), call("now")])
    for end in range(len(text)):
        said = read(form, [text[:end]])
        assert all(name in ("get_weather", "now") for name, _ in said.calls)
        if not said.calls:
            assert said.content.strip() == text[:end].strip()


@each_format()
@given(data=st.data())
def test_whatever_comes_is_read_the_same_however_it_is_cut(form: ToolFormat, data: st.DataObject) -> None:
    parts = [*form.marks, form.write([call("now")]), '{"name": "now"', "now(", "a=1", "ü", *'{}[]:,"\\\n']
    text = "".join(data.draw(st.lists(st.sampled_from(parts), max_size=8)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(form, pieces) == read(form, [text])


# One call and no more


@each_format()
def test_where_one_call_is_wanted_it_ends_when_another_begins(form: ToolFormat) -> None:
    parser = form.parser(TOOLS, parallel=False)
    said = Said()
    for letter in form.write([call("now"), call("get_weather", city="x")]) + " and so on":
        for piece in parser.feed(letter):
            said.add(piece)
    assert said.made == [("now", {})]
    assert parser.done
    assert (parser.feed("more"), parser.finish()) == ([], [])


def test_a_call_is_told_token_by_token() -> None:
    parser = FORMATS[-1].parser(TOOLS)
    assert parser.feed('<tool_call>{"name": "get_weather", ')[0].name == "get_weather"  # type: ignore[union-attr]
    assert [piece.arguments for piece in parser.feed('"arguments": {"city": "Par')] == ['{"city": "Par']  # type: ignore[union-attr]
    assert [piece.arguments for piece in parser.feed("is")] == ["is"]  # type: ignore[union-attr]


# The grammar


def spoken(form: ToolFormat, text: str) -> str:
    """Content as a model of this format says it."""
    return {
        "harmony": f"<|channel|>final<|message|>{text}",
        "command-a": f"<|START_RESPONSE|>{text}<|END_RESPONSE|>",
    }.get(form.name, text)


def without_end(form: ToolFormat, text: str) -> str:
    """Without what ends an answer, and is no part of its text."""
    return text.removesuffix("<|call|>") if form.name == "harmony" else text


@each_format()
@pytest.mark.parametrize("control", [True, False])
def test_the_grammar_allows_text_or_calls_that_are_valid(form: ToolFormat, control: bool) -> None:
    vocabulary = Vocabulary(form.marks if control else ())
    grammar = form.constrain(Grammar(Wanted(TOOLS), vocabulary.tokens))

    def allowed(*calls: ToolCall) -> bool:
        return vocabulary.allows(grammar, without_end(form, form.write(calls)))

    assert vocabulary.allows(grammar, spoken(form, "Hello {}, [x] <b>!\n"))
    assert allowed(call("get_weather", city="Köln <b>", days=3))
    assert allowed(call("get_weather", **{**FULL, "city": "x y"}))
    assert allowed(call("now"))
    assert form.name == "harmony" or allowed(call("get_weather", city="a"), call("now"))
    assert not allowed(call("launch", city="a"))
    assert not allowed(call("get_weather", city="a", planet="b"))
    assert not allowed(call("get_weather", days=1))
    assert not allowed(call("get_weather", city="a", days="many"))
    assert not allowed(call("get_weather", city="a", units="cubits"))
    if form.name not in (*AT_ONCE, *FRAMED):
        assert vocabulary.allows(grammar, "I look.\n" + form.write([call("now")]))


@each_format()
@pytest.mark.parametrize("control", [True, False])
def test_the_grammar_enforces_a_call(form: ToolFormat, control: bool) -> None:
    vocabulary = Vocabulary(form.marks if control else ())
    required = form.constrain(Grammar(Wanted(TOOLS, required=True), vocabulary.tokens))
    assert not vocabulary.allows(required, spoken(form, "Hello"))
    assert not vocabulary.allows(required, "")
    assert vocabulary.allows(required, without_end(form, form.write([call("now")])))
    named = form.constrain(Grammar(Wanted((NOW,), required=True), vocabulary.tokens))
    assert vocabulary.allows(named, without_end(form, form.write([call("now")])))
    assert not vocabulary.allows(named, without_end(form, form.write([call("get_weather", city="a")])))


@each_format(but=["harmony"])
def test_the_grammar_allows_one_call_where_one_is_wanted(form: ToolFormat) -> None:
    vocabulary = Vocabulary(form.marks)
    grammar = form.constrain(Grammar(Wanted(TOOLS, parallel=False), vocabulary.tokens))
    assert vocabulary.allows(grammar, form.write([call("now")]))
    assert not vocabulary.allows(grammar, form.write([call("now"), call("now")]))


@each_format(but=["harmony", "command-a", "gemma"])
@pytest.mark.parametrize("control", [True, False])
@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("required", [True, False])
def test_a_thought_comes_before_a_call(form: ToolFormat, control: bool, opened: bool, required: bool) -> None:
    vocabulary = Vocabulary(["<think>", "</think>", *form.marks] if control else ())
    thought = Thought("<think>", "</think>", opened)
    grammar = form.constrain(Grammar(Wanted(TOOLS, required, thought=thought), vocabulary.tokens))
    about = "I may call now. {} []" if control else f"I may write {form.write([call('nothing')])}."
    begun = "" if opened else "<think>"
    made = form.write([call("now")])
    assert vocabulary.allows(grammar, f"{begun}{about}</think>\n\n{made}")
    assert not vocabulary.allows(grammar, f"{begun}{about}")
    assert vocabulary.allows(grammar, f"{begun}{about}</think>\n\nYes.") is not required
    assert vocabulary.allows(grammar, made) is not opened


FORM = '%json {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}'


@each_format()
@pytest.mark.parametrize("control", [True, False])
def test_what_is_not_a_call_can_be_held_to_a_form(form: ToolFormat, control: bool) -> None:
    vocabulary = Vocabulary(form.marks if control else ())
    alone = form.formed(Grammar(Wanted((), form=FORM), vocabulary.tokens))
    beside = form.constrain(Grammar(Wanted(TOOLS, form=FORM), vocabulary.tokens))
    for grammar in (alone, beside):
        assert vocabulary.allows(grammar, spoken(form, '{"size":3}'))
        assert not vocabulary.allows(grammar, spoken(form, "Hello"))
    tag = "<|python_tag|>" if form.name == "llama-json" else ""
    assert vocabulary.allows(beside, tag + without_end(form, form.write([call("now")])))


@each_format()
@pytest.mark.parametrize("control", [True, False])
def test_a_thought_of_the_format_s_own_comes_first(form: ToolFormat, control: bool) -> None:
    thought = {
        "harmony": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant",
        "command-a": "<|START_THINKING|>Hm.<|END_THINKING|>",
        "gemma": "<|channel>thought\nHm.<channel|>",
    }.get(form.name)
    if thought is None:
        assert not form.owns_reasoning
        return
    vocabulary = Vocabulary(form.marks if control else ())
    for grammar in (
        form.constrain(Grammar(Wanted(TOOLS, required=True), vocabulary.tokens)),
        form.constrain(Grammar(Wanted(TOOLS), vocabulary.tokens)),
    ):
        assert vocabulary.allows(grammar, thought + without_end(form, form.write([call("now")])))
    said = read_cut(form, thought + spoken(form, "Hello"))
    assert (said.reasoning, said.content) == ("Hm.", "Hello")
