"""How tools come into a turn: what the template is given, what the answer may be, and who reads the calls in it."""

from __future__ import annotations

import json
import logging
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.catalog import ModelCard
from server.chat import forms, tool_formats
from server.chat.channels import DEFAULT_TAGS, Channels, opens_reasoning
from server.chat.messages import Message, Tool, Turn
from server.chat.template import ChatTemplate, with_system
from server.chat.tool_formats import ToolFormat, generic
from server.chat.tool_formats.grammar import Grammar, Thought, Tokens, Wanted, arguments_schema, with_options
from server.engine.constraint import problem_of
from server.engine.request import Constraint, Thinking
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Calling:
    """The tools of one turn, for one model."""

    turn: Turn
    card: ModelCard
    template: ChatTemplate

    @property
    def format(self) -> ToolFormat:
        """The card's, else what the template speaks of if it shows tools at all, else the generic one."""
        name = self.card.tool_format
        if name is not None:
            found = tool_formats.named(name)
            if found is None:
                known = ", ".join(sorted(one.name for one in tool_formats.FORMATS))
                raise BadRequest(
                    f"The card of the model {self.card.name!r} names the tool format {name!r}; there are: {known}.",
                    param="model",
                )
            return found
        found = tool_formats.recognised(self.template.source)
        if found is not None and (found.owns_reasoning or self.template.shown.tools):
            return found
        return tool_formats.GENERIC

    @property
    def offered(self) -> tuple[Tool, ...]:
        """The tools that the model is told of."""
        return () if self.turn.tool_choice.mode == "none" else self.turn.tools

    @property
    def callable(self) -> tuple[Tool, ...]:
        """The tools that it may call."""
        name = self.turn.tool_choice.name
        return tuple(tool for tool in self.offered if name is None or tool.name == name)

    @property
    def required(self) -> bool:
        """Whether it must call, and may say nothing instead."""
        return self.turn.tool_choice.mode == "required"

    @property
    def parallel(self) -> bool:
        """Whether it may make several calls. A tool that is named is called exactly once, as with OpenAI."""
        return self.turn.parallel_calls and self.turn.tool_choice.name is None

    def prepare(self, messages: Sequence[Message]) -> tuple[Sequence[Message], list[dict[str, Any]]]:
        """Messages and tools as the template can show them."""
        form, shown = self.format, self.template.shown
        told = shown.tools and form is not tool_formats.GENERIC
        messages = form.history(_completed(messages))
        if not (told and shown.calls):
            messages = generic.calls_as_text(messages, form)
        if not (told and shown.results):
            messages = generic.results_as_text(messages)
        if told or not self.offered:
            return messages, [tool.openai() for tool in self.offered]
        return with_system(messages, generic.instructions(self.offered, form)), []

    def channels(self, prompt: str) -> Channels:
        """What reads the answer to this prompt."""
        form, tools, parallel = self.format, self.callable, self.parallel
        if not tools and not form.owns_reasoning:
            return Channels.after(prompt, tags=self._tags)
        return Channels.after(
            prompt,
            tags=self._tags,
            enabled=not form.owns_reasoning,
            calls=lambda: form.parser(tools, parallel=parallel),
        )

    @property
    def _tags(self) -> tuple[str, str]:
        return self.card.reasoning or DEFAULT_TAGS

    @property
    def shows_control(self) -> bool:
        """Whether the answer must show control tokens by name."""
        return bool(self.callable) or self.format.owns_reasoning

    def constraint(self, prompt: str, tokens: Tokens) -> Constraint | None:
        """What the answer to this prompt may be; None where anything goes."""
        form = self.turn.form
        if not self.callable and form is None:
            return None
        tools = tuple(_enforceable(tool, self.turn.tools.index(tool)) for tool in self.callable)
        rule = forms.rule(form) if form is not None else None
        wanted = Wanted(tools, self.required, self.parallel, self._thought(prompt), rule)
        grammar = Grammar(wanted, tokens)
        return Constraint(self.format.constrain(grammar) if self.callable else self.format.formed(grammar))

    def _thought(self, prompt: str) -> Thought | None:
        """How the answer may think first. A model that never learnt to gets no chance to begin and find no end."""
        if self.format.owns_reasoning:
            return None
        opened = opens_reasoning(prompt, self._tags)
        free = self.callable and not self.required
        if not opened and not free and (self._has_thought(prompt) or not self._may_think):
            return None
        return Thought(*self._tags, opened=opened)

    @property
    def _may_think(self) -> bool:
        return self.card.reasoning is not None or self._tags[0] in self.template.source

    def _has_thought(self, prompt: str) -> bool:
        return prompt.rstrip().endswith(self._tags[1])

    def thinking(self, prompt: str, vocabulary: Vocabulary) -> Thinking | None:
        """When the engine is to close the answer's thought; None: it need not look."""
        budget = self.turn.thinking_budget
        if budget is None or self.format.owns_reasoning or self._has_thought(prompt):
            return None
        opening, closing = self._tags
        ends = array("i")
        for part in ("\n", closing, "\n\n"):  # apart, or some vocabularies would put a space after the tag
            ends.extend(vocabulary.tokenize(part, special=True, first=False))
        return Thinking(budget, opening.encode(), closing.encode(), ends, opens_reasoning(prompt, self._tags))

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts that the grammar speaks of and that may be tokens."""
        return (*self.format.marks, *self._tags)


def _enforceable(tool: Tool, at: int) -> Tool:
    """The tool with parameters that a grammar can enforce. Where the client does not insist on its schema, as much of
    it as can be: its names, or any object. Raises BadRequest where it does.
    """
    problem = _problem(tool)
    if problem is None:
        return tool
    if tool.strict:
        raise BadRequest(
            f"The parameters of the tool {tool.name!r} cannot be enforced, and it is strict: {problem}. "
            "Simplify them, or set strict to false.",
            param=f"tools[{at}]",
        )
    log.warning("The schema of a tool's parameters is not enforced: %s", problem)
    properties = tool.parameters.get("properties")
    if isinstance(properties, Mapping):
        names = replace(tool, parameters={"type": "object", "properties": {name: {} for name in properties}})
        if _problem(names) is None:
            return names
    return replace(tool, parameters={"type": "object"})


def _problem(tool: Tool) -> str | None:
    schema = with_options(arguments_schema(tool), lenient=not tool.strict)
    return problem_of(f"start: %json {json.dumps(schema)}")


def _completed(messages: Sequence[Message]) -> list[Message]:
    """The messages as templates rely on them: results tell whose they are, and no arguments at all are an object."""
    names: dict[str, str] = {}
    found = []
    for message in messages:
        if message.tool_calls:
            names.update((call.id, call.name) for call in message.tool_calls)
            calls = (call if call.arguments.strip() else replace(call, arguments="{}") for call in message.tool_calls)
            message = replace(message, tool_calls=tuple(calls))
        if message.role == "tool" and message.name is None and message.tool_call_id in names:
            message = replace(message, name=names[message.tool_call_id])
        found.append(message)
    return found
