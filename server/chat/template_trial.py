"""A chat template that has never been seen is rendered by a short-lived child first, which may die in our place.

The sandbox bounds what a template can do; this is for what slips through it: a thread cannot be stopped, a process
can. That a template refuses the messages it is tried with is no fault: it is told to whoever sends such messages.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict

from server.chat.messages import Message, ToolCall
from server.chat.sandbox import Bounds
from server.engine.short_lived import bound_this_process, how_it_ended, judges, run_child
from server.engine.verdicts import Verdicts
from server.errors import TemplateFailed

_RENDERINGS = 10
"""At most so many times the bound of one rendering: the probes of a new template, and a conversation."""
_START_SECONDS = 20
_MEMORY = 2 << 30
"""Address space of the child, bytes; a rendering may take some 50 MB."""


async def try_template(source: str, bounds: Bounds, verdicts: Verdicts) -> None:
    """Returns if this template can be rendered without harm, raises TemplateFailed if not. Asks a child only the first
    time; what may not be the template's fault is not remembered.
    """
    given = json.dumps({"source": source, "bounds": asdict(bounds)}).encode()
    key = f"template {hashlib.sha256(given).hexdigest()}"
    known = verdicts.get(key)
    if known is None:
        seconds = _START_SECONDS + _RENDERINGS * bounds.seconds
        bounds_of_child = str(int(seconds) + 2), str(_MEMORY)
        try:
            status, _ = await run_child(__name__, *bounds_of_child, given=given, seconds=seconds)
        except TimeoutError:
            raise TemplateFailed(f"The model's chat template did not end within {seconds:g} seconds.") from None
        if not judges(status):
            end = how_it_ended(status)
            raise TemplateFailed(f"The model's chat template could not be tried: the process for it ended ({end}).")
        known = "" if status == 0 else f"it ended the process that tried it ({how_it_ended(status)})"
        verdicts.remember(key, known)
    if known:
        raise TemplateFailed(f"The model's chat template is not usable: {known}.")


# The child


_CONVERSATION = (
    Message("system", "You are kind."),
    Message("user", "Which way?"),
    Message("assistant", "", tool_calls=(ToolCall("call12345", "find_way", '{"to": "town"}'),)),
    Message("tool", "north", name="find_way", tool_call_id="call12345"),
    Message("assistant", "North.", reasoning="The tool says north."),
    Message("user", "Thanks {}<>\n" * 100),
)
_SCHEMA = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}
_TOOL = {"type": "function", "function": {"name": "find_way", "description": "Find a way.", "parameters": _SCHEMA}}


def main() -> None:
    """Render what is given on standard input."""
    bound_this_process(int(sys.argv[1]), memory=int(sys.argv[2]))
    from server.chat.template import ChatTemplate

    given = json.load(sys.stdin)
    try:
        template = ChatTemplate(given["source"], bounds=Bounds(**given["bounds"]))
    except TemplateFailed:
        return
    for messages, tools in ((_CONVERSATION[:2], ()), (_CONVERSATION, (_TOOL,))):
        try:
            template.render(messages, tools=tools)
        except TemplateFailed:
            continue


if __name__ == "__main__":
    main()
