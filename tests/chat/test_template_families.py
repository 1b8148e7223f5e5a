"""What the templates of well-known families do with calls and thoughts, each in as few words as show it: whether the
format is known by it, and whether nothing of a conversation is lost or refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from server.catalog import ModelCard
from server.chat.calling import Calling
from server.chat.messages import Message, Tool, ToolCall, Turn
from server.chat.template import ChatTemplate

TOOL = Tool("look_up", "Looks it up.", {"type": "object", "properties": {"word": {"type": "string"}}})
TALK = (
    Message("system", "Be brief."),
    Message("user", "What are owls and elks?"),
    Message(
        "assistant",
        "",
        reasoning="Two words.",
        tool_calls=(ToolCall("call_1", "look_up", '{"word": "owl"}'), ToolCall("call_2", "look_up", '{"word": "elk"}')),
    ),
    Message("tool", "a bird", tool_call_id="call_1"),
    Message("tool", "a deer", tool_call_id="call_2"),
    Message("assistant", "A bird and a deer."),
    Message("user", "Thanks"),
)


FOLDER = Path(__file__).parent / "families"


class Family(NamedTuple):
    """What becomes of the conversation in the template of that name."""

    format: str
    shows: tuple[str, ...]
    """What must stand in the prompt, in this order."""
    hides: tuple[str, ...] = ()


FAMILIES = {
    "qwen3": Family(
        "hermes",
        ('{"name": "look_up", "arguments": {"word": "owl"}}', '"elk"', "a bird", "a deer", "Thanks"),
        ("Two words.",),
    ),
    "llama-3": Family(
        "llama-json",
        ("Today: ", '{"word": "owl"}', '"a bird"', '{"word": "elk"}', '"a deer"', "Thanks"),
    ),
    "mistral": Family(
        "mistral",
        ('"owl"', '"elk"', "a bird", "a deer", "AVAILABLE_TOOLS", "Be brief.", "Thanks"),
    ),
    "gemma-3": Family(
        "generic",
        ("Be brief.", '{"name": "look_up", "arguments": {"word": "owl"}}', "a bird", "a deer", "Thanks"),
    ),
    "gpt-oss": Family(
        "harmony",
        ("Two words.", '{"word": "owl"}', '"a bird"', '{"word": "elk"}', '"a deer"', "final", "Thanks"),
    ),
    "deepseek": Family(
        "deepseek",
        ('look_up\n```json\n{"word": "owl"}\n```', '"elk"', "a bird", "a deer", "A bird and a deer.", "Thanks"),
    ),
    "glm-45": Family(
        "glm",
        ("<arg_value>owl</arg_value>", "<arg_value>elk</arg_value>", "a bird", "a deer", "Thanks"),
    ),
    "kimi-k2": Family(
        "kimi",
        ("functions.look_up:0", "functions.look_up:1", "## Return of functions.look_up:0\na bird", "a deer", "Thanks"),
    ),
    "command-r": Family(
        "command-a",
        ('"owl"', '"elk"', "a bird", "a deer", "Thanks"),
    ),
    "granite-3": Family(
        "granite",
        ("Be brief.", '"owl"', '"elk"', "a bird", "a deer", "Thanks"),
    ),
    "phi-4-mini": Family(
        "phi",
        ("<|tool|>[", '"owl"', '"elk"', "a bird", "a deer", "Thanks"),
    ),
}


def prompt(name: str, **kwargs: Any) -> tuple[Calling, str]:
    """The conversation, as a model of this family is given it."""
    source = (FOLDER / f"{name}.jinja").read_text(encoding="utf-8")
    turn = Turn("m", messages=TALK, tools=(TOOL,), template_kwargs=kwargs)
    one = Calling(turn, ModelCard("m", Path("m.gguf")), ChatTemplate(source))
    messages, tools = one.prepare(turn.messages)
    return one, one.template.render(messages, tools=tools, kwargs=kwargs).text


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_known_and_shown_all_there_is(name: str) -> None:
    family = FAMILIES[name]
    one, text = prompt(name)
    assert one.format.name == family.format
    assert "look_up" in text.partition("owls")[0] or "AVAILABLE_TOOLS" in text, "the tool is not offered"
    at = 0
    for words in family.shows:
        found = text.find(words, at)
        assert found >= 0, f"{words!r} is missing, or in another place: {text}"
        at = found + len(words)
    for words in family.hides:
        assert words not in text


def test_thinking_is_switched_off_where_a_template_knows_how() -> None:
    for name in ("qwen3", "glm-45"):
        assert prompt(name, enable_thinking=False)[1].endswith("</think>" + "\n\n" * (name == "qwen3"))
        assert "<think>" not in prompt(name)[1][-20:]


def test_a_template_that_opens_the_thought_itself_is_read_from_there() -> None:
    one, text = prompt("deepseek")
    assert text.endswith("<think>\n")
    pieces = [*one.channels(text).feed("Hm.</think>\n\nOwls."), *one.channels(text).finish()]
    assert [(piece.channel, piece.text) for piece in pieces] == [("reasoning", "Hm."), ("content", "Owls.")]  # type: ignore[union-attr]
