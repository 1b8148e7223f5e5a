"""The functions a response may call, and whether it is to, as the Responses API writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from server.api.openai.fields import Fields
from server.api.openai.file_search import FileSearchTool
from server.api.openai.tools import FunctionBody, Offer, checked, known_tool
from server.chat.messages import Tool, ToolChoice
from server.errors import BadRequest
from server.settings import LimitsSection

HostedKind = Literal[
    "apply_patch",
    "code_interpreter",
    "computer",
    "computer_use",
    "computer_use_preview",
    "custom",
    "image_generation",
    "local_shell",
    "mcp",
    "shell",
    "tool_search",
    "web_search",
    "web_search_preview",
]


class FunctionTool(FunctionBody):
    """A function of the client's. In this API its arguments must follow the schema unless told otherwise."""

    type: Literal["function"]

    def tool(self) -> Tool:
        return replace(super().tool(), strict=self.strict is not False)

    def echo(self) -> dict[str, Any]:
        """As the response tells of it."""
        return {**self.model_dump(), "strict": self.strict is not False}


class HostedTool(Fields):
    """Tools that are known, so that their refusal can say why."""

    type: HostedKind

    @model_validator(mode="after")
    def _refuse(self) -> HostedTool:
        raise ValueError(f"this server has no tool {self.type!r}; expected 'function' or 'file_search'")


class NamedFunction(Fields):
    """This function and no other."""

    type: Literal["function"]
    name: str


class NamedSearch(Fields):
    """The search of files, and then an answer."""

    type: Literal["file_search"]


class AllowedTools(Fields):
    """These of the tools and no others."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[Annotated[NamedFunction | NamedSearch, Field(discriminator="type")]], Field(min_length=1)]


OneTool = Annotated[FunctionTool | FileSearchTool | HostedTool, Field(discriminator="type")]


def _ours(choice: Any) -> Any:
    """A choice of what this server has not is told apart from a choice that is none."""
    if isinstance(choice, dict) and choice.get("type") in get_args(HostedKind):
        known = "'function', 'file_search' or 'allowed_tools'"
        raise ValueError(f"this server has no tool {choice['type']!r}; expected {known}")
    return choice


Choice = Annotated[
    Literal["none", "auto", "required"]
    | Annotated[NamedFunction | NamedSearch | AllowedTools, Field(discriminator="type")],
    BeforeValidator(_ours),
]


def searching(tools: Sequence[FunctionTool | FileSearchTool | HostedTool], choice: Choice | None) -> int | None:
    """Which of the tools is the search that the response begins with; None: it begins with none. Raises BadRequest."""
    found = [at for at, tool in enumerate(tools) if isinstance(tool, FileSearchTool)]
    if len(found) > 1:
        raise BadRequest(
            "There are several tools of the type file_search: expected one, with all the stores.",
            param=f"tools[{found[1]}]",
        )
    if isinstance(choice, NamedSearch) and not found:
        raise BadRequest("tool_choice is file_search, and no tool is: expected one.", param="tool_choice")
    if isinstance(choice, NamedFunction) or choice == "none":
        return None
    if isinstance(choice, AllowedTools) and not any(isinstance(tool, NamedSearch) for tool in choice.tools):
        return None
    return found[0] if found else None


def offered(
    functions: Sequence[FunctionTool],
    choice: Choice | None,
    parallel: bool,
    limits: LimitsSection,
    *,
    searched: bool = False,
) -> Offer:
    """The tools that may be called, and whether one is to be. Raises BadRequest for what has no sense.

    `searched`: the files were searched already, and where a tool had to be used, one was.
    """
    tools = checked(functions, limits, "tools")
    if isinstance(choice, NamedSearch):
        return Offer(tools, ToolChoice("none"), parallel)
    if choice == "required" and searched:
        choice = "auto"
    if choice is None or isinstance(choice, str):
        if choice == "required" and not tools:
            raise BadRequest("tool_choice is 'required', and there are no tools: expected tools.", param="tool_choice")
        return Offer(tools, ToolChoice(choice or "auto"), parallel)
    known = {tool.name: tool for tool in tools}
    if isinstance(choice, NamedFunction):
        name = known_tool(choice.name, known, "tool_choice", "tool_choice.name")
        return Offer(tools, ToolChoice("required", name), parallel)
    allowed = {
        known_tool(tool.name, known, "tool_choice", f"tool_choice.tools[{at}].name")
        for at, tool in enumerate(choice.tools)
        if isinstance(tool, NamedFunction)
    }
    mode = ToolChoice("auto" if searched else choice.mode)
    return Offer(tuple(tool for tool in tools if tool.name in allowed), mode, parallel)
