"""What a client says about the form of an answer, in OpenAI's words and in those that users of local servers expect.

| field | meaning |
|---|---|
| `response_format` | OpenAI's `text`, `json_object`, `json_schema`; ours: `regex`, `choice`, `grammar` |
| `guided_json`, `guided_regex`, `guided_choice`, `guided_grammar` | as vLLM's clients write it |
| `structured_outputs` | an object with one of `json`, `json_object`, `regex`, `choice`, `grammar`: vLLM's newer way |
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.api.openai.fields import Fields
from server.chat.messages import Form
from server.errors import BadRequest

Text = Annotated[str, Field(min_length=1)]
Choices = Annotated[list[Text], Field(min_length=1)]
Schema = dict[str, Any]


class NamedSchema(Fields):
    """A schema with what a client says about it. `strict` or not, it is enforced."""

    name: Annotated[str, Field(max_length=64)] | None = None
    description: str | None = None
    schema_: Schema = Field(alias="schema")
    strict: bool | None = None


class TextFormat(Fields):
    """Anything."""

    type: Literal["text"]

    def form(self) -> Form | None:
        return None


class ObjectFormat(Fields):
    """Any JSON object."""

    type: Literal["json_object"]

    def form(self) -> Form:
        return Form("json_object")


class SchemaFormat(Fields):
    """JSON after a schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema

    def form(self) -> Form:
        return Form("json_schema", self.json_schema.schema_, "response_format.json_schema.schema")


class RegexFormat(Fields):
    """Text that the whole of a pattern matches."""

    type: Literal["regex"]
    pattern: Text

    def form(self) -> Form:
        return Form("regex", self.pattern, "response_format.pattern")


class ChoiceFormat(Fields):
    """One of some texts."""

    type: Literal["choice"]
    choices: Choices

    def form(self) -> Form:
        return Form("choice", self.choices, "response_format.choices")


class GrammarFormat(Fields):
    """What a grammar describes, in llguidance's Lark or llama.cpp's GBNF."""

    type: Literal["grammar"]
    grammar: Text
    syntax: Literal["lark", "gbnf"] = "lark"

    def form(self) -> Form:
        return Form(self.syntax, self.grammar, "response_format.grammar")


ResponseFormat = Annotated[
    TextFormat | ObjectFormat | SchemaFormat | RegexFormat | ChoiceFormat | GrammarFormat, Field(discriminator="type")
]


class StructuredOutputs(Fields):
    """One of these."""

    json_: Schema | None = Field(None, alias="json")
    json_object: bool | None = None
    regex: Text | None = None
    choice: Choices | None = None
    grammar: Text | None = None


class Structured(Fields):
    """The fields of a body that say what form the answer must have."""

    response_format: ResponseFormat | None = None
    structured_outputs: StructuredOutputs | None = None
    guided_json: Schema | None = None
    guided_regex: Text | None = None
    guided_choice: Choices | None = None
    guided_grammar: Text | None = None

    def form(self) -> Form | None:
        """What all of it says together. Raises BadRequest when it says two things."""
        found = [form for form in (self._response_format(), *self._guided(), *self._structured()) if form is not None]
        if len(found) > 1:
            raise BadRequest(
                f"{found[0].param} and {found[1].param} both say what the answer must look like: expected one of them.",
                param=found[1].param,
            )
        return found[0] if found else None

    def _response_format(self) -> Form | None:
        return self.response_format.form() if self.response_format is not None else None

    def _guided(self) -> list[Form | None]:
        return [
            _form("json_schema", self.guided_json, "guided_json"),
            _form("regex", self.guided_regex, "guided_regex"),
            _form("choice", self.guided_choice, "guided_choice"),
            _form("gbnf", self.guided_grammar, "guided_grammar"),
        ]

    def _structured(self) -> list[Form | None]:
        said = self.structured_outputs
        if said is None:
            return []
        return [
            _form("json_schema", said.json_, "structured_outputs.json"),
            _form("json_object", said.json_object or None, "structured_outputs.json_object"),
            _form("regex", said.regex, "structured_outputs.regex"),
            _form("choice", said.choice, "structured_outputs.choice"),
            _form("gbnf", said.grammar, "structured_outputs.grammar"),
        ]


def _form(
    kind: Literal["json_schema", "json_object", "regex", "choice", "gbnf"], value: Any, param: str
) -> Form | None:
    return None if value is None else Form(kind, value, param)
