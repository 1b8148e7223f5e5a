"""Messages become a prompt: the model's own Jinja template, or a named one, on the meter of the sandbox."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.catalog import ModelCard
from server.chat import named_templates
from server.chat.messages import Message, Tool, ToolCall
from server.chat.prompt import Fragment, Marks, Prompt, Specials, walk
from server.chat.sandbox import Bounds, Program
from server.errors import TemplateFailed

__all__ = ["Bounds", "ChatTemplate", "Fragment", "Prompt", "Source", "Specials", "source_for", "with_system"]


@dataclass(frozen=True, slots=True)
class Source:
    """A template's Jinja source. `ours`: one of the named ones, which come with the server."""

    text: str
    ours: bool


def source_for(card: ModelCard, own: str | None) -> Source:
    """The template that a card names, else the model's `own`, else alpaca where the card says `instruct`, else the
    default. Raises TemplateFailed for one that cannot be read.
    """
    try:
        if card.template_file is not None:
            return Source(card.template_file.read_text(encoding="utf-8"), ours=False)
        if card.template is None and own:
            return Source(own, ours=False)
        name = card.template or ("alpaca" if card.instruct else named_templates.DEFAULT)
        return Source(named_templates.source(name), ours=True)
    except (OSError, ValueError) as error:
        raise TemplateFailed(f"The chat template of the model {card.name!r} cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class Shown:
    """What of tools a template shows to its model: those there are, calls made earlier, and what came of them."""

    tools: bool = False
    calls: bool = False
    results: bool = False


class ChatTemplate:
    """A compiled chat template. Made once for a loaded model; any number of threads may render with it."""

    def __init__(
        self,
        source: str,
        *,
        special_tokens: Mapping[str, str] | None = None,
        specials: Specials | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        """`special_tokens`: `bos_token`, `eos_token` … with their texts, under the names that templates use.
        `specials`: what must not come out of anybody's words.

        Raises TemplateFailed for a source that is not a template, or one that the sandbox does not let in.
        """
        self._source = source
        self._special_tokens = {"bos_token": "", "eos_token": "", **(special_tokens or {})}
        self._specials = specials or Specials()
        self._bounds = bounds or Bounds()
        self._program = Program(source)
        self._arguments_as_text = False
        self._null_content = False
        self._in_parts = False
        self._folds_system = False
        self._tools_in_system = False
        self._short_ids = False
        self._shown = Shown()
        if not self._shows([_USER], _USER.content):
            self._in_parts = True
            self._in_parts = self._shows([_USER], _USER.content)
        if self._in_parts or self._shows([_USER], _USER.content):
            system = [Message("system", "probe-system"), _USER]
            self._folds_system = not self._shows(system, "probe-system")
            self._learn_calls()
            self._shown = self._probe_tools()

    @property
    def source(self) -> str:
        """The Jinja source."""
        return self._source

    @property
    def shown(self) -> Shown:
        """What of tools it shows."""
        return self._shown

    @property
    def folds_system(self) -> bool:
        """Whether the template refuses or loses system messages, so that their text goes before the user's."""
        return self._folds_system

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool = True,
        tools: Sequence[Mapping[str, Any]] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Prompt:
        """The prompt for these messages. `kwargs` (`enable_thinking` …) are variables of the template's own.

        Raises TemplateFailed with the template's own words when it refuses them.
        """
        plain = [self._variables_of(message) for message in (_folded(messages) if self._folds_system else messages)]
        if tools and self._tools_in_system:
            if not plain or plain[0]["role"] != "system":
                plain.insert(0, {"role": "system", "content": self._content("")})
            plain[0]["tools"] = json.dumps([tool["function"] for tool in tools], ensure_ascii=False)
        given = {"kwargs": dict(kwargs or {}), "messages": plain, "tools": [dict(tool) for tool in tools] or None}
        marks = Marks([self._source, *_texts(given)])

        def guarded(text: str) -> str:
            return self._specials.guard(marks.clean(text), marks)

        variables = {
            **walk(given["kwargs"], guarded),
            **self._special_tokens,
            "messages": [_guarded_message(message, self._specials, marks) for message in plain],
            "tools": walk(given["tools"], guarded),
            "add_generation_prompt": add_generation_prompt,
        }
        try:
            return marks.split(self._program.run(variables, self._bounds))
        except TemplateFailed as error:
            raise TemplateFailed(marks.without(error.message), param=error.param) from error

    def guarded(self, text: str) -> Prompt:
        """The model's own words, for the end of a prompt: no control token is made of them."""
        marks = Marks([text])
        return marks.split(self._specials.guard(marks.clean(text), marks, own_words=True))

    def _variables_of(self, message: Message) -> dict[str, Any]:
        """A message as templates know it: what it does not have is not there."""
        found: dict[str, Any] = {"role": message.role, "content": self._content(message.content)}
        if self._null_content and message.tool_calls and not message.content:
            found["content"] = None
        if message.name is not None:
            found["name"] = message.name
        if message.reasoning is not None:
            found["reasoning_content"] = message.reasoning
            if not message.content:  # templates that know it by this name refuse it beside words
                found["thinking"] = message.reasoning
        if message.tool_calls:
            found["tool_calls"] = [self._variables_of_call(call) for call in message.tool_calls]
        if message.tool_call_id is not None:
            found["tool_call_id"] = self._id(message.tool_call_id)
        return found

    def _content(self, text: str) -> Any:
        """A content as this template takes it: as it is, or in parts, of which there is one."""
        return [{"type": "text", "text": text}] if self._in_parts else text

    def _variables_of_call(self, call: ToolCall) -> dict[str, Any]:
        arguments = call.arguments if self._arguments_as_text else _parsed(call.arguments)
        return {"id": self._id(call.id), "type": "function", "function": {"name": call.name, "arguments": arguments}}

    def _id(self, id: str) -> str:
        """A call's id as this template takes it."""
        if not self._short_ids or (len(id) == _SHORT_ID and id.isalnum()):
            return id
        return hashlib.sha256(id.encode("utf-8", "replace")).hexdigest()[:_SHORT_ID]

    def _shows(self, messages: Sequence[Message], words: str, tools: Sequence[Mapping[str, Any]] = ()) -> bool:
        try:
            return words in self.render(messages, tools=tools).text
        except TemplateFailed:
            return False

    def _probe_tools(self) -> Shown:
        tools = (_PROBE_TOOL.openai(),)
        shows_tools = self._shows([_USER], _PROBE_TOOL.name, tools)
        if not shows_tools:
            self._tools_in_system = True
            shows_tools = self._tools_in_system = self._shows([_USER], _PROBE_TOOL.name, tools)
        said = [_USER, Message("assistant", "", tool_calls=(ToolCall("call_of_the_probe", "probe_name", "{}"),))]
        said.append(Message("tool", "probe-result", name="probe_name", tool_call_id="call_of_the_probe"))
        if not self._shows(said, "", tools):
            self._short_ids = True
            self._short_ids = self._shows(said, "", tools)
        return Shown(shows_tools, self._shows(said, "probe_name", tools), self._shows(said, "probe-result", tools))

    def _learn_calls(self) -> None:
        """How a message with calls must be for the template to show them. Their arguments: as a mapping, or as they
        are, where they are written out and must be JSON. Its content, where there are no words: empty, or none at all.
        """
        call = ToolCall("call12345", "probe_name", '{"probe_key": "probe_value"}')
        messages = [Message("user", "probe-user"), Message("assistant", "", tool_calls=(call,))]
        for null in (False, True):
            self._null_content = null
            self._arguments_as_text = False
            if self._shows(messages, "probe_key") and not self._shows(messages, "{'probe_key'"):
                return
            self._arguments_as_text = True
            if self._shows(messages, '{"probe_key"'):
                return
        self._null_content = self._arguments_as_text = False


_SHORT_ID = 9
"""Characters of a call's id, letters and digits only, where a template insists on that."""
_USER = Message("user", "probe-user")
_PROBE_TOOL = Tool("probe_tool", "probe-description")


def with_system(messages: Sequence[Message], text: str) -> tuple[Message, ...]:
    """The messages with `text` as system message before them; joined to the client's own: many templates take one."""
    if not text:
        return tuple(messages)
    if messages and messages[0].role == "system":
        own = messages[0].content
        return (replace(messages[0], content=f"{text}\n\n{own}" if own else text), *messages[1:])
    return (Message("system", text), *messages)


def _folded(messages: Sequence[Message]) -> list[Message]:
    """System messages before the next user's words, a blank line between; without such words, in their place."""
    folded: list[Message] = []
    waiting: list[str] = []
    for message in messages:
        if message.role == "system":
            waiting.append(message.content)
        elif message.role == "user" and waiting:
            folded.append(replace(message, content="\n\n".join((*waiting, message.content))))
            waiting = []
        else:
            folded.append(message)
    if waiting:
        folded.append(Message("user", "\n\n".join(waiting)))
    return folded


def _parsed(arguments: str) -> Any:
    """A call's arguments as a mapping, or as they are if they are none."""
    try:
        parsed = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return parsed if isinstance(parsed, dict) else arguments


def _guarded_message(message: Mapping[str, Any], specials: Specials, marks: Marks) -> dict[str, Any]:
    """The message's texts guarded, its role apart. What the model said itself keeps its own tags."""

    def guarded(text: str) -> str:
        return specials.guard(marks.clean(text), marks)

    def own_words(text: str) -> str:
        return specials.guard(marks.clean(text), marks, own_words=True)

    said = ("content", "reasoning_content", "thinking") if message["role"] == "assistant" else ()
    return {
        name: value if name == "role" else walk(value, own_words if name in said else guarded)
        for name, value in message.items()
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _texts(key)
            yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)
