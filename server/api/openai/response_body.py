"""The body of a response: what `/v1/responses` reads, checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.api.openai.fields import Effort, Fields, Metadata, Sampling, StreamOptions
from server.api.openai.file_search import SHOWN, FileSearchTool, SearchPlan
from server.api.openai.response_items import Given, Id
from server.api.openai.response_tools import Choice, FunctionTool, OneTool, searching
from server.api.openai.tools import check_schema
from server.chat.messages import Form
from server.errors import BadRequest
from server.settings import LimitsSection
from server.store.responses import Place

MOST_ITEMS = 10_000
LOGPROBS = "message.output_text.logprobs"

Include = Literal[
    "code_interpreter_call.outputs",
    "computer_call_output.output.image_url",
    "file_search_call.results",
    "message.input_image.image_url",
    "message.output_text.logprobs",
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "web_search_call.results",
]


class TextForm(Fields):
    """Any text, or any JSON object."""

    type: Literal["text", "json_object"]

    def form(self) -> Form | None:
        return Form("json_object", param="text.format") if self.type == "json_object" else None


class SchemaForm(Fields):
    """JSON that follows a schema."""

    type: Literal["json_schema"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None

    def form(self) -> Form:
        return Form("json_schema", self.schema_, "text.format.schema")


class TextConfig(Fields):
    """What the answer's text is to be like."""

    format: Annotated[TextForm | SchemaForm, Field(discriminator="type")] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(Fields):
    """How much is to be thought, and whether it is told as a summary."""

    effort: Effort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None
    """The older name of `summary`."""


class ConversationName(Fields):
    """A conversation by its id."""

    id: Id


class ResponseBody(Sampling):
    """The body of a response."""

    model: str | None = None
    """Only what goes on in a session's conversation may leave it out: the session's."""
    input: str | Annotated[list[Given], Field(max_length=MOST_ITEMS)] | None = None
    instructions: str | None = None
    previous_response_id: Id | None = None
    conversation: Id | ConversationName | None = None
    replaces: Id | None = None
    """An item of the conversation. With input, that takes its place: it was edited, and is sent again. Without, the
    answer that it belongs to is made again. Either way a branch begins there, and the conversation goes on in it.
    """
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    background: bool | None = None
    max_output_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    top_logprobs: Annotated[int, Field(ge=0)] | None = None
    include: list[Include] | None = None
    tools: list[OneTool] | None = None
    tool_choice: Choice | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = None
    """Of tools that the server runs, so without effect."""
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None
    metadata: Metadata | None = None
    prompt: dict[str, Any] | None = None

    # Accepted without effect, and echoed.
    user: str | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None

    def check(self, limits: LimitsSection) -> None:
        """What types cannot say; raises BadRequest."""
        if self.model is None:
            raise BadRequest("Missing required parameter: 'model'.", param="model")
        if self.background and self.store is False:
            raise BadRequest("A response in the background is looked up later: expected store.", param="background")
        if self.prompt is not None:
            raise BadRequest("This server keeps no prompts to name: send instructions and input.", param="prompt")
        if self.previous_response_id is not None and self.conversation is not None:
            raise BadRequest(
                "previous_response_id and conversation both say what goes on: expected one of them.",
                param="previous_response_id",
            )
        if self.replaces is not None and self.conversation is None:
            raise BadRequest("replaces names an item of a conversation: expected conversation too.", param="replaces")
        if self.input is None and self.previous_response_id is None and self.conversation is None:
            raise BadRequest("Missing required parameter: 'input'.", param="input")
        if self.stream_options is not None and not self.stream:
            raise BadRequest("stream_options is for streams: expected stream to be true.", param="stream_options")
        if self.text is not None and isinstance(self.text.format, SchemaForm):
            check_schema(self.text.format.schema_, limits, "text.format.schema")
        for name, most in (("top_logprobs", limits.top_logprobs), ("logit_bias", limits.logit_bias)):
            value = getattr(self, name)
            if value is not None and (found := value if isinstance(value, int) else len(value)) > most:
                raise BadRequest(f"{name}: expected at most {most}, found {found}.", param=name)

    @property
    def functions(self) -> list[FunctionTool]:
        """The tools: those of other kinds were refused when they were read."""
        return [tool for tool in self.tools or () if isinstance(tool, FunctionTool)]

    def search_plan(self, context: int | None) -> SearchPlan | None:
        """The search of files that it begins with; passages may fill half of a context that is known."""
        tools = self.tools or []
        at = searching(tools, self.tool_choice)
        if at is None:
            return None
        tool = tools[at]
        assert isinstance(tool, FileSearchTool)
        room = context // 2 if context is not None else None
        return SearchPlan(tool, f"tools[{at}]", SHOWN in (self.include or ()), room)

    @property
    def logprobs(self) -> int | None:
        """How many alternatives are to be told at each token; None: nothing is."""
        if LOGPROBS in (self.include or ()) or self.top_logprobs:
            return self.top_logprobs or 0
        return None

    @property
    def place(self) -> Place:
        conversation = self.conversation
        if isinstance(conversation, ConversationName):
            conversation = conversation.id
        return Place(self.previous_response_id, conversation, replaces=self.replaces)
