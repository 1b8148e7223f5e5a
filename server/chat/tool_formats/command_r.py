"""Cohere: Command R+ writes `Action:` and a block of JSON; Command R7B and Command A mark thoughts, actions and what
they say each with tokens of their own.
"""

from __future__ import annotations

from server.chat.tool_formats.grammar import Grammar, object_head, quoted
from server.chat.tool_formats.marked_list import MarkedList
from server.chat.tool_formats.reader import Reader, Steps

THINKING, THINKING_END = "<|START_THINKING|>", "<|END_THINKING|>"
RESPONSE, RESPONSE_END = "<|START_RESPONSE|>", "<|END_RESPONSE|>"
ACTION, ACTION_END = "<|START_ACTION|>", "<|END_ACTION|>"


class CommandR(MarkedList):
    """An action is a block of JSON."""

    name = "command-r"
    opening, closing = "Action: ```json", "```"
    called, given = "tool_name", "parameters"
    gap = "\n"

    def recognises(self, template: str) -> bool:
        return "Action:" in template and "tool_name" in template


class CommandA(MarkedList):
    """Thoughts, actions and what is said, each between tokens."""

    name = "command-a"
    opening, closing = ACTION, ACTION_END
    called, given = "tool_name", "parameters"
    marks = (THINKING, THINKING_END, RESPONSE, RESPONSE_END, ACTION, ACTION_END)
    owns_reasoning = True

    def recognises(self, template: str) -> bool:
        return ACTION in template

    def read(self, reader: Reader) -> Steps[None]:
        while mark := (yield from reader.until(THINKING, RESPONSE, RESPONSE_END, ACTION, emit=reader.say)):
            if mark == THINKING:
                reader.thinking = True
                yield from reader.until(THINKING_END, emit=reader.think)
                reader.thinking = False
            elif mark == ACTION:
                yield from reader.attempt(ACTION, lambda: self.read_list(reader))

    def constrain(self, grammar: Grammar) -> str:
        action = f"{grammar.mark(ACTION)} {self.listed(grammar)}"
        last = action if grammar.wanted.required else f"({action} | {_said(grammar)})"
        return grammar.body(f"{_thought(grammar)} {last}")

    def formed(self, grammar: Grammar) -> str:
        return grammar.body(f"{_thought(grammar)} {_said(grammar)}")

    def listed(self, grammar: Grammar) -> str:
        id = r'"\"tool_call_id\": \"" /[0-9]{1,3}/ "\", "'
        one = grammar.each(
            lambda tool: (
                f'"{{" ({id})? {quoted(object_head(tool.name, self.called, self.given)[1:])} '
                f'{grammar.arguments(tool)} "}}"'
            )
        )
        more = f'("," SPACE {one})*' if grammar.wanted.parallel else ""
        grammar.rule("SPACE", r"/[ \n]{0,8}/")
        return f'"[" SPACE {one} {more} SPACE "]" {grammar.mark(ACTION_END)}'


def _thought(grammar: Grammar) -> str:
    return f"(GAP {grammar.mark(THINKING)} {grammar.up_to(THINKING_END)} GAP)?"


def _said(grammar: Grammar) -> str:
    if grammar.wanted.form is None:
        return f"{grammar.mark(RESPONSE)} {grammar.up_to(RESPONSE_END)}"
    form = grammar.rule("form", grammar.wanted.form)
    return f"{grammar.mark(RESPONSE)} {form} {grammar.mark(RESPONSE_END)}"
