"""Grammars of answers that may hold calls, as llguidance's Lark text.

An answer is `thought? body`, and a body is free text, or free text up to where the model opens a call, and from there
calls of the tools that are offered, with arguments after their schemas, to the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.chat.messages import Tool

SPACED = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""JSON as templates and most texts write it: what models have seen. What little they know of other spacing makes them
say other things. Most of it is forced, which costs no steps.
"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The control tokens of a vocabulary by name: no text matches them, so a grammar names them by number."""

    control: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thought:
    """How reasoning stands before the body. `opened`: by the prompt, so that it must be closed."""

    open: str
    close: str
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the calls of an answer may be."""

    tools: tuple[Tool, ...]
    required: bool = False
    """No text in place of a call."""
    parallel: bool = True
    thought: Thought | None = None
    form: str | None = None
    """A rule's Lark body that stands where free text would: what an answer without calls must be."""


class Grammar:
    """Rules on their way to being one text."""

    def __init__(self, wanted: Wanted, tokens: Tokens | None = None) -> None:
        self.wanted = wanted
        self._tokens = tokens or Tokens()
        self._rules: dict[str, str] = {}
        free = r"/(.|\n)*/"
        thought = wanted.thought
        if thought is not None and not thought.opened and thought.open not in self._tokens.control:
            free += rf" & ~/[ \n\r\t]*{regex(thought.open)}(.|\n)*/"
        self._rules["TEXT"] = r"/(.|\n)*/"
        self._rules["FREE"] = free
        self._rules["GAP"] = r"/[ \n\r\t]{0,4}/"

    def rule(self, name: str, body: str, *, lazy: bool = False) -> str:
        """Add a rule, unless it is there; its name."""
        self._rules.setdefault(f"{name}[lazy]" if lazy else name, body)
        return name

    def is_control(self, text: str) -> bool:
        """Whether a text is a control token, which no other text can be."""
        return text in self._tokens.control

    def mark(self, text: str) -> str:
        """One of the format's own marks."""
        if text in self._tokens.control:
            return f"<[{self._tokens.control[text]}]>"
        return quoted(text)

    def line(self, mark: str) -> str:
        """One of the format's own marks, on a line of its own or not: one lexeme where it is text, since a line feed
        might as well begin something else.
        """
        if self.is_control(mark):
            return f'"\\n"? {self.mark(mark)}'
        return f"({quoted(chr(10) + mark)} | {quoted(mark)})"

    def up_to(self, mark: str, free: str = "TEXT") -> str:
        """Any text, and then this mark."""
        if mark in self._tokens.control:
            return f"{free} <[{self._tokens.control[mark]}]>"
        name = f"up_to_{free.lower()}_{''.join(f'{byte:02x}' for byte in mark.encode())}"
        return self.rule(name, f"{free} {quoted(mark)}", lazy=True)

    def each(self, make: Callable[[Tool], str]) -> str:
        """What `make` says of one of the tools."""
        return self.rule("one_call", " | ".join(make(tool) for tool in self.wanted.tools))

    def object(self, tool: Tool, name: str = "name", given: str = "arguments") -> str:
        """A call of this tool as a JSON object."""
        return f"{quoted(object_head(tool.name, name, given))} {self.arguments(tool)} {quoted('}')}"

    def objects(self, name: str = "name", given: str = "arguments") -> str:
        """Calls as a JSON list of objects."""
        one = self.each(lambda tool: self.object(tool, name, given))
        return f'"[" {one} ("," " "? {one})* "]"' if self.wanted.parallel else f'"[" {one} "]"'

    def arguments(self, tool: Tool) -> str:
        """The arguments of a tool, as JSON."""
        return self.json(f"arguments_{self.number(tool)}", arguments_schema(tool), tool)

    def json(self, name: str, schema: Mapping[str, Any], tool: Tool) -> str:
        """JSON after a schema, which is a part of the tool's."""
        return self.rule(name, f"%json {json.dumps(with_options(schema, lenient=not tool.strict))}")

    def number(self, tool: Tool) -> int:
        """A tool's place, for names of rules."""
        return self.wanted.tools.index(tool)

    def repeated(self, one: str, between: str = "") -> str:
        """One or, where several calls are wanted, more."""
        return f"{one} ({between} {one})*" if self.wanted.parallel else one

    def free_but(self, beginning: str) -> str:
        """Free text that does not begin with this pattern."""
        return self.rule("FREE_BUT", rf"FREE & ~/{beginning}(.|\n)*/")

    def lark(self, calls: str, *, opening: str | None = None, free: str = "FREE", before: str = "") -> str:
        """The grammar of the answer. `calls`: what follows the mark `opening`, or, without one, an answer that is
        calls; text in place of it is `free` then. `before`: what may stand before all that, a thought of the format's.
        """
        wanted = self.wanted
        opened = f"GAP {self.mark(opening)} {calls}" if opening else calls
        if wanted.required:
            body = opened
        elif wanted.form is not None:
            body = f"{self.rule('form', wanted.form)} | {opened}"
        else:
            body = f"{free} | {self.up_to(opening, 'FREE')} {calls}" if opening else f"{free} | {opened}"
        return self.body(f"{before} ({body})" if before else body, self._start())

    def form(self, before: str = "") -> str:
        """The grammar of an answer that has the wanted form, and makes no calls; `before` as in `lark`."""
        self._rules["GAP"] = r"/\n{0,2}/"  # what stands there is part of the answer, but for line feeds
        return self.body(f"{before} ({self.wanted.form or 'FREE'})", self._start())

    def body(self, body: str, start: str = "body") -> str:
        """The grammar of an answer that is `body`, in which reasoning has its place where a format owns it."""
        self.rule("body", body)
        rules = "\n".join(f"{name}: {rule}" for name, rule in self._rules.items())
        return f"start: {start}\n{rules}\n"

    def _start(self) -> str:
        thought = self.wanted.thought
        if thought is None:
            return "body"
        closed = self.rule("thought", self.up_to(thought.close))
        if thought.opened:
            return f"{closed} GAP body"
        return f"(GAP {self.mark(thought.open)} {closed} GAP)? body"


