"""Llama 3.1 to 3.3: an answer that is `{"name": "f", "parameters": {…}}`, or that comes to be one after a mark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from server.chat.messages import Message, ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.grammar import Grammar, alternatives, object_head, regex
from server.chat.tool_formats.reader import Reader, Steps

TAG = "<|python_tag|>"
_SPACE = re.compile(r"\s*")


class LlamaJson(ToolFormat):
    """A JSON object alone."""

    name = "llama-json"
    marks = (TAG,)

    def recognises(self, template: str) -> bool:
        return TAG in template or '"parameters": dictionary of argument' in template

    def read(self, reader: Reader) -> Steps[None]:
        reader.say((yield from reader.match(_SPACE)))
        if (yield from reader.peek()) == "{":
            yield from reader.attempt("", lambda: _calls(reader))
        while (yield from reader.until(TAG, emit=reader.say)):
            yield from reader.attempt(TAG, lambda: _calls(reader))

    def constrain(self, grammar: Grammar) -> str:
        def one(space: str) -> str:
            return alternatives(
                f'/{space}{regex(object_head(tool.name, given="parameters"))}/ {grammar.arguments(tool)} "}}"'
                for tool in grammar.wanted.tools
            )

        # What may begin in place of free text must be told from it by one lexeme, whitespace included.
        calls = one(r"[ \n]{0,4}")
        if grammar.wanted.form is not None:  # which may be JSON too
            calls = f"{grammar.mark(TAG)} {one('')}"
        elif grammar.is_control(TAG):
            calls = f"({calls} | {grammar.mark(TAG)} {one('')})"
        more = f'(";" {one(" ?")})*' if grammar.wanted.parallel else ""
        return grammar.lark(f"{calls} {more}", free=grammar.free_but(r'[ \n]*\{[ \n]*"(name|type)"'))

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "; ".join(f"{object_head(call.name, given='parameters')}{call.arguments}}}" for call in calls)

    def history(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Each call in a message of its own, its result after it: the template takes no two at once."""
        results = {message.tool_call_id: message for message in messages if message.role == "tool"}
        shown: list[Message] = []
        moved: set[str] = set()
        for message in messages:
            if len(message.tool_calls) < 2:
                if message.role != "tool" or message.tool_call_id not in moved:
                    shown.append(message)
                continue
            for at, call in enumerate(message.tool_calls):
                first = message if at == 0 else replace(message, content="", reasoning=None)
                shown.append(replace(first, tool_calls=(call,)))
                if call.id in results:
                    shown.append(results[call.id])
                    moved.add(call.id)
        return shown


def _calls(reader: Reader) -> Steps[None]:
    while True:
        yield from reader.space()
        yield from json_text.call(reader, givens=("parameters", "arguments"))
        yield from reader.space()
        if not (yield from reader.next(";")) and (yield from reader.peek()) != "{":
            return
