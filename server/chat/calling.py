"""How tools come into a turn: what the template is given, what the answer may be, and who reads the calls in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.catalog import ModelCard
from server.chat import tool_formats
from server.chat.channels import DEFAULT_TAGS, Channels, opens_reasoning
from server.chat.messages import Message, Tool, Turn
from server.chat.template import ChatTemplate, with_system
from server.chat.tool_formats import ToolFormat, generic
from server.chat.tool_formats.grammar import Grammar, Thought, Tokens, Wanted
from server.engine.request import Constraint
from server.errors import BadRequest


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

    def prepare(self, messages: Sequence[Message]) -> tuple[Sequence[Message], list[dict[str, Any]]]:
        """Messages and tools as the template can show them."""
        form, shown = self.format, self.template.shown
        told = shown.tools and form is not tool_formats.GENERIC
        messages = form.history(_with_names(messages))
        if not (told and shown.calls):
            messages = generic.calls_as_text(messages, form)
        if not (told and shown.results):
            messages = generic.results_as_text(messages)
        if told or not self.offered:
            return messages, [tool.openai() for tool in self.offered]
        return with_system(messages, generic.instructions(self.offered, form)), []

    def channels(self, prompt: str) -> Channels:
        """What reads the answer to this prompt."""
        form, tools, parallel = self.format, self.callable, self.turn.parallel_calls
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
        if not self.callable:
            return None
        form = self.format
        opened = opens_reasoning(prompt, self._tags)
        thought = None if form.owns_reasoning else Thought(*self._tags, opened=opened)
        required = self.turn.tool_choice.mode == "required"
        wanted = Wanted(self.callable, required, self.turn.parallel_calls, thought)
        return Constraint(form.constrain(Grammar(wanted, tokens)))

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts that the grammar speaks of and that may be tokens."""
        return (*self.format.marks, *self._tags)


def _with_names(messages: Sequence[Message]) -> list[Message]:
    """The messages with each result telling whose it is: some templates show that."""
    names: dict[str, str] = {}
    found = []
    for message in messages:
        names.update((call.id, call.name) for call in message.tool_calls)
        if message.role == "tool" and message.name is None and message.tool_call_id in names:
            message = replace(message, name=names[message.tool_call_id])
        found.append(message)
    return found