def with_options(schema: Mapping[str, Any], *, lenient: bool) -> dict[str, Any]:
    """A schema as llguidance is to take it; `lenient`: keywords that it does not know are passed over."""
    return {**schema, "x-guidance": {**SPACED, "coerce_one_of": True, "lenient": lenient}}


def quoted(text: str) -> str:
    """A literal."""
    return json.dumps(text, ensure_ascii=False)


def object_head(called: str, name: str = "name", given: str = "arguments") -> str:
    """How a call that is a JSON object begins."""
    return f"{{{quoted(name)}: {quoted(called)}, {quoted(given)}: "


def regex(text: str) -> str:
    """A text within a pattern between slashes."""
    return re.escape(text).replace("/", r"\/")


def arguments_schema(tool: Tool) -> Mapping[str, Any]:
    """The schema of a tool's arguments: an object, of which no others than the named members are expected."""
    schema = {**tool.parameters, "type": "object"}
    if "properties" in schema and not ({"additionalProperties", "patternProperties"} & schema.keys()):
        schema["additionalProperties"] = False
    return schema


def in_order(parts: Sequence[tuple[str, bool]], between: str, name: str, grammar: Grammar) -> str:
    """Parts in their order with `between` between them; those that are not needed may be missing.

    parts: expression and whether it is needed. Returns the name of a rule, which may be empty.
    """
    later, first = "", ""
    for at in reversed(range(len(parts))):
        part, needed = parts[at]
        begins = f"{part} {later}".strip()
        first_here = begins if needed or not first else f"{begins} | {first}"
        if not needed and not first:
            first_here = f"({begins})?"
        then = f"{between} {begins}".strip()
        first = grammar.rule(f"{name}_first_{at}", first_here)
        later = grammar.rule(
            f"{name}_later_{at}", then if needed else f"({then})?" if not later else f"{then} | {later}"
        )
    return grammar.rule(name, first or '""')


def alternatives(parts: Iterable[str]) -> str:
    """Any one of these."""
    return f"({' | '.join(parts)})"
