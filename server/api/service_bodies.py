"""What clients send to a service and get from it, as models made of its manifest; and the same as a form to fill in."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema, create_model

from server.api.openai.fields import Fields
from server.services.manifest import InputField, PromptService, Service, SummaryService

TYPES = {"string": str, "integer": int, "number": float, "boolean": bool}
"""A field's types, and pydantic's."""

WHOLE = InputField(
    title="Text",
    description="What is to be summed up, a line for each thing said.",
    maxLength=10_000_000,
    multiline=True,
)
"""The one field of a summary."""


def attribute(name: str) -> str:
    """Where a field's value stands in the model: names of pydantic's own, such as `json`, are no attributes then."""
    return f"field_{name}"


def prompt_body(service: PromptService) -> type[BaseModel]:
    """The body of a request to a service whose fields are the gaps of its prompt."""
    fields = {attribute(name): (_kind(field), _described(name, field)) for name, field in service.fields.items()}
    return _model(service, "Request", {**fields, "flavor": _flavor(service)})


def summary_body(service: SummaryService) -> type[BaseModel]:
    """The body of a request for a summary."""
    return _model(
        service,
        "Request",
        {
            "text": (_kind(WHOLE), Field(description=WHOLE.description)),
            "flavor": _flavor(service),
            "temperature": (Annotated[float, Field(ge=0, le=2)] | None, None),
            "top_p": (Annotated[float, Field(gt=0, le=1)] | None, None),
        },
    )


def prompt_answer(service: PromptService) -> type[BaseModel]:
    """What it answers with."""
    schema = {"type": "string"} if service.answer is None else dict(service.answer)
    # References within a schema lead nowhere once it stands in a document with others.
    shown = {} if "$ref" in json.dumps(schema) else schema
    return _model(
        service,
        "Answer",
        {
            "object": (Literal["service.answer"], ...),
            "service": (str, ...),
            "model": (str, ...),
            "answer": (Annotated[Any, WithJsonSchema(shown)], ...),
        },
    )


def form_of(service: Service) -> list[dict[str, Any]]:
    """The fields of a form for it, in order."""
    fields = dict(service.fields) if isinstance(service, PromptService) else {"text": WHOLE}
    return [
        {
            "name": name,
            "type": field.type,
            "title": field.title or name.replace("_", " ").capitalize(),
            "description": field.description,
            "choices": list(field.choices) or None,
            "multiline": field.multiline,
            "max_length": field.maxLength if field.type == "string" else None,
            "required": field.default is None,
            "default": field.default,
        }
        for name, field in fields.items()
    ]


def _model(service: Service, what: str, fields: dict[str, Any]) -> type[BaseModel]:
    words = "".join(part.capitalize() for part in _words(service.route))
    made: type[BaseModel] = create_model(f"{words}{what}", __base__=Fields, **fields)
    return made


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text).split()


def _flavor(service: Service) -> tuple[Any, Any]:
    names = tuple(flavor.name for flavor in service.flavor)
    return Literal[names] | None, Field(None, description="The set-up of a model; without one the first.")


def _kind(field: InputField) -> Any:
    if field.choices:
        return Literal[field.choices]
    kind = TYPES[field.type]
    return Annotated[str, Field(max_length=field.maxLength)] if kind is str else kind


def _described(name: str, field: InputField) -> Any:
    default: Any = ... if field.default is None else field.default
    return Field(default, alias=name, title=field.title, description=field.description or None)
