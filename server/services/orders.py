"""Orders: what a client wants of a service, with everything that it takes in it, as JSON.

An order holds the manifest's flavour and its prompts as they were when it was given. So what is under way ends as it
began, whatever becomes of the files meanwhile, and a worker elsewhere needs none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from server.catalog import ModelCard
from server.chat.messages import Form, Message, Turn
from server.engine.request import SamplingParams
from server.services.manifest import (
    Flavor,
    InputField,
    PromptService,
    PromptText,
    SummaryFlavor,
    SummaryService,
    flavor_called,
)
from server.services.prompt import Prompt


class _Order(BaseModel):
    model_config = ConfigDict(frozen=True)

    service: str
    """Its route."""
    flavor: Flavor


class SummaryOrder(_Order):
    """A transcript to be summed up."""

    flavor: SummaryFlavor
    rolling: bool
    prompt: str
    reduce_prompt: str | None
    """None: the main one reduces too."""
    content: str


class PromptOrder(_Order):
    """A prompt whose gaps are filled."""

    system: str | None
    prompt: str
    answer: dict[str, Any] | None


def summary_order(
    service: SummaryService,
    prompts: PromptText,
    content: str,
    *,
    flavor: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
) -> SummaryOrder:
    """Raises NotFound for a flavor that is not there, BadRequest for a prompt that cannot be used now."""
    service.check(prompts)
    chosen: SummaryFlavor = flavor_called(service, flavor)
    own = {name: value for name, value in (("temperature", temperature), ("top_p", top_p)) if value is not None}
    chosen = chosen.model_copy(update=own)
    return SummaryOrder(
        service=service.route,
        flavor=chosen,
        rolling=service.rolling,
        prompt=prompts(service.name),
        reduce_prompt=prompts(chosen.reduce_prompt) if chosen.reduceSummary and chosen.reduce_prompt else None,
        content=content,
    )


def prompt_order(
    service: PromptService, prompts: PromptText, values: Mapping[str, Any], *, flavor: str | None = None
) -> PromptOrder:
    """`values`: checked against the service's fields. Raises as `summary_order` does."""
    service.check(prompts)
    texts = {name: _text(values[name], field) for name, field in service.fields.items()}
    return PromptOrder(
        service=service.route,
        flavor=flavor_called(service, flavor),
        system=service.system,
        prompt=Prompt.parse(service.text(prompts)).fill(texts),
        answer=None if service.answer is None else dict(service.answer),
    )


def _text(value: Any, field: InputField) -> str:
    """A value as it stands in a prompt."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def turn_for(
    flavor: Flavor,
    card: ModelCard,
    text: str,
    *,
    owner: str,
    priority: int = 0,
    system: str | None = None,
    schema: Mapping[str, Any] | None = None,
) -> Turn:
    """One message to the flavour's model."""
    said = {"temperature": flavor.temperature, "top_p": flavor.top_p}
    sampling = {**card.sampling, **{name: value for name, value in said.items() if value is not None}}
    return Turn(
        model=card.name,
        messages=(*((Message("system", system),) if system else ()), Message("user", text)),
        sampling=SamplingParams(**sampling),
        max_tokens=flavor.maxGenerationLength,
        form=None if schema is None else Form("json_schema", dict(schema), param="answer"),
        owner=owner,
        priority=priority,
    )
