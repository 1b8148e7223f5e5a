"""The bodies of `/v1/messages` and `/v1/messages/count_tokens`, and the Turn they become."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from server.api.anthropic.blocks import PARAGRAPH, AnyMessage, TextBlock, conversation
from server.api.auth import Principal
from server.api.openai.fields import Fields, Sampling, Share
from server.api.openai.tools import check_schema, known_tool
from server.catalog import ModelCard
from server.chat.messages import Form, Message, Tool, ToolChoice, Turn, check_stop
from server.chat.template import with_system
from server.errors import BadRequest
from server.settings import LimitsSection


class ToolField(Fields):
    """A tool of the client's own. Anthropic's own tools, which have no schema, are not here to be used."""

    type: Literal["custom"] | None = None
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")]
    description: str | None = None
    input_schema: dict[str, Any]
    strict: bool | None = None

    def tool(self) -> Tool:
        return Tool(self.name, self.description or "", self.input_schema, strict=bool(self.strict))


class AutoChoice(Fields):
    """The model decides whether to call (`auto`), or only what (`any`)."""

    type: Literal["auto", "any"]
    disable_parallel_tool_use: bool | None = None

    def choice(self) -> ToolChoice:
        return ToolChoice("auto" if self.type == "auto" else "required")


class NamedChoice(Fields):
    """This tool is called."""

    type: Literal["tool"]
    name: str
    disable_parallel_tool_use: bool | None = None

    def choice(self) -> ToolChoice:
        return ToolChoice("required", self.name)


class NoChoice(Fields):
    """Nothing is called."""

    type: Literal["none"]
    disable_parallel_tool_use: None = None

    def choice(self) -> ToolChoice:
        return ToolChoice("none")


class Thinking(Fields):
    """Whether thoughts are wanted. The smallest budget is ours: contexts here are smaller than Anthropic's 1024."""

    type: Literal["enabled", "adaptive", "between_tools", "disabled"]
    budget_tokens: Annotated[int, Field(ge=1)] | None = None
    display: Literal["summarized", "omitted"] | None = None

    @model_validator(mode="after")
    def _check_budget(self) -> Thinking:
        if self.type == "enabled" and self.budget_tokens is None:
            raise ValueError("expected budget_tokens where thinking is enabled")
        return self


class OutputFormat(Fields):
    """The schema that the answer's text follows."""

    type: Literal["json_schema"]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]


class OutputConfig(Fields):
    """What the answer is to be like."""

    format: OutputFormat | None = None
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    """For templates that know such a thing."""


class CountBody(Fields):
    """The body of a count: what of a message makes its prompt."""

    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[AnyMessage], Field(min_length=1)]
    system: str | list[TextBlock] | None = None
    tools: list[ToolField] | None = None
    tool_choice: Annotated[AutoChoice | NamedChoice | NoChoice, Field(discriminator="type")] | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None

    # Accepted without effect.
    cache_control: dict[str, Any] | None = None
    context_management: dict[str, Any] | None = None
    speed: str | None = None

    @property
    def thinks(self) -> bool:
        """Whether the client wants thoughts, and is prepared to read them."""
        return self.thinking is not None and self.thinking.type != "disabled"

    @property
    def budget(self) -> int | None:
        """Tokens that a thought may take."""
        if self.thinking is not None and self.thinking.type == "disabled":
            return 0
        return self.thinking.budget_tokens if self.thinking is not None else None

    def turn(self, principal: Principal, card: ModelCard, limits: LimitsSection, **more: Any) -> Turn:
        """The one place where a body and the key become a Turn. Raises BadRequest."""
        self._check_tools(limits)
        said = conversation(self.messages)
        continues = said[-1].role == "assistant"
        if continues:
            self._check_beginning(said[-1])
        form = self.output_config.format if self.output_config else None
        effort = self.output_config.effort if self.output_config else None
        return Turn(
            model=card.name,
            messages=with_system(said, self._system()),
            owner=principal.id,
            tools=tuple(tool.tool() for tool in self.tools or ()),
            tool_choice=self.tool_choice.choice() if self.tool_choice else ToolChoice(),
            parallel_calls=not (self.tool_choice and self.tool_choice.disable_parallel_tool_use),
            form=Form("json_schema", form.schema_, "output_config.format.schema") if form else None,
            template_kwargs={"enable_thinking": self.thinks, **({"reasoning_effort": effort} if effort else {})},
            thinking_budget=self.budget,
            continues=continues,
            **more,
        )

    def _system(self) -> str:
        if isinstance(self.system, list):
            return PARAGRAPH.join(block.text for block in self.system if block.text)
        return self.system or ""

    def _check_beginning(self, last: Message) -> None:
        """Whether an answer can go on from the assistant's last message."""
        if last.tool_calls:
            raise BadRequest("messages end with a tool_use block: expected its tool_result after it.", param="messages")
        if self.thinks:
            raise BadRequest(
                "messages end with the assistant's words, which leave no place for a thought: "
                "expected the user's last, or no thinking.",
                param="messages",
            )

    def _check_tools(self, limits: LimitsSection) -> None:
        tools = self.tools or []
        if len(tools) > limits.tools:
            raise BadRequest(f"tools holds {len(tools)} tools: expected at most {limits.tools}.", param="tools")
        known: dict[str, Tool] = {}
        for at, tool in enumerate(tools):
            path = f"tools[{at}].input_schema"
            if tool.name in known:
                raise BadRequest(f"tools: expected names that differ, found {tool.name!r} twice.", param="tools")
            check_schema(tool.input_schema, limits, path)
            if tool.input_schema.get("type", "object") != "object":
                raise BadRequest(
                    f"Invalid '{path}': expected a schema of type 'object', as inputs are one.", param=path
                )
            known[tool.name] = tool.tool()
        if isinstance(self.tool_choice, NamedChoice):
            known_tool(self.tool_choice.name, known, "tool_choice", "tool_choice.name")
        elif isinstance(self.tool_choice, AutoChoice) and not tools:
            raise BadRequest("tool_choice needs tools, and there are none.", param="tool_choice")


class MessageBody(CountBody):
    """The body of a message."""

    max_tokens: Annotated[int, Field(ge=1, lt=2**31)]
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: Share | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Field(ge=0, lt=2**31)] | None = None

    # Accepted without effect.
    metadata: dict[str, Any] | None = None
    service_tier: str | None = None

    def message_turn(self, principal: Principal, card: ModelCard, limits: LimitsSection) -> Turn:
        """As `turn`, and how the answer is to be drawn."""
        stop = self.stop_sequences or ()
        check_stop(stop, limits, "stop_sequences")
        if self.budget is not None and self.budget >= self.max_tokens:
            raise BadRequest(
                f"thinking.budget_tokens is {self.budget}: expected less than max_tokens, which is {self.max_tokens}.",
                param="thinking.budget_tokens",
            )
        sampling = Sampling(temperature=self.temperature, top_p=self.top_p, top_k=self.top_k)
        return self.turn(
            principal,
            card,
            limits,
            sampling=sampling.params(card),
            max_tokens=self.max_tokens,
            stop=tuple(stop),
            streams=bool(self.stream),
        )
