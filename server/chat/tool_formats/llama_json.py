"""Llama 3.1 to 3.3: an answer that is `{"name": "f", "parameters": {…}}`, or that comes to be one after a mark."""

from __future__ import annotations

import re
from collections.abc import Sequence

from server.chat.messages import Message, ToolCall
from server.chat.tool_formats import json_text
from server.chat.tool_formats.format import ToolFormat, each_call_alone
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
        return each_call_alone(messages)


def _calls(reader: Reader) -> Steps[None]:
    while True:
        yield from reader.space()
        yield from json_text.call(reader, givens=("parameters", "arguments"))
        yield from reader.space()
        if not (yield from reader.next(";")) and (yield from reader.peek()) != "{":
            return
