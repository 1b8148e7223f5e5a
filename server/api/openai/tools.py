"""The tools of a chat's body, in today's shape and in that from before there were tools, and what may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from server.api.openai.fields import Fields
from server.chat import forms
from server.chat.messages import Form, Tool, ToolChoice
from server.errors import BadRequest
from server.settings import LimitsSection

Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class FunctionBody(Fields):
    """What a model may call."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None

    def tool(self) -> Tool:
        """As the noun of a conversation."""
        strict = bool(self.strict)
        if not self.parameters:
            return Tool(self.name, self.description or "", strict=strict)
        return Tool(self.name, self.description or "", self.parameters, strict)


class ToolBody(Fields):
    """A tool that is a function."""

    type: Literal["function"]
    function: FunctionBody


class FunctionName(Fields):
    """One of the functions."""

    name: str


class NamedTool(Fields):
    """This tool is to be called."""

    type: Literal["function"]
    function: FunctionName


class Allowed(Fields):
    """Some of the tools, and whether one of them must be called."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1)]


class AllowedTools(Fields):
    """Only some of the tools may be called."""

    type: Literal["allowed_tools"]
    allowed_tools: Allowed


class HasTools(Protocol):
    """The fields of a body that say something of tools."""

    tools: list[ToolBody] | None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | AllowedTools | None
    parallel_tool_calls: bool | None
    functions: list[FunctionBody] | None
    function_call: Literal["none", "auto"] | FunctionName | None


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools of a turn."""

    tools: tuple[Tool, ...] = ()
    choice: ToolChoice = field(default_factory=ToolChoice)
    parallel: bool = True


def offer(body: HasTools, limits: LimitsSection) -> Offer:
    """What the body offers to the model. Raises BadRequest that names the part at fault."""
    if body.functions is not None or body.function_call is not None:
        return _legacy_offer(body, limits)
    tools = checked([tool.function for tool in body.tools or ()], limits, "tools", ".function")
    choice = body.tool_choice
    if choice is None or isinstance(choice, str):
        if choice == "required" and not tools:
            raise BadRequest("tool_choice is 'required', and there are no tools: expected tools.", param="tool_choice")
        return Offer(tools, ToolChoice(choice or "auto"), body.parallel_tool_calls is not False)
    known = {tool.name: tool for tool in tools}
    if isinstance(choice, NamedTool):
        name = known_tool(choice.function.name, known, "tool_choice", "tool_choice.function.name")
        return Offer(tools, ToolChoice("required", name), body.parallel_tool_calls is not False)
    allowed = choice.allowed_tools
    path = "tool_choice.allowed_tools.tools"
    names = {
        known_tool(tool.function.name, known, "tool_choice", f"{path}[{at}].function.name")
        for at, tool in enumerate(allowed.tools)
    }
    some = tuple(tool for tool in tools if tool.name in names)
    return Offer(some, ToolChoice(allowed.mode), body.parallel_tool_calls is not False)


def _legacy_offer(body: HasTools, limits: LimitsSection) -> Offer:
    for name in ("tools", "tool_choice"):
        if getattr(body, name) is not None:
            raise BadRequest(f"functions and {name} are two ways to say the same: expected tools alone.", param=name)
    tools = checked(body.functions or [], limits, "functions")
    choice = body.function_call
    if isinstance(choice, FunctionName):
        name = known_tool(choice.name, {tool.name: tool for tool in tools}, "function_call", "function_call.name")
        return Offer(tools, ToolChoice("required", name), parallel=False)
    return Offer(tools, ToolChoice(choice or "auto"), parallel=False)


def known_tool(name: str, known: dict[str, Tool], what: str, param: str) -> str:
    """A name that `what` gives, if there is such a tool; raises BadRequest."""
    if name in known:
        return name
    if not known:
        raise BadRequest(f"{what} names {name[:64]!r}, and there are no tools: expected tools.", param=what)
    raise BadRequest(f"Invalid {param!r}: expected one of {', '.join(known)}, found {name[:64]!r}.", param=param)


def checked(functions: Sequence[FunctionBody], limits: LimitsSection, where: str, part: str = "") -> tuple[Tool, ...]:
    """The functions of `where` as tools; `part` leads from an entry to its function. Raises BadRequest."""
    if len(functions) > limits.tools:
        raise BadRequest(f"{where} holds {len(functions)}: expected at most {limits.tools}.", param=where)
    seen: set[str] = set()
    for at, function in enumerate(functions):
        path, name = f"{where}[{at}]{part}", function.name
        if name in seen:
            message = f"Invalid '{path}.name': expected names that differ; {name!r} is there twice."
            raise BadRequest(message, param=f"{path}.name")
        seen.add(name)
        if function.parameters:
            check_schema(function.parameters, limits, f"{path}.parameters")
            if function.parameters.get("type", "object") != "object":
                message = f"Invalid '{path}.parameters': expected a schema of type 'object', as arguments are one."
                raise BadRequest(message, param=f"{path}.parameters")
    return tuple(function.tool() for function in functions)


def check_schema(schema: dict[str, Any], limits: LimitsSection, param: str) -> None:
    """That a schema is no larger and no deeper than the limits allow; raises BadRequest."""
    forms.check(Form("json_schema", schema, param), limits)
