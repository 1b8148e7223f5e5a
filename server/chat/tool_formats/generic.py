"""For models that were never told of tools: the system message says which there are and how to call one, as Hermes
does, and earlier calls and their results are shown as text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from server.chat.messages import Message, Tool, ToolCall
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.hermes import Hermes

_EXAMPLE = ToolCall("", "NAME", '{"PARAMETER": "VALUE"}')


class Generic(Hermes):
    """What the instructions tell a model to write."""

    name = "generic"

    def recognises(self, template: str) -> bool:
        return False


def instructions(tools: Sequence[Tool], form: ToolFormat) -> str:
    """What a system message says, so that a model calls these tools in that format."""
    described = "\n".join(json.dumps(tool.openai()["function"], ensure_ascii=False) for tool in tools)
    return (
        "You can call tools. Call one when it helps to answer, and answer without one when none is needed.\n\n"
        f"The tools, each with the JSON schema of its parameters:\n{described}\n\n"
        f"To call a tool, write exactly this, with its name and a JSON object of its arguments:\n"
        f"{form.write([_EXAMPLE])}\n\n"
        "The result comes in the next message. Never write a result yourself."
    )


def calls_as_text(messages: Sequence[Message], form: ToolFormat) -> list[Message]:
    """The messages with calls written as the model writes them."""
    shown = []
    for message in messages:
        if message.tool_calls:
            text = form.write(message.tool_calls)
            content = f"{message.content}\n{text}" if message.content else text
            message = replace(message, content=content, tool_calls=())
        shown.append(message)
    return shown


def results_as_text(messages: Sequence[Message]) -> list[Message]:
    """The messages with results said by the user: those that belong together in one message."""
    shown: list[Message] = []
    together = False
    for message in messages:
        if message.role == "tool":
            text = f"<tool_response>\n{message.content}\n</tool_response>"
            if together:
                shown[-1] = replace(shown[-1], content=f"{shown[-1].content}\n{text}")
            else:
                shown.append(Message("user", text))
        else:
            shown.append(message)
        together = message.role == "tool"
    return shown
