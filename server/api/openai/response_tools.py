"""The functions a response may call, and whether it is to, as the Responses API writes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from server.api.openai.fields import Fields
from server.chat.messages import Tool, ToolChoice
from server.errors import BadRequest

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

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


class FunctionTool(Fields):
    """A function of the client's."""

    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    """Whether arguments must follow the schema. In this API they must unless told otherwise."""

    def tool(self) -> Tool:
        given = {} if self.parameters is None else {"parameters": self.parameters}
        return Tool(self.name, self.description or "", strict=self.strict is not False, **given)

    def echo(self) -> dict[str, Any]:
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
    tools: list[FunctionTool], choice: str | NamedFunction | AllowedTools | None, most: int
) -> tuple[tuple[Tool, ...], ToolChoice]:
    """The tools that may be called, and whether one is to be. Raises BadRequest for what has no sense."""
    names = [tool.name for tool in tools]
    if len(names) > most:
        raise BadRequest(f"There are {len(names)} tools: expected at most {most}.", param="tools")
    if twice := next((name for at, name in enumerate(names) if name in names[:at]), None):
        raise BadRequest(f"Two tools have the name {twice!r}: expected names of their own.", param="tools")
    if choice is None or isinstance(choice, str):
        if choice == "required" and not tools:
            raise BadRequest("tool_choice 'required' needs tools, and there are none.", param="tool_choice")
        return tuple(tool.tool() for tool in tools), ToolChoice(_MODES[choice or "auto"])
    chosen = [choice] if isinstance(choice, NamedFunction) else choice.tools
    if unknown := next((one.name for one in chosen if one.name not in names), None):
        there_are = ", ".join(names[:20]) or "none"
        raise BadRequest(
            f"tool_choice names {unknown[:100]!r}, which is no tool of this request. There are: {there_are}.",
            param="tool_choice",
        )
    if isinstance(choice, NamedFunction):
        return tuple(tool.tool() for tool in tools), ToolChoice("required", choice.name)
    allowed = {one.name for one in chosen}
    return tuple(tool.tool() for tool in tools if tool.name in allowed), ToolChoice(choice.mode)


_MODES: dict[str, Literal["auto", "none", "required"]] = {"auto": "auto", "none": "none", "required": "required"}
