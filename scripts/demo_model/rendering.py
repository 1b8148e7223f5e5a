"""A conversation as the text that the server's template makes of it, and which parts of it the model is to learn."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from demo_model.corpus.conversation import Conversation, Message

TEMPLATE = Path(__file__).with_name("chat_template.jinja")
_ASSISTANT = "<|im_start|>assistant\n"
_END = "<|im_end|>"


def openai_messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Messages as a client of the server sends them: what was thought is not among them."""
    found: list[dict[str, Any]] = []
    calls = 0
    answered = 0
    for message in messages:
        plain: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.calls:
            plain["tool_calls"] = [
                {
                    "id": f"call_{calls + at}",
                    "type": "function",
                    "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
                }
                for at, call in enumerate(message.calls)
            ]
            calls += len(message.calls)
        if message.role == "tool":
            plain["tool_call_id"] = f"call_{answered}"
            answered += 1
        found.append(plain)
    return found


def prompt(conversation: Conversation) -> str:
    """What stands before the last answer."""
    return _template().render(
        messages=[_as_template_sees(message) for message in conversation.messages[:-1]],
        tools=[tool.openai() for tool in conversation.tools] or None,
        enable_thinking=conversation.thinking,
        add_generation_prompt=True,
    )


def answer(message: Message) -> str:
    """What a model has to write for this message, its end mark included."""
    thought = f"<think>{message.thought}</think>" if message.thought else ""
    calls = [
        f'<tool_call>{{"name": "{call.name}", "arguments": {json.dumps(dict(call.arguments), ensure_ascii=False)}}}'
        "</tool_call>"
        for call in message.calls
    ]
    return thought + "\n".join([*([message.content] if message.content else []), *calls]) + _END


def pieces(conversation: Conversation) -> list[tuple[str, bool]]:
    """The whole text in pieces; True for those to be learned: all answers, or the last only where it thinks first,
    since earlier thoughts are not repeated to a model.
    """
    found: list[tuple[str, bool]] = []
    rest = prompt(conversation)
    while True:
        before, mark, rest = rest.partition(_ASSISTANT)
        found.append((before + mark, False))
        if not rest:
            break
        said, end, rest = rest.partition(_END)
        found.append((said + end, not conversation.thinking))
    found.append((answer(conversation.messages[-1]), True))
    return found


def _as_template_sees(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        plain["tool_calls"] = [
            {"type": "function", "function": {"name": call.name, "arguments": dict(call.arguments)}}
            for call in message.calls
        ]
    return plain


@lru_cache
def _template() -> jinja2.Template:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
