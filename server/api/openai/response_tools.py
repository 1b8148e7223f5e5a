"""The functions a response may call, and whether it is to, as the Responses API writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from server.api.openai.fields import Fields
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
    "file_search",
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
        raise ValueError(f"this server has no tool {self.type!r}; expected 'function'")


class NamedFunction(Fields):
    """This function and no other."""

    type: Literal["function"]
    name: str


class AllowedTools(Fields):
    """These of the tools and no others."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedFunction], Field(min_length=1)]


OneTool = Annotated[FunctionTool | HostedTool, Field(discriminator="type")]


def _ours(choice: Any) -> Any:
    """A choice of what this server has not is told apart from a choice that is none."""
    if isinstance(choice, dict) and choice.get("type") in get_args(HostedKind):
        raise ValueError(f"this server has no tool {choice['type']!r}; expected 'function' or 'allowed_tools'")
    return choice


Choice = Annotated[
    Literal["none", "auto", "required"] | Annotated[NamedFunction | AllowedTools, Field(discriminator="type")],
    BeforeValidator(_ours),
]


def offered(
    functions: Sequence[FunctionTool],
    choice: Literal["none", "auto", "required"] | NamedFunction | AllowedTools | None,
    parallel: bool,
    limits: LimitsSection,
) -> Offer:
    """The tools that may be called, and whether one is to be. Raises BadRequest for what has no sense."""
    tools = checked(functions, limits, "tools")
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
    }
    return Offer(tuple(tool for tool in tools if tool.name in allowed), ToolChoice(choice.mode), parallel)
